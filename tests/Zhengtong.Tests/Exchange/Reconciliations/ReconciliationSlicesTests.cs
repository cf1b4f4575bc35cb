using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using System.Text.RegularExpressions;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Exchange.Model;
using Zhengtong.Exchange.Reconciliations;
using Zhengtong.Kernel.Identity;
using Zhengtong.Kernel.Jobs;
using Zhengtong.Tests.Exchange.Support;
using Zhengtong.Tests.Support;
using Route = Zhengtong.Tests.Exchange.Support.Route;

namespace Zhengtong.Tests.Exchange.Reconciliations;

/// <summary>Reconciliation over HTTP, with the platform's own reconcilers at work.</summary>
[OnDatabase]
public sealed partial class ReconciliationSlicesTests(PlatformFixture platform)
{
    [Fact]
    public async Task Reconciliation_FromAskingToRepair_IsForThePartiesAlone()
    {
        var route = await DeliveredAsync(400);
        var (consumer, provider) = (await platform.SignedIn(route.Consumer, Role.DepartmentOfficer), await platform.SignedIn(route.Provider, Role.DepartmentOfficer));
        var address = $"/api/v1/deliveries/{route.Delivery}/reconciliations";
        (await (await platform.Visitor().PostAsync(address, null)).ReadProblemCode()).ShouldBe("kernel.not-signed-in");
        var leader = await platform.SignedIn(route.Consumer, Role.DepartmentLeader);
        (await (await leader.PostAsync(address, null)).ReadProblemCode()).ShouldBe("kernel.forbidden");
        var stranger = await platform.SignedIn(await platform.Department(), Role.DepartmentOfficer);
        (await (await stranger.PostAsync(address, null)).ReadProblemCode()).ShouldBe("exchange.delivery-unknown");
        (await (await stranger.GetAsync(address)).ReadProblemCode()).ShouldBe("exchange.delivery-unknown");
        var operating = await platform.SignedIn(await platform.Department(), Role.PlatformOperator);
        (await (await operating.PostAsync(address, null)).ReadProblemCode()).ShouldBe("exchange.not-a-party");

        await route.Target.ExecuteAsync("DELETE FROM received WHERE id = 42");
        var id = await FinishedAsync(consumer, route);
        var found = await provider.GetFromJsonAsync<JsonElement>($"/api/v1/reconciliations/{id}");
        (found.GetProperty("missing").GetInt64(), found.GetProperty("extra").GetInt64(), found.GetProperty("different").GetInt64()).ShouldBe((1, 0, 0));
        found.GetProperty("differences")[0].GetProperty("key")[0].GetString().ShouldBe("42");
        var seen = await operating.GetFromJsonAsync<JsonElement>($"/api/v1/reconciliations/{id}");
        seen.GetProperty("missing").GetInt64().ShouldBe(1);
        (seen.GetProperty("differences").GetArrayLength(), seen.TryGetProperty("salt", out var salt) && salt.ValueKind == JsonValueKind.String).ShouldBe((0, false));
        foreach (var path in new[] { $"/api/v1/reconciliations/{id}", $"/api/v1/reconciliations/{id}/statement" })
        {
            (await (await stranger.GetAsync(path)).ReadProblemCode()).ShouldBe("exchange.reconciliation-unknown");
        }

        (await (await stranger.PostAsync($"/api/v1/reconciliations/{id}/repair", null)).ReadProblemCode()).ShouldBe("exchange.reconciliation-unknown");
        (await (await operating.PostAsync($"/api/v1/reconciliations/{id}/repair", null)).ReadProblemCode()).ShouldBe("exchange.not-a-party");
        foreach (var (client, language) in new[] { (consumer, "zh-CN"), (provider, "en") })
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, $"/work/exchange/{route.Delivery}");
            request.Headers.AcceptLanguage.ParseAdd(language);
            var html = WebUtility.HtmlDecode(await (await client.SendAsync(request)).Content.ReadAsStringAsync());
            html.ShouldContain($"/api/v1/reconciliations/{id}/statement");
            html.ShouldContain(found.GetProperty("providerDigest").GetString()!);
            html.ShouldNotContain(">exchange.");
        }

        WebUtility.HtmlDecode(await operating.GetStringAsync($"/work/exchange/{route.Delivery}")).ShouldNotContain("<th scope=\"row\" role=\"rowheader\">42");

        (await provider.PostAsync($"/api/v1/reconciliations/{id}/repair", null)).StatusCode.ShouldBe(HttpStatusCode.Accepted);
        (await (await consumer.PostAsync($"/api/v1/reconciliations/{id}/repair", null)).ReadProblemCode()).ShouldBe("exchange.repair-under-way");
        await UntilAsync(async () => await route.Target.CountAsync("received", "id = 42") == 1);
        var again = await FinishedAsync(provider, route);
        (await consumer.GetFromJsonAsync<JsonElement>($"/api/v1/reconciliations/{again}")).GetProperty("missing").GetInt64().ShouldBe(0);
        (await (await consumer.PostAsync($"/api/v1/reconciliations/{again}/repair", null)).ReadProblemCode()).ShouldBe("exchange.nothing-to-repair");
        (await consumer.GetFromJsonAsync<JsonElement>(address)).GetProperty("items").GetArrayLength().ShouldBe(2);
        (await platform.WithDb(db => db.Ledger.Where(e => e.Subject == id.ToString()).Select(e => e.Event).ToListAsync()))
            .ShouldBe(["exchange.reconciliation-requested", "exchange.reconciliation-finished", "exchange.statement-issued", "exchange.repair-ordered", "exchange.repair-sealed"], ignoreOrder: true);
    }

    [Fact]
    public async Task Start_TwelveAtOnce_OneIsTaken()
    {
        var route = await DeliveredAsync(20);
        var consumer = await platform.SignedIn(route.Consumer, Role.DepartmentOfficer);
        await using (await LeaseAsync(route))
        {
            var answers = await Task.WhenAll(Enumerable.Range(0, 12).Select(_ => consumer.PostAsync($"/api/v1/deliveries/{route.Delivery}/reconciliations", null)));
            answers.Count(a => a.StatusCode == HttpStatusCode.Accepted).ShouldBe(1);
            foreach (var refused in answers.Where(a => a.StatusCode != HttpStatusCode.Accepted)) { (await refused.ReadProblemCode()).ShouldBe("exchange.reconciliation-under-way"); }
            var id = await platform.WithDb(db => db.Reconciliations.Where(r => r.DeliveryId == route.Delivery).Select(r => r.Id).SingleAsync());
            (await (await consumer.GetAsync($"/api/v1/reconciliations/{id}/statement")).ReadProblemCode()).ShouldBe("exchange.reconciliation-unfinished");
            (await (await consumer.PostAsync($"/api/v1/reconciliations/{id}/repair", null)).ReadProblemCode()).ShouldBe("exchange.reconciliation-unfinished");
            (await platform.WithDb(db => db.Ledger.CountAsync(e => e.Event == "exchange.reconciliation-requested" && e.Subject == id.ToString()))).ShouldBe(1);
        }

        await UntilAsync(() => platform.WithDb(db => db.Reconciliations.AnyAsync(r => r.DeliveryId == route.Delivery && r.State == ReconciliationState.Finished)));
        await route.ChangeAsync(a => a.Suspend(a.ProviderId));
        (await (await consumer.PostAsync($"/api/v1/deliveries/{route.Delivery}/reconciliations", null)).ReadProblemCode()).ShouldBe("exchange.not-in-force");
    }

    [Fact]
    public async Task Schedule_ADelivery_IsReconciledOnceADay()
    {
        var route = await DeliveredAsync(20);
        await platform.WithDb(db => db.Deliveries.Where(d => d.Id == route.Delivery)
            .ExecuteUpdateAsync(s => s.SetProperty(d => d.SnapshotFinishedAt, TimeProvider.System.GetUtcNow().AddDays(-2))));
        await using var scope = platform.App.Services.CreateAsyncScope();
        var job = new ReconcileDeliveries(
            scope.ServiceProvider.GetRequiredService<ZhengtongDb>(), scope.ServiceProvider.GetRequiredService<Reconciling>(), TimeProvider.System,
            Microsoft.Extensions.Options.Options.Create(new Zhengtong.Exchange.ExchangeOptions { ReconcileHour = 0 }));
        await UntilAsync(async () =>
        {
            await job.ReconcileAsync(CancellationToken.None);
            return await platform.WithDb(db => db.Reconciliations.AnyAsync(r => r.DeliveryId == route.Delivery && r.Day != null && r.State == ReconciliationState.Finished));
        });
        await job.ReconcileAsync(CancellationToken.None);
        (await platform.WithDb(db => db.Reconciliations.CountAsync(r => r.DeliveryId == route.Delivery))).ShouldBe(1);
    }

    [Fact]
    public async Task Statement_Downloaded_HoldsWithTheCommandsOfTheDocumentationAndChangedBytesAreRefused()
    {
        var route = await DeliveredAsync(30);
        var consumer = await platform.SignedIn(route.Consumer, Role.DepartmentOfficer);
        var first = await StatementAsync(consumer, await FinishedAsync(consumer, route));
        var second = await StatementAsync(consumer, await FinishedAsync(consumer, route));
        var (one, two) = (Document(first), Document(second));
        (one.GetProperty("sequence").GetInt64(), two.GetProperty("sequence").GetInt64()).ShouldBe((1, 2));
        (one.GetProperty("rows").GetInt64(), one.GetProperty("batches").GetInt64(), two.GetProperty("rows").GetInt64()).ShouldBe((30, 1, 0));
        two.GetProperty("previous").GetString().ShouldBe(Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(Convert.FromBase64String(first.Statement))));
        second.LedgerIssued.ShouldNotBeNull();

        var (code, output) = await ShellAsync(second);
        code.ShouldBe(0, output);
        Regex.Count(output, "^Verified OK$", RegexOptions.Multiline).ShouldBe(2, output);
        foreach (var line in new[] { "the provider's key", "the consumer's key", "both sides are equal" }) { output.ShouldContain(line); }
        foreach (var changed in new[]
        {
            second with { Statement = Change(second.Statement, 40) }, second with { ProviderSignature = Change(second.ProviderSignature, -1) },
            second with { ConsumerSignature = Change(second.ConsumerSignature, -1) }, second with { ProviderKey = second.ConsumerKey },
        })
        {
            (await ShellAsync(changed)).Code.ShouldNotBe(0);
        }
    }

    private async Task<Route> DeliveredAsync(int rows)
    {
        var deployment = platform.App.Services.GetRequiredService<Deployment>();
        var route = await ExchangeFixture.PrepareAsync(platform.App.Services, deployment, DataSourceKind.Sqlite, DataSourceKind.Sqlite, s => { s.WithDelivery = false; });
        await route.Source.FillAsync(1, rows);
        Guid? id = null;
        await UntilAsync(async () => (id = await platform.WithDb(db => db.Deliveries.Where(d => d.AgreementId == route.Agreement && d.Phase == DeliveryPhase.Changes && d.RowsReceived >= rows)
            .Select(d => (Guid?)d.Id).SingleOrDefaultAsync())) is not null);
        return route with { Delivery = id!.Value };
    }

    private static async Task<Guid> FinishedAsync(HttpClient client, Route route)
    {
        var asked = await client.PostAsync($"/api/v1/deliveries/{route.Delivery}/reconciliations", null);
        asked.StatusCode.ShouldBe(HttpStatusCode.Accepted);
        var id = (await asked.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("id").GetGuid();
        await UntilAsync(async () => (await client.GetFromJsonAsync<JsonElement>($"/api/v1/reconciliations/{id}")).GetProperty("state").GetString() == "finished");
        return id;
    }

    private async Task<JobLease> LeaseAsync(Route route)
    {
        JobLease? lease = null;
        await UntilAsync(async () => (lease = await platform.App.Services.GetRequiredService<JobLeases>().TryTakeAsync($"exchange.delivery-{route.Delivery:N}", CancellationToken.None)) is not null);
        return lease!;
    }

    private static async Task<StatementFile> StatementAsync(HttpClient client, Guid id) =>
        JsonSerializer.Deserialize<StatementFile>(await client.GetStringAsync($"/api/v1/reconciliations/{id}/statement"), JsonSerializerOptions.Web)!;

    private static JsonElement Document(StatementFile file) => JsonSerializer.Deserialize<JsonElement>(Convert.FromBase64String(file.Statement));

    private static string Change(string base64, int at)
    {
        var bytes = Convert.FromBase64String(base64);
        bytes[at < 0 ? bytes.Length + at : at] ^= 1;
        return Convert.ToBase64String(bytes);
    }

    private static async Task<(int Code, string Output)> ShellAsync(StatementFile file)
    {
        using var folder = new ReceiptFolder();
        return await folder.ShellAsync(Shell().Match(Repository.Read("docs", "exchange.md")).Groups[1].Value, file.ToText(), "statement.json");
    }

    [GeneratedRegex("```sh\\n(.*?)```", RegexOptions.Singleline)]
    private static partial Regex Shell();
}
