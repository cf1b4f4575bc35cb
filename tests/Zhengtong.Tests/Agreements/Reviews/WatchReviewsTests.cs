using Microsoft.EntityFrameworkCore;
using Zhengtong.Agreements.Model;
using Zhengtong.Agreements.Reviews;
using Zhengtong.Kernel;
using Zhengtong.Kernel.Calendar;
using Zhengtong.Tests.Support;

namespace Zhengtong.Tests.Agreements.Reviews;

/// <summary>Limits in working days: reminders and escalation, each once, whatever happens to whoever looks.</summary>
[OnDatabase]
public sealed class WatchReviewsTests(ReviewFixture reviews) : IClassFixture<ReviewFixture>
{
    /// <summary>Friday before the Spring Festival of 2026: Saturday 14 February is worked, the days from the 15th to the 23rd are off.</summary>
    private static readonly DateOnly Friday = new(2026, 2, 13);

    [Fact]
    public async Task Watch_OverTheSpringFestival_RemindsTwiceAndEscalatesOnceOnTheDays()
    {
        var (desk, id) = await OpenedOn(Friday);
        (await Read(id)).DueOn.ShouldBe(new DateOnly(2026, 2, 27));
        var said = new List<(DateOnly Day, string What)>();
        for (var day = Friday; day <= new DateOnly(2026, 3, 6); day = day.AddDays(1))
        {
            var before = (await Told(id)).Count;
            for (var pass = 0; pass < 2; pass++) { await WatchAsync(day); }
            said.AddRange((await Told(id)).Skip(before).Select(n => (day, $"{n.TextKey["agreements.review.notice.".Length..]} {(n.OrganisationId == desk.Provider.Id ? "reviewer" : n.OrganisationId == reviews.Province.Id ? "above" : "?")}")));
        }

        said.ShouldBe([
            (new(2026, 2, 25), "reminder reviewer"), (new(2026, 2, 26), "reminder reviewer"),
            (new(2026, 2, 28), "overdue reviewer"), (new(2026, 2, 28), "escalated above"),
        ], ignoreOrder: true);
        var review = await Read(id);
        (review.EscalatedTo, review.Revision, review.Acts.Count).ShouldBe((reviews.Province.Id, 1, 4));
        (await desk.Events(id, "agreements.review-reminded"), await desk.Events(id, "agreements.review-overdue")).ShouldBe((2, 1));
    }

    [Fact]
    public async Task Watch_NotLookedAtUntilLongOverdue_SaysOnlyThatItIsOverdue()
    {
        var (desk, id) = await OpenedOn(Friday);
        await WatchAsync(Friday.AddDays(60));
        (await Told(id)).Select(n => n.TextKey).ShouldBe(["agreements.review.notice.overdue", "agreements.review.notice.escalated"], ignoreOrder: true);
        (await desk.Events(id, "agreements.review-reminded")).ShouldBe(0);
    }

    [Fact]
    public async Task Watch_KilledBetweenTwoReviewsAndInASave_SaysEachOnce()
    {
        var (_, first) = await OpenedOn(Friday);
        var (_, second) = await OpenedOn(Friday);
        var (_, third) = await OpenedOn(Friday);
        Guid[] ids = [first, second, third];
        var day = Friday.AddDays(15);
        // Killed once one review is saved.
        using (var killed = new CancellationTokenSource())
        {
            await Should.ThrowAsync<OperationCanceledException>(() => WatchAsync(day, db => db.SavedChanges += (_, _) => killed.Cancel(), killed.Token));
        }

        (await Escalations(ids)).Sum().ShouldBeLessThan(3);
        // Killed while the next one is being saved: nothing of it is there.
        var there = (await Escalations(ids)).Sum();
        await Should.ThrowAsync<InvalidOperationException>(() => WatchAsync(day, db => db.SavingChanges += (_, _) => throw new InvalidOperationException("the power is gone")));
        (await Escalations(ids)).Sum().ShouldBe(there);
        await Task.WhenAll(Enumerable.Range(0, 3).Select(_ => WatchAsync(day)));
        await WatchAsync(day);
        (await Escalations(ids)).ShouldBe([1, 1, 1]);
        foreach (var id in ids) { (await Told(id)).Count.ShouldBe(2); }
    }

    [Fact]
    public async Task Watch_WhileAnOfficerDecides_OneOfBothIsDone()
    {
        var (desk, id) = await OpenedOn(Friday);
        var open = await desk.Revision(id);
        var decided = desk.First.PostAsync($"/api/v1/reviews/{id}/approvals", System.Net.Http.Json.JsonContent.Create(new { opinion = "同意", revision = open }));
        await Task.WhenAll(decided, WatchAsync(Friday.AddDays(15)), WatchAsync(Friday.AddDays(15)));
        var review = await Read(id);
        review.Acts.Select(a => a.Sequence).Order().ShouldBe(Enumerable.Range(1, review.Acts.Count));
        // Whoever came too late reads again and decides.
        if (!(await decided).IsSuccessStatusCode) { await Desk.Done(desk.Approve(desk.First, id)); }
        (await Read(id)).Acts.Count(a => a.Kind == ReviewActKind.Approved).ShouldBe(1);
    }

