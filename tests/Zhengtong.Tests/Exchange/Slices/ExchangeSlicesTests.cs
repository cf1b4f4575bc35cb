using System.Net;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Exchange.Engine;
using Zhengtong.Exchange.Model;
using Zhengtong.Kernel.Identity;
using Zhengtong.Tests.Exchange.Support;
using Zhengtong.Tests.Support;

namespace Zhengtong.Tests.Exchange.Slices;

/// <summary>Set-up and reading over HTTP, with the platform's own reconciler at work.</summary>
[OnDatabase]
public sealed class ExchangeSlicesTests(PlatformFixture platform)
{
    private Deployment Deployment => platform.App.Services.GetRequiredService<Deployment>();

    [Fact]
    public async Task DataSource_NotSignedInOrWithoutTheRight_IsRefused()
    {
        (await (await platform.Visitor().PostAsJsonAsync("/api/v1/data-sources", Sqlite("库"))).ReadProblemCode()).ShouldBe("kernel.not-signed-in");
        var leader = await platform.SignedIn(await platform.Department(), Role.DepartmentLeader);
        (await (await leader.PostAsJsonAsync("/api/v1/data-sources", Sqlite("库一"))).ReadProblemCode()).ShouldBe("kernel.forbidden");
    }

    [Theory]
    [InlineData("sqlite", "../other/registry.db")]
    [InlineData("sqlite", "/etc/passwd")]
    [InlineData("sqlite", "a/b.db")]
    [InlineData("sqlite", "registry.db;Mode=ReadWriteCreate")]
    [InlineData("sqlite", ":memory:")]
    [InlineData("sqlite", "registry.db\n")]
    [InlineData("postgres", "no connection string at all;;=")]
    [InlineData("postgres", "Host=db;Database=x")]
    [InlineData("postgres", "Host=/var/run/postgresql;Database=x;Username=y")]
    [InlineData("postgres", "Host=db;Database=x;Username=y;Passfile=/etc/shadow")]
    [InlineData("postgres", "Host=db;Database=x;Username=y;Root Certificate=/etc/passwd")]
    [InlineData("postgres", "Host=db;Database=x;Username=y;Options=-c search_path=evil")]
    [InlineData("mySql", "Server=db;Database=x")]
    [InlineData("mySql", "Server=/run/mysqld/mysqld.sock;Database=x;User ID=y")]
    [InlineData("mySql", "Server=db,other;Database=x;User ID=y")]
    [InlineData("mySql", "Server=db;Database=x;User ID=y;AllowLoadLocalInfile=true")]
    [InlineData("mySql", "Server=db;Database=x;User ID=y;SslCa=/etc/passwd")]
    [InlineData("mySql", "Server=db;Database=x;User ID=y;Protocol=Unix")]
    public async Task DataSource_ConnectionThatReachesElsewhere_Is400AndNamesTheField(string kind, string connection)
    {
        var client = await platform.SignedIn(await platform.Department(), Role.DepartmentOfficer);
        var response = await client.PostAsJsonAsync("/api/v1/data-sources", new { name = "数据库", kind, connection });
        response.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        var problem = await response.ReadProblem();
        problem.GetProperty("code").GetString().ShouldBe("exchange.connection-invalid");
        problem.GetProperty("errors").TryGetProperty("connection", out _).ShouldBeTrue();
    }

