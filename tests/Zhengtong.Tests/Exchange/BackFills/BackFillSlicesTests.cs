using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Catalogue.Model;
using Zhengtong.Exchange.BackFills;
using Zhengtong.Exchange.Model;
using Zhengtong.Kernel.Identity;
using Zhengtong.Tests.Exchange.Support;
using Zhengtong.Tests.Exchange.Timetables;
using Zhengtong.Tests.Support;
using Route = Zhengtong.Tests.Exchange.Support.Route;

namespace Zhengtong.Tests.Exchange.BackFills;

/// <summary>Back-fills over HTTP and on the page of a delivery, with the platform's own reconciler at work.</summary>
[OnDatabase]
public sealed class BackFillSlicesTests(PlatformFixture platform)
{
    private static readonly object Range = new { column = "id", from = "10", until = "20" };

    [Fact]
    public async Task Order_ByOthersThanTheParties_IsRefused()
    {
        var route = await PreparedAsync();
        var address = $"/api/v1/deliveries/{route.Delivery}/back-fills";
        async Task<string?> CodeAsync(HttpClient client) => await (await client.PostAsJsonAsync(address, Range)).ReadProblemCode();
        (await CodeAsync(platform.Visitor())).ShouldBe("kernel.not-signed-in");
        (await CodeAsync(await platform.SignedIn(route.Consumer, Role.DepartmentLeader))).ShouldBe("kernel.forbidden");
        (await CodeAsync(await platform.SignedIn(await platform.Department(), Role.DepartmentOfficer))).ShouldBe("exchange.delivery-unknown");
        (await CodeAsync(await platform.SignedIn(await platform.Department(), Role.PlatformOperator))).ShouldBe("exchange.not-a-party");
        await route.ChangeAsync(a => a.Suspend(a.ProviderId));
        (await CodeAsync(await platform.SignedIn(route.Consumer, Role.DepartmentOfficer))).ShouldBe("exchange.not-in-force");
        (await platform.WithDb(db => db.BackFills.AnyAsync(b => b.DeliveryId == route.Delivery))).ShouldBeFalse();
    }

    [Theory]
    [InlineData("none", "1", "2", "column")]
    [InlineData("secret", "1", "2", "column")]
    [InlineData("photo", "1", "2", "column from until")]
    [InlineData("name", "a", "b", "column")]
    [InlineData("id", "one", "2.5", "from until")]
    [InlineData("id", "20", "10", "until")]
    [InlineData("id", "9", "10", "")]
    [InlineData("born", "2026-13-01", "01/02/2026", "from until")]
    [InlineData("born", "2026-02-01", "2026-01-01", "until")]
    [InlineData("changed", "2026-02-01 10:00", "2026-02-01T01:00:00Z", "until")]
    [InlineData("changed", "yesterday", "2026-02-01", "from")]
    [InlineData("amount", "1.5.0", "1,5", "from until")]
    [InlineData("amount", "10", "9.99", "until")]
    [InlineData("score", "NaN", "x", "from until")]
    [InlineData("note", "b", "a", "until")]
    public async Task Order_WhatIsNoRange_IsRefusedWithEveryFault(string column, string from, string until, string faults)
    {
        var route = await Shared();
        var consumer = await platform.SignedIn(route.Consumer, Role.DepartmentOfficer);
        var answer = await consumer.PostAsJsonAsync($"/api/v1/deliveries/{route.Delivery}/back-fills", new { column, from, until });
        if (faults.Length == 0)
        {
            answer.StatusCode.ShouldBe(HttpStatusCode.Accepted);
            return;
        }

        answer.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        var problem = await answer.Content.ReadFromJsonAsync<JsonElement>();
        problem.GetProperty("code").GetString().ShouldBe("exchange.back-fill-invalid");
        ErrorsOf(problem).ShouldBe(faults);
    }

    [Fact]
    public async Task Order_NothingGiven_IsRefusedWithEveryFault()
    {
        var route = await Shared();
        var answer = await (await platform.SignedIn(route.Consumer, Role.DepartmentOfficer)).PostAsJsonAsync($"/api/v1/deliveries/{route.Delivery}/back-fills", new { });
        (answer.StatusCode, ErrorsOf(await answer.Content.ReadFromJsonAsync<JsonElement>())).ShouldBe((HttpStatusCode.BadRequest, "column from until"));
    }

