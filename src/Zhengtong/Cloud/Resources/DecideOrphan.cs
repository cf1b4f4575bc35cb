using System.ComponentModel.DataAnnotations;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Cloud.Delivery;
using Zhengtong.Kernel.Identity;
using Zhengtong.Kernel.Jobs;
using Zhengtong.Kernel.Ledger;

namespace Zhengtong.Cloud.Resources;

/// <summary>What becomes of an orphan.</summary>
/// <param name="Decision">Keep or remove; none takes a decision back.</param>
/// <param name="Reason">On what ground, 2 to 500 characters; the ledger keeps it.</param>
/// <param name="Revision">The revision the caller saw, from 1; any other than the current one is a conflict.</param>
public sealed record DecideOrphanRequest(OrphanDecision Decision, [Required, StringLength(500, MinimumLength = 2)] string Reason, [Range(1, int.MaxValue)] int Revision);

internal static class DecideOrphan
{
    internal static void Map(IEndpointRouteBuilder group) => group.MapPost("/cloud/orphans/{id:guid}/decision", Handle).Requires(Right.ManagePools).ProducesProblem(403).ProducesProblem(404).ProducesProblem(409);

    /// <summary>Decide about an instance that no resource knows. One that is to be removed goes with the next look at its engine.</summary>
    /// <response code="204">Decided; ledger event cloud.orphan-decided.</response>
    /// <response code="404">cloud.orphan-not-found</response>
    /// <response code="409">cloud.changed-meanwhile</response>
    internal static async Task<Results<NoContent, ProblemHttpResult>> Handle(Guid id, DecideOrphanRequest request, Actor actor, ZhengtongDb db, Reconcilers reconcilers, TimeProvider clock, CancellationToken ct)
    {
        if (await db.EngineOrphans.SingleOrDefaultAsync(o => o.Id == id, ct) is not { } orphan) { return CloudProblems.OrphanNotFound.Because($"{id}"); }
        if (orphan.Revision != request.Revision) { return CloudProblems.ChangedMeanwhile.Because(orphan.Name); }

        (orphan.Decision, orphan.Reason) = (request.Decision, request.Reason);
        orphan.Touch();
        db.Ledger.Add(LedgerEntry.Of("cloud.orphan-decided", id, actor, clock.GetUtcNow(), request.Reason, after: new { orphan.Project, orphan.Name, orphan.Decision }));
        try { await db.SaveChangesAsync(ct); }
        catch (DbUpdateConcurrencyException) { return CloudProblems.ChangedMeanwhile.Because(orphan.Name); }
        reconcilers.Wake<WatchResources>();
        return TypedResults.NoContent();
    }
}
