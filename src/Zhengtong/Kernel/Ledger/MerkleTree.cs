using System.Numerics;
using System.Security.Cryptography;

namespace Zhengtong.Kernel.Ledger;

/// <summary>A complete subtree: <c>2^Level</c> leaves from leaf <c>Index * 2^Level</c> on.</summary>
internal readonly record struct MerkleNode(int Level, long Index);

/// <summary>Hashes of RFC 6962, section 2.1, with SHA-256, and which nodes a root or a proof is made of. Hashes are 32 bytes.</summary>
internal static class MerkleTree
{
    internal const int HashSize = SHA256.HashSizeInBytes;

    /// <summary>The root of a tree without leaves: the hash of nothing.</summary>
    internal static byte[] EmptyRoot => SHA256.HashData([]);

    /// <summary>SHA-256 over 0x00 and the entry.</summary>
    internal static byte[] HashLeaf(ReadOnlySpan<byte> entry)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData([0x00]);
        hash.AppendData(entry);
        return hash.GetHashAndReset();
    }

    /// <summary>SHA-256 over 0x01, left and right.</summary>
    internal static byte[] HashNode(ReadOnlySpan<byte> left, ReadOnlySpan<byte> right)
    {
        Span<byte> input = stackalloc byte[1 + (2 * HashSize)];
        input[0] = 0x01;
        left.CopyTo(input[1..]);
        right.CopyTo(input[(1 + HashSize)..]);
        return SHA256.HashData(input);
    }

    /// <summary>The root above a power of two of hashes lying side by side; destroys the buffer.</summary>
    internal static byte[] HashComplete(Span<byte> hashes)
    {
        Span<byte> input = stackalloc byte[1 + (2 * HashSize)];
        input[0] = 0x01;
        for (var count = hashes.Length / HashSize; count > 1; count /= 2)
        {
            for (var i = 0; i < count / 2; i++)
            {
                hashes.Slice(2 * i * HashSize, 2 * HashSize).CopyTo(input[1..]);
                SHA256.HashData(input, hashes.Slice(i * HashSize, HashSize));
            }
        }

        return hashes[..HashSize].ToArray();
    }

    /// <summary>The complete subtrees that leaves <paramref name="from"/> to <paramref name="to"/> (exclusive) fall into, left to right.
    /// The range must start where a subtree of its size may start, as all ranges of roots and proofs do.</summary>
    internal static IReadOnlyList<MerkleNode> Cover(long from, long to)
    {
        var nodes = new List<MerkleNode>();
        while (from < to)
        {
            var level = BitOperations.Log2((ulong)(to - from));
            nodes.Add(new MerkleNode(level, from >> level));
            from += 1L << level;
        }

        return nodes;
    }

    /// <summary>The hash above subtrees of <see cref="Cover"/>, given theirs from left to right.</summary>
    internal static byte[] Fold(IReadOnlyList<byte[]> hashes)
    {
        if (hashes.Count == 0) { return EmptyRoot; }
        var above = hashes[^1];
        for (var i = hashes.Count - 2; i >= 0; i--) { above = HashNode(hashes[i], above); }
        return above;
    }

    /// <summary>The ranges whose hashes prove that leaf <paramref name="index"/> stands in the tree of <paramref name="size"/> leaves, from the leaf upwards (RFC 6962, 2.1.1).</summary>
    internal static IReadOnlyList<(long From, long To)> InclusionPath(long index, long size)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(index);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(index, size);
        var path = new List<(long, long)>();
        long from = 0, to = size;
        while (to - from > 1)
        {
            var split = from + Split(to - from);
            if (index < split)
            {
                path.Add((split, to));
                to = split;
            }
            else
            {
                path.Add((from, split));
                from = split;
            }
        }

        path.Reverse();
        return path;
    }

    /// <summary>The ranges whose hashes prove that the tree of <paramref name="older"/> leaves is the beginning of the tree of <paramref name="size"/> (RFC 6962, 2.1.2).
    /// Nothing is needed when the sizes are equal or the older tree is empty.</summary>
    internal static IReadOnlyList<(long From, long To)> ConsistencyPath(long older, long size)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(older);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(older, size);
        var path = new List<(long, long)>();
        if (older == 0 || older == size) { return path; }
        long from = 0, to = size;
        var known = true; // whether the subtree at hand begins the older tree, so that the verifier has its hash already
        while (older != to - from)
        {
            var split = Split(to - from);
            if (older <= split)
            {
                path.Add((from + split, to));
                to = from + split;
            }
            else
            {
                path.Add((from, from + split));
                from += split;
                older -= split;
                known = false;
            }
        }

        if (!known) { path.Add((from, to)); }
        path.Reverse();
        return path;
    }

    /// <summary>The root that a leaf and its inclusion proof lead to; null when the proof has the wrong length.</summary>
    internal static byte[]? RootOfInclusion(long index, long size, byte[] leafHash, IReadOnlyList<byte[]> proof) =>
        RootOfInclusion(index, size, leafHash, proof, (left, right) => HashNode(left, right));

    /// <summary>The same in a tree of another digest of 32 bytes.</summary>
    internal static byte[]? RootOfInclusion(long index, long size, byte[] leafHash, IReadOnlyList<byte[]> proof, Func<byte[], byte[], byte[]> hashNode)
    {
        if (index < 0 || index >= size) { return null; }
        var (node, last, above) = (index, size - 1, leafHash);
        foreach (var hash in proof)
        {
            if (last == 0 || hash.Length != HashSize) { return null; }
            if ((node & 1) == 1 || node == last)
            {
                above = hashNode(hash, above);
                while ((node & 1) == 0 && node != 0)
                {
                    node >>= 1;
                    last >>= 1;
                }
            }
            else
            {
                above = hashNode(above, hash);
            }

            node >>= 1;
            last >>= 1;
        }

        return last == 0 ? above : null;
    }

    /// <summary>True when the proof shows the older tree to be the beginning of the newer (RFC 9162, 2.1.4.2).</summary>
    internal static bool IsConsistent(long older, long size, byte[] olderRoot, byte[] root, IReadOnlyList<byte[]> proof)
    {
        if (older < 0 || older > size || proof.Any(h => h.Length != HashSize)) { return false; }
        if (older == size) { return proof.Count == 0 && olderRoot.AsSpan().SequenceEqual(root); }
        if (older == 0) { return proof.Count == 0 && olderRoot.AsSpan().SequenceEqual(EmptyRoot); }
        var path = long.IsPow2(older) ? [olderRoot, .. proof] : proof;
        if (path.Count == 0) { return false; }
        var (node, last) = (older - 1, size - 1);
        while ((node & 1) == 1)
        {
            node >>= 1;
            last >>= 1;
        }

        var (oldAbove, newAbove) = (path[0], path[0]);
        foreach (var hash in path.Skip(1))
        {
            if (last == 0) { return false; }
            if ((node & 1) == 1 || node == last)
            {
                oldAbove = HashNode(hash, oldAbove);
                newAbove = HashNode(hash, newAbove);
                while ((node & 1) == 0 && node != 0)
                {
                    node >>= 1;
                    last >>= 1;
                }
            }
            else
            {
                newAbove = HashNode(newAbove, hash);
            }

            node >>= 1;
            last >>= 1;
        }

        return last == 0 && oldAbove.AsSpan().SequenceEqual(olderRoot) && newAbove.AsSpan().SequenceEqual(root);
    }

    /// <summary>The largest power of two below <paramref name="size"/>, which is at least 2.</summary>
    private static long Split(long size) => 1L << BitOperations.Log2((ulong)(size - 1));
}
