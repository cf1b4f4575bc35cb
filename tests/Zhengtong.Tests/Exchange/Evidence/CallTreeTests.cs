using System.Text;
using Zhengtong.Exchange.Evidence;
using Zhengtong.Kernel.Secrets;

namespace Zhengtong.Tests.Exchange.Evidence;

public sealed class CallTreeTests
{
    [Theory]
    [InlineData(SuiteName.International)]
    [InlineData(SuiteName.National)]
    public void Tree_OfEverySizeUpTo40_IsRfc6962sAndEveryProofHoldsAtItsPlaceAlone(SuiteName name)
    {
        var suite = Suite.Of(name);
        for (var size = 1; size <= 40; size++)
        {
            var texts = Enumerable.Range(0, size).Select(n => $"call {n}").ToList();
            var leaves = texts.ConvertAll(t => CallTree.HashLeaf(suite, Encoding.UTF8.GetBytes(t)));
            var tree = new CallTree(suite, leaves);
            tree.Root.ShouldBe(RootOf(suite, leaves));
            var root = Convert.ToHexStringLower(tree.Root);
            for (var n = 0; n < size; n++)
            {
                CallTree.Holds(suite, texts[n], n, size, root, tree.Proof(n)).ShouldBeTrue($"{n} of {size}");
                CallTree.Holds(suite, texts[n] + " ", n, size, root, tree.Proof(n)).ShouldBeFalse();
                if (size > 1) { CallTree.Holds(suite, texts[n], (n + 1) % size, size, root, tree.Proof(n)).ShouldBeFalse(); }
                CallTree.Holds(suite, texts[n], n, size, root, [.. tree.Proof(n), tree.Root]).ShouldBeFalse();
            }

            CallTree.Holds(suite, texts[0], -1, size, root, tree.Proof(0)).ShouldBeFalse();
            CallTree.Holds(suite, texts[0], size, size, root, tree.Proof(0)).ShouldBeFalse();
        }
    }

    /// <summary>RFC 6962, 2.1, word for word: split at the largest power of two below.</summary>
    private static byte[] RootOf(Suite suite, List<byte[]> leaves)
    {
        if (leaves.Count == 1) { return leaves[0]; }
        var split = 1;
        while (split * 2 < leaves.Count) { split *= 2; }
        return suite.Hash([0x01, .. RootOf(suite, leaves[..split]), .. RootOf(suite, leaves[split..])]);
    }
}
