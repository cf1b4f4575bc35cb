using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Kernel.Identity;
using Zhengtong.Kernel.Jobs;
using Zhengtong.Kernel.Ledger;

namespace Zhengtong.OpenData.Harvest;

internal static class RemoveHarvestSource
{
    internal static void Map(IEndpointRouteBuilder group) => group.MapDelete("/harvest-sources/{id:guid}", Handle).Requires(Right.ManagePortal).ProducesProblem(403).ProducesProblem(404);

    /// <summary>Give a source up: what it brought is taken from the public within moments.</summary>
    /// <response code="204">Removed; ledger event open-data.source-removed.</response>
    /// <response code="404">open-data.source-not-found</response>
    internal static async Task<Results<NoContent, ProblemHttpResult>> Handle(Guid id, Actor actor, ZhengtongDb db, Reconcilers reconcilers, TimeProvider clock, CancellationToken ct)
    {
        var source = await db.HarvestSources.SingleOrDefaultAsync(s => s.Id == id && s.RemovedAt == null, ct);
        if (source is null) { return OpenDataProblems.SourceNotFound.Because($"{id}"); }

        var now = clock.GetUtcNow();
        source.Remove(now);
        db.Ledger.Add(LedgerEntry.Of("open-data.source-removed", id, actor, now, before: new { source.Name, source.Kind, source.Address }));
        try { await db.SaveChangesAsync(ct); }
        // Of two that remove it one finds nothing any more.
        catch (DbUpdateConcurrencyException) { return OpenDataProblems.SourceNotFound.Because($"{id}"); }
        reconcilers.Wake<HarvestPortals>();
        return TypedResults.NoContent();
    }
}