    [Fact]
    public async Task Watch_StepWasLeft_CountsTheNextOneFromItsOwnDay()
    {
        var desk = await reviews.Desk(new { name = "提供方审核", seat = "provider", post = "departmentOfficer", days = 5 }, new { name = "主管部门审批", seat = "authority", post = "authority", days = 2 });
        var id = await OpenedAs(desk, Friday);
        await ActAsync(id, (review, days) => review.Approve(Hand(desk), "同意", days, Noon(new(2026, 2, 24))));
        var review = await Read(id);
        (review.StepName, review.DueOn, review.Warned, review.NextWarningOn).ShouldBe(("主管部门审批", new DateOnly(2026, 2, 26), 0, new DateOnly(2026, 2, 25)));
    }

    [Theory]
    // Asked on the 25th, when two of five working days (14 and 24 February) were used; answered on 2 March: what is left is counted from there.
    [InlineData("2026-02-25", "2026-03-02", "2026-03-05")]
    [InlineData("2026-02-13", "2026-02-13", "2026-02-27")]
    [InlineData("2026-02-14", "2026-02-20", "2026-02-28")]
    [InlineData("2026-02-27", "2026-03-10", "2026-03-11")]
    public async Task Supplement_AfterSomeDays_LeavesTheDaysThatWereNotUsed(string asked, string answered, string due)
    {
        var (desk, id) = await OpenedOn(Friday);
        await ActAsync(id, (review, _) => review.Stop(["用途说明"], Hand(desk), "材料不全", Noon(DateOnly.Parse(asked))));
        // While the applicant has it, nobody is reminded.
        await WatchAsync(DateOnly.Parse(answered));
        (await Told(id)).ShouldBeEmpty();
        await ActAsync(id, (review, days) => review.Supplement(Hand(desk), "已补充", days, Noon(DateOnly.Parse(answered))));
        (await Read(id)).DueOn.ShouldBe(DateOnly.Parse(due));
    }

    [Fact]
    public async Task Watch_CalendarChanged_MovesTheLastDayAndSaysSo()
    {
        var (desk, id) = await OpenedOn(new DateOnly(2026, 6, 1));
        var before = (await Read(id)).DueOn;
        await reviews.Platform.WithDb(async db =>
        {
            var year = await db.CalendarYears.SingleAsync(y => y.Year == 2026);
            db.CalendarDays.Add(new CalendarDay { Date = new DateOnly(2026, 6, 3), IsWorkingDay = false, Name = "停工" });
            db.Entry(year).Property(y => y.Revision).CurrentValue++;
            return await db.SaveChangesAsync();
        });
        for (var pass = 0; pass < 2; pass++) { await WatchAsync(new DateOnly(2026, 6, 2)); }
        (await Read(id)).DueOn.ShouldBe(before.AddDays(1));
        (await desk.Events(id, "agreements.review-due-moved")).ShouldBe(1);
    }

    private async Task<(Desk Desk, Guid Id)> OpenedOn(DateOnly day)
    {
        var desk = await reviews.Desk(new { name = "提供方审核", seat = "provider", post = "departmentOfficer", days = 5 });
        return (desk, await OpenedAs(desk, day));
    }

    /// <summary>As if it had been opened on that day, when the chain was in force already.</summary>
    private async Task<Guid> OpenedAs(Desk desk, DateOnly day)
    {
        await reviews.Platform.WithDb(db => db.ReviewChains.Where(c => c.OrganisationId == desk.Provider.Id).ExecuteUpdateAsync(s => s.SetProperty(c => c.ValidFrom, new DateOnly(2026, 1, 1))));
        return await desk.Opened(at: Noon(day));
    }

    private static DateTimeOffset Noon(DateOnly day) => ChinaTime.StartOf(day).AddHours(12).ToUniversalTime();

    private static ReviewHand Hand(Desk desk) => new(Guid.CreateVersion7(TimeProvider.System.GetUtcNow()), "officer", desk.Provider.Id);

    private Task<Review> Read(Guid id) => reviews.Platform.WithDb(db => db.Reviews.AsNoTracking().Include(r => r.Acts).Include(r => r.Stops).AsSplitQuery().SingleAsync(r => r.Id == id));

    private Task<int> ActAsync(Guid id, Action<Review, WorkingDays> act) => reviews.Platform.WithDb(async db =>
    {
        act(await db.Reviews.Include(r => r.Acts).Include(r => r.Stops).AsSplitQuery().SingleAsync(r => r.Id == id), await new WorkingCalendar(db).ReadAsync(default));
        return await db.SaveChangesAsync();
    });

    private Task<long> WatchAsync(DateOnly day, Action<ZhengtongDb>? meet = null, CancellationToken ct = default) => reviews.Platform.WithDb(async db =>
    {
        meet?.Invoke(db);
        return (await new WatchReviews(db, new WorkingCalendar(db), new MovableClock { Ahead = Noon(day) - TimeProvider.System.GetUtcNow() }).ReconcileAsync(ct)).Count;
    });

    private async Task<IReadOnlyList<(Guid OrganisationId, string TextKey)>> Told(Guid id) =>
        [.. (await reviews.Platform.WithDb(db => db.Notices.Where(n => n.Href == $"/work/reviews/{id}" && n.TextKey != "agreements.review.notice.turn").OrderBy(n => n.At).Select(n => new { n.OrganisationId, n.TextKey }).ToListAsync())).Select(n => (n.OrganisationId, n.TextKey))];

    private async Task<IReadOnlyList<int>> Escalations(IEnumerable<Guid> ids)
    {
        var counts = new List<int>();
        foreach (var id in ids) { counts.Add((await Told(id)).Count(n => n.TextKey == "agreements.review.notice.escalated")); }
        return counts;
    }
}
