using System.Net;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Exchange.Model;
using Zhengtong.Kernel;
using Zhengtong.Kernel.Calendar;
using Zhengtong.Kernel.Identity;
using Zhengtong.Tests.Exchange.Support;
using Zhengtong.Tests.Support;
using Route = Zhengtong.Tests.Exchange.Support.Route;

namespace Zhengtong.Tests.Exchange.Quality;

/// <summary>Corrections over HTTP and in pages, with the platform's own deliveries at work.</summary>
[OnDatabase]
public sealed class CorrectionSlicesTests(PlatformFixture platform)
{
    [Fact]
    public async Task Correction_FromDoubtToTheMendedRow_IsForThePartiesAlone()
    {
        var route = await DeliveredAsync();
        var (provider, consumer) = (await platform.SignedIn(route.Provider, Role.DepartmentOfficer), await platform.SignedIn(route.Consumer, Role.DepartmentOfficer));
        var answering = await platform.SignedIn(route.Provider, Role.DepartmentLeader);
        var stranger = await platform.SignedIn(await platform.Department(), Role.DepartmentOfficer);
        var address = $"/api/v1/deliveries/{route.Delivery}/corrections";
        var doubt = new { key = new[] { "7" }, column = "name", why = "与营业执照不符" };
        (await (await platform.Visitor().PostAsJsonAsync(address, doubt)).ReadProblemCode()).ShouldBe("kernel.not-signed-in");
        (await (await provider.PostAsJsonAsync(address, doubt)).ReadProblemCode()).ShouldBe("exchange.not-consumer");
        (await (await stranger.PostAsJsonAsync(address, doubt)).ReadProblemCode()).ShouldBe("exchange.delivery-unknown");
        var faults = await consumer.PostAsJsonAsync(address, new { key = new[] { "七" }, column = "nothing", why = "与营业执照不符" });
        var told = await faults.Content.ReadFromJsonAsync<JsonElement>();
        told.GetProperty("code").GetString().ShouldBe("exchange.correction-invalid");
        told.GetProperty("errors").EnumerateObject().Select(e => e.Name).ShouldBe(["column", "key[0]"], ignoreOrder: true);

        var opened = await consumer.PostAsJsonAsync(address, doubt);
        opened.StatusCode.ShouldBe(HttpStatusCode.Created);
        var ticket = await opened.Content.ReadFromJsonAsync<JsonElement>();
        var id = ticket.GetProperty("id").GetGuid();
        var due = DateOnly.Parse(ticket.GetProperty("dueOn").GetString()!, System.Globalization.CultureInfo.InvariantCulture);
        await using (var scope = platform.App.Services.CreateAsyncScope())
        {
            var days = await scope.ServiceProvider.GetRequiredService<WorkingCalendar>().ReadAsync(CancellationToken.None);
            due.ShouldBe(days.Add(ChinaTime.DateOf(TimeProvider.System.GetUtcNow()), 10));
        }

        (await (await consumer.PostAsJsonAsync(address, doubt)).ReadProblemCode()).ShouldBe("exchange.correction-under-way");
        (await (await stranger.GetAsync($"/api/v1/corrections/{id}")).ReadProblemCode()).ShouldBe("exchange.correction-unknown");
        (await stranger.GetFromJsonAsync<JsonElement>("/api/v1/corrections")).GetProperty("items").GetArrayLength().ShouldBe(0);
        (await provider.GetFromJsonAsync<JsonElement>($"/api/v1/corrections?state=open&delivery={route.Delivery}")).GetProperty("items")[0].GetProperty("id").GetGuid().ShouldBe(id);
        // What is doubted and why is kept sealed.
        var kept = await platform.WithDb(db => db.Corrections.AsNoTracking().SingleAsync(c => c.Id == id));
        Encoding.UTF8.GetString(kept.Content).ShouldNotContain("营业执照");

        var correction = await provider.GetFromJsonAsync<JsonElement>($"/api/v1/corrections/{id}");
        (correction.GetProperty("key")[0].GetString(), correction.GetProperty("why").GetString(), correction.GetProperty("state").GetString()).ShouldBe(("7", "与营业执照不符", "open"));
        var answer = new { outcome = "corrected", answer = "已按登记档案更正", revision = correction.GetProperty("revision").GetInt32() };
        (await (await consumer.PostAsJsonAsync($"/api/v1/corrections/{id}/answer", answer)).ReadProblemCode()).ShouldBeOneOf("kernel.forbidden", "exchange.not-provider");
        (await answering.PostAsJsonAsync($"/api/v1/corrections/{id}/answer", answer)).StatusCode.ShouldBe(HttpStatusCode.NoContent);
        (await (await answering.PostAsJsonAsync($"/api/v1/corrections/{id}/answer", answer)).ReadProblemCode()).ShouldBe("exchange.correction-settled");
        (await consumer.GetFromJsonAsync<JsonElement>($"/api/v1/corrections/{id}")).GetProperty("state").GetString().ShouldBe("corrected");

        await route.Source.TouchAsync("id = 7", "更正后的名称");
        await UntilAsync(async () => (await consumer.GetFromJsonAsync<JsonElement>($"/api/v1/corrections/{id}")).GetProperty("state").GetString() == "closed");
        await UntilAsync(async () => (await route.Target.QueryAsync("SELECT name FROM received WHERE id = 7")).Single() == "更正后的名称");
        var closed = await consumer.GetFromJsonAsync<JsonElement>($"/api/v1/corrections/{id}");
        closed.GetProperty("batch").GetInt64().ShouldBeGreaterThan(1);
        closed.GetProperty("answer").GetString().ShouldBe("已按登记档案更正");
        foreach (var (page, says) in new[] { ($"/work/exchange/corrections/{id}", "已按登记档案更正"), ("/work/exchange/corrections", $"/work/exchange/corrections/{id}"), ($"/work/exchange/{route.Delivery}/corrections", "f-why"), ($"/work/exchange/{route.Delivery}", "/corrections") })
        {
            var html = WebUtility.HtmlDecode(await consumer.GetStringAsync(page));
            html.ShouldContain(says);
            html.ShouldNotContain(">exchange.");
        }

        (await platform.WithDb(db => db.Ledger.Where(e => e.Subject == id.ToString()).Select(e => e.Event).ToListAsync()))
            .ShouldBe(["exchange.correction-opened", "exchange.correction-answered", "exchange.correction-closed"], ignoreOrder: true);
    }

