using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using System.Text.RegularExpressions;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Agreements;
using Zhengtong.Exchange.Gateway;
using Zhengtong.Exchange.Monitor;
using Zhengtong.Kernel;
using Zhengtong.Kernel.Identity;
using Zhengtong.Kernel.Metering;
using Zhengtong.Kernel.Organisations;
using Zhengtong.Tests.Exchange.Evidence;
using Zhengtong.Tests.Exchange.Gateway;
using Zhengtong.Tests.Support;

namespace Zhengtong.Tests.Exchange.Monitor;

[OnDatabase]
public sealed partial class MonitorSlicesTests(PlatformFixture platform)
{
    [Fact]
    public async Task Flows_OfAnAgreement_AreSeenByItsPartiesTheAuthorityAboveAndTheOperatorAlone()
    {
        var scene = await SceneAsync(quotaUsed: 7);
        foreach (var party in new[] { scene.Provider, scene.Consumer })
        {
            var flow = (await FlowsAsync(await SignedIn(party))).ShouldHaveSingleItem();
            flow.GetProperty("number").GetString().ShouldBe(scene.Agreement.Number);
            flow.GetProperty("kind").GetString().ShouldBe("api");
            flow.GetProperty("unitsPerMinute").GetDecimal().ShouldBe(1m);
            flow.GetProperty("bytesPerMinute").GetInt64().ShouldBe(200);
            flow.GetProperty("quotaLeft").GetInt64().ShouldBe(3);
            flow.GetProperty("lastSuccessAt").GetDateTimeOffset().ShouldBeGreaterThan(TimeProvider.System.GetUtcNow().AddMinutes(-1));
            flow.GetProperty("lagSeconds").ValueKind.ShouldBe(JsonValueKind.Null);
        }

        (await FlowsAsync(await SignedIn(await platform.Department()))).ShouldBeEmpty();
        using var operating = await platform.SignedIn(await platform.Department(), Role.PlatformOperator);
        (await FlowsAsync(operating)).ShouldContain(f => f.GetProperty("agreementId").GetGuid() == scene.Agreement.Id);
        using var above = await platform.SignedIn(await platform.Department(), Role.Authority);
        (await FlowsAsync(above)).ShouldContain(f => f.GetProperty("agreementId").GetGuid() == scene.Agreement.Id);
        using var elsewhere = await platform.SignedIn(await platform.Department(region: "510000"), Role.Authority);
        (await FlowsAsync(elsewhere)).ShouldNotContain(f => f.GetProperty("agreementId").GetGuid() == scene.Agreement.Id);
        using var visitor = platform.Visitor();
        (await (await visitor.GetAsync("/api/v1/exchange/flows")).ReadProblemCode()).ShouldBe("kernel.not-signed-in");
    }

    [Fact]
    public async Task History_ByHourAndDay_HoldsWhatWasRolledUpAndNothingOfOthers()
    {
        var scene = await SceneAsync();
        using var client = await SignedIn(scene.Provider);
        var until = TimeProvider.System.GetUtcNow().AddSeconds(30);
        foreach (var (by, count) in new[] { ("hour", 24), ("day", 30) })
        {
            List<JsonElement> points;
            while (true)
            {
                points = [.. (await client.GetFromJsonAsync<JsonElement>($"/api/v1/exchange/history?by={by}")).GetProperty("points").EnumerateArray()];
                if (points.Sum(p => p.GetProperty("calls").GetInt64()) > 0) { break; }
                TimeProvider.System.GetUtcNow().ShouldBeLessThan(until, "usage is not rolled up");
                await Task.Delay(200);
            }

            points.Count.ShouldBe(count);
            points.Sum(p => p.GetProperty("calls").GetInt64()).ShouldBe(5);
            points.Sum(p => p.GetProperty("bytes").GetInt64()).ShouldBe(1000);
        }

        (await client.GetAsync($"/api/v1/exchange/history?agreement={scene.Agreement.Id}")).StatusCode.ShouldBe(HttpStatusCode.OK);
        using var stranger = await SignedIn(await platform.Department());
        (await (await stranger.GetAsync($"/api/v1/exchange/history?agreement={scene.Agreement.Id}")).ReadProblemCode()).ShouldBe("exchange.agreement-unknown");
        (await stranger.GetFromJsonAsync<JsonElement>("/api/v1/exchange/history")).GetProperty("points").EnumerateArray().ShouldAllBe(p => p.GetProperty("calls").GetInt64() == 0);
    }

