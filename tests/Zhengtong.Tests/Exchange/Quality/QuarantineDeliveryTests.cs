using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Agreements;
using Zhengtong.Catalogue.Model;
using Zhengtong.Exchange.Engine;
using Zhengtong.Exchange.Model;
using Zhengtong.Exchange.Quality;
using Zhengtong.Kernel.Identity;
using Zhengtong.Tests.Exchange.Support;
using Zhengtong.Tests.Support;
using Route = Zhengtong.Tests.Exchange.Support.Route;

namespace Zhengtong.Tests.Exchange.Quality;

/// <summary>Quarantine on the whole platform: what waits, what is mended at the source, what is released, and that none of it counts as lost.</summary>
[OnDatabase]
public sealed class QuarantineDeliveryTests(ExchangeFixture exchange) : IClassFixture<ExchangeFixture>
{
    /// <summary>Names of all rows but the fifth and the seventh.</summary>
    internal static AgreedItem Check(AgreedItem item) => item.Column != "name" ? item
        : item with { Mask = ItemMask.Name, Check = ItemCheck.CodeList, Codes = [.. Enumerable.Range(1, 20).Except([5, 7]).Select(n => $"企业{n}")] };

    [Theory]
    [InlineData(DataSourceKind.Sqlite, CaptureKind.Watermark)]
    [InlineData(DataSourceKind.Sqlite, CaptureKind.Comparison)]
    [InlineData(DataSourceKind.Postgres, CaptureKind.Watermark)]
    [InlineData(DataSourceKind.Postgres, CaptureKind.Replication)]
    public async Task Run_BadRows_AreMendedAtTheSourceOrReleasedAndNeverCountAsLost(DataSourceKind kind, CaptureKind capture)
    {
        var route = await exchange.RouteAsync(kind, kind, s => (s.Capture, s.Items, s.BatchRows) = (capture, Check, 6));
        await route.Source.FillAsync(1, 20);
        (await route.RunAsync()).Problem.ShouldBeNull();
        (await route.RunAsync()).Problem.ShouldBeNull();
        (await route.Target.CountAsync("received")).ShouldBe(18);
        var waiting = await QuarantineAsync(route);
        waiting.Select(q => (q.State, q.Reasons.Single())).ShouldBe(Enumerable.Repeat((QuarantineState.Waiting, new QualityReason(QualityFault.NotInCodeList, "名称")), 2));
        // The officer's first page says that they wait.
        var work = await route.WithDb(async db => await new QualityWork(db, TimeProvider.System).WaitingAsync(
            new Actor(Guid.CreateVersion7(TimeProvider.System.GetUtcNow()), "officer", route.Provider.Id, route.Provider.Region, new HashSet<Role> { Role.DepartmentOfficer }), CancellationToken.None));
        work.ShouldContain(w => w.Href == $"/work/exchange/{route.Delivery}/quarantine");
        var held = await route.ReconcileAsync();
        (held.IsEqual, held.Quarantined, held.ProviderRows, held.ConsumerRows, held.Problem).ShouldBe((true, 2, 18, 18, null));

        await route.Source.TouchAsync("id = 5", "企业1");
        await UntilAsync(route, async () => await route.Target.CountAsync("received", "id = 5") == 1);
        (await QuarantineAsync(route)).Count(q => q is { State: QuarantineState.Superseded, Row: null }).ShouldBe(1);

        // The one that is left is right after all.
        var last = (await QuarantineAsync(route)).Single(q => q.State == QuarantineState.Waiting);
        await route.WithDb(async db =>
        {
            (await db.Quarantine.SingleAsync(q => q.Id == last.Id)).Release();
            return await db.SaveChangesAsync();
        });
        (await route.RunAsync()).Problem.ShouldBeNull();
        (await route.Target.QueryAsync("SELECT name FROM received WHERE id = 7")).ShouldBe(["企**"]);
        last = (await QuarantineAsync(route)).Single(q => q.Id == last.Id);
        (last.State, last.Row).ShouldBe((QuarantineState.Released, null));
        var batch = (await route.BatchesAsync()).Single(b => b.Sequence == last.Batch);
        (batch.Phase, batch.Rows, batch.ReceivedAt is not null).ShouldBe((DeliveryPhase.Repair, 1, true));
        var equal = await route.ReconcileAsync();
        (equal.IsEqual, equal.Quarantined, equal.ProviderRows).ShouldBe((true, 0, 20));
        var events = await route.WithDb(db => db.Ledger.Where(e => e.Subject == route.Delivery.ToString() && e.Event.Contains("quarantine")).Select(e => e.Event).ToListAsync());
        events.ShouldContain("exchange.rows-quarantined");
        events.ShouldContain("exchange.quarantine-superseded");
        events.ShouldContain("exchange.quarantine-sent");
    }

