using System.ComponentModel.DataAnnotations;
using Microsoft.AspNetCore.Http.HttpResults;
using Zhengtong.Agreements.Model;
using Zhengtong.Kernel;
using Zhengtong.Kernel.Calendar;
using Zhengtong.Kernel.Identity;
using Zhengtong.Kernel.Ledger;

namespace Zhengtong.Agreements.Reviews;

/// <summary>An officer gives a review back, to an earlier step or to the applicant.</summary>
/// <param name="Opinion">Why, 2 to 500 characters.</param>
/// <param name="Revision">The revision the caller saw, from 1.</param>
/// <param name="ToStep">The earlier step, from 1, which begins anew; null for the applicant.</param>
/// <param name="Missing">To the applicant: everything that is missing, at once; 1 to 50 things of 1 to 200 characters. Empty or null for an earlier step.</param>
public sealed record ReturnReviewRequest(
    [Required, StringLength(500, MinimumLength = 2)] string Opinion, [Range(1, int.MaxValue)] int Revision, [Range(1, 20)] int? ToStep = null, [MaxLength(50)] IReadOnlyList<string>? Missing = null);

internal static class ReturnReview
{
    internal static void Map(IEndpointRouteBuilder group) => group.MapPost("/reviews/{id:guid}/returns", Handle)
        .Requires(Right.ReadWork).ProducesProblem(403).ProducesProblem(404).ProducesProblem(409);

    /// <summary>Give a review back to an earlier step, or to the applicant for supplements: then the clock stops.</summary>
    /// <response code="200">Given back; ledger event agreements.review-returned or agreements.review-stopped.</response>
    /// <response code="400">agreements.review-invalid</response>
    /// <response code="403">agreements.not-reviewer, agreements.review-own</response>
    /// <response code="404">agreements.review-not-found</response>
    /// <response code="409">agreements.review-not-running, agreements.changed-meanwhile</response>
    internal static async Task<Results<Ok<ReviewStanding>, ProblemHttpResult>> Handle(
        Guid id, ReturnReviewRequest request, Actor actor, ZhengtongDb db, WorkingCalendar calendar, TimeProvider clock, CancellationToken ct)
    {
        var now = clock.GetUtcNow();
        var (turn, refusal) = await ReviewAccess.TurnAsync(db, id, request.Revision, actor, now, ct);
        if (turn is not var (review, hand)) { return refusal!; }
        if (Faults(request, review) is { Count: > 0 } faults) { return AgreementsProblems.ReviewInvalid.For(faults); }

        var step = review.StepName;
        if (request.ToStep is { } target)
        {
            review.ReturnTo(target - 1, hand, request.Opinion, await calendar.ReadAsync(ct), now);
            db.Ledger.Add(LedgerEntry.Of("agreements.review-returned", review.Id, actor, now, request.Opinion, after: new { step, forOfficer = hand.For, to = review.StepName, review.DueOn }));
        }
        else
        {
            review.Stop(request.Missing!, hand, request.Opinion, now);
            db.Ledger.Add(LedgerEntry.Of("agreements.review-stopped", review.Id, actor, now, request.Opinion, after: new { step, forOfficer = hand.For, request.Missing }));
        }

        ReviewNews.OfTurn(db, review, now);
        return await ReviewAccess.SaveAsync(db, review, null, ct) is { } failed ? failed : TypedResults.Ok(ReviewStanding.Of(review));
    }

    private static Dictionary<string, string[]> Faults(ReturnReviewRequest request, Review review)
    {
        var faults = new Dictionary<string, string[]>();
        if (request.ToStep is { } target && !review.Earlier.Contains(target - 1)) { faults["toStep"] = [Text.Of("agreements.review.no-earlier-step", target)]; }
        if (request.ToStep is null && request.Missing is not { Count: > 0 }) { faults["missing"] = [Text.Of("agreements.review.missing-needed")]; }
        if (request.ToStep is not null && request.Missing is { Count: > 0 }) { faults["missing"] = [Text.Of("agreements.review.missing-not-here")]; }
        foreach (var (n, thing) in (request.Missing ?? []).Index())
        {
            if (thing.Trim().Length is < 1 or > 200) { faults[$"missing[{n}]"] = [Text.Of("agreements.review.missing-length")]; }
        }

        return faults;
    }
}
