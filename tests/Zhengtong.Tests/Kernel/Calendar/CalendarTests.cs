using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Kernel.Calendar;
using Zhengtong.Kernel.Identity;
using Zhengtong.Tests.Support;

namespace Zhengtong.Tests.Kernel.Calendar;

[OnDatabase]
public sealed class CalendarTests(PlatformFixture platform)
{
    [Fact]
    public async Task Put_Day_IsRefusedWithoutTheRightAndToTheSecondWhoDidNotSeeTheFirst()
    {
        var department = await platform.Department();
        var change = new { isWorkingDay = false, name = "测试日", reason = "测试", revision = await Revision(2051) };
        (await (await platform.SignedIn(department, Role.DepartmentOfficer)).PutAsJsonAsync("/api/v1/calendar/days/2051-03-01", change)).StatusCode.ShouldBe(HttpStatusCode.Forbidden);
        var authority = await platform.SignedIn(department, Role.Authority);
        (await authority.PutAsJsonAsync("/api/v1/calendar/days/2051-03-01", change)).StatusCode.ShouldBe(HttpStatusCode.NoContent);
        (await (await authority.PutAsJsonAsync("/api/v1/calendar/days/2051-03-02", change)).ReadProblemCode()).ShouldBe("kernel.changed-meanwhile");
        (await (await authority.PutAsJsonAsync("/api/v1/calendar/days/1951-03-02", change)).ReadProblemCode()).ShouldBe("kernel.calendar-day-invalid");
        (await (await authority.PutAsJsonAsync("/api/v1/calendar/days/2051-03-02", change with { name = "" })).ReadProblemCode()).ShouldBe("kernel.invalid");
    }

    [Fact]
    public async Task Put_DayAndYear_MoveTheDeadlinesAndStandInTheLedger()
    {
        var authority = await platform.SignedIn(await platform.Department(), Role.Authority);
        // Friday the 7th of June 2052; the Monday after becomes a holiday.
        var before = await Calendar(c => c.ReadAsync(CancellationToken.None));
        before.Add(new DateOnly(2052, 6, 7), 1).ShouldBe(new DateOnly(2052, 6, 10));
        before.IsProvisional(new DateOnly(2052, 6, 7), new DateOnly(2052, 6, 10)).ShouldBeTrue();
        (await authority.PutAsJsonAsync("/api/v1/calendar/days/2052-06-10", new { isWorkingDay = false, name = "测试日", reason = "测试通知", revision = await Revision(2052) })).StatusCode.ShouldBe(HttpStatusCode.NoContent);
        (await authority.PutAsJsonAsync("/api/v1/calendar/years/2052", new { state = "decreed", source = "测试通知", revision = await Revision(2052) })).StatusCode.ShouldBe(HttpStatusCode.NoContent);

        var after = await Calendar(c => c.ReadAsync(CancellationToken.None));
        after.Add(new DateOnly(2052, 6, 7), 1).ShouldBe(new DateOnly(2052, 6, 11));
        after.IsProvisional(new DateOnly(2052, 6, 7), new DateOnly(2052, 6, 11)).ShouldBeFalse();
        after.Version.ShouldBeGreaterThan(before.Version);
        (await platform.WithDb(db => db.Ledger.CountAsync(e => e.Event == "kernel.calendar-day-changed" && e.Subject == "2052-06-10" && e.Reason == "测试通知"))).ShouldBe(1);
        (await platform.WithDb(db => db.Ledger.CountAsync(e => e.Event == "kernel.calendar-year-changed" && e.Subject == "2052"))).ShouldBe(1);
        var shown = await platform.Visitor().GetFromJsonAsync<JsonElement>("/api/v1/calendar/years/2052");
        shown.GetProperty("state").GetString().ShouldBe("decreed");
        shown.GetProperty("days").EnumerateArray().Single().GetProperty("isOurs").GetBoolean().ShouldBeTrue();
    }

    [Fact]
    public async Task Start_Again_KeepsWhatAnAdministratorSaid()
    {
        await platform.WithDb(async db =>
        {
            var day = await db.CalendarDays.SingleAsync(d => d.Date == new DateOnly(2024, 10, 12));
            (day.IsWorkingDay, day.IsOurs) = (false, true);
            return await db.SaveChangesAsync();
        });
        for (var n = 0; n < 2; n++)
        {
            await using var scope = platform.App.Services.CreateAsyncScope();
            await new CalendarData().RunAsync(scope.ServiceProvider, CancellationToken.None);
        }

        (await platform.WithDb(db => db.CalendarDays.Where(d => d.Date == new DateOnly(2024, 10, 12)).Select(d => d.IsWorkingDay).SingleAsync())).ShouldBeFalse();
        (await Calendar(c => c.ReadAsync(CancellationToken.None))).In(2025).ShouldBe(248);
    }