    [Fact]
    public async Task OperationalData_IsPagedFilteredByTimeAndOfOnesOwnAlone()
    {
        var scene = await SceneAsync();
        for (var n = 0; n < 4; n++) { await Calls.RecordAsync(platform.App.Services, Calls.Of(scene, $"/firms/{n}", [1], [1, 2])); }
        const string address = "/api/v1/operational-data?kind=api";
        foreach (var party in new[] { scene.Provider, scene.Consumer })
        {
            using var client = await SignedIn(party);
            var first = await client.GetFromJsonAsync<JsonElement>($"{address}&limit=3");
            first.GetProperty("total").GetInt64().ShouldBe(5);
            var next = await client.GetFromJsonAsync<JsonElement>($"{address}&limit=3&after={Uri.EscapeDataString(first.GetProperty("next").GetString()!)}");
            var records = first.GetProperty("items").EnumerateArray().Concat(next.GetProperty("items").EnumerateArray()).ToList();
            records.Select(r => r.GetProperty("id").GetGuid()).Distinct().Count().ShouldBe(5);
            records[0].GetProperty("succeeded").GetBoolean().ShouldBeTrue();
            (records[0].GetProperty("requestBytes").GetInt64(), records[0].GetProperty("responseBytes").GetInt64(), records[0].GetProperty("milliseconds").GetInt64()).ShouldBe((1, 2, 5));
            records[0].ToString().ShouldNotContain("/firms/", Case.Sensitive, "what was called is not said");
            var past = Uri.EscapeDataString(TimeProvider.System.GetUtcNow().AddDays(-2).ToString("O"));
            (await client.GetFromJsonAsync<JsonElement>($"{address}&to={past}")).GetProperty("total").GetInt64().ShouldBe(0);
            (await (await client.GetAsync($"{address}&after=nonsense")).ReadProblemCode()).ShouldBe("kernel.cursor-unknown");
            foreach (var other in new[] { "table", "file" }) { (await client.GetFromJsonAsync<JsonElement>($"/api/v1/operational-data?kind={other}")).GetProperty("total").GetInt64().ShouldBe(0); }
            var csv = (await client.GetStringAsync("/work/exchange/monitor/operational-data.csv?kind=api")).TrimStart('\uFEFF').Split("\r\n", StringSplitOptions.RemoveEmptyEntries);
            csv[0].ShouldStartWith("kind,id,sequence,messageId,agreementId");
            csv.Length.ShouldBe(6);
            csv[1].ShouldContain(records[0].GetProperty("id").GetString()!);
            (await client.GetPage("/work/exchange/monitor/operational-data?kind=api")).ShouldContain(records[0].GetProperty("messageId").GetString()!);
        }

        using var stranger = await SignedIn(await platform.Department());
        (await stranger.GetFromJsonAsync<JsonElement>(address)).GetProperty("total").GetInt64().ShouldBe(0);
        (await stranger.GetFromJsonAsync<JsonElement>($"{address}&agreement={scene.Agreement.Id}")).GetProperty("total").GetInt64().ShouldBe(0);
        (await stranger.GetStringAsync("/work/exchange/monitor/operational-data.csv?kind=api")).ShouldNotContain(scene.Agreement.Id.ToString());
        (await (await stranger.GetAsync("/api/v1/operational-data")).ReadProblemCode()).ShouldBe("kernel.malformed");
        // Before the calendar's first day there is none to begin with.
        (await stranger.GetFromJsonAsync<JsonElement>("/api/v1/operational-data?kind=api&to=0001-01-01T00:00:00Z")).GetProperty("total").GetInt64().ShouldBe(0);
        using var visitor = platform.Visitor();
        foreach (var closed in new[] { address, "/api/v1/alarms", "/api/v1/exchange/history" }) { (await visitor.GetAsync(closed)).StatusCode.ShouldBe(HttpStatusCode.Unauthorized, closed); }
    }

