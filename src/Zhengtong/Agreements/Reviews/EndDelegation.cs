using System.ComponentModel.DataAnnotations;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Kernel.Identity;
using Zhengtong.Kernel.Ledger;

namespace Zhengtong.Agreements.Reviews;

/// <summary>An officer takes the own posts back before the last day.</summary>
/// <param name="Revision">The revision the caller saw, from 1.</param>
public sealed record EndDelegationRequest([Range(1, int.MaxValue)] int Revision);

internal static class EndDelegation
{
    internal static void Map(IEndpointRouteBuilder group) => group.MapPost("/review-delegations/{id:guid}/end", Handle)
        .Requires(Right.ReadWork).ProducesProblem(403).ProducesProblem(404).ProducesProblem(409);

    /// <summary>End a delegation of the caller's own; the deputy's next act in it is refused.</summary>
    /// <response code="204">Ended; ledger event agreements.review-delegation-ended.</response>
    /// <response code="404">agreements.delegation-not-found</response>
    /// <response code="409">agreements.delegation-ended, agreements.changed-meanwhile</response>
    internal static async Task<Results<NoContent, ProblemHttpResult>> Handle(Guid id, EndDelegationRequest request, Actor actor, ZhengtongDb db, TimeProvider clock, CancellationToken ct)
    {
        if (await db.ReviewDelegations.SingleOrDefaultAsync(d => d.Id == id && d.OfficerId == actor.Id, ct) is not { } delegation) { return AgreementsProblems.DelegationNotFound.Because($"{id}"); }
        if (delegation.EndedAt is not null) { return AgreementsProblems.DelegationEnded.Because(); }
        if (delegation.Revision != request.Revision) { return AgreementsProblems.ChangedMeanwhile.Because(); }

        var now = clock.GetUtcNow();
        delegation.End(now);
        db.Ledger.Add(LedgerEntry.Of("agreements.review-delegation-ended", delegation.Id, actor, now, after: new { delegation.DeputyId }));
        try { await db.SaveChangesAsync(ct); }
        catch (DbUpdateConcurrencyException) { return AgreementsProblems.ChangedMeanwhile.Because(); }
        return TypedResults.NoContent();
    }
}
