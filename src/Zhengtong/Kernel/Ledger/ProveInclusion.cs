using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;

namespace Zhengtong.Kernel.Ledger;

/// <summary>Shows that a leaf stands in the tree of a checkpoint.</summary>
/// <param name="Index">Place of the leaf, from 0.</param>
/// <param name="Size">Leaves of the tree.</param>
/// <param name="LeafHash">The leaf's hash, base64 of 32 bytes.</param>
/// <param name="Hashes">The hashes beside the way from the leaf to the root, from the leaf upwards, base64 of 32 bytes each; at most 64.</param>
/// <param name="Checkpoint">The signed note that names the root.</param>
public sealed record InclusionProofResponse(long Index, long Size, string LeafHash, IReadOnlyList<string> Hashes, string Checkpoint);

internal static class ProveInclusion
{
    internal static void Map(IEndpointRouteBuilder group) => group.MapGet("/proof/inclusion", Handle).ProducesProblem(400).ProducesProblem(404).ProducesProblem(409);

    /// <summary>Prove that an entry is in the ledger, against the last checkpoint or one of a size.</summary>
    /// <remarks><c>index</c>: Place of the entry, from 0; or <c>entry</c>: its id. <c>size</c>: Size of the checkpoint to prove against; nothing for the last.</remarks>
    /// <response code="200">The proof (RFC 6962, 2.1.1).</response>
    /// <response code="400">kernel.ledger-range</response>
    /// <response code="404">kernel.ledger-no-entry, kernel.ledger-no-checkpoint</response>
    /// <response code="409">kernel.ledger-not-sequenced</response>
    internal static async Task<Results<Ok<InclusionProofResponse>, ProblemHttpResult>> Handle(
        long? index, Guid? entry, long? size, ZhengtongDb db, LedgerTree tree, CancellationToken ct)
    {
        if (index is null == entry is null) { return KernelProblems.LedgerRange.Because("index | entry"); }
        if (entry is { } id)
        {
            var found = await db.Ledger.Where(e => e.Id == id).Select(e => new { e.Index }).SingleOrDefaultAsync(ct);
            if (found is null) { return KernelProblems.LedgerNoEntry.Because($"{id}"); }
            index = found.Index;
        }

        if (index is not { } place) { return KernelProblems.LedgerNotSequenced.Because($"{entry}"); }
        var checkpoint = await db.LedgerCheckpoints.AsNoTracking().Where(c => size == null || c.Size == size).OrderByDescending(c => c.Size).FirstOrDefaultAsync(ct);
        if (checkpoint is null) { return KernelProblems.LedgerNoCheckpoint.Because($"{size}"); }
        if (place < 0 || place >= checkpoint.Size) { return KernelProblems.LedgerRange.Because($"0 <= index < {checkpoint.Size}"); }

        var leaf = await tree.LeafAsync(place, ct);
        var hashes = await tree.InclusionAsync(place, checkpoint.Size, ct);
        return TypedResults.Ok(new InclusionProofResponse(place, checkpoint.Size, Convert.ToBase64String(leaf), [.. hashes.Select(h => Convert.ToBase64String(h))], checkpoint.Note));
    }
}
