using Microsoft.EntityFrameworkCore;

namespace Zhengtong.Kernel.Ledger;

/// <summary>Roots and proofs of the sequenced tree, computed from tiles: one query for the few tiles a proof needs.</summary>
internal sealed class LedgerTree(ZhengtongDb db)
{
    /// <summary>The last checkpoint, or null before the first.</summary>
    internal Task<Checkpoint?> HeadAsync(CancellationToken ct) => db.LedgerCheckpoints.AsNoTracking().OrderByDescending(c => c.Size).FirstOrDefaultAsync(ct);

    /// <summary>The root of the first <paramref name="size"/> leaves.</summary>
    internal async Task<byte[]> RootAsync(long size, CancellationToken ct) => (await HashesAsync([(0, size)], ct))[0];

    /// <summary>The hash of a leaf, as it was sequenced.</summary>
    internal async Task<byte[]> LeafAsync(long index, CancellationToken ct) => (await HashesAsync([(index, index + 1)], ct))[0];

    /// <summary>The hashes that prove the leaf's place in the tree of that size, from the leaf upwards. Size MUST NOT exceed the last checkpoint's.</summary>
    internal Task<IReadOnlyList<byte[]>> InclusionAsync(long index, long size, CancellationToken ct) => HashesAsync(MerkleTree.InclusionPath(index, size), ct);

    /// <summary>The hashes that prove the older tree to be the beginning of the newer. Size MUST NOT exceed the last checkpoint's.</summary>
    internal Task<IReadOnlyList<byte[]>> ConsistencyAsync(long older, long size, CancellationToken ct) => HashesAsync(MerkleTree.ConsistencyPath(older, size), ct);

    private async Task<IReadOnlyList<byte[]>> HashesAsync(IReadOnlyList<(long From, long To)> ranges, CancellationToken ct)
    {
        var covers = ranges.Select(r => MerkleTree.Cover(r.From, r.To)).ToList();
        var places = covers.SelectMany(c => c).Select(Tile.PlaceOf).Distinct().ToList();
        var tiles = await db.LedgerTiles.AsNoTracking().Where(t => places.Contains(t.Place)).ToDictionaryAsync(t => t.Place, ct);
        return [.. covers.Select(nodes => MerkleTree.Fold([.. nodes.Select(n => tiles[Tile.PlaceOf(n)].HashOf(n))]))];
    }
}
