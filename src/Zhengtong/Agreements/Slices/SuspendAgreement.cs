using System.ComponentModel.DataAnnotations;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Agreements.Model;
using Zhengtong.Kernel.Identity;
using Zhengtong.Kernel.Ledger;

namespace Zhengtong.Agreements.Slices;

/// <summary>What a party sends to suspend an agreement in force.</summary>
/// <param name="Reason">Why, 2 to 500 characters; the other party reads it and the ledger keeps it.</param>
/// <param name="Revision">The revision the caller saw, from 1; any other than the current one is a conflict.</param>
public sealed record SuspendAgreementRequest([Required, StringLength(500, MinimumLength = 2)] string Reason, [Range(1, int.MaxValue)] int Revision);

internal static class SuspendAgreement
{
    internal static void Map(IEndpointRouteBuilder group) => group.MapPost("/agreements/{id:guid}/suspension", Handle)
        .Requires(Right.Seal).ProducesProblem(403).ProducesProblem(404).ProducesProblem(409);

    /// <summary>Suspend an agreement; each delivery under it stops before its next batch.</summary>
    /// <response code="204">Done; ledger event agreements.suspended.</response>
    /// <response code="404">agreements.not-found</response>
    /// <response code="409">agreements.not-in-force, agreements.changed-meanwhile</response>
    internal static async Task<Results<NoContent, ProblemHttpResult>> Handle(
        Guid id, SuspendAgreementRequest request, Actor actor, ZhengtongDb db, TimeProvider clock, CancellationToken ct)
    {
        var agreement = await db.Agreements.SingleOrDefaultAsync(a => a.Id == id, ct);
        if (agreement is null || !agreement.HasParty(actor.Organisation)) { return AgreementsProblems.NotFound.Because($"{id}"); }
        if (agreement.State != AgreementState.InForce) { return AgreementsProblems.NotInForce.Because(agreement.Number); }
        if (agreement.Revision != request.Revision) { return AgreementsProblems.ChangedMeanwhile.Because(agreement.Number); }

        var before = agreement.State;
        agreement.Suspend(actor.Organisation);
        db.Ledger.Add(LedgerEntry.Of("agreements.suspended", agreement.Id, actor, clock.GetUtcNow(), request.Reason, before: before));
        try { await db.SaveChangesAsync(ct); }
        catch (DbUpdateConcurrencyException) { return AgreementsProblems.ChangedMeanwhile.Because(agreement.Number); }
        return TypedResults.NoContent();
    }
}
