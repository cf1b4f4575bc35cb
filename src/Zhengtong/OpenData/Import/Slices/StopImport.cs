using Microsoft.AspNetCore.Http.HttpResults;
using Zhengtong.Kernel.Identity;
using Zhengtong.Kernel.Jobs;
using Zhengtong.Kernel.Ledger;

namespace Zhengtong.OpenData.Import.Slices;

internal static class StopImport
{
    internal static void Map(IEndpointRouteBuilder group) => group.MapPost("/imports/{id:guid}/stop", Handle).Requires(Right.OpenData).ProducesProblem(403).ProducesProblem(404).ProducesProblem(409);

    /// <summary>Stop an import: one that waits at once, one that runs within seconds. The draft stays as it was.</summary>
    /// <response code="202">Asked for; ledger event open-data.import-stopped.</response>
    /// <response code="404">open-data.import-unknown</response>
    /// <response code="409">open-data.import-ended</response>
    internal static async Task<Results<Accepted, ProblemHttpResult>> Handle(Guid id, Actor actor, ZhengtongDb db, Reconcilers reconcilers, TimeProvider clock, CancellationToken ct)
    {
        if (await ImportAccess.FindAsync(db, id, actor, ct) is not { } job) { return OpenDataProblems.ImportUnknown.Because($"{id}"); }
        if (!job.IsActive) { return OpenDataProblems.ImportEnded.Because(job.FileName); }

        var now = clock.GetUtcNow();
        job.RequestStop(now);
        db.Ledger.Add(LedgerEntry.Of("open-data.import-stopped", job.Id, actor, now, after: new { dataset = job.DatasetId, version = job.VersionId }));
        await db.SaveChangesAsync(ct);
        reconcilers.Wake<ImportFiles>();
        return TypedResults.Accepted($"/api/v1/imports/{id}");
    }
}
