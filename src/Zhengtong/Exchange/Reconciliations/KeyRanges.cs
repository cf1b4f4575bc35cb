using System.Buffers.Binary;
using System.Security.Cryptography;

namespace Zhengtong.Exchange.Reconciliations;

/// <summary>One side's rows as a tree of digests over ranges of keys. Keys are ordered by their digest: databases sort text, decimals and times each in their own way,
/// digests are sorted alike on both sides. Of constant size, whatever the size of the table.</summary>
internal sealed class KeyRanges
{
    internal const int Depth = 16;
    internal const int Leaves = 1 << Depth;
    private const int Size = SHA256.HashSizeInBytes;
    private readonly RowSum[] sums = new RowSum[Leaves];
    private readonly long[] counts = new long[Leaves];

    /// <summary>Digests of the ranges: 1 is the root, n has the halves 2n and 2n + 1, the leaves begin at <see cref="Leaves"/>.</summary>
    private readonly byte[] digests = new byte[2 * Leaves * Size];

    internal long Rows { get; private set; }

    /// <summary>The smallest range that holds a key.</summary>
    internal static int LeafOf(UInt128 key) => (int)(key >> (128 - Depth));

    internal long RowsOf(int leaf) => counts[leaf];

    internal void Add(UInt128 key, RowSum row)
    {
        var leaf = LeafOf(key);
        sums[leaf] = sums[leaf].Plus(row);
        counts[leaf]++;
        Rows++;
    }

    /// <summary>The smallest ranges that hold rows.</summary>
    internal IEnumerable<(int Leaf, long Count, RowSum Sum)> Filled() => Enumerable.Range(0, Leaves).Where(n => counts[n] > 0).Select(n => (n, counts[n], sums[n]));

    /// <summary>Puts a range that was added up elsewhere.</summary>
    internal void Put(int leaf, long count, RowSum sum)
    {
        Rows += count - counts[leaf];
        (counts[leaf], sums[leaf]) = (count, sum);
    }

    /// <summary>Computes every range's digest; lower-case hex of the root.</summary>
    internal string Close()
    {
        Span<byte> leaf = stackalloc byte[1 + 8 + Size];
        for (var n = 0; n < Leaves; n++)
        {
            BinaryPrimitives.WriteInt64BigEndian(leaf[1..], counts[n]);
            BinaryPrimitives.WriteUInt128BigEndian(leaf[9..], sums[n].High);
            BinaryPrimitives.WriteUInt128BigEndian(leaf[25..], sums[n].Low);
            SHA256.HashData(leaf, DigestOf(Leaves + n));
        }

        Span<byte> both = stackalloc byte[1 + (2 * Size)];
        both[0] = 1;
        for (var n = Leaves - 1; n > 0; n--)
        {
            digests.AsSpan(2 * n * Size, 2 * Size).CopyTo(both[1..]);
            SHA256.HashData(both, DigestOf(n));
        }

        return Convert.ToHexStringLower(DigestOf(1));
    }

    /// <summary>Finds the smallest ranges that differ by bisection: a range whose digests are equal is not looked into.</summary>
    /// <returns>The leaves that differ, and how many ranges were compared.</returns>
    internal (List<int> Leaves, int Compared) DifferencesTo(KeyRanges other)
    {
        List<int> differing = [];
        var compared = 0;
        var open = new Stack<int>([1]);
        while (open.TryPop(out var range))
        {
            compared++;
            if (DigestOf(range).SequenceEqual(other.DigestOf(range))) { continue; }
            if (range >= Leaves) { differing.Add(range - Leaves); continue; }
            open.Push((2 * range) + 1);
            open.Push(2 * range);
        }

        return (differing, compared);
    }

    private Span<byte> DigestOf(int range) => digests.AsSpan(range * Size, Size);
}
