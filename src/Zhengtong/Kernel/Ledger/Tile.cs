namespace Zhengtong.Kernel.Ledger;

/// <summary>Up to 256 neighbouring hashes of one level of the tree, as C2SP tlog-tiles has them: tile (L, N) holds the hashes of the complete subtrees
/// of 2^(8L) leaves from number 256N on. The last tile of each level grows until it is full; a full one never changes.</summary>
internal sealed class Tile
{
    internal const int Width = 256;

    private const int LevelShift = 48;

    /// <summary>Level and number in one key: <see cref="PlaceOf(int, long)"/>.</summary>
    internal required long Place { get; init; }

    /// <summary>32 bytes a hash, 1 to 256 of them.</summary>
    internal required byte[] Hashes { get; set; }

    internal int Level => Parts(Place).Level;

    internal long Number => Parts(Place).Number;

    internal int Count => Hashes.Length / MerkleTree.HashSize;

    internal ReadOnlySpan<byte> this[int position] => Hashes.AsSpan(position * MerkleTree.HashSize, MerkleTree.HashSize);

    /// <summary>The key of tile <paramref name="number"/> of level <paramref name="level"/>.</summary>
    internal static long PlaceOf(int level, long number) => ((long)level << LevelShift) | number;

    /// <summary>Level and number of a key.</summary>
    internal static (int Level, long Number) Parts(long place) => ((int)(place >> LevelShift), place & ((1L << LevelShift) - 1));

    /// <summary>The tile whose hashes a complete subtree is computed from.</summary>
    internal static long PlaceOf(MerkleNode node) => PlaceOf(node.Level / 8, (node.Index << (node.Level % 8)) / Width);

    /// <summary>The hash of a complete subtree, from the tile that <see cref="PlaceOf(MerkleNode)"/> names.</summary>
    internal byte[] HashOf(MerkleNode node)
    {
        var first = (int)((node.Index << (node.Level % 8)) % Width);
        return MerkleTree.HashComplete(Hashes.AsSpan(first * MerkleTree.HashSize, MerkleTree.HashSize << (node.Level % 8)).ToArray());
    }
}