    [Fact]
    public async Task BackFill_FromOrderToReceipt_IsSeenByThePartiesAndTold()
    {
        var route = await PreparedAsync();
        var (consumer, provider) = (await platform.SignedIn(route.Consumer, Role.DepartmentOfficer), await platform.SignedIn(route.Provider, Role.DepartmentOfficer));
        var address = $"/api/v1/deliveries/{route.Delivery}/back-fills";
        await route.Target.ExecuteAsync("DELETE FROM received WHERE id BETWEEN 12 AND 15");
        var answer = await consumer.PostAsJsonAsync(address, Range);
        answer.StatusCode.ShouldBe(HttpStatusCode.Accepted);
        var id = (await answer.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("id").GetGuid();
        await UntilAsync(async () => (await platform.WithDb(db => db.BackFills.AsNoTracking().SingleAsync(b => b.Id == id))).State == BackFillState.Finished);
        await UntilAsync(async () => await route.Target.CountAsync("received") == 50);

        var seen = (await provider.GetFromJsonAsync<JsonElement>(address)).GetProperty("items")[0];
        (seen.GetProperty("from").GetString(), seen.GetProperty("until").GetString(), seen.GetProperty("rows").GetInt64(), seen.GetProperty("orderedBy").GetString()).ShouldBe(("10", "20", 11, route.Consumer.Name));
        var last = seen.GetProperty("lastBatch").GetInt64();
        // The receipt is recorded a moment after the rows are there.
        await UntilAsync(async () => (await consumer.GetAsync($"/api/v1/deliveries/{route.Delivery}/receipts/{last}")).StatusCode == HttpStatusCode.OK);
        (await route.BatchesAsync()).Single(b => b.Sequence == last).CounterReceipt.ShouldNotBeNull();
        var operating = await platform.SignedIn(await platform.Department(), Role.PlatformOperator);
        (await operating.GetFromJsonAsync<JsonElement>(address)).GetProperty("items")[0].TryGetProperty("from", out var from).ShouldBe(from.ValueKind == JsonValueKind.Null);
        (await (await (await platform.SignedIn(await platform.Department(), Role.DepartmentOfficer)).GetAsync(address)).ReadProblemCode()).ShouldBe("exchange.delivery-unknown");
        (await (await consumer.PostAsync($"/api/v1/back-fills/{id}/withdrawal", null)).ReadProblemCode()).ShouldBe("exchange.back-fill-over");
        (await platform.WithDb(db => db.Ledger.Where(e => e.Subject == id.ToString()).Select(e => e.Event).ToListAsync())).ShouldBe(["exchange.back-fill-ordered", "exchange.back-fill-finished"], ignoreOrder: true);
        // What was ordered is payload, and the ledger has none.
        (await platform.WithDb(db => db.Ledger.Where(e => e.Event == "exchange.back-fill-ordered" && e.Subject == id.ToString()).Select(e => e.Data).SingleAsync())).ShouldNotContain("\"20\"");
    }

    [Fact]
    public async Task Order_TwelveAtOnceAndTakenBack_OneIsTaken()
    {
        var route = await PreparedAsync();
        var (consumer, provider) = (await platform.SignedIn(route.Consumer, Role.DepartmentOfficer), await platform.SignedIn(route.Provider, Role.DepartmentOfficer));
        // Closed hours keep it from beginning.
        var later = TimetableDeliveryTests.LaterToday();
        (await provider.PutAsJsonAsync($"/api/v1/deliveries/{route.Delivery}/running-hours", new { windows = new[] { new { from = later.From, until = later.Until } } })).StatusCode.ShouldBe(HttpStatusCode.NoContent);
        await UntilAsync(async () => (await route.StateAsync()).State == DeliveryState.Waiting);
        var answers = await Task.WhenAll(Enumerable.Range(0, 12).Select(_ => consumer.PostAsJsonAsync($"/api/v1/deliveries/{route.Delivery}/back-fills", Range)));
        answers.Count(a => a.StatusCode == HttpStatusCode.Accepted).ShouldBe(1);
        foreach (var refused in answers.Where(a => a.StatusCode != HttpStatusCode.Accepted)) { (await refused.ReadProblemCode()).ShouldBe("exchange.back-fill-under-way"); }
        var id = await platform.WithDb(db => db.BackFills.Where(b => b.DeliveryId == route.Delivery).Select(b => b.Id).SingleAsync());
        var stranger = await platform.SignedIn(await platform.Department(), Role.DepartmentOfficer);
        (await (await stranger.PostAsync($"/api/v1/back-fills/{id}/withdrawal", null)).ReadProblemCode()).ShouldBe("exchange.back-fill-unknown");
        var operating = await platform.SignedIn(await platform.Department(), Role.PlatformOperator);
        (await (await operating.PostAsync($"/api/v1/back-fills/{id}/withdrawal", null)).ReadProblemCode()).ShouldBe("exchange.not-a-party");
        (await provider.PostAsync($"/api/v1/back-fills/{id}/withdrawal", null)).StatusCode.ShouldBe(HttpStatusCode.NoContent);
        (await platform.WithDb(db => db.Ledger.CountAsync(e => e.Event == "exchange.back-fill-withdrawn" && e.Subject == id.ToString()))).ShouldBe(1);
        (await consumer.PostAsJsonAsync($"/api/v1/deliveries/{route.Delivery}/back-fills", Range)).StatusCode.ShouldBe(HttpStatusCode.Accepted);
    }

    [Fact]
    public async Task Page_FormsWithoutScript_OrderAndTakeBack()
    {
        var route = await PreparedAsync();
        var (consumer, provider) = (await platform.SignedIn(route.Consumer, Role.DepartmentOfficer), await platform.SignedIn(route.Provider, Role.DepartmentOfficer));
        var page = $"/work/exchange/{route.Delivery}";
        var later = TimetableDeliveryTests.LaterToday();
        (await provider.PutAsJsonAsync($"/api/v1/deliveries/{route.Delivery}/running-hours", new { windows = new[] { new { from = later.From, until = later.Until } } })).StatusCode.ShouldBe(HttpStatusCode.NoContent);
        var wrong = await consumer.Submit(page, "back-fill", ("column", "id"), ("from", "30"), ("until", "3"));
        wrong.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        var html = WebUtility.HtmlDecode(await wrong.Content.ReadAsStringAsync());
        html.ShouldContain("The last value lies before the first");
        html.ShouldContain("value=\"30\"");
        (await consumer.Submit(page, "back-fill", ("column", "changed"), ("from", "2026-01-01"), ("until", "2099-01-01 08:00"))).StatusCode.ShouldBe(HttpStatusCode.OK);
        html = WebUtility.HtmlDecode(await provider.GetPage(page));
        html.ShouldContain("changed: 2025-12-31T16:00:00.000000Z to 2099-01-01T00:00:00.000000Z");
        (await provider.Submit(page, "back-fill-withdrawal")).StatusCode.ShouldBe(HttpStatusCode.OK);
        using var chinese = new HttpRequestMessage(HttpMethod.Get, page);
        chinese.Headers.AcceptLanguage.ParseAdd("zh-CN");
        html = WebUtility.HtmlDecode(await (await consumer.SendAsync(chinese)).Content.ReadAsStringAsync());
        html.ShouldContain("已撤回");
        html.ShouldNotContain(">exchange.");
        (await (await platform.SignedIn(await platform.Department(), Role.PlatformOperator)).GetPage(page)).ShouldNotContain("2025-12-31T16");
    }

    private static Task<Route>? shared;

    /// <summary>One delivery for all that is refused.</summary>
    private Task<Route> Shared() => LazyInitializer.EnsureInitialized(ref shared, PreparedAsync);

    private async Task<Route> PreparedAsync()
    {
        var deployment = platform.App.Services.GetRequiredService<Deployment>();
        var route = await ExchangeFixture.PrepareAsync(platform.App.Services, deployment, DataSourceKind.Postgres, DataSourceKind.Postgres, s => s.Items = i => i.Column == "name" ? i with { Mask = ItemMask.Name } : i);
        await route.Source.FillAsync(1, 50);
        await UntilAsync(async () => await route.Target.CountAsync("received") == 50 && (await route.StateAsync()).Phase == DeliveryPhase.Changes);
        return route;
    }

    private static string ErrorsOf(JsonElement problem) => string.Join(' ', problem.GetProperty("errors").EnumerateObject().Select(e => e.Name).Order(StringComparer.Ordinal));
}
