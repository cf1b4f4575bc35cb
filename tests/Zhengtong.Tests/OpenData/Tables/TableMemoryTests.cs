using System.Net;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Options;
using Zhengtong.Kernel.Objects;
using Zhengtong.OpenData.Import;
using Zhengtong.OpenData.Model;
using Zhengtong.OpenData.Tables;
using Zhengtong.Tests.OpenData.Support;
using Zhengtong.Tests.Support;

namespace Zhengtong.Tests.OpenData.Tables;

/// <summary>What one caller sorts and groups takes nothing from others: real heavy questions in engines with little memory.</summary>
[OnDatabase(Once = true)]
public sealed class TableMemoryTests(PlatformFixture platform)
{
    private static readonly CancellationToken Ct = CancellationToken.None;
    private static readonly TableLimits Limits = new(TimeSpan.FromSeconds(60), 32_000);

    private ObjectStore Store => platform.App.Services.GetRequiredService<ObjectStore>();

    [Fact]
    public async Task Ask_MoreThanACallerMayHold_IsRefusedWhileOthersGoOn()
    {
        // 800,000 different texts of 200 characters: some 200 MB to group and to sort.
        var table = await MadeTable.Generated(Store, [MadeTable.Column("t", ColumnType.Text), MadeTable.Column("n", ColumnType.Integer)], 800_000, "repeat(md5(CAST(n AS VARCHAR)), 6) AS c1, n % 1000 AS c2");
        var http = new HttpContextAccessor();
        using var engine = Engine(new TablesOptions { Memory = 1_024, CallerMemory = 64, Spill = 3, Threads = 2, Kept = 0 }, http);
        var refused = Task.WhenAll(Enumerable.Range(0, 3).Select(async n =>
        {
            http.HttpContext = From("192.0.2.1");
            string[] heavy = ["SELECT t, count(*) AS k FROM \"t\" GROUP BY t ORDER BY k DESC, t LIMIT 5", "SELECT DISTINCT t, n FROM \"t\" ORDER BY t LIMIT 30000 OFFSET 700000", "SELECT a.t, count(DISTINCT b.t) FROM \"t\" a JOIN \"t\" b ON a.t = b.t GROUP BY a.t ORDER BY 1 LIMIT 3"];
            (await Should.ThrowAsync<TableQueryTooCostlyException>(() => TableSql.AskAsync(engine, heavy[n], _ => table, Limits, Ct))).Of.ShouldBe(TableCost.Memory);
            (await Should.ThrowAsync<TableQueryTooCostlyException>(() => engine.AskAsync(table, new TableQuery { Columns = ["t"], Distinct = true, Count = true, Limit = 10 }, Limits, Ct))).Of.ShouldBe(TableCost.Memory);
        }));
        var asked = 0;
        while (!refused.IsCompleted || asked < 10)
        {
            await Task.Run(async () =>
            {
                http.HttpContext = From("198.51.100.7");
                (await engine.AskAsync(table, new TableQuery { Where = new Condition.Compare("n", Comparison.Equal, "7"), Orders = [new("n", true)], Limit = 5 }, Limits, Ct)).Rows.Count.ShouldBe(5);
                // One that groups too, within what is this caller's own.
                (await TableSql.AskAsync(engine, "SELECT n, count(*) AS k FROM \"t\" GROUP BY n ORDER BY n LIMIT 3", _ => table, Limits, Ct)).Rows.Select(r => (long)r[1]!).ShouldBe([800, 800, 800]);
            });
            asked++;
        }

        await refused;
        // Nothing is left behind of what was refused: the same caller asks on.
        http.HttpContext = From("192.0.2.1");
        (await TableSql.AskAsync(engine, "SELECT n, count(*) AS k FROM \"t\" GROUP BY n ORDER BY n LIMIT 1", _ => table, Limits, Ct)).Rows.ShouldHaveSingleItem();
    }

