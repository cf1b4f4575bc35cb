using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Kernel.Identity;

namespace Zhengtong.Kernel.Ledger;

internal static class DownloadProof
{
    internal static void Map(IEndpointRouteBuilder group) => group.MapGet("/ledger/entries/{id:guid}/proof", Handle)
        .RequireAuthorization(LedgerReaders.Policy).Produces<ProofBundle>().ProducesProblem(403).ProducesProblem(404).ProducesProblem(409);

    /// <summary>A file that proves one entry without the platform: <c>zhengtong verify ledger FILE</c> reads it.</summary>
    /// <remarks><c>id</c>: The entry. <c>older</c>: Size of a checkpoint seen earlier, to prove too that nothing before it changed; nothing for none.</remarks>
    /// <response code="200">The proof bundle, JSON.</response>
    /// <response code="404">kernel.ledger-no-entry, kernel.ledger-no-checkpoint</response>
    /// <response code="409">kernel.ledger-not-sequenced</response>
    internal static async Task<Results<FileContentHttpResult, ProblemHttpResult>> Handle(
        Guid id, long? older, Actor actor, ZhengtongDb db, LedgerTree tree, LedgerKeys keys, CancellationToken ct)
    {
        if (!await db.LedgerOf(actor).AnyAsync(e => e.Id == id, ct)) { return KernelProblems.LedgerNoEntry.Because($"{id}"); }
        if (older is not null && !await db.LedgerCheckpoints.AnyAsync(c => c.Size == older, ct)) { return KernelProblems.LedgerNoCheckpoint.Because($"{older}"); }
        if (await ProofBundle.OfAsync(id, older, db, tree, keys, ct) is not { } bundle) { return KernelProblems.LedgerNotSequenced.Because($"{id}"); }
        return TypedResults.Bytes(bundle.Write(), "application/json", $"ledger-{bundle.Index}.proof.json");
    }
}
