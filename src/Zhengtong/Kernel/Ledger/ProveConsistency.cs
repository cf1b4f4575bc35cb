using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;

namespace Zhengtong.Kernel.Ledger;

/// <summary>Shows that an older tree is the beginning of a newer: nothing was removed or altered between.</summary>
/// <param name="From">Leaves of the older tree.</param>
/// <param name="To">Leaves of the newer tree.</param>
/// <param name="Hashes">The proof's hashes, base64 of 32 bytes each.</param>
/// <param name="Checkpoint">The signed note of the newer tree.</param>
public sealed record ConsistencyProofResponse(long From, long To, IReadOnlyList<string> Hashes, string Checkpoint);

internal static class ProveConsistency
{
    internal static void Map(IEndpointRouteBuilder group) => group.MapGet("/proof/consistency", Handle).ProducesProblem(400).ProducesProblem(404);

    /// <summary>Prove that the tree of one size is the beginning of that of another.</summary>
    /// <remarks><c>from</c>: Leaves of the older tree, from 0; any size, whether it had a checkpoint or not. <c>to</c>: Size of the newer checkpoint; nothing for the last.</remarks>
    /// <response code="200">The proof (RFC 6962, 2.1.2).</response>
    /// <response code="400">kernel.ledger-range</response>
    /// <response code="404">kernel.ledger-no-checkpoint</response>
    internal static async Task<Results<Ok<ConsistencyProofResponse>, ProblemHttpResult>> Handle(long from, long? to, ZhengtongDb db, LedgerTree tree, CancellationToken ct)
    {
        var checkpoint = await db.LedgerCheckpoints.AsNoTracking().Where(c => to == null || c.Size == to).OrderByDescending(c => c.Size).FirstOrDefaultAsync(ct);
        if (checkpoint is null) { return KernelProblems.LedgerNoCheckpoint.Because($"{to}"); }
        if (from < 0 || from > checkpoint.Size) { return KernelProblems.LedgerRange.Because($"0 <= from <= {checkpoint.Size}"); }

        var hashes = await tree.ConsistencyAsync(from, checkpoint.Size, ct);
        return TypedResults.Ok(new ConsistencyProofResponse(from, checkpoint.Size, [.. hashes.Select(h => Convert.ToBase64String(h))], checkpoint.Note));
    }
}
