using System.ComponentModel.DataAnnotations;
using Microsoft.AspNetCore.Http.HttpResults;
using Zhengtong.Kernel;
using Zhengtong.Kernel.Identity;
using Zhengtong.Kernel.Ledger;

namespace Zhengtong.Agreements.Reviews;

/// <summary>An officer refuses the application.</summary>
/// <param name="Reason">Code of one of the kind's reasons.</param>
/// <param name="Opinion">In words, 2 to 500 characters; the applicant reads it.</param>
/// <param name="Revision">The revision the caller saw, from 1.</param>
public sealed record RefuseReviewRequest([Required, StringLength(40, MinimumLength = 1)] string Reason, [Required, StringLength(500, MinimumLength = 2)] string Opinion, [Range(1, int.MaxValue)] int Revision);

internal static class RefuseReview
{
    internal static void Map(IEndpointRouteBuilder group) => group.MapPost("/reviews/{id:guid}/refusal", Handle)
        .Requires(Right.ReadWork).ProducesProblem(403).ProducesProblem(404).ProducesProblem(409);

    /// <summary>Refuse the application at the present step.</summary>
    /// <response code="200">Refused; ledger event agreements.review-refused.</response>
    /// <response code="400">agreements.review-invalid</response>
    /// <response code="403">agreements.not-reviewer, agreements.review-own</response>
    /// <response code="404">agreements.review-not-found</response>
    /// <response code="409">agreements.review-not-running, agreements.changed-meanwhile, or the owner's refusal</response>
    internal static async Task<Results<Ok<ReviewStanding>, ProblemHttpResult>> Handle(
        Guid id, RefuseReviewRequest request, Actor actor, ZhengtongDb db, ReviewKinds kinds, TimeProvider clock, CancellationToken ct)
    {
        var now = clock.GetUtcNow();
        var (turn, refusal) = await ReviewAccess.TurnAsync(db, id, request.Revision, actor, now, ct);
        if (turn is not var (review, hand)) { return refusal!; }
        var owner = kinds.Find(review.Kind);
        if (owner is not null && owner.Reasons.All(r => r.Code != request.Reason))
        {
            return AgreementsProblems.ReviewInvalid.For(new Dictionary<string, string[]> { ["reason"] = [Text.Of("agreements.review.reason-unknown", string.Join(", ", owner.Reasons.Select(r => r.Code)))] });
        }

        review.Refuse(request.Reason, hand, request.Opinion, now);
        db.Ledger.Add(LedgerEntry.Of("agreements.review-refused", review.Id, actor, now, request.Opinion, after: new { review.StepName, forOfficer = hand.For, code = request.Reason }));
        ReviewNews.OfTurn(db, review, now);
        return await ReviewAccess.SaveAsync(db, review, owner is null ? null : () => owner.RefuseAsync(review, request.Reason, request.Opinion, actor, now, ct), ct) is { } failed
            ? failed : TypedResults.Ok(ReviewStanding.Of(review));
    }
}