    [Fact]
    public async Task Sort_OfMoreThanFitsIntoMemory_GoesOverTheDiskAndLeavesNothingThere()
    {
        var table = await MadeTable.Generated(Store, [MadeTable.Column("t", ColumnType.Text)], 1_500_000, "repeat(md5(CAST(n AS VARCHAR)), 6) AS c1");
        var folder = platform.App.Services.GetRequiredService<TableScratch>().Folder;
        var before = Directory.GetDirectories(folder);
        using (var engine = Engine(new TablesOptions { Memory = 512, CallerMemory = 256, Threads = 1, Spill = 8_000 }, null))
        {
            var (rows, last) = (0, "");
            await foreach (var row in engine.StreamAsync(table, new TableQuery { Columns = ["t"], Orders = [new("t")], Limit = int.MaxValue }, TableLimits.Download, Ct))
            {
                string.CompareOrdinal((string)row[0]!, last).ShouldBePositive();
                (rows, last) = (rows + 1, (string)row[0]!);
            }

            rows.ShouldBe(1_500_000);
        }

        Directory.GetDirectories(folder).ShouldBe(before, ignoreOrder: true);
    }

    [Fact]
    public void Shares_OfOneCaller_AreOneAndOthersHaveTheirOwn()
    {
        var folder = Path.Combine(Path.GetTempPath(), $"zhengtong-shares-{Guid.CreateVersion7(TimeProvider.System.GetUtcNow()):N}");
        using var shares = new CallerShares(3, n => new EngineShare(new EngineBounds(1, 32, 1), [], $"{folder}-{n}"));
        var (a, b, c) = (shares.Take("a"), shares.Take("b"), shares.Take("c"));
        ((int[])[a.Number, b.Number, c.Number]).ShouldBe([0, 1, 2]);
        using (var again = shares.Take("b")) { again.Number.ShouldBe(1); }
        b.Dispose();
        b.Dispose();
        // The one that is free, and then the one with the fewest.
        var d = shares.Take("d");
        d.Number.ShouldBe(1);
        using (var e = shares.Take("e")) { e.Number.ShouldBe(0); }
        using (var f = shares.Take("a")) { f.Number.ShouldBe(0); }
        a.Dispose();
        using var g = shares.Take("g");
        g.Number.ShouldBe(0);
        c.Dispose();
        d.Dispose();
    }

    [Fact]
    public void Remembered_MoreThanItsBound_ForgetsWhatWasNotAskedForLongest()
    {
        var kept = new Remembered<string>(10, v => v.Length);
        kept.Keep("a", "aaa");
        kept.Keep("b", "bb");
        kept.TryGet("a", out _).ShouldBeTrue();
        kept.Keep("c", "ccc");
        kept.TryGet("a", out _).ShouldBeTrue();
        kept.Keep("d", "ddd");
        kept.Keep("e", "eee");
        kept.TryGet("b", out _).ShouldBeFalse();
        kept.TryGet("e", out var e).ShouldBeTrue();
        e.ShouldBe("eee");
        kept.Keep("f", "ffffff");
        kept.TryGet("f", out _).ShouldBeFalse("What alone is more than half is not kept");
        for (var n = 0; n < 100; n++)
        {
            kept.Keep($"{n}", "x");
            kept.Count.ShouldBeLessThanOrEqualTo(10);
        }
    }

