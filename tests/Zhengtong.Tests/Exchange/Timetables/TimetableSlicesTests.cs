using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Exchange.Model;
using Zhengtong.Kernel.Identity;
using Zhengtong.Tests.Exchange.Support;
using Zhengtong.Tests.Support;
using Route = Zhengtong.Tests.Exchange.Support.Route;

namespace Zhengtong.Tests.Exchange.Timetables;

/// <summary>Timetables over HTTP and on the page of a delivery, with the platform's own reconciler at work.</summary>
[OnDatabase]
public sealed class TimetableSlicesTests(PlatformFixture platform) : IAsyncDisposable
{
    private readonly List<Route> routes = [];

    private static readonly object Nights = new { windows = new[] { new { days = new[] { "friday", "monday", "monday" }, from = "22:00", until = "06:00" } } };

    [Theory]
    [InlineData("running-hours", """{"windows":[]}""")]
    [InlineData("rate-limit", """{"rowsPerSecond":100}""")]
    [InlineData("priority", """{"priority":"low"}""")]
    public async Task Set_ByOthersThanTheProvider_IsRefused(string part, string body)
    {
        var route = await PreparedAsync();
        var address = $"/api/v1/deliveries/{route.Delivery}/{part}";
        async Task<string?> CodeAsync(HttpClient client, string at) => await (await client.PutAsync(at, new StringContent(body, System.Text.Encoding.UTF8, "application/json"))).ReadProblemCode();
        (await CodeAsync(platform.Visitor(), address)).ShouldBe("kernel.not-signed-in");
        (await CodeAsync(await platform.SignedIn(route.Provider, Role.DepartmentLeader), address)).ShouldBe("kernel.forbidden");
        (await CodeAsync(await platform.SignedIn(await platform.Department(), Role.DepartmentOfficer), address)).ShouldBe("exchange.delivery-unknown");
        (await CodeAsync(await platform.SignedIn(route.Consumer, Role.DepartmentOfficer), address)).ShouldBe("exchange.not-provider");
        (await CodeAsync(await platform.SignedIn(route.Provider, Role.DepartmentOfficer), $"/api/v1/deliveries/{Guid.Empty}/{part}")).ShouldBe("exchange.delivery-unknown");
        (await platform.WithDb(db => db.Timetables.AnyAsync(t => t.DeliveryId == route.Delivery))).ShouldBeFalse();
    }

    [Fact]
    public async Task Set_WhatIsNone_IsRefusedWithEveryFault()
    {
        var route = await PreparedAsync();
        var provider = await platform.SignedIn(route.Provider, Role.DepartmentOfficer);
        var hours = await provider.PutAsJsonAsync($"/api/v1/deliveries/{route.Delivery}/running-hours", new { windows = new[] { new { from = "25:00", until = "6" }, new { from = "22:00", until = "24:00" } } });
        (hours.StatusCode, await ErrorsAsync(hours)).ShouldBe((HttpStatusCode.BadRequest, "windows[0].from windows[0].until windows[1].until"));
        var many = await provider.PutAsJsonAsync($"/api/v1/deliveries/{route.Delivery}/running-hours", new { windows = Enumerable.Repeat(new { from = "22:00", until = "23:00" }, 15) });
        (await ErrorsAsync(many)).ShouldBe("windows");
        var rate = await provider.PutAsJsonAsync($"/api/v1/deliveries/{route.Delivery}/rate-limit", new { rowsPerSecond = 0, bytesPerSecond = 1 });
        (rate.StatusCode, await ErrorsAsync(rate)).ShouldBe((HttpStatusCode.BadRequest, "bytesPerSecond rowsPerSecond"));
        (await ErrorsAsync(await provider.PutAsJsonAsync($"/api/v1/deliveries/{route.Delivery}/priority", new { }))).ShouldBe("priority");
        (await provider.PutAsJsonAsync($"/api/v1/deliveries/{route.Delivery}/priority", new { priority = "urgent" })).StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        (await EventsAsync(route)).ShouldBeEmpty();
    }