    [Fact]
    public async Task Acknowledge_OneOfItsParties_Is204OnceAndToldInTheLedger()
    {
        var scene = await SceneAsync();
        var alarm = await RaiseAsync(scene);
        var address = $"/api/v1/alarms/{alarm.Id}/acknowledgement";
        object Body(string ground = "数据库已重启", int revision = 1) => new { ground, revision };

        using var visitor = platform.Visitor();
        (await (await visitor.PostAsJsonAsync(address, Body())).ReadProblemCode()).ShouldBe("kernel.not-signed-in");
        using var leader = await platform.SignedIn(scene.Provider, Role.DepartmentLeader);
        (await (await leader.PostAsJsonAsync(address, Body())).ReadProblemCode()).ShouldBe("kernel.forbidden");
        using var stranger = await SignedIn(await platform.Department());
        (await (await stranger.PostAsJsonAsync(address, Body())).ReadProblemCode()).ShouldBe("exchange.alarm-unknown");
        (await (await stranger.GetAsync($"/api/v1/alarms/{alarm.Id}")).ReadProblemCode()).ShouldBe("exchange.alarm-unknown");
        (await stranger.GetFromJsonAsync<JsonElement>("/api/v1/alarms")).GetProperty("total").GetInt64().ShouldBe(0);
        (await stranger.GetAsync($"/work/exchange/monitor/alarms/{alarm.Id}")).StatusCode.ShouldBe(HttpStatusCode.NotFound);

        using var client = await SignedIn(scene.Consumer);
        (await (await client.PostAsJsonAsync(address, Body(ground: "x"))).ReadProblemCode()).ShouldBe("kernel.invalid");
        (await (await client.PostAsJsonAsync(address, Body(revision: 9))).ReadProblemCode()).ShouldBe("kernel.changed-meanwhile");
        var answers = await Task.WhenAll(client.PostAsJsonAsync(address, Body()), client.PostAsJsonAsync(address, Body()));
        answers.Count(a => a.StatusCode == HttpStatusCode.NoContent).ShouldBe(1);
        answers.Count(a => a.StatusCode == HttpStatusCode.Conflict).ShouldBe(1);
        (await (await client.PostAsJsonAsync(address, Body())).ReadProblemCode()).ShouldBe("exchange.alarm-acknowledged");
        var subject = alarm.Id.ToString();
        (await platform.WithDb(db => db.Ledger.SingleAsync(e => e.Subject == subject && e.Event == "exchange.alarm-acknowledged"))).Reason.ShouldBe("数据库已重启");
        using var provider = await SignedIn(scene.Provider);
        var read = await provider.GetFromJsonAsync<JsonElement>($"/api/v1/alarms/{alarm.Id}");
        (read.GetProperty("state").GetString(), read.GetProperty("ground").GetString()).ShouldBe(("acknowledged", "数据库已重启"));
        (await provider.GetFromJsonAsync<JsonElement>("/api/v1/alarms?state=acknowledged&kind=lag")).GetProperty("total").GetInt64().ShouldBe(1);
        (await provider.GetFromJsonAsync<JsonElement>("/api/v1/alarms?state=open")).GetProperty("total").GetInt64().ShouldBe(0);

        var over = await RaiseAsync(scene, clear: true);
        (await (await client.PostAsJsonAsync($"/api/v1/alarms/{over.Id}/acknowledgement", Body(revision: 2))).ReadProblemCode()).ShouldBe("exchange.alarm-over");
    }

    [Fact]
    public async Task AlarmPage_AcknowledgedByItsForm_ShowsWhoAndWhyAndWhatWasTypedWhenRefused()
    {
        var scene = await SceneAsync();
        var alarm = await RaiseAsync(scene);
        using var client = await SignedIn(scene.Provider);
        var page = $"/work/exchange/monitor/alarms/{alarm.Id}";
        (await client.GetPage("/work/exchange/monitor/alarms")).ShouldContain(page);
        WebUtility.HtmlDecode(await (await client.Submit(page, "acknowledge", ("ground", "短"))).Content.ReadAsStringAsync()).ShouldContain(">短</textarea>");
        var done = WebUtility.HtmlDecode(await (await client.Submit(page, "acknowledge", ("ground", "正在检查目标库"))).Content.ReadAsStringAsync());
        done.ShouldContain("正在检查目标库");
        done.ShouldContain("Acknowledged");
        done.ShouldNotContain("</textarea>");
    }