    [Fact]
    public async Task Run_MoreBadRowsThanMayWait_StandsStillWithEveryFaultAndTakesNothing()
    {
        var route = await exchange.RouteAsync(DataSourceKind.Sqlite, DataSourceKind.Sqlite, s => (s.Items, s.MostQuarantined) = (Check, 1));
        await route.Source.FillAsync(1, 20);
        var state = await route.RunAsync();
        (state.State, state.Problem).ShouldBe((DeliveryState.Failed, "exchange.quarantine-full"));
        JsonSerializer.Deserialize<List<Fault>>(state.ProblemDetail!)!.Select(f => f.Key).ShouldBe(["exchange.fault.quarantine-full", "exchange.fault.quality.not-in-code-list"]);
        (await route.Target.CountAsync("received")).ShouldBe(0);
        (await QuarantineAsync(route)).ShouldBeEmpty();

        route.Settings.MostQuarantined = 2;
        (await route.RunAsync()).Problem.ShouldBeNull();
        (await route.Target.CountAsync("received")).ShouldBe(18);
    }

    /// <summary>What SQLite lets anybody write is a bad row; only a watermark that is none stops, because changes behind it would pass unseen.</summary>
    [Fact]
    public async Task Run_ValuesOfAnotherType_WaitAndReconcileAsHeldUnlessTheWatermarkIsNone()
    {
        var route = await exchange.RouteAsync(DataSourceKind.Sqlite, DataSourceKind.Sqlite);
        await route.Source.FillAsync(1, 10);
        await route.Source.ExecuteAsync("UPDATE enterprise SET born = '2026-13-01' WHERE id = 4; UPDATE enterprise SET note = x'00FF', active = '是', amount = '-' WHERE id = 5");
        (await route.RunAsync()).Problem.ShouldBeNull();
        (await route.Target.CountAsync("received")).ShouldBe(8);
        (await QuarantineAsync(route)).SelectMany(q => q.Reasons).Select(r => r.Fault).ShouldBe([QualityFault.WrongType, QualityFault.WrongType, QualityFault.WrongType, QualityFault.WrongType]);
        var held = await route.ReconcileAsync();
        (held.IsEqual, held.Quarantined, held.ProviderRows, held.Problem).ShouldBe((true, 2, 8, null));

        await route.Source.ExecuteAsync("UPDATE enterprise SET born = '2026-12-01', changed = '坏' WHERE id = 4");
        (await route.RunAsync()).Problem.ShouldBe("exchange.value-does-not-fit");
        await route.Source.TouchAsync("id = 4", "企业4");
        await UntilAsync(route, async () => await route.Target.CountAsync("received", "id = 4") == 1);
    }

    [Fact]
    public async Task Run_DiscardedRow_IsCountedAsHeldUntilANewerVersionFlows()
    {
        var route = await exchange.RouteAsync(DataSourceKind.Sqlite, DataSourceKind.Sqlite, s => (s.Items, s.Capture, s.MostQuarantined) = (Check, CaptureKind.Comparison, 2));
        await route.Source.FillAsync(1, 20);
        (await route.RunAsync()).Problem.ShouldBeNull();
        await route.WithDb(async db =>
        {
            (await db.Quarantine.Where(q => q.DeliveryId == route.Delivery).ToListAsync()).ForEach(q => q.Discard(TimeProvider.System.GetUtcNow()));
            return await db.SaveChangesAsync();
        });
        var held = await route.ReconcileAsync();
        (held.IsEqual, held.Quarantined, held.ProviderRows, held.Problem).ShouldBe((true, 2, 18, null));

        // What is discarded takes no room; a newer version takes its place, whether it passes or not.
        await route.Source.TouchAsync("id = 5", "企业1");
        await route.Source.TouchAsync("id IN (7, 8, 9)", "坏");
        (await route.RunAsync()).Problem.ShouldBe("exchange.quarantine-full");
        route.Settings.MostQuarantined = 3;
        await UntilAsync(route, async () => (await QuarantineAsync(route)).Count(q => q.State == QuarantineState.Waiting) == 3 && await route.Target.CountAsync("received", "id = 5") == 1);
        (await QuarantineAsync(route)).Count(q => q is { State: QuarantineState.Superseded, Row: null }).ShouldBe(2);
        (await route.ReconcileAsync()).IsEqual.ShouldBe(true);
    }

