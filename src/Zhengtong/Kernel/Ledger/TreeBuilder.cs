using Microsoft.EntityFrameworkCore;

namespace Zhengtong.Kernel.Ledger;

/// <summary>Appends leaves to the tree: works on the growing tiles at its right edge alone, one a level, whatever the tree's size.</summary>
internal sealed class TreeBuilder
{
    private readonly List<List<byte>> edge = [];
    private readonly HashSet<int> grown = [];
    private readonly Dictionary<long, byte[]> changed = [];

    private TreeBuilder(long size) => Size = size;

    /// <summary>Leaves so far.</summary>
    internal long Size { get; private set; }

    /// <summary>The tiles that are new or have grown, by their place.</summary>
    internal IReadOnlyDictionary<long, byte[]> Changed
    {
        get
        {
            foreach (var level in grown.Where(level => edge[level].Count > 0)) { changed[Tile.PlaceOf(level, NumberAt(level))] = [.. edge[level]]; }
            return changed;
        }
    }

    /// <summary>The root of all leaves so far.</summary>
    internal byte[] Root => MerkleTree.Fold([.. MerkleTree.Cover(0, Size).Select(HashOf)]);

    /// <summary>Goes on at the tree's right edge: reads at most one tile a level.</summary>
    /// <exception cref="InvalidDataException">A tile of the edge is missing or narrower than the size asks.</exception>
    internal static async Task<TreeBuilder> LoadAsync(ZhengtongDb db, long size, CancellationToken ct)
    {
        var builder = new TreeBuilder(size);
        var places = EdgeOf(size).ToList();
        var wanted = places.Select(p => p.Place).ToList();
        var tiles = await db.LedgerTiles.AsNoTracking().Where(t => wanted.Contains(t.Place)).ToDictionaryAsync(t => t.Place, ct);
        for (var level = 0; size >> (8 * level) > 0; level++)
        {
            var width = (int)((size >> (8 * level)) % Tile.Width);
            var place = Tile.PlaceOf(level, builder.NumberAt(level));
            if (width > 0 && (tiles.GetValueOrDefault(place)?.Count ?? 0) < width) { throw new InvalidDataException($"Tile {level}/{builder.NumberAt(level)} of the ledger is missing or too short for {size} entries"); }
            builder.edge.Add(width == 0 ? [] : [.. tiles[place].Hashes.AsSpan(0, width * MerkleTree.HashSize)]);
        }

        return builder;
    }

    /// <summary>The growing tiles of a tree, with their width.</summary>
    internal static IEnumerable<(long Place, int Width)> EdgeOf(long size)
    {
        for (var level = 0; level < 8 && size >> (8 * level) > 0; level++)
        {
            var width = (int)((size >> (8 * level)) % Tile.Width);
            if (width > 0) { yield return (Tile.PlaceOf(level, size >> (8 * level) >> 8), width); }
        }
    }

    internal void Append(ReadOnlySpan<byte> leafHash)
    {
        Size++;
        AppendAt(0, leafHash);
    }

    private void AppendAt(int level, ReadOnlySpan<byte> hash)
    {
        if (edge.Count == level) { edge.Add([]); }
        edge[level].AddRange(hash);
        grown.Add(level);
        if (edge[level].Count < Tile.Width * MerkleTree.HashSize) { return; }

        byte[] full = [.. edge[level]];
        // Size counts the leaf already, so the tile just filled is the one before the edge.
        changed[Tile.PlaceOf(level, NumberAt(level) - 1)] = full;
        edge[level].Clear();
        AppendAt(level + 1, MerkleTree.HashComplete(full.AsSpan().ToArray()));
    }

    private long NumberAt(int level) => Size >> (8 * level) >> 8;

    private byte[] HashOf(MerkleNode node)
    {
        var first = (int)((node.Index << (node.Level % 8)) % Tile.Width);
        return MerkleTree.HashComplete(edge[node.Level / 8].GetRange(first * MerkleTree.HashSize, MerkleTree.HashSize << (node.Level % 8)).ToArray());
    }
}
