using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Agreements.Model;
using Zhengtong.Agreements.Reviews;
using Zhengtong.Kernel;
using Zhengtong.Kernel.Calendar;
using Zhengtong.Kernel.Identity;
using Zhengtong.Kernel.Ledger;
using Zhengtong.Kernel.Organisations;
using Zhengtong.Kernel.Regions;

namespace Zhengtong.Agreements;

/// <summary>An application that is to be reviewed.</summary>
/// <param name="Kind">Name of its <see cref="IReviewedKind"/>.</param>
/// <param name="Id">Its id in its owner's tables; one review an application.</param>
/// <param name="Number">As people name it, 1 to 40 characters.</param>
/// <param name="Title">What is applied for, 1 to 200 characters.</param>
/// <param name="Applicant">The applying organisation.</param>
/// <param name="Provider">Who gives what is applied for; null when nobody does yet.</param>
/// <param name="Governed">The organisation whose chain it follows: its own, else the nearest region's above it.</param>
/// <param name="Facts">What the kind's conditions may ask; numbers in digits with a point.</param>
internal sealed record ReviewSubject(string Kind, Guid Id, string Number, string Title, Guid Applicant, Guid? Provider, Guid Governed, IReadOnlyDictionary<string, string> Facts);

/// <summary>What came of opening a review.</summary>
/// <param name="Review">The review, added and not yet saved; null where no chain applies. It may be granted already, when every step was passed over: what follows from that is the caller's, no hook is called.</param>
/// <param name="Refusal">Why it cannot be opened: agreements.review-seat-empty or agreements.review-own-supply; then nothing was added.</param>
internal readonly record struct ReviewOpening(Review? Review, ProblemHttpResult? Refusal);

/// <summary>Where the review of an application stands.</summary>
/// <param name="Id">The review.</param>
/// <param name="State">Its state.</param>
/// <param name="StepName">The present or last step.</param>
internal sealed record ReviewPlace(Guid Id, ReviewState State, string StepName)
{
    /// <summary>Address of its page, from the root.</summary>
    internal string Page => $"/work/reviews/{Id}";
}

/// <summary>What the owner of an application asks of its review.</summary>
internal static class ReviewDesk
{
    /// <summary>Opens the review of an application that the caller is about to save: both are one transaction.</summary>
    /// <param name="db">The context in which the caller saves.</param>
    /// <param name="calendar">The working days.</param>
    /// <param name="subject">The application.</param>
    /// <param name="actor">Who submits it.</param>
    /// <param name="now">The moment it is submitted.</param>
    /// <param name="ct">Stops it.</param>
    internal static async Task<ReviewOpening> OpenAsync(ZhengtongDb db, WorkingCalendar calendar, ReviewSubject subject, Actor actor, DateTimeOffset now, CancellationToken ct)
    {
        var governed = await db.Organisations.AsNoTracking().SingleAsync(o => o.Id == subject.Governed, ct);
        if (await ChainOfAsync(db, subject.Kind, governed, ChinaTime.DateOf(now), ct) is not { Steps.Count: > 0 } chain) { return default; }

        var seats = new ReviewSeats(db, calendar);
        var (steps, refusal) = await seats.TakeAsync(chain, subject, governed, now, ct);
        if (refusal is not null) { return new ReviewOpening(null, refusal); }
        var review = new Review
        {
            Id = Guid.CreateVersion7(now), Kind = subject.Kind, SubjectId = subject.Id, Number = subject.Number, Title = subject.Title, ApplicantId = subject.Applicant, ProviderId = subject.Provider,
            SubmittedBy = actor.Id, Region = governed.Region, ChainId = chain.Id, Steps = steps, Facts = subject.Facts, OpenedAt = now,
        };
        review.Begin(ReviewHand.Of(actor), await calendar.ReadAsync(ct), now);
        db.Reviews.Add(review);
        db.Ledger.Add(LedgerEntry.Of("agreements.review-opened", review.Id, actor, now, after: new { review.Kind, review.SubjectId, review.Number, review.ChainId, chain.Version, review.State, review.StepName, review.DueOn }));
        ReviewNews.OfTurn(db, review, now);
        return new ReviewOpening(review, null);
    }

    /// <summary>Where the review of an application stands; null when it has none.</summary>
    internal static Task<ReviewPlace?> FindAsync(ZhengtongDb db, string kind, Guid subject, CancellationToken ct) =>
        db.Reviews.AsNoTracking().Where(r => r.Kind == kind && r.SubjectId == subject).Select(r => new ReviewPlace(r.Id, r.State, r.StepName)).SingleOrDefaultAsync(ct);

    /// <summary>The owner settled the application itself: an open review of it ends with it, in the caller's save. No hook is called.</summary>
    /// <param name="db">The context in which the caller saves.</param>
    /// <param name="kind">The kind's name.</param>
    /// <param name="subject">The application.</param>
    /// <param name="withdrawn">True when the applicant took it back, false when it was refused.</param>
    /// <param name="code">Of a refusal: a reason of the kind.</param>
    /// <param name="reason">Why, 2 to 500 characters.</param>
    /// <param name="actor">Who settled it.</param>
    /// <param name="now">When.</param>
    /// <param name="ct">Stops it.</param>
    internal static async Task EndAsync(ZhengtongDb db, string kind, Guid subject, bool withdrawn, string? code, string reason, Actor actor, DateTimeOffset now, CancellationToken ct)
    {
        var review = await db.Reviews.Include(r => r.Acts).Include(r => r.Stops).AsSplitQuery().SingleOrDefaultAsync(r => r.Kind == kind && r.SubjectId == subject, ct);
        if (review is not { IsOpen: true }) { return; }
        if (withdrawn) { review.Withdraw(ReviewHand.Of(actor), reason, now); }
        else { review.Refuse(code ?? "other", ReviewHand.Of(actor), reason, now); }
        db.Ledger.Add(LedgerEntry.Of(withdrawn ? "agreements.review-withdrawn" : "agreements.review-refused", review.Id, actor, now, reason, after: new { review.StepName, code }));
    }

    /// <summary>The chain of an organisation on a day: its own before its region's, a lower region's before a higher one's, the newest version of that place that is valid; null when there is none.</summary>
    internal static async Task<ReviewChain?> ChainOfAsync(ZhengtongDb db, string kind, Organisation governed, DateOnly day, CancellationToken ct)
    {
        var regions = Above(governed.Region);
        var found = await db.ReviewChains.AsNoTracking()
            .Where(c => c.Kind == kind && c.ValidFrom <= day && regions.Contains(c.Region) && (c.OrganisationId == governed.Id || c.OrganisationId == ReviewChain.Everyone)).ToListAsync(ct);
        return found.OrderByDescending(c => c.OrganisationId == governed.Id).ThenByDescending(c => c.Region.Level).ThenByDescending(c => c.ValidFrom).ThenByDescending(c => c.Version).FirstOrDefault();
    }

    /// <summary>The region and those above it, itself first.</summary>
    internal static List<RegionCode> Above(RegionCode region)
    {
        var regions = new List<RegionCode>();
        for (RegionCode? code = region; code is { } next; code = next.Parent) { regions.Add(next); }
        return regions;
    }
}
