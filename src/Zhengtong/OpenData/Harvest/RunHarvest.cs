using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Kernel.Identity;
using Zhengtong.Kernel.Jobs;
using Zhengtong.Kernel.Ledger;

namespace Zhengtong.OpenData.Harvest;

/// <summary>A run that is asked for.</summary>
/// <param name="MayShrink">True: the run may withdraw more than half of what stands. Without it such a run fails and withdraws nothing.</param>
public sealed record RunHarvestRequest(bool MayShrink);

internal static class RunHarvest
{
    internal static void Map(IEndpointRouteBuilder group) => group.MapPost("/harvest-sources/{id:guid}/runs", Handle).Requires(Right.ManagePortal).ProducesProblem(403).ProducesProblem(404).ProducesProblem(409);

    /// <summary>Ask for a run at once, also of a source that rests. While one is under way the next follows it.</summary>
    /// <response code="202">It begins within moments; ledger event open-data.harvest-requested.</response>
    /// <response code="404">open-data.source-not-found</response>
    /// <response code="409">open-data.changed-meanwhile</response>
    internal static async Task<Results<Accepted, ProblemHttpResult>> Handle(Guid id, RunHarvestRequest request, Actor actor, ZhengtongDb db, Reconcilers reconcilers, TimeProvider clock, CancellationToken ct)
    {
        var source = await db.HarvestSources.SingleOrDefaultAsync(s => s.Id == id && s.RemovedAt == null, ct);
        if (source is null) { return OpenDataProblems.SourceNotFound.Because($"{id}"); }

        source.RequestRun(request.MayShrink);
        db.Ledger.Add(LedgerEntry.Of("open-data.harvest-requested", id, actor, clock.GetUtcNow(), after: new { request.MayShrink }));
        try { await db.SaveChangesAsync(ct); }
        catch (DbUpdateConcurrencyException) { return OpenDataProblems.ChangedMeanwhile.Because(source.Name); }
        reconcilers.Wake<HarvestPortals>();
        return TypedResults.Accepted($"/api/v1/harvest-sources/{id}/runs");
    }
}
