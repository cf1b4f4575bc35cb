using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Agreements.Model;
using Zhengtong.Kernel;
using Zhengtong.Kernel.Identity;

namespace Zhengtong.Agreements.Reviews;

/// <summary>A review at whose present step the actor may act, and its hand.</summary>
/// <param name="Review">Tracked, with its acts and stops.</param>
/// <param name="Hand">Its own, or the one it lends somebody as deputy.</param>
internal sealed record ReviewTurn(Review Review, ReviewHand Hand);

/// <summary>Who may see a review, who may act in it, and how an act is saved.</summary>
internal static class ReviewAccess
{
    /// <summary>The review with its acts and stops, tracked; null when there is none that the actor may see.</summary>
    internal static async Task<Review?> FindAsync(ZhengtongDb db, Guid id, Actor actor, CancellationToken ct) =>
        await db.Reviews.Include(r => r.Acts).Include(r => r.Stops).AsSplitQuery().SingleOrDefaultAsync(r => r.Id == id, ct) is { } review && MaySee(review, actor) ? review : null;

    /// <summary>The same to be read only.</summary>
    internal static async Task<Review?> ReadAsync(ZhengtongDb db, Guid id, Actor actor, CancellationToken ct) =>
        await db.Reviews.AsNoTracking().Include(r => r.Acts).Include(r => r.Stops).AsSplitQuery().SingleOrDefaultAsync(r => r.Id == id, ct) is { } review && MaySee(review, actor) ? review : null;

    /// <summary>The applicant, the provider, everyone who sits at a step, the organisation that an overdue step was shown to, and the authorities above.</summary>
    internal static bool MaySee(Review review, Actor actor) =>
        review.ApplicantId == actor.Organisation || review.ProviderId == actor.Organisation || review.EscalatedTo == actor.Organisation
        || review.Steps.Any(s => !s.Skipped && s.Organisation == actor.Organisation)
        || (actor.Roles.Contains(Role.Authority) && actor.Reaches(review.Region));

    /// <summary>The review, tracked, and the hand by which the actor may act in it now; or why it may not.</summary>
    /// <param name="db">The database.</param>
    /// <param name="id">Of the review.</param>
    /// <param name="revision">The one the caller saw.</param>
    /// <param name="actor">Who acts.</param>
    /// <param name="now">When.</param>
    /// <param name="ct">Stops it.</param>
    internal static async Task<(ReviewTurn? Turn, ProblemHttpResult? Refusal)> TurnAsync(ZhengtongDb db, Guid id, int revision, Actor actor, DateTimeOffset now, CancellationToken ct)
    {
        if (await FindAsync(db, id, actor, ct) is not { } review) { return (null, AgreementsProblems.ReviewNotFound.Because($"{id}")); }
        // Before whose turn it is: somebody else may just have moved it on.
        if (review.IsOpen && review.Revision != revision) { return (null, AgreementsProblems.ChangedMeanwhile.Because(review.Number)); }
        var (hand, refusal) = await HandAsync(db, review, actor, now, ct);
        return hand is null ? (null, refusal) : (new ReviewTurn(review, hand), null);
    }

    /// <summary>The hand by which the actor may act at the present step, or why not: its own post, else one that it holds as deputy. Programs hold no posts.</summary>
    internal static async Task<(ReviewHand? Hand, ProblemHttpResult? Refusal)> HandAsync(ZhengtongDb db, Review review, Actor actor, DateTimeOffset now, CancellationToken ct)
    {
        if (review.State != ReviewState.Running) { return (null, AgreementsProblems.ReviewNotRunning.Because(review.Number)); }
        if (actor.IsProgram || review.ReviewerId != actor.Organisation) { return (null, AgreementsProblems.NotReviewer.Because(review.StepName)); }
        if (review.SubmittedBy == actor.Id) { return (null, AgreementsProblems.ReviewOwn.Because(review.Number)); }
        if (actor.Roles.Contains(review.Post)) { return (ReviewHand.Of(actor), null); }

        var today = ChinaTime.DateOf(now);
        var (post, submittedBy, signed) = (review.Post, review.SubmittedBy, review.Signed.ToList());
        var principal = await InForce(db, actor, today)
            .Where(d => d.OfficerId != submittedBy && !signed.Contains(d.OfficerId) && db.Posts.Any(p => p.OfficerId == d.OfficerId && p.Role == post))
            .OrderBy(d => d.MadeAt).Select(d => new { d.OfficerId, Name = db.Users.Where(o => o.Id == d.OfficerId).Select(o => o.DisplayName).First() }).FirstOrDefaultAsync(ct);
        return principal is null ? (null, AgreementsProblems.NotReviewer.Because(review.StepName)) : (ReviewHand.Of(actor) with { For = principal.OfficerId, ForName = principal.Name }, null);
    }

    /// <summary>Delegations by which the actor is somebody's deputy on this day.</summary>
    internal static IQueryable<ReviewDelegation> InForce(ZhengtongDb db, Actor actor, DateOnly today) => db.ReviewDelegations.AsNoTracking()
        .Where(d => d.DeputyId == actor.Id && d.OrganisationId == actor.Organisation && d.EndedAt == null && d.From <= today && d.Until >= today
            && db.Users.Any(o => o.Id == d.OfficerId && o.OrganisationId == d.OrganisationId && o.LockedAt == null));

    /// <summary>Saves the act, lets the owner do what follows from it in the same transaction, and commits both; or nothing: then the refusal.</summary>
    /// <param name="db">With the act in it.</param>
    /// <param name="review">Where the act was done.</param>
    /// <param name="owner">What the owner does; null when the act is none of its business.</param>
    /// <param name="ct">Stops it.</param>
    internal static async Task<ProblemHttpResult?> SaveAsync(ZhengtongDb db, Review review, Func<Task<ProblemHttpResult?>>? owner, CancellationToken ct)
    {
        ProblemHttpResult? refusal = null;
        try
        {
            await using var transaction = await db.Database.BeginTransactionAsync(ct);
            // First the review: of two acts at once the other fails here, before its owner has done anything.
            await db.SaveChangesAsync(ct);
            if (owner is not null && (refusal = await owner()) is null) { await db.SaveChangesAsync(ct); }
            if (refusal is null) { await transaction.CommitAsync(ct); }
        }
        catch (Exception e) when (DatabaseErrors.IsLostRace(e)) { refusal = AgreementsProblems.ChangedMeanwhile.Because(review.Number); }

        // What was not saved must not be shown, nor saved by whoever uses the context next.
        if (refusal is not null) { db.ChangeTracker.Clear(); }
        return refusal;
    }
}