    [Fact]
    public async Task Set_EachPart_IsKeptAndToldOnce()
    {
        var route = await PreparedAsync();
        var provider = await platform.SignedIn(route.Provider, Role.DepartmentOfficer);
        var address = $"/api/v1/deliveries/{route.Delivery}";
        for (var n = 0; n < 2; n++)
        {
            (await provider.PutAsJsonAsync($"{address}/running-hours", Nights)).StatusCode.ShouldBe(HttpStatusCode.NoContent);
            (await provider.PutAsJsonAsync($"{address}/rate-limit", new { rowsPerSecond = 5_000, bytesPerSecond = 1_000_000 })).StatusCode.ShouldBe(HttpStatusCode.NoContent);
            (await provider.PutAsJsonAsync($"{address}/priority", new { priority = "high" })).StatusCode.ShouldBe(HttpStatusCode.NoContent);
        }

        (await EventsAsync(route)).ShouldBe(["exchange.priority-set", "exchange.rate-limit-set", "exchange.running-hours-set"], ignoreOrder: true);
        foreach (var client in new[] { provider, await platform.SignedIn(route.Consumer, Role.DepartmentOfficer), await platform.SignedIn(await platform.Department(), Role.PlatformOperator) })
        {
            var seen = await client.GetFromJsonAsync<JsonElement>($"{address}/timetable");
            var window = seen.GetProperty("windows")[0];
            (window.GetProperty("days").ToString(), window.GetProperty("from").GetString(), window.GetProperty("until").GetString()).ShouldBe(("""["monday","friday"]""", "22:00", "06:00"));
            (seen.GetProperty("rowsPerSecond").GetInt32(), seen.GetProperty("bytesPerSecond").GetInt64(), seen.GetProperty("priority").GetString()).ShouldBe((5_000, 1_000_000, "high"));
        }

        (await (await (await platform.SignedIn(await platform.Department(), Role.DepartmentOfficer)).GetAsync($"{address}/timetable")).ReadProblemCode()).ShouldBe("exchange.delivery-unknown");
        // Whose turn comes first is also the operator's to say; when and how fast a department's database is read is not.
        var operating = await platform.SignedIn(await platform.Department(), Role.PlatformOperator);
        (await operating.PutAsJsonAsync($"{address}/priority", new { priority = "low" })).StatusCode.ShouldBe(HttpStatusCode.NoContent);
        (await (await operating.PutAsJsonAsync($"{address}/rate-limit", new { rowsPerSecond = 1 })).ReadProblemCode()).ShouldBe("exchange.not-provider");
    }

    [Fact]
    public async Task Set_TwelveAtOnce_EachIsTakenOrRefused()
    {
        var route = await PreparedAsync();
        var provider = await platform.SignedIn(route.Provider, Role.DepartmentOfficer);
        var answers = await Task.WhenAll(Enumerable.Range(1, 12).Select(n => provider.PutAsJsonAsync($"/api/v1/deliveries/{route.Delivery}/rate-limit", new { rowsPerSecond = n })));
        var taken = answers.Count(a => a.StatusCode == HttpStatusCode.NoContent);
        taken.ShouldBeGreaterThanOrEqualTo(1);
        foreach (var refused in answers.Where(a => a.StatusCode != HttpStatusCode.NoContent)) { (await refused.ReadProblemCode()).ShouldBe("kernel.changed-meanwhile"); }
        (await EventsAsync(route)).Count.ShouldBe(taken);
    }

    [Fact]
    public async Task RunDelivery_OutsideItsHours_GoesAheadAndThePageSaysSo()
    {
        var route = await PreparedAsync();
        var provider = await platform.SignedIn(route.Provider, Role.DepartmentOfficer);
        var (address, page) = ($"/api/v1/deliveries/{route.Delivery}", $"/work/exchange/{route.Delivery}");
        var later = TimetableDeliveryTests.LaterToday();
        (await provider.PutAsJsonAsync($"{address}/running-hours", new { windows = new[] { new { from = later.From, until = later.Until } } })).StatusCode.ShouldBe(HttpStatusCode.NoContent);
        await UntilAsync(async () => (await route.StateAsync()).State != DeliveryState.Running);
        await route.Source.FillAsync(1_001, 1_100, fresh: true);
        var delivery = await provider.GetFromJsonAsync<JsonElement>(address);
        var opens = delivery.GetProperty("closedUntil").GetDateTimeOffset();
        (opens - TimeProvider.System.GetUtcNow()).TotalMinutes.ShouldBeInRange(110, 121);
        var html = WebUtility.HtmlDecode(await provider.GetPage(page));
        html.ShouldContain($"Outside its running hours; it goes on at {opens.ToOffset(TimeSpan.FromHours(8)):yyyy-MM-dd HH:mm}");
        html.ShouldContain(later.From);
        var batches = (await route.BatchesAsync()).Count;

        // A limit holds the run long enough to be seen.
        (await provider.PutAsJsonAsync($"{address}/rate-limit", new { rowsPerSecond = 20 })).StatusCode.ShouldBe(HttpStatusCode.NoContent);
        var run = await provider.Submit(page, "run");
        WebUtility.HtmlDecode(await run.Content.ReadAsStringAsync()).ShouldContain("A run is ordered; it goes ahead of the running hours");
        await UntilAsync(async () => await route.Target.CountAsync("received", "id > 1000") == 100, route.SayAsync, 300);
        (await route.BatchesAsync()).Count.ShouldBeGreaterThan(batches + 1);
        await UntilAsync(async () => (await provider.GetFromJsonAsync<JsonElement>(address)).GetProperty("closedUntil").ValueKind == JsonValueKind.String, route.SayAsync, 300);
        (await platform.WithDb(db => db.Ledger.CountAsync(e => e.Event == "exchange.delivery-run-requested" && e.Subject == route.Delivery.ToString()))).ShouldBe(1);
    }

