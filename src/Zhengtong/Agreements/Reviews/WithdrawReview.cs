using System.ComponentModel.DataAnnotations;
using Microsoft.AspNetCore.Http.HttpResults;
using Zhengtong.Agreements.Model;
using Zhengtong.Kernel.Identity;
using Zhengtong.Kernel.Ledger;

namespace Zhengtong.Agreements.Reviews;

/// <summary>The applicant takes the application back while it is reviewed.</summary>
/// <param name="Reason">Why, 2 to 500 characters.</param>
/// <param name="Revision">The revision the caller saw, from 1.</param>
public sealed record WithdrawReviewRequest([Required, StringLength(500, MinimumLength = 2)] string Reason, [Range(1, int.MaxValue)] int Revision);

internal static class WithdrawReview
{
    internal static void Map(IEndpointRouteBuilder group) => group.MapPost("/reviews/{id:guid}/withdrawal", Handle)
        .Requires(Right.ReadWork).ProducesProblem(403).ProducesProblem(404).ProducesProblem(409);

    /// <summary>Take an application back before its review has ended.</summary>
    /// <response code="200">Withdrawn; ledger event agreements.review-withdrawn.</response>
    /// <response code="403">agreements.not-applicant</response>
    /// <response code="404">agreements.review-not-found</response>
    /// <response code="409">agreements.review-not-running, agreements.changed-meanwhile, or the owner's refusal</response>
    internal static async Task<Results<Ok<ReviewStanding>, ProblemHttpResult>> Handle(
        Guid id, WithdrawReviewRequest request, Actor actor, ZhengtongDb db, ReviewKinds kinds, TimeProvider clock, CancellationToken ct)
    {
        var now = clock.GetUtcNow();
        if (await ReviewAccess.FindAsync(db, id, actor, ct) is not { } review) { return AgreementsProblems.ReviewNotFound.Because($"{id}"); }
        var owner = kinds.Find(review.Kind);
        if (review.ApplicantId != actor.Organisation || !actor.May(owner?.Applies ?? Right.Apply)) { return AgreementsProblems.NotApplicant.Because(review.Number); }
        if (!review.IsOpen) { return AgreementsProblems.ReviewNotRunning.Because(review.Number); }
        if (review.Revision != request.Revision) { return AgreementsProblems.ChangedMeanwhile.Because(review.Number); }

        review.Withdraw(ReviewHand.Of(actor), request.Reason, now);
        db.Ledger.Add(LedgerEntry.Of("agreements.review-withdrawn", review.Id, actor, now, request.Reason, after: new { review.StepName }));
        return await ReviewAccess.SaveAsync(db, review, owner is null ? null : () => owner.WithdrawAsync(review, request.Reason, actor, now, ct), ct) is { } failed
            ? failed : TypedResults.Ok(ReviewStanding.Of(review));
    }
}
