using System.ComponentModel.DataAnnotations;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Agreements.Model;
using Zhengtong.Kernel.Identity;
using Zhengtong.Kernel.Ledger;

namespace Zhengtong.Agreements.Slices;

/// <summary>What a party sends to let a suspended agreement go on.</summary>
/// <param name="Reason">Why, 2 to 500 characters; the other party reads it and the ledger keeps it.</param>
/// <param name="Revision">The revision the caller saw, from 1; any other than the current one is a conflict.</param>
public sealed record ResumeAgreementRequest([Required, StringLength(500, MinimumLength = 2)] string Reason, [Range(1, int.MaxValue)] int Revision);

internal static class ResumeAgreement
{
    internal static void Map(IEndpointRouteBuilder group) => group.MapPost("/agreements/{id:guid}/resumption", Handle)
        .Requires(Right.Seal).ProducesProblem(403).ProducesProblem(404).ProducesProblem(409);

    /// <summary>Let a suspended agreement go on; only the side that suspended it can.</summary>
    /// <response code="204">Done; ledger event agreements.resumed.</response>
    /// <response code="403">agreements.not-suspender</response>
    /// <response code="404">agreements.not-found</response>
    /// <response code="409">agreements.not-suspended, agreements.changed-meanwhile</response>
    internal static async Task<Results<NoContent, ProblemHttpResult>> Handle(
        Guid id, ResumeAgreementRequest request, Actor actor, ZhengtongDb db, TimeProvider clock, CancellationToken ct)
    {
        var agreement = await db.Agreements.SingleOrDefaultAsync(a => a.Id == id, ct);
        if (agreement is null || !agreement.HasParty(actor.Organisation)) { return AgreementsProblems.NotFound.Because($"{id}"); }
        if (agreement.State != AgreementState.Suspended) { return AgreementsProblems.NotSuspended.Because(agreement.Number); }
        if (agreement.SuspendedBy != actor.Organisation) { return AgreementsProblems.NotSuspender.Because(agreement.Number); }
        if (agreement.Revision != request.Revision) { return AgreementsProblems.ChangedMeanwhile.Because(agreement.Number); }

        var before = agreement.State;
        var now = clock.GetUtcNow();
        agreement.Resume(now);
        db.Ledger.Add(LedgerEntry.Of("agreements.resumed", agreement.Id, actor, now, request.Reason, before: before));
        try { await db.SaveChangesAsync(ct); }
        catch (DbUpdateConcurrencyException) { return AgreementsProblems.ChangedMeanwhile.Because(agreement.Number); }
        return TypedResults.NoContent();
    }
}