    [Fact]
    public async Task Reconcile_RunBrokenOffBeforeTheHoursClosed_SaysThatItWaits()
    {
        var route = await PreparedAsync();
        var provider = await platform.SignedIn(route.Provider, Role.DepartmentOfficer);
        var later = TimetableDeliveryTests.LaterToday();
        (await provider.PutAsJsonAsync($"/api/v1/deliveries/{route.Delivery}/running-hours", new { windows = new[] { new { from = later.From, until = later.Until } } })).StatusCode.ShouldBe(HttpStatusCode.NoContent);
        await UntilAsync(async () => (await route.StateAsync()).State == DeliveryState.Waiting);
        await platform.WithDb(db => db.Deliveries.Where(d => d.Id == route.Delivery).ExecuteUpdateAsync(set => set.SetProperty(d => d.State, DeliveryState.Running)));
        await UntilAsync(async () => (await route.StateAsync()).State == DeliveryState.Waiting);
    }

    [Fact]
    public async Task Page_FormsWithoutScript_SetEachPartAndGiveBackWhatIsWrong()
    {
        var route = await PreparedAsync();
        var provider = await platform.SignedIn(route.Provider, Role.DepartmentOfficer);
        var page = $"/work/exchange/{route.Delivery}";
        var wrong = await provider.Submit(page, "running-hours", ("windows[0].days", "WorkingDay"), ("windows[0].from", "22:00"), ("windows[0].until", "late"));
        wrong.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        var html = WebUtility.HtmlDecode(await wrong.Content.ReadAsStringAsync());
        html.ShouldContain("Give a time from 00:00 to 23:59");
        html.ShouldContain("value=\"late\"");
        (await provider.Submit(page, "running-hours", ("windows[0].days", "WorkingDay"), ("windows[0].days", "Sunday"), ("windows[0].from", "22:00:00"), ("windows[0].until", "06:00"), ("windows[1].from", ""), ("windows[1].until", "")))
            .StatusCode.ShouldBe(HttpStatusCode.OK);
        (await provider.Submit(page, "rate-limit", ("rowsPerSecond", "2,000"), ("bytesPerSecond", ""))).StatusCode.ShouldBe(HttpStatusCode.OK);
        (await provider.Submit(page, "rate-limit", ("rowsPerSecond", "many"), ("bytesPerSecond", "much"))).StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        (await provider.Submit(page, "priority", ("priority", "Low"))).StatusCode.ShouldBe(HttpStatusCode.OK);
        var kept = await platform.WithDb(db => db.Timetables.AsNoTracking().SingleAsync(t => t.DeliveryId == route.Delivery));
        (kept.Windows.Count, kept.Windows[0].Days!.Count, kept.Windows[0].From, kept.RowsPerSecond, kept.Priority).ShouldBe((1, 2, "22:00", 2_000, Zhengtong.Exchange.Timetables.DeliveryPriority.Low));

        html = WebUtility.HtmlDecode(await provider.GetPage(page));
        html.ShouldContain("Sunday, working days, 22:00 to 06:00 of the next day");
        html.ShouldContain("at most 2,000 rows a second");
        using var chinese = new HttpRequestMessage(HttpMethod.Get, page);
        chinese.Headers.AcceptLanguage.ParseAdd("zh-CN");
        html = WebUtility.HtmlDecode(await (await provider.SendAsync(chinese)).Content.ReadAsStringAsync());
        html.ShouldContain("星期日、工作日 22:00 至次日 06:00");
        html.ShouldNotContain(">exchange.");
        // The consumer sees it and changes nothing; the operator only ranks.
        html = await (await platform.SignedIn(route.Consumer, Role.DepartmentOfficer)).GetPage(page);
        html.ShouldNotContain("value=\"rate-limit\"");
        html = await (await platform.SignedIn(await platform.Department(), Role.PlatformOperator)).GetPage(page);
        (html.Contains("value=\"priority\"", StringComparison.Ordinal), html.Contains("value=\"running-hours\"", StringComparison.Ordinal)).ShouldBe((true, false));
    }

    /// <summary>What a test began takes no turn from others.</summary>
    public async ValueTask DisposeAsync()
    {
        foreach (var route in routes) { await route.ChangeAsync(a => a.Revoke()); }
    }

    private async Task<Route> PreparedAsync()
    {
        var deployment = platform.App.Services.GetRequiredService<Deployment>();
        var route = await ExchangeFixture.PrepareAsync(platform.App.Services, deployment, DataSourceKind.Postgres, DataSourceKind.Postgres);
        routes.Add(route);
        await route.Source.FillAsync(1, 50);
        await UntilAsync(async () => await route.Target.CountAsync("received") == 50 && (await route.StateAsync()).Phase == DeliveryPhase.Changes);
        return route;
    }

    private Task<List<string>> EventsAsync(Route route) => platform.WithDb(db => db.Ledger
        .Where(e => e.Subject == route.Delivery.ToString() && (e.Event == "exchange.running-hours-set" || e.Event == "exchange.rate-limit-set" || e.Event == "exchange.priority-set")).Select(e => e.Event).ToListAsync());

    private static async Task<string> ErrorsAsync(HttpResponseMessage answer) =>
        string.Join(' ', (await answer.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("errors").EnumerateObject().Select(e => e.Name).Order(StringComparer.Ordinal));
}