    [Fact]
    public async Task Correction_MendedBeforeTheAnswerOrRejectedOrWithdrawn_Settles()
    {
        var route = await DeliveredAsync();
        var (consumer, answering) = (await platform.SignedIn(route.Consumer, Role.DepartmentOfficer), await platform.SignedIn(route.Provider, Role.DepartmentLeader));
        var first = await OpenAsync(consumer, route, "3");
        await route.Source.TouchAsync("id = 3", "先改后答");
        await UntilAsync(async () => (await consumer.GetFromJsonAsync<JsonElement>($"/api/v1/corrections/{first}")).TryGetProperty("batch", out var batch) && batch.ValueKind == JsonValueKind.Number);
        await AnswerAsync(answering, first, "corrected");
        (await consumer.GetFromJsonAsync<JsonElement>($"/api/v1/corrections/{first}")).GetProperty("state").GetString().ShouldBe("closed");

        var second = await OpenAsync(consumer, route, "4");
        await AnswerAsync(answering, second, "rejected");
        (await consumer.GetFromJsonAsync<JsonElement>($"/api/v1/corrections/{second}")).GetProperty("state").GetString().ShouldBe("rejected");
        (await (await consumer.PostAsJsonAsync($"/api/v1/corrections/{second}/withdrawal", new { revision = 2 })).ReadProblemCode()).ShouldBe("exchange.correction-settled");

        // A settled doubt may be raised again.
        var third = await OpenAsync(consumer, route, "4");
        (await (await consumer.PostAsJsonAsync($"/api/v1/corrections/{third}/withdrawal", new { revision = 7 })).ReadProblemCode()).ShouldBe("kernel.changed-meanwhile");
        (await (await answering.PostAsJsonAsync($"/api/v1/corrections/{third}/withdrawal", new { revision = 1 })).ReadProblemCode()).ShouldBeOneOf("kernel.forbidden", "exchange.not-consumer");
        (await consumer.PostAsJsonAsync($"/api/v1/corrections/{third}/withdrawal", new { revision = 1 })).StatusCode.ShouldBe(HttpStatusCode.NoContent);
    }

    private static async Task<Guid> OpenAsync(HttpClient consumer, Route route, string key)
    {
        var opened = await consumer.PostAsJsonAsync($"/api/v1/deliveries/{route.Delivery}/corrections", new { key = new[] { key }, column = "name", why = "有疑义" });
        opened.StatusCode.ShouldBe(HttpStatusCode.Created);
        return (await opened.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("id").GetGuid();
    }

    private static async Task AnswerAsync(HttpClient provider, Guid id, string outcome)
    {
        var revision = (await provider.GetFromJsonAsync<JsonElement>($"/api/v1/corrections/{id}")).GetProperty("revision").GetInt32();
        (await provider.PostAsJsonAsync($"/api/v1/corrections/{id}/answer", new { outcome, answer = "已核实", revision })).StatusCode.ShouldBe(HttpStatusCode.NoContent);
    }

    private async Task<Route> DeliveredAsync()
    {
        var route = await ExchangeFixture.PrepareAsync(
            platform.App.Services, platform.App.Services.GetRequiredService<Deployment>(), DataSourceKind.Sqlite, DataSourceKind.Sqlite, s => s.WithDelivery = false);
        await route.Source.FillAsync(1, 20);
        Guid? id = null;
        await UntilAsync(async () => (id = await platform.WithDb(db => db.Deliveries.Where(d => d.AgreementId == route.Agreement && d.Phase == DeliveryPhase.Changes && d.RowsReceived >= 20)
            .Select(d => (Guid?)d.Id).SingleOrDefaultAsync())) is not null);
        return route with { Delivery = id!.Value };
    }
}
