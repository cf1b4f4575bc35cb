using Microsoft.EntityFrameworkCore;
using Zhengtong.Agreements.Model;
using Zhengtong.Kernel;
using Zhengtong.Kernel.Calendar;
using Zhengtong.Kernel.Identity;
using Zhengtong.Kernel.Jobs;
using Zhengtong.Kernel.Ledger;
using Zhengtong.Kernel.Organisations;

namespace Zhengtong.Agreements.Reviews;

/// <summary>Keeps the clocks of reviews: reminds at 50 % and 80 % of a step's limit, shows an overdue step to the level above, and counts the days again when the calendar has changed.
/// What was said stands in the review, in the same save as the notice, so nothing is said twice; ledger events agreements.review-reminded, agreements.review-overdue, agreements.review-due-moved.</summary>
internal sealed class WatchReviews(ZhengtongDb db, WorkingCalendar calendar, TimeProvider clock) : IReconciler
{
    private const int MostAtOnce = 200;

    public string Name => "agreements.reviews";

    public TimeSpan Every => TimeSpan.FromMinutes(1);

    public async Task<Pass> ReconcileAsync(CancellationToken ct)
    {
        var now = clock.GetUtcNow();
        var today = ChinaTime.DateOf(now);
        var days = await calendar.ReadAsync(ct);
        var version = days.Version;
        var due = await db.Reviews.AsNoTracking().Where(r => r.State == ReviewState.Running && (r.NextWarningOn <= today || r.CalendarVersion != version))
            .OrderBy(r => r.NextWarningOn).ThenBy(r => r.Id).Select(r => r.Id).Take(MostAtOnce).ToListAsync(ct);
        var done = 0;
        foreach (var id in due)
        {
            if (await WatchAsync(id, days, today, now, ct)) { done++; }
        }

        return due.Count == MostAtOnce && done > 0 ? Pass.Unfinished(done) : Pass.Settled(done);
    }

    /// <summary>One review, one save; false when an officer was faster: the next pass looks again.</summary>
    private async Task<bool> WatchAsync(Guid id, WorkingDays days, DateOnly today, DateTimeOffset now, CancellationToken ct)
    {
        db.ChangeTracker.Clear();
        var review = await db.Reviews.Include(r => r.Acts).Include(r => r.Stops).AsSplitQuery().SingleAsync(r => r.Id == id, ct);
        if (review.State != ReviewState.Running) { return false; }
        if (review.CalendarVersion != days.Version)
        {
            var before = review.DueOn;
            review.Count(days);
            if (before != review.DueOn) { db.Ledger.Add(LedgerEntry.Of("agreements.review-due-moved", review.Id, Actor.Platform, now, before: new { dueOn = before }, after: new { review.DueOn, review.CalendarVersion })); }
        }

        if (review.Remind(days, today, now) is { } percent)
        {
            ReviewNews.OfLimit(db, review, percent, now);
            if (percent < 100) { db.Ledger.Add(LedgerEntry.Of("agreements.review-reminded", review.Id, Actor.Platform, now, after: new { review.StepName, review.DueOn, percent })); }
            else { await EscalateAsync(review, now, ct); }
        }

        try { await db.SaveChangesAsync(ct); }
        catch (Exception e) when (DatabaseErrors.IsLostRace(e)) { return false; }
        return true;
    }

    private async Task EscalateAsync(Review review, DateTimeOffset now, CancellationToken ct)
    {
        var reviewer = await db.Organisations.AsNoTracking().SingleAsync(o => o.Id == review.ReviewerId, ct);
        var above = await AboveAsync(reviewer, ct);
        review.EscalateTo(above);
        if (above is { } organisation) { ReviewNews.OfEscalation(db, review, organisation, reviewer.ShortName, now); }
        db.Ledger.Add(LedgerEntry.Of("agreements.review-overdue", review.Id, Actor.Platform, now, after: new { review.StepName, review.DueOn, reviewer = reviewer.Id, above }));
    }

    /// <summary>One level up: the organisation above it, else the authority of its region, for an authority that of the next region up; null at the top.</summary>
    private async Task<Guid?> AboveAsync(Organisation reviewer, CancellationToken ct)
    {
        if (reviewer.ParentId is { } parent) { return parent; }
        var regions = ReviewDesk.Above(reviewer.Region);
        if (reviewer.Kind == OrganisationKind.Authority) { regions.RemoveAt(0); }
        var authorities = await db.Organisations.AsNoTracking().Where(o => o.Kind == OrganisationKind.Authority && o.Id != reviewer.Id && regions.Contains(o.Region)).ToListAsync(ct);
        return authorities.OrderByDescending(o => o.Region.Level).ThenBy(o => o.Id).FirstOrDefault()?.Id;
    }
}
