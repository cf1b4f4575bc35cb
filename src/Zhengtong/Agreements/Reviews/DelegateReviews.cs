using System.ComponentModel.DataAnnotations;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Agreements.Model;
using Zhengtong.Kernel;
using Zhengtong.Kernel.Http;
using Zhengtong.Kernel.Identity;
using Zhengtong.Kernel.Ledger;

namespace Zhengtong.Agreements.Reviews;

/// <summary>An officer names a deputy who reviews in the officer's posts for some days.</summary>
/// <param name="Deputy">An officer of the same organisation.</param>
/// <param name="From">The first day, in China; today or later.</param>
/// <param name="Until">The last day, in China; at most a year after the first.</param>
/// <param name="Reason">Why, 2 to 500 characters.</param>
public sealed record DelegateReviewsRequest(Guid Deputy, DateOnly From, DateOnly Until, [Required, StringLength(500, MinimumLength = 2)] string Reason);

/// <summary>The delegation as made.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Revision">1.</param>
public sealed record DelegateReviewsResponse(Guid Id, int Revision);

internal static class DelegateReviews
{
    internal static void Map(IEndpointRouteBuilder group) => group.MapPost("/review-delegations", Handle).Requires(Right.ReadWork).Idempotent().ProducesProblem(403);

    /// <summary>Name a deputy of the own organisation; acts of the deputy in the officer's posts say so.</summary>
    /// <response code="201">Named; ledger event agreements.reviews-delegated.</response>
    /// <response code="400">agreements.delegation-invalid</response>
    /// <response code="403">agreements.not-reviewer</response>
    internal static async Task<Results<Created<DelegateReviewsResponse>, ProblemHttpResult>> Handle(
        DelegateReviewsRequest request, Actor actor, ZhengtongDb db, TimeProvider clock, CancellationToken ct)
    {
        // A program holds no post that it could hand on.
        if (actor.IsProgram || actor.Roles.Count == 0) { return AgreementsProblems.NotReviewer.Because(); }
        var now = clock.GetUtcNow();
        var today = ChinaTime.DateOf(now);
        var deputy = await db.Users.AsNoTracking().Include(o => o.Posts).SingleOrDefaultAsync(o => o.Id == request.Deputy && o.OrganisationId == actor.Organisation, ct);
        var faults = new Dictionary<string, string[]>();
        if (deputy is not { LockedAt: null } || deputy.Id == actor.Id || deputy.Posts.Any(p => Rights.Administrators.Contains(p.Role))) { faults["deputy"] = [Text.Of("agreements.review.deputy-unfit")]; }
        if (request.From < today) { faults["from"] = [Text.Of("agreements.review.day-past")]; }
        if (request.Until < request.From || request.Until > request.From.AddYears(1)) { faults["until"] = [Text.Of("agreements.review.until-unfit")]; }
        if (faults.Count > 0) { return AgreementsProblems.DelegationInvalid.For(faults); }

        var delegation = new ReviewDelegation
        {
            Id = Guid.CreateVersion7(now), OfficerId = actor.Id, DeputyId = request.Deputy, OrganisationId = actor.Organisation, From = request.From, Until = request.Until, Reason = request.Reason, MadeAt = now,
        };
        db.ReviewDelegations.Add(delegation);
        db.Ledger.Add(LedgerEntry.Of("agreements.reviews-delegated", delegation.Id, actor, now, request.Reason, after: new { delegation.DeputyId, deputy = deputy!.DisplayName, delegation.From, delegation.Until }));
        await db.SaveChangesAsync(ct);
        return TypedResults.Created($"/api/v1/review-delegations/{delegation.Id}", new DelegateReviewsResponse(delegation.Id, delegation.Revision));
    }
}