    private static Task<List<QuarantinedRow>> QuarantineAsync(Route route) => route.WithDb(db => db.Quarantine.AsNoTracking().Where(q => q.DeliveryId == route.Delivery).OrderBy(q => q.At).ToListAsync());

    private static async Task UntilAsync(Route route, Func<Task<bool>> look)
    {
        var until = TimeProvider.System.GetUtcNow().AddSeconds(90);
        while (!await look())
        {
            TimeProvider.System.GetUtcNow().ShouldBeLessThan(until);
            (await route.RunAsync()).Problem.ShouldBeNull();
            await Task.Delay(200);
        }
    }
}

/// <summary>Quarantine over HTTP and in pages, with the platform's own reconcilers at work.</summary>
[OnDatabase]
public sealed class QuarantineSlicesTests(PlatformFixture platform)
{
    [Fact]
    public async Task Quarantine_FromListToRelease_IsForTheProviderAlone()
    {
        var route = await HeldAsync();
        var (provider, consumer) = (await platform.SignedIn(route.Provider, Role.DepartmentOfficer), await platform.SignedIn(route.Consumer, Role.DepartmentOfficer));
        var list = $"/api/v1/deliveries/{route.Delivery}/quarantine";
        (await (await platform.Visitor().GetAsync(list)).ReadProblemCode()).ShouldBe("kernel.not-signed-in");
        var leader = await platform.SignedIn(route.Provider, Role.DepartmentLeader);
        (await (await leader.GetAsync(list)).ReadProblemCode()).ShouldBe("kernel.forbidden");
        (await (await consumer.GetAsync(list)).ReadProblemCode()).ShouldBe("exchange.not-provider");
        var stranger = await platform.SignedIn(await platform.Department(), Role.DepartmentOfficer);
        (await (await stranger.GetAsync(list)).ReadProblemCode()).ShouldBe("exchange.delivery-unknown");

        var rows = (await provider.GetFromJsonAsync<JsonElement>($"{list}?state=waiting&fault=notInCodeList")).GetProperty("items");
        rows.GetArrayLength().ShouldBe(2);
        (await provider.GetFromJsonAsync<JsonElement>($"{list}?fault=phone")).GetProperty("items").GetArrayLength().ShouldBe(0);
        var id = rows[0].GetProperty("id").GetGuid();
        (await (await consumer.GetAsync($"/api/v1/quarantine/{id}")).ReadProblemCode()).ShouldBe("exchange.quarantine-unknown");
        var row = await provider.GetFromJsonAsync<JsonElement>($"/api/v1/quarantine/{id}");
        var name = row.GetProperty("values").EnumerateArray().Single(v => v.GetProperty("column").GetString() == "name");
        name.GetProperty("value").GetString().ShouldBeOneOf("企业5", "企业7");
        name.GetProperty("faults")[0].GetString().ShouldBe("notInCodeList");
        foreach (var (language, says) in new[] { ("zh-CN", "不在代码表内"), ("en", "not in the code list") })
        {
            foreach (var page in new[] { $"/work/exchange/{route.Delivery}/quarantine", $"/work/exchange/quarantine/{id}" })
            {
                var html = await PageAsync(provider, page, language);
                html.ShouldContain(says);
                html.ShouldNotContain(">exchange.");
            }

            (await PageAsync(provider, $"/work/exchange/{route.Delivery}", language)).ShouldContain($"/work/exchange/{route.Delivery}/quarantine");
        }

        (await PageAsync(consumer, $"/work/exchange/{route.Delivery}", "zh-CN")).ShouldNotContain($"/work/exchange/{route.Delivery}/quarantine");
        var release = new { reason = "名称已由登记机关核实", revision = row.GetProperty("row").GetProperty("revision").GetInt32() };
        (await (await consumer.PostAsJsonAsync($"/api/v1/quarantine/{id}/release", release)).ReadProblemCode()).ShouldBe("exchange.quarantine-unknown");
        (await (await provider.PostAsJsonAsync($"/api/v1/quarantine/{id}/release", new { reason = "x", revision = 0 })).ReadProblemCode()).ShouldBe("kernel.invalid");
        (await (await provider.PostAsJsonAsync($"/api/v1/quarantine/{id}/release", release with { revision = 9 })).ReadProblemCode()).ShouldBe("kernel.changed-meanwhile");
        (await provider.PostAsJsonAsync($"/api/v1/quarantine/{id}/release", release)).StatusCode.ShouldBe(HttpStatusCode.Accepted);
        await UntilAsync(async () => await route.Target.CountAsync("received") == 19);
        (await (await provider.PostAsJsonAsync($"/api/v1/quarantine/{id}/release", release)).ReadProblemCode()).ShouldBe("exchange.quarantine-settled");
        (await provider.GetFromJsonAsync<JsonElement>($"/api/v1/quarantine/{id}")).GetProperty("values").GetArrayLength().ShouldBe(0);
        var events = await platform.WithDb(db => db.Ledger.Where(e => e.Subject == id.ToString()).ToListAsync());
        events.Select(e => e.Event).Distinct().ShouldBe(["exchange.quarantine-viewed", "exchange.quarantine-released"], ignoreOrder: true);
        // What the ledger tells, everybody may read: no value.
        JsonSerializer.Serialize(await platform.WithDb(db => db.Ledger.Where(e => e.Subject == route.Delivery.ToString()).ToListAsync())).ShouldNotContain("企业");
    }