    [Fact]
    public async Task DataSource_Registered_AnswersTheTestAndNeverTellsItsConnection()
    {
        var organisation = await platform.Department();
        var client = await platform.SignedIn(organisation, Role.DepartmentOfficer);
        const string secret = "Host=127.0.0.1;Port=1;Database=registry;Username=reader;Password=hunter2-top-secret";
        var response = await client.PostAsJsonAsync("/api/v1/data-sources", new { name = "登记库", kind = "postgres", connection = secret });
        response.StatusCode.ShouldBe(HttpStatusCode.Created);
        (await response.Content.ReadAsStringAsync()).ShouldNotContain("hunter2");
        var id = (await response.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("id").GetGuid();
        (await platform.WithDb(db => db.Ledger.CountAsync(e => e.Subject == id.ToString() && e.Event == "exchange.data-source-registered"))).ShouldBe(1);
        Encoding.UTF8.GetString(await platform.WithDb(db => db.DataSources.Where(s => s.Id == id).Select(s => s.Connection!).SingleAsync())).ShouldNotContain("hunter2");

        (await (await client.PostAsJsonAsync("/api/v1/data-sources", new { name = "登记库", kind = "postgres", connection = secret })).ReadProblemCode()).ShouldBe("exchange.name-taken");
        var test = await client.PostAsync($"/api/v1/data-sources/{id}/test", null);
        (await test.ReadProblemCode()).ShouldBe("exchange.source-unreachable");
        var stranger = await platform.SignedIn(await platform.Department(), Role.DepartmentOfficer);
        (await (await stranger.PostAsync($"/api/v1/data-sources/{id}/test", null)).ReadProblemCode()).ShouldBe("exchange.data-source-unknown");

        var embedded = await (await client.PostAsJsonAsync("/api/v1/data-sources", Sqlite("文件库"))).Content.ReadFromJsonAsync<JsonElement>();
        var answer = await client.PostAsync($"/api/v1/data-sources/{embedded.GetProperty("id").GetGuid()}/test", null);
        (await answer.Content.ReadAsStringAsync()).ShouldContain("SQLite 3");
        File.Exists(DepartmentFiles.PathOf(Deployment, organisation.Id, "registry.db")).ShouldBeTrue();
    }

    [Fact]
    public async Task Mount_TableThatDoesNotFit_NamesEveryFaultAtOnce()
    {
        var (client, resource, source, table) = await ProviderAsync();
        await table.ExecuteAsync("CREATE TABLE enterprise (credit_code INTEGER, changed TEXT)");
        var response = await client.PutAsJsonAsync($"/api/v1/resources/{resource}/mount", new { dataSourceId = source, table = "enterprise", watermarkColumn = "modified" });
        response.StatusCode.ShouldBe(HttpStatusCode.UnprocessableEntity);
        var problem = await response.ReadProblem();
        problem.GetProperty("code").GetString().ShouldBe("exchange.table-unfit");
        var faults = string.Join('\n', problem.GetProperty("errors").GetProperty("table").EnumerateArray().Select(e => e.GetString()));
        faults.ShouldContain("credit_code is INTEGER");
        faults.ShouldContain("no column name");
        faults.ShouldContain("(credit_code)");
        problem.GetProperty("errors").GetProperty("watermarkColumn")[0].GetString()!.ShouldContain("modified");

        (await (await client.PutAsJsonAsync($"/api/v1/resources/{resource}/mount", new { dataSourceId = source, table = "x\"; DROP TABLE enterprise; --", watermarkColumn = "changed" })).ReadProblemCode())
            .ShouldBe("exchange.table-unfit");
        (await table.CountAsync("enterprise")).ShouldBe(0);

        await table.ExecuteAsync("DROP TABLE enterprise");
        await table.ExecuteAsync("CREATE TABLE enterprise (credit_code TEXT NOT NULL PRIMARY KEY, name TEXT, changed TIMESTAMP NOT NULL)");
        (await client.PutAsJsonAsync($"/api/v1/resources/{resource}/mount", new { dataSourceId = source, table = "enterprise", watermarkColumn = "changed" })).StatusCode.ShouldBe(HttpStatusCode.NoContent);
        (await platform.WithDb(db => db.Ledger.CountAsync(e => e.Subject == resource.ToString() && e.Event == "exchange.resource-mounted"))).ShouldBe(1);

        var stranger = await platform.SignedIn(await platform.Department(), Role.DepartmentOfficer);
        (await (await stranger.PutAsJsonAsync($"/api/v1/resources/{resource}/mount", new { dataSourceId = source, table = "enterprise", watermarkColumn = "changed" })).ReadProblemCode())
            .ShouldBe("exchange.not-provider");
    }

    [Fact]
    public async Task Delivery_FromSetUpToReceipt_RunsByItselfAndIsSeenByItsPartiesOnly()
    {
        var route = await ExchangeFixture.PrepareAsync(platform.App.Services, Deployment, DataSourceKind.Sqlite, DataSourceKind.Sqlite, s => s.WithDelivery = false);
        await route.Source.FillAsync(1, 500);
        await platform.WithDb(async db => await db.Intakes.Where(i => i.AgreementId == route.Agreement).ExecuteDeleteAsync());
        var consumer = await platform.SignedIn(route.Consumer, Role.DepartmentOfficer);
        var provider = await platform.SignedIn(route.Provider, Role.DepartmentOfficer);
        var source = await platform.WithDb(db => db.DataSources.Where(s => s.OrganisationId == route.Consumer.Id).Select(s => s.Id).SingleAsync());

        (await (await provider.PutAsJsonAsync($"/api/v1/agreements/{route.Agreement}/intake", new { dataSourceId = source, table = "fresh" })).ReadProblemCode()).ShouldBe("exchange.not-consumer");
        (await (await consumer.PutAsJsonAsync($"/api/v1/agreements/{route.Agreement}/intake", new { dataSourceId = source, table = "fresh" })).ReadProblemCode()).ShouldBe("exchange.table-unfit");
        (await (await consumer.PutAsJsonAsync($"/api/v1/agreements/{route.Agreement}/intake", new { dataSourceId = source, table = "Bad Name", create = true })).ReadProblemCode()).ShouldBe("exchange.table-unfit");
        (await (await consumer.PutAsJsonAsync($"/api/v1/agreements/{route.Agreement}/intake", new { dataSourceId = source, table = "received", create = true })).ReadProblemCode()).ShouldBe("exchange.table-exists");
        (await consumer.PutAsJsonAsync($"/api/v1/agreements/{route.Agreement}/intake", new { dataSourceId = source, table = "fresh", create = true })).StatusCode.ShouldBe(HttpStatusCode.NoContent);

        var delivery = await UntilAsync(async () =>
        {
            var list = await consumer.GetFromJsonAsync<JsonElement>($"/api/v1/deliveries?agreement={route.Agreement}");
            return list.GetProperty("items").EnumerateArray().FirstOrDefault(d => d.GetProperty("rows").GetInt64() == 500);
        });
        var id = delivery.GetProperty("id").GetGuid();
        (await route.Target.RowsAsync("fresh")).ShouldBe(await route.Source.RowsAsync());

        var detail = await provider.GetFromJsonAsync<JsonElement>($"/api/v1/deliveries/{id}");
        detail.GetProperty("latest").GetArrayLength().ShouldBe(1);
        var file = ReceiptFile.Parse(await consumer.GetStringAsync($"/api/v1/deliveries/{id}/receipts/1"))!;
        ReceiptVerification.Of(file).ShouldAllBe(c => c.Holds);
        (await (await consumer.GetAsync($"/api/v1/deliveries/{id}/receipts/99")).ReadProblemCode()).ShouldBe("exchange.batch-unknown");

        // A change follows when somebody asks for a run, and the table can no longer be exchanged for another.
        await route.Source.TouchAsync("id = 3", "改名");
        await UntilAsync(async () =>
        {
            (await provider.PostAsync($"/api/v1/deliveries/{id}/runs", null)).StatusCode.ShouldBe(HttpStatusCode.Accepted);
            return await route.Target.CountAsync("fresh", "name = '改名'") == 1 ? "arrived" : null;
        });
        (await (await consumer.PutAsJsonAsync($"/api/v1/agreements/{route.Agreement}/intake", new { dataSourceId = source, table = "received" })).ReadProblemCode()).ShouldBe("exchange.delivery-under-way");

        foreach (var page in new[] { "/work/exchange", $"/work/exchange/{id}", $"/work/exchange/{id}/receipts/1", "/work/exchange/data-sources", $"/work/exchange/intake/{route.Agreement}" })
        {
            var html = await consumer.GetAsync(page);
            html.StatusCode.ShouldBe(HttpStatusCode.OK, page);
            // No text key without its words.
            (await html.Content.ReadAsStringAsync()).ShouldNotContain(">exchange.", Case.Sensitive, page);
        }

        WebUtility.HtmlDecode(await consumer.GetStringAsync($"/work/exchange/{id}/receipts/1")).ShouldContain(route.Provider.Name);

        // What an open page asks for again and again: the same facts, without a page around them.
        string[] live = [$"/live/deliveries/{id}", $"/live/agreements/{route.Agreement}/delivery"];
        foreach (var fragment in live)
        {
            var now = await consumer.GetPage(fragment);
            now.ShouldContain("<dl", Case.Sensitive, fragment);
            now.ShouldNotContain("<html", Case.Sensitive, fragment);
        }

        var stranger = await platform.SignedIn(await platform.Department(), Role.DepartmentOfficer);
        (await (await stranger.GetAsync($"/api/v1/deliveries/{id}")).ReadProblemCode()).ShouldBe("exchange.delivery-unknown");
        (await (await stranger.GetAsync($"/api/v1/deliveries/{id}/receipts/1")).ReadProblemCode()).ShouldBe("exchange.delivery-unknown");
        (await (await stranger.PostAsync($"/api/v1/deliveries/{id}/runs", null)).ReadProblemCode()).ShouldBe("exchange.delivery-unknown");
        (await stranger.GetAsync($"/work/exchange/{id}")).StatusCode.ShouldBe(HttpStatusCode.NotFound);
        foreach (var fragment in live) { (await stranger.GetPage(fragment)).Trim().ShouldBeEmpty(fragment); }
        (await platform.Visitor().GetAsync(live[0])).StatusCode.ShouldNotBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task Delivery_WhoseAgreementIsSuspendedOrOver_SaysWhyItStopped()
    {
        var route = await ExchangeFixture.PrepareAsync(platform.App.Services, Deployment, DataSourceKind.Sqlite, DataSourceKind.Sqlite);
        await UntilAsync(async () => (await route.StateAsync()).CaughtUpAt is null ? null : "runs");
        var consumer = await platform.SignedIn(route.Consumer, Role.DepartmentOfficer);
        await SaysAsync(null);
        await route.ChangeAsync(a => a.Suspend(a.ProviderId));
        await SaysAsync("suspended");
        await route.ChangeAsync(a => a.Resume(TimeProvider.System.GetUtcNow()));
        await SaysAsync(null);
        // Its end comes; whether the daily mark is set yet does not matter.
        await platform.WithDb(db => db.Agreements.Where(a => a.Id == route.Agreement).ExecuteUpdateAsync(s => s.SetProperty(a => a.Until, TimeProvider.System.GetUtcNow().AddSeconds(-1))));
        await SaysAsync("ended at");
        await route.ChangeAsync(a => a.Revoke());
        await SaysAsync("revoked");

        async Task SaysAsync(string? what)
        {
            await UntilAsync(async () => ((await route.StateAsync()).State == DeliveryState.Stopped) == (what is not null) ? "seen" : null);
            var reason = (await consumer.GetFromJsonAsync<JsonElement>($"/api/v1/deliveries/{route.Delivery}")).GetProperty("stopReason").GetString();
            if (what is null) { reason.ShouldBeNull(); return; }
            reason.ShouldNotBeNull().ShouldContain(what);
            foreach (var page in new[] { $"/work/exchange/{route.Delivery}", $"/live/deliveries/{route.Delivery}", $"/live/agreements/{route.Agreement}/delivery" })
            {
                WebUtility.HtmlDecode(await consumer.GetStringAsync(page)).ShouldContain(reason, Case.Sensitive, page);
            }
        }
    }

    private static object Sqlite(string name) => new { name, kind = "sqlite", connection = "registry.db" };

    private async Task<(HttpClient Client, Guid Resource, Guid Source, DepartmentTable Table)> ProviderAsync()
    {
        var organisation = await platform.Department();
        var client = await platform.SignedIn(organisation, Role.DepartmentOfficer);
        var resource = await (await client.PostAsJsonAsync("/api/v1/resources", Catalogue.Slices.RegisterResourceTests.Enterprises())).Content.ReadFromJsonAsync<JsonElement>();
        var source = await (await client.PostAsJsonAsync("/api/v1/data-sources", Sqlite("文件库"))).Content.ReadFromJsonAsync<JsonElement>();
        return (client, resource.GetProperty("id").GetGuid(), source.GetProperty("id").GetGuid(), DepartmentTable.Sqlite(DepartmentFiles.FolderOf(Deployment, organisation.Id), "registry"));
    }

    private static async Task<T> UntilAsync<T>(Func<Task<T?>> look)
    {
        var until = TimeProvider.System.GetUtcNow().AddSeconds(90);
        while (true)
        {
            if (await look() is { } found && !found.Equals(default(T))) { return found; }
            TimeProvider.System.GetUtcNow().ShouldBeLessThan(until);
            await Task.Delay(200);
        }
    }
}