    [Fact]
    public async Task Deadline_ByTheRuleOfItsDay_EndsAtTheEndOfTheDayInChina()
    {
        // 2026-02-12 20:00 UTC is the 13th in China.
        var deadline = (await Calendar(c => c.DeadlineAsync("agreements.answer-conditional", new DateTimeOffset(2026, 2, 12, 20, 0, 0, TimeSpan.Zero), CancellationToken.None)))!;
        deadline.Days.ShouldBe(10);
        deadline.LastDay.ShouldBe(new DateOnly(2026, 3, 5));
        deadline.EndsAt.ShouldBe(new DateTimeOffset(2026, 3, 5, 16, 0, 0, TimeSpan.Zero));
        deadline.IsProvisional.ShouldBeFalse();
        (await Calendar(c => c.DeadlineAsync("agreements.answer-unconditional", new DateTimeOffset(2025, 7, 31, 0, 0, 0, TimeSpan.Zero), CancellationToken.None)))!.Days.ShouldBe(10);
        (await Calendar(c => c.DeadlineAsync("agreements.answer-unconditional", new DateTimeOffset(2025, 8, 1, 0, 0, 0, TimeSpan.Zero), CancellationToken.None)))!.Days.ShouldBe(1);
        (await Calendar(c => c.DeadlineAsync("agreements.supply", new DateTimeOffset(2025, 7, 31, 0, 0, 0, TimeSpan.Zero), CancellationToken.None))).ShouldBeNull();
    }

    [Fact]
    public async Task Put_DeadlineRule_HoldsFromItsDayOn()
    {
        var authority = await platform.SignedIn(await platform.Department(), Role.Authority);
        var rule = new { name = "试行答复时限", days = 7, startEvent = "submitted", source = "省级规定", isConfirmed = true };
        (await authority.PutAsJsonAsync("/api/v1/calendar/deadline-rules/test.answer/2026-04-01", rule)).StatusCode.ShouldBe(HttpStatusCode.NoContent);
        (await authority.PutAsJsonAsync("/api/v1/calendar/deadline-rules/test.answer/2026-05-01", rule with { days = 3 })).StatusCode.ShouldBe(HttpStatusCode.NoContent);
        (await (await authority.PutAsJsonAsync("/api/v1/calendar/deadline-rules/test.answer/2026-05-01", rule with { days = 0 })).ReadProblemCode()).ShouldBe("kernel.invalid");
        (await Calendar(c => c.DeadlineAsync("test.answer", new DateTimeOffset(2026, 4, 10, 0, 0, 0, TimeSpan.Zero), CancellationToken.None)))!.Days.ShouldBe(7);
        (await Calendar(c => c.DeadlineAsync("test.answer", new DateTimeOffset(2026, 5, 10, 0, 0, 0, TimeSpan.Zero), CancellationToken.None)))!.Days.ShouldBe(3);
        (await platform.WithDb(db => db.Ledger.CountAsync(e => e.Event == "kernel.deadline-rule-set" && e.Subject == "test.answer"))).ShouldBe(2);
        (await platform.Visitor().GetFromJsonAsync<JsonElement>("/api/v1/calendar/deadline-rules")).EnumerateArray()
            .ShouldContain(r => r.GetProperty("code").GetString() == "agreements.supply" && r.GetProperty("days").GetInt32() == 20);
    }

    [Fact]
    public async Task Page_Authority_SeesTheYearAndSetsADay()
    {
        var client = await platform.SignedIn(await platform.Department(), Role.Authority);
        var page = await client.GetStringAsync("/admin/calendar?year=2025");
        page.ShouldContain("2025-10-01");
        page.ShouldContain("248");
        var refused = await client.Submit("/admin/calendar?year=2053", "day", ("date", "soon"), ("isWorkingDay", "false"), ("name", ""), ("reason", "测试"));
        var shown = await refused.Content.ReadAsStringAsync();
        shown.ShouldContain("id=\"f-date-fault\"");
        shown.ShouldContain("id=\"f-name-fault\"");
        var accepted = await client.Submit("/admin/calendar?year=2053", "day", ("date", "2053-01-02"), ("isWorkingDay", "false"), ("name", "元旦"), ("reason", "测试"));
        accepted.StatusCode.ShouldBe(HttpStatusCode.Redirect);
        (await client.GetStringAsync("/admin/calendar?year=2053")).ShouldContain("2053-01-02");
    }

    private async Task<int> Revision(int year) => await platform.WithDb(db => db.CalendarYears.Where(y => y.Year == year).Select(y => y.Revision).SingleOrDefaultAsync());

    private async Task<T> Calendar<T>(Func<WorkingCalendar, Task<T>> ask)
    {
        await using var scope = platform.App.Services.CreateAsyncScope();
        return await ask(scope.ServiceProvider.GetRequiredService<WorkingCalendar>());
    }
}