    [Fact]
    public async Task Api_OverTheMemory_RefusesInItsOwnShape()
    {
        await using var own = await OwnPlatform.StartAsync(b =>
        {
            b.Configuration["OpenData:Tables:Memory"] = "256";
            b.Configuration["OpenData:Tables:CallerMemory"] = "32";
            b.Configuration["OpenData:Tables:Spill"] = "1";
            b.Configuration["OpenData:Tables:Threads"] = "1";
        });
        var services = own.App.Services;
        var table = await MadeTable.Generated(services.GetRequiredService<ObjectStore>(), [MadeTable.Column("t", ColumnType.Text), MadeTable.Column("n", ColumnType.Integer)], 400_000, "repeat(md5(CAST(n AS VARCHAR)), 6) AS c1, n AS c2");
        var department = (await own.WithDb(Portal.DownloadTests.OwnDepartment)).Id;
        var made = await Published.PublishAsync(services, department, Published.Description(), Published.NewName(), [MadeFile.Text("t.csv", "x") with { Written = table }]);
        var id = made[0].Id;
        // CKAN: SQL, and different rows.
        foreach (var path in (string[])[$"datastore_search_sql?sql={Uri.EscapeDataString($"SELECT t, count(*) FROM \"{id}\" GROUP BY t ORDER BY t")}", $"datastore_search?resource_id={id}&fields=t&distinct=true"])
        {
            var ckan = await own.Visitor().GetAsync($"/api/3/action/{path}");
            ckan.StatusCode.ShouldBe(HttpStatusCode.Conflict, path);
            var error = System.Text.Json.JsonDocument.Parse(await ckan.Content.ReadAsStringAsync()).RootElement;
            error.GetProperty("success").GetBoolean().ShouldBeFalse();
            error.GetProperty("error").GetProperty("__type").GetString().ShouldBe("Validation Error");
            error.GetProperty("error").GetProperty("query")[0].GetString().ShouldBe("Search needs too much memory");
        }

        // Files in an order of their own.
        var file = await own.Visitor().GetAsync($"/dataset/{made.Name}/resource/{id}/rows.parquet?sort=t");
        file.StatusCode.ShouldBe(HttpStatusCode.ServiceUnavailable);
        (await file.ReadProblemCode()).ShouldBe("open-data.too-costly");
        // The page says so in words, and what needs little is answered meanwhile.
        (await own.Visitor().GetAsync($"/dataset/{made.Name}/resource/{id}?page=15000&sort=t")).StatusCode.ShouldBe(HttpStatusCode.OK);
        (await own.Visitor().GetAsync($"/api/3/action/datastore_search?resource_id={id}&limit=5&filters={Uri.EscapeDataString("{\"n\":77}")}")).StatusCode.ShouldBe(HttpStatusCode.OK);
        (await own.Visitor().GetAsync($"/dataset/{made.Name}/resource/{id}/rows.csv")).StatusCode.ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task Refusals_OfOgcAndOData_HaveTheirShapes()
    {
        var http = new DefaultHttpContext { RequestServices = platform.App.Services };
        var context = new DefaultEndpointFilterInvocationContext(http);
        var problem = (await Zhengtong.OpenData.Ogc.OgcAnswer.FaultsAsync(context, _ => throw new TableQueryTooCostlyException("x", TableCost.Memory))).ShouldBeOfType<Microsoft.AspNetCore.Http.HttpResults.ProblemHttpResult>();
        problem.StatusCode.ShouldBe(503);
        http.Response.Body = new MemoryStream();
        await ((IResult)(await Zhengtong.OpenData.OData.ODataAnswer.FaultsAsync(context, _ => throw new TableQueryTooCostlyException("x", TableCost.Memory)))!).ExecuteAsync(http);
        http.Response.StatusCode.ShouldBe(503);
        http.Response.Body.Position = 0;
        (await System.Text.Json.JsonDocument.ParseAsync(http.Response.Body)).RootElement.GetProperty("error").GetProperty("code").GetString().ShouldBe("TooCostly");
    }

    private TableEngine Engine(TablesOptions options, IHttpContextAccessor? http) =>
        new(Store, platform.App.Services.GetRequiredService<TableScratch>(), Options.Create(options), http);

    private static DefaultHttpContext From(string address)
    {
        var http = new DefaultHttpContext();
        http.Connection.RemoteIpAddress = IPAddress.Parse(address);
        return http;
    }
}