    [Fact]
    public async Task MonitorPage_ShowsPictureTableAndHistory_OfOnesOwnAlone()
    {
        var scene = await SceneAsync(quotaUsed: 7);
        await RaiseAsync(scene);
        using var client = await SignedIn(scene.Consumer);
        var html = WebUtility.HtmlDecode(await client.GetPage("/work/exchange/monitor"));
        foreach (var shown in new[] { scene.Provider.Name, scene.Consumer.Name, scene.Agreement.Number, "class=\"flow alarm\"", "marker-end", "3 of 10" }) { html.ShouldContain(shown); }
        (await client.GetPage($"/work/exchange/monitor?agreement={scene.Agreement.Id}&by=day")).ShouldContain(scene.Agreement.Number);
        (await client.GetPage("/live/exchange/monitor")).ShouldContain("<svg");
        WebUtility.HtmlDecode(await client.GetPage("/work/exchange/monitor?kind=table")).ShouldNotContain(scene.Agreement.Number);
        WebUtility.HtmlDecode(await client.GetPage("/work/exchange/monitor?only=alarms&sort=-quota")).ShouldContain(scene.Agreement.Number);
        (await client.GetStringAsync("/work/exchange/monitor/export.csv")).ShouldContain(scene.Agreement.Number);

        using var stranger = await SignedIn(await platform.Department());
        foreach (var page in new[] { "/work/exchange/monitor", "/live/exchange/monitor", $"/work/exchange/monitor?agreement={scene.Agreement.Id}" })
        {
            WebUtility.HtmlDecode(await stranger.GetPage(page)).ShouldNotContain(scene.Agreement.Number);
        }

        (await stranger.GetStringAsync("/work/exchange/monitor/export.csv")).ShouldNotContain(scene.Consumer.Name);
    }

    [Fact]
    public async Task ReceiptPage_OfACall_SaysLawProofAndHowToCheckItOneself()
    {
        var scene = await SceneAsync();
        var call = await platform.WithDb(db => db.Calls.Where(c => c.AgreementId == scene.Agreement.Id).Select(c => c.Id).SingleAsync());
        await Calls.SealedAsync(platform.App.Services, call);
        using var client = await SignedIn(scene.Provider);
        var html = WebUtility.HtmlDecode(await client.GetPage($"/work/exchange/calls/{call}"));
        foreach (var shown in new[] { scene.Agreement.Number, "食品安全法", "监管", scene.Consumer.CreditCode.Value, "How it is proven", VerificationScript.Below(VerificationScript.OfCall)[..200] }) { html.ShouldContain(shown); }
    }

    [Theory]
    [InlineData(VerificationScript.OfBatch, "check providerKey providerSignature manifest.json", "same batch")]
    [InlineData(VerificationScript.OfFile, "check providerKey providerSignature manifest.json", "same content")]
    [InlineData(VerificationScript.OfCall, "check sealKey sealSignature seal.json", "same heads")]
    public void VerificationScript_OfEachKind_IsTheDocumentsOwn(string heading, string check, string said)
    {
        var script = VerificationScript.Below(heading);
        script.ShouldStartWith("set -e\n");
        script.ShouldContain(check);
        script.ShouldContain(said);
        Repository.Read("docs", "receipts.md").ReplaceLineEndings("\n").ShouldContain($"```sh\n{script}\n```");
    }

