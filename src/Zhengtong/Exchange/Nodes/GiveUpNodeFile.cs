using Microsoft.AspNetCore.Http.HttpResults;
using Zhengtong.Exchange.Files;
using Zhengtong.Kernel.Jobs;
using Zhengtong.Kernel.Ledger;

namespace Zhengtong.Exchange.Nodes;

internal static class GiveUpNodeFile
{
    internal static void Map(IEndpointRouteBuilder group) => group.MapDelete("/files/{id:guid}", Handle).ProducesProblem(404).ProducesProblem(409).ProducesProblem(423);

    /// <summary>Give an unfinished file up: it changed while it was handed in. What is gone already is answered again.</summary>
    /// <response code="204">Given up; ledger event exchange.upload-terminated.</response>
    /// <response code="404">exchange.upload-unknown</response>
    /// <response code="409">exchange.upload-complete</response>
    /// <response code="423">exchange.upload-locked</response>
    internal static async Task<Results<NoContent, ProblemHttpResult>> Handle(
        Guid id, NodeCaller caller, ZhengtongDb db, NodeFiles files, JobLeases leases, Reconcilers reconcilers, TimeProvider clock, CancellationToken ct)
    {
        await using var lease = await leases.TryTakeAsync(FileIntake.LeaseOf(id), ct);
        if (lease is null) { return ExchangeProblems.UploadLocked.Because($"{id}"); }
        if (await files.FindAsync(caller, id, ct) is not { } file) { return ExchangeProblems.UploadUnknown.Because($"{id}"); }
        if (file.State is FileState.Refused or FileState.Purged) { return TypedResults.NoContent(); }
        if (file.State != FileState.Uploading) { return ExchangeProblems.UploadComplete.Because($"{file.State}"); }

        var now = clock.GetUtcNow();
        file.Purge(now);
        db.Ledger.Add(LedgerEntry.Of("exchange.upload-terminated", id, caller.Actor, now, after: new { file.Offset, file.Length }));
        await db.SaveChangesAsync(ct);
        reconcilers.Wake<SweepFiles>();
        return TypedResults.NoContent();
    }
}
