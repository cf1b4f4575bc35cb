using System.ComponentModel.DataAnnotations;
using Microsoft.AspNetCore.Http.HttpResults;
using Zhengtong.Agreements.Model;
using Zhengtong.Kernel.Calendar;
using Zhengtong.Kernel.Identity;
using Zhengtong.Kernel.Ledger;

namespace Zhengtong.Agreements.Reviews;

/// <summary>An officer agrees at the present step.</summary>
/// <param name="Opinion">审核意见, 2 to 500 characters.</param>
/// <param name="Revision">The revision the caller saw, from 1; any other than the current one is a conflict.</param>
public sealed record ApproveStepRequest([Required, StringLength(500, MinimumLength = 2)] string Opinion, [Range(1, int.MaxValue)] int Revision);

/// <summary>Where the review stands after an act.</summary>
/// <param name="State">Its state.</param>
/// <param name="Step">The present or last step, from 1.</param>
/// <param name="StepName">Its name.</param>
/// <param name="DueOn">The last day of that step in time.</param>
/// <param name="Revision">To be sent with the next act.</param>
public sealed record ReviewStanding(ReviewState State, int Step, string StepName, DateOnly DueOn, int Revision)
{
    internal static ReviewStanding Of(Review review) => new(review.State, review.Step + 1, review.StepName, review.DueOn, review.Revision);
}

internal static class ApproveStep
{
    internal static void Map(IEndpointRouteBuilder group) => group.MapPost("/reviews/{id:guid}/approvals", Handle)
        .Requires(Right.ReadWork).ProducesProblem(403).ProducesProblem(404).ProducesProblem(409);

    /// <summary>Agree at the present step. With the last officer needed the next step begins; after the last step the application is granted, and what its owner does then is one transaction with it.</summary>
    /// <response code="200">Agreed; ledger event agreements.review-approved, and agreements.review-granted with the last step.</response>
    /// <response code="403">agreements.not-reviewer, agreements.review-own</response>
    /// <response code="404">agreements.review-not-found</response>
    /// <response code="409">agreements.review-not-running, agreements.review-signed-already, agreements.changed-meanwhile, or the owner's refusal</response>
    internal static async Task<Results<Ok<ReviewStanding>, ProblemHttpResult>> Handle(
        Guid id, ApproveStepRequest request, Actor actor, ZhengtongDb db, ReviewKinds kinds, WorkingCalendar calendar, TimeProvider clock, CancellationToken ct)
    {
        var now = clock.GetUtcNow();
        var (turn, refusal) = await ReviewAccess.TurnAsync(db, id, request.Revision, actor, now, ct);
        if (turn is not var (review, hand)) { return refusal!; }
        if (review.Signed.Contains(hand.By)) { return AgreementsProblems.ReviewSignedAlready.Because(review.StepName); }

        var (at, step, dueOn) = (review.Step, review.StepName, review.DueOn);
        review.Approve(hand, request.Opinion, await calendar.ReadAsync(ct), now);
        var granted = review.State == ReviewState.Granted;
        db.Ledger.Add(LedgerEntry.Of("agreements.review-approved", review.Id, actor, now, request.Opinion, after: new { step, forOfficer = hand.For, dueOn, next = granted ? null : review.StepName }));
        if (granted) { db.Ledger.Add(LedgerEntry.Of("agreements.review-granted", review.Id, actor, now, after: new { review.Kind, review.SubjectId, review.Number })); }
        if (review.Step != at || granted) { ReviewNews.OfTurn(db, review, now); }
        var owner = granted ? kinds.Find(review.Kind) : null;
        return await ReviewAccess.SaveAsync(db, review, owner is null ? null : () => owner.GrantAsync(review, actor, now, ct), ct) is { } failed ? failed : TypedResults.Ok(ReviewStanding.Of(review));
    }
}
