using System.Security.Cryptography;

namespace Zhengtong.Tests.Kernel.Ledger;

/// <summary>RFC 6962, sections 2.1, 2.1.1 and 2.1.2, written as the recursion stands there. Slow on purpose.</summary>
internal static class NaiveTree
{
    internal static byte[] Leaf(byte[] entry) => SHA256.HashData([0, .. entry]);

    internal static byte[] Root(ReadOnlySpan<byte[]> d) => d.Length switch
    {
        0 => SHA256.HashData([]),
        1 => Leaf(d[0]),
        var n => SHA256.HashData([1, .. Root(d[..K(n)]), .. Root(d[K(n)..])]),
    };

    internal static byte[][] Inclusion(int m, ReadOnlySpan<byte[]> d)
    {
        if (d.Length == 1) { return []; }
        var k = K(d.Length);
        return m < k ? [.. Inclusion(m, d[..k]), Root(d[k..])] : [.. Inclusion(m - k, d[k..]), Root(d[..k])];
    }

    internal static byte[][] Consistency(int m, ReadOnlySpan<byte[]> d) => m == 0 ? [] : SubProof(m, d, true);

    private static byte[][] SubProof(int m, ReadOnlySpan<byte[]> d, bool whole)
    {
        if (m == d.Length) { return whole ? [] : [Root(d)]; }
        var k = K(d.Length);
        return m <= k ? [.. SubProof(m, d[..k], whole), Root(d[k..])] : [.. SubProof(m - k, d[k..], false), Root(d[..k])];
    }

    private static int K(int n)
    {
        var k = 1;
        while (k * 2 < n) { k *= 2; }
        return k;
    }
}