    [Fact]
    public async Task Metrics_Exposition_ParsesAndNamesAgreementsAndKindsAndNothingElse()
    {
        var scene = await SceneAsync(quotaUsed: 7);
        using var visitor = platform.Visitor();
        string text;
        var until = TimeProvider.System.GetUtcNow().AddSeconds(40);
        do
        {
            TimeProvider.System.GetUtcNow().ShouldBeLessThan(until, "the figures do not appear");
            await using (var scope = platform.App.Services.CreateAsyncScope()) { await scope.ServiceProvider.GetRequiredService<WatchExchange>().ReconcileAsync(CancellationToken.None); }
            await Task.Delay(400);
            text = await visitor.GetStringAsync("/metrics");
        }
        while (!text.Contains(scene.Agreement.Number, StringComparison.Ordinal));

        var lines = text.Split('\n').Where(l => l.StartsWith("zhengtong_exchange_", StringComparison.Ordinal)).ToList();
        lines.Count.ShouldBeGreaterThan(8);
        lines.ShouldAllBe(l => Sample().IsMatch(l));
        lines.SelectMany(l => Labels().Matches(l).Select(m => m.Groups[1].Value)).Distinct().Where(l => !l.StartsWith("otel_", StringComparison.Ordinal)).ShouldBe(["agreement", "kind"], ignoreOrder: true);
        var left = lines.Single(l => l.StartsWith("zhengtong_exchange_quota_left", StringComparison.Ordinal) && l.Contains(scene.Agreement.Number, StringComparison.Ordinal));
        Sample().Match(left).Groups[1].Value.ShouldBe("3");
        lines.ShouldContain(l => l.StartsWith("zhengtong_exchange_delivered_total", StringComparison.Ordinal));
        text.ShouldNotContain(scene.Consumer.Name);

        // What came through a proxy is not of the machine itself.
        using var proxied = platform.Visitor();
        proxied.DefaultRequestHeaders.Add("X-Forwarded-For", "203.0.113.9");
        (await proxied.GetAsync("/metrics")).StatusCode.ShouldBe(HttpStatusCode.Forbidden);
    }

    /// <summary>An agreement over an API with a quota of ten calls, five metered calls of 200 bytes, and one recorded.</summary>
    private async Task<Scene> SceneAsync(long quotaUsed = 0)
    {
        await using var service = await DepartmentService.StartAsync();
        var scene = await GatewayFixture.SceneAsync(platform.App.Services, service, s => s.Limits = new ApiLimits(10, 10, 10));
        await platform.WithDb(db =>
        {
            var now = TimeProvider.System.GetUtcNow();
            db.Usage.Add(UsageRecord.Of(CallMeter.Calls, "call", 5, scene.ServiceId, scene.Consumer.Id, now, scene.Agreement.Id));
            db.Usage.Add(UsageRecord.Of(CallMeter.Bytes, "byte", 1000, scene.ServiceId, scene.Consumer.Id, now, scene.Agreement.Id));
            if (quotaUsed > 0) { db.ApiQuotas.Add(new ApiQuota { AgreementId = scene.Agreement.Id, Day = ChinaTime.DateOf(now), Reserved = quotaUsed }); }
            return db.SaveChangesAsync();
        });
        await Calls.RecordAsync(platform.App.Services, Calls.Of(scene));
        return scene;
    }

    private Task<Alarm> RaiseAsync(Scene scene, bool clear = false) => platform.WithDb(async db =>
    {
        var now = TimeProvider.System.GetUtcNow();
        var alarm = Alarm.Raise(new AlarmFinding(AlarmKind.Lag, $"test:{Guid.CreateVersion7(now)}", scene.Agreement.Id, scene.Provider.Id, scene.Consumer.Id, "企业查询接口", 700, 600), now);
        if (clear) { alarm.Clear(now); }
        db.Alarms.Add(alarm);
        await db.SaveChangesAsync();
        return alarm;
    });

    private static async Task<List<JsonElement>> FlowsAsync(HttpClient client) => [.. (await client.GetFromJsonAsync<JsonElement>("/api/v1/exchange/flows")).GetProperty("items").EnumerateArray()];

    private Task<HttpClient> SignedIn(Organisation organisation) => platform.SignedIn(organisation, Role.DepartmentOfficer);

    [GeneratedRegex("""^[a-z_]+(?:\{(?:[a-z_]+="[^"\\]*",?)*\})? (-?[0-9.eE+-]+|NaN)(?: [0-9]+)?$""")]
    private static partial Regex Sample();

    [GeneratedRegex("""([a-z_]+)=""")]
    private static partial Regex Labels();
}
