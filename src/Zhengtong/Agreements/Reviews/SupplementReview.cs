using System.ComponentModel.DataAnnotations;
using Microsoft.AspNetCore.Http.HttpResults;
using Zhengtong.Agreements.Model;
using Zhengtong.Kernel.Calendar;
using Zhengtong.Kernel.Identity;
using Zhengtong.Kernel.Ledger;

namespace Zhengtong.Agreements.Reviews;

/// <summary>The applicant adds what was missing.</summary>
/// <param name="Answer">What was added, 2 to 2,000 characters.</param>
/// <param name="Revision">The revision the caller saw, from 1.</param>
public sealed record SupplementReviewRequest([Required, StringLength(2000, MinimumLength = 2)] string Answer, [Range(1, int.MaxValue)] int Revision);

internal static class SupplementReview
{
    internal static void Map(IEndpointRouteBuilder group) => group.MapPost("/reviews/{id:guid}/supplements", Handle)
        .Requires(Right.ReadWork).ProducesProblem(403).ProducesProblem(404).ProducesProblem(409);

    /// <summary>Answer what was missing; the clock of the step goes on, and its officers agree anew.</summary>
    /// <response code="200">Answered; ledger event agreements.review-supplemented.</response>
    /// <response code="403">agreements.not-applicant</response>
    /// <response code="404">agreements.review-not-found</response>
    /// <response code="409">agreements.review-not-stopped, agreements.changed-meanwhile</response>
    internal static async Task<Results<Ok<ReviewStanding>, ProblemHttpResult>> Handle(
        Guid id, SupplementReviewRequest request, Actor actor, ZhengtongDb db, ReviewKinds kinds, WorkingCalendar calendar, TimeProvider clock, CancellationToken ct)
    {
        var now = clock.GetUtcNow();
        if (await ReviewAccess.FindAsync(db, id, actor, ct) is not { } review) { return AgreementsProblems.ReviewNotFound.Because($"{id}"); }
        if (review.ApplicantId != actor.Organisation || !actor.May(kinds.Find(review.Kind)?.Applies ?? Right.Apply)) { return AgreementsProblems.NotApplicant.Because(review.Number); }
        if (review.State != ReviewState.Stopped) { return AgreementsProblems.ReviewNotStopped.Because(review.Number); }
        if (review.Revision != request.Revision) { return AgreementsProblems.ChangedMeanwhile.Because(review.Number); }

        review.Supplement(ReviewHand.Of(actor), request.Answer, await calendar.ReadAsync(ct), now);
        db.Ledger.Add(LedgerEntry.Of("agreements.review-supplemented", review.Id, actor, now, after: new { review.StepName, review.DueOn, answer = request.Answer.Length }));
        ReviewNews.OfTurn(db, review, now);
        return await ReviewAccess.SaveAsync(db, review, null, ct) is { } failed ? failed : TypedResults.Ok(ReviewStanding.Of(review));
    }
}