    [Fact]
    public async Task Quarantine_ExportedAndDiscarded_StaysCountedAndInTheLedger()
    {
        var route = await HeldAsync();
        var (provider, consumer) = (await platform.SignedIn(route.Provider, Role.DepartmentOfficer), await platform.SignedIn(route.Consumer, Role.DepartmentOfficer));
        provider.DefaultRequestHeaders.AcceptLanguage.ParseAdd("en");
        var list = $"/work/exchange/{route.Delivery}/quarantine/export";
        var lines = (await provider.GetStringAsync($"{list}.csv?state=waiting")).TrimStart('\uFEFF').Split("\r\n", StringSplitOptions.RemoveEmptyEntries);
        lines.Length.ShouldBe(3);
        lines[0].ShouldBe("Why it did not pass,State,Read at,After batch,Sent in batch");
        lines[1].ShouldStartWith("名称: not in the code list,Waiting,");
        (await provider.GetStringAsync($"{list}.csv?fault=phone")).Split("\r\n", StringSplitOptions.RemoveEmptyEntries).Length.ShouldBe(1);
        (await provider.GetAsync($"{list}.xlsx")).Content.Headers.ContentType!.MediaType.ShouldBe("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet");
        (await consumer.GetAsync($"{list}.csv")).StatusCode.ShouldBe(HttpStatusCode.Forbidden);
        (await provider.GetAsync($"{list}.pdf")).StatusCode.ShouldBe(HttpStatusCode.NotFound);

        var id = (await provider.GetFromJsonAsync<JsonElement>($"/api/v1/deliveries/{route.Delivery}/quarantine")).GetProperty("items")[0].GetProperty("id").GetGuid();
        var values = await provider.GetStringAsync($"/work/exchange/quarantine/{id}/export.csv");
        values.ShouldContain("not in the code list");
        values.ShouldContain("企业");
        (await consumer.GetAsync($"/work/exchange/quarantine/{id}/export.csv")).StatusCode.ShouldBe(HttpStatusCode.NotFound);
        (await platform.WithDb(db => db.Ledger.CountAsync(e => e.Subject == id.ToString() && e.Event == "exchange.quarantine-viewed"))).ShouldBe(1);

        var page = await PageAsync(provider, $"/work/exchange/quarantine/{id}", "en");
        page.ShouldContain("Discard this row");
        page.ShouldContain($"/work/exchange/quarantine/{id}/export.csv");
        var discard = new { reason = "登记机关已注销", revision = 1 };
        (await (await consumer.PostAsJsonAsync($"/api/v1/quarantine/{id}/discard", discard)).ReadProblemCode()).ShouldBe("exchange.quarantine-unknown");
        (await (await provider.PostAsJsonAsync($"/api/v1/quarantine/{id}/discard", new { reason = "", revision = 1 })).ReadProblemCode()).ShouldBe("kernel.invalid");
        (await (await provider.PostAsJsonAsync($"/api/v1/quarantine/{id}/discard", discard with { revision = 2 })).ReadProblemCode()).ShouldBe("kernel.changed-meanwhile");
        var answers = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => provider.PostAsJsonAsync($"/api/v1/quarantine/{id}/discard", discard)));
        answers.Count(a => a.StatusCode == HttpStatusCode.NoContent).ShouldBe(1);
        (await (await provider.PostAsJsonAsync($"/api/v1/quarantine/{id}/release", discard with { revision = 2 })).ReadProblemCode()).ShouldBe("exchange.quarantine-settled");
        var delivery = await provider.GetFromJsonAsync<JsonElement>($"/api/v1/deliveries/{route.Delivery}");
        (delivery.GetProperty("quarantined").GetInt32(), delivery.GetProperty("discarded").GetInt32()).ShouldBe((1, 1));
        (await PageAsync(provider, $"/work/exchange/{route.Delivery}", "en")).ShouldContain("Discarded from quarantine");
        // Its provider may still look at what it discarded.
        (await provider.GetFromJsonAsync<JsonElement>($"/api/v1/quarantine/{id}")).GetProperty("values").GetArrayLength().ShouldBeGreaterThan(0);
        (await platform.WithDb(db => db.Ledger.Where(e => e.Subject == id.ToString() && e.Event == "exchange.quarantine-discarded").Select(e => e.Reason).ToListAsync())).ShouldBe(["登记机关已注销"]);

        await route.Source.TouchAsync("id IN (5, 7)", "企业1");
        await UntilAsync(async () => await route.Target.CountAsync("received") == 20);
        await UntilAsync(async () => (await provider.GetFromJsonAsync<JsonElement>($"/api/v1/deliveries/{route.Delivery}")).GetProperty("discarded").GetInt32() == 0);
    }

    [Fact]
    public async Task Release_OfAValueThatIsNoneOfItsType_Is409AndThePageOffersOnlyToDiscard()
    {
        var route = await HeldAsync("UPDATE enterprise SET born = '从前' WHERE id = 5");
        var provider = await platform.SignedIn(route.Provider, Role.DepartmentOfficer);
        var id = (await provider.GetFromJsonAsync<JsonElement>($"/api/v1/deliveries/{route.Delivery}/quarantine?fault=wrongType")).GetProperty("items")[0].GetProperty("id").GetGuid();
        (await (await provider.PostAsJsonAsync($"/api/v1/quarantine/{id}/release", new { reason = "核实无误", revision = 1 })).ReadProblemCode()).ShouldBe("exchange.quarantine-unfit");
        var born = (await provider.GetFromJsonAsync<JsonElement>($"/api/v1/quarantine/{id}")).GetProperty("values").EnumerateArray().Single(v => v.GetProperty("column").GetString() == "born");
        (born.GetProperty("value").GetString(), born.GetProperty("faults")[0].GetString()).ShouldBe(("从前", "wrongType"));
        var page = await PageAsync(provider, $"/work/exchange/quarantine/{id}", "zh-CN");
        page.ShouldContain("与约定的数据类型不符");
        page.ShouldContain("放弃这一行");
        page.ShouldNotContain("value=\"release\"");
        await provider.Submit($"/work/exchange/quarantine/{id}", "decide", ("decision", "discard"), ("reason", "来源无法核实"));
        (await provider.GetFromJsonAsync<JsonElement>($"/api/v1/quarantine/{id}")).GetProperty("row").GetProperty("state").GetString().ShouldBe("discarded");
    }

    private async Task<Route> HeldAsync(string? sql = null)
    {
        var route = await ExchangeFixture.PrepareAsync(
            platform.App.Services, platform.App.Services.GetRequiredService<Deployment>(), DataSourceKind.Sqlite, DataSourceKind.Sqlite, s => (s.WithDelivery, s.Items) = (false, QuarantineDeliveryTests.Check));
        await route.Source.FillAsync(1, 20);
        if (sql is not null) { await route.Source.ExecuteAsync(sql); }
        Guid? id = null;
        await UntilAsync(async () => (id = await platform.WithDb(db => db.Deliveries.Where(d => d.AgreementId == route.Agreement && d.Phase == DeliveryPhase.Changes && d.RowsReceived >= 18)
            .Select(d => (Guid?)d.Id).SingleOrDefaultAsync())) is not null);
        return route with { Delivery = id!.Value };
    }

    private static async Task<string> PageAsync(HttpClient client, string page, string language)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, page);
        request.Headers.AcceptLanguage.ParseAdd(language);
        var answer = await client.SendAsync(request);
        answer.StatusCode.ShouldBe(HttpStatusCode.OK);
        return WebUtility.HtmlDecode(await answer.Content.ReadAsStringAsync());
    }
}
