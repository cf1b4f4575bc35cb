using System.Security.Cryptography;
using CsCheck;
using Zhengtong.Kernel.Ledger;

namespace Zhengtong.Tests.Kernel.Ledger;

/// <summary>Against <see cref="NaiveTree"/>, which follows the recursive definitions of RFC 6962 word by word and shares no code with ours.</summary>
public sealed class MerkleTreeTests
{
    private static readonly byte[][] Entries = [.. Enumerable.Range(0, 64).Select(i => SHA256.HashData([(byte)i])[..(i % 20)])];

    [Fact]
    public void Root_KnownTree_IsThePublishedOne()
    {
        // Test vectors of the certificate-transparency project: eight entries of 0 to 16 bytes.
        byte[][] entries = [.. new[] { "", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f" }.Select(Convert.FromHexString)];
        Hex(RootOf(entries, 0)).ShouldBe("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
        Hex(RootOf(entries, 1)).ShouldBe("6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d");
        Hex(RootOf(entries, 8)).ShouldBe("5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328");
    }

    [Fact]
    public void Root_EverySizeTo64_IsTheNaiveOne()
    {
        for (var size = 0; size <= Entries.Length; size++) { RootOf(Entries, size).ShouldBe(NaiveTree.Root(Entries[..size])); }
    }

    [Fact]
    public void Inclusion_EverySizeAndIndexTo64_LeadsToTheRootAndNoFlippedBitDoes()
    {
        for (var size = 1; size <= Entries.Length; size++)
        {
            var root = NaiveTree.Root(Entries[..size]);
            for (var index = 0; index < size; index++)
            {
                var proof = InclusionOf(Entries, index, size);
                proof.ShouldBe(NaiveTree.Inclusion(index, Entries[..size]));
                var leaf = NaiveTree.Leaf(Entries[index]);
                LeadsTo(root, index, size, leaf, proof).ShouldBeTrue();

                foreach (var (n, hash) in proof.Prepend(leaf).Index())
                {
                    Flip(hash, index + n);
                    if (LeadsTo(root, index, size, leaf, proof)) { Assert.Fail($"{index} of {size} with a bit of hash {n} flipped"); }
                    Flip(hash, index + n);
                }

                MerkleTree.RootOfInclusion(index, size, leaf, [.. proof, root]).ShouldBeNull();
                if (proof.Length > 0) { MerkleTree.RootOfInclusion(index, size, leaf, proof[..^1]).ShouldBeNull(); }
                for (var other = 0; other < size; other++)
                {
                    if (other != index && LeadsTo(root, other, size, leaf, proof)) { Assert.Fail($"{index} of {size} passes for {other}"); }
                }
            }
        }
    }

    [Fact]
    public void Consistency_EveryPairTo64_HoldsAndNoFlippedBitDoes()
    {
        for (var size = 0; size <= Entries.Length; size++)
        {
            var root = NaiveTree.Root(Entries[..size]);
            for (var older = 0; older <= size; older++)
            {
                var olderRoot = NaiveTree.Root(Entries[..older]);
                var proof = ConsistencyOf(Entries, older, size);
                proof.ShouldBe(NaiveTree.Consistency(older, Entries[..size]));
                MerkleTree.IsConsistent(older, size, olderRoot, root, proof).ShouldBeTrue($"{older} -> {size}");

                // The empty tree is the beginning of every tree: it binds no newer root.
                foreach (var hash in older == 0 ? [olderRoot] : proof.Append(olderRoot).Append(root))
                {
                    Flip(hash, older + size);
                    if (MerkleTree.IsConsistent(older, size, olderRoot, root, proof)) { Assert.Fail($"{older} -> {size} with a flipped bit"); }
                    Flip(hash, older + size);
                }

                MerkleTree.IsConsistent(older, size, olderRoot, root, [.. proof, root]).ShouldBeFalse($"{older} -> {size} with one hash too many");
                if (proof.Length > 0) { MerkleTree.IsConsistent(older, size, olderRoot, root, proof[..^1]).ShouldBeFalse($"{older} -> {size} with one hash too few"); }
            }
        }
    }

    [Fact]
    public void Proofs_AnyLargerTree_Hold() =>
        (from size in Gen.Int[65, 3000]
         from index in Gen.Int[0, size - 1]
         from older in Gen.Int[1, size]
         select (size, index, older)).Sample(c =>
        {
            byte[][] entries = [.. Enumerable.Range(0, c.size).Select(i => BitConverter.GetBytes(i))];
            var root = RootOf(entries, c.size);
            return root.AsSpan().SequenceEqual(NaiveTree.Root(entries))
                && root.AsSpan().SequenceEqual(MerkleTree.RootOfInclusion(c.index, c.size, NaiveTree.Leaf(entries[c.index]), InclusionOf(entries, c.index, c.size)))
                && MerkleTree.IsConsistent(c.older, c.size, NaiveTree.Root(entries[..c.older]), root, ConsistencyOf(entries, c.older, c.size));
        }, iter: 60);

    private static bool LeadsTo(byte[] root, int index, int size, byte[] leaf, byte[][] proof) =>
        MerkleTree.RootOfInclusion(index, size, leaf, proof) is { } found && found.AsSpan().SequenceEqual(root);

    private static byte[] RootOf(byte[][] entries, int size) => RangeOf(entries, 0, size);

    private static byte[][] InclusionOf(byte[][] entries, int index, int size) => [.. MerkleTree.InclusionPath(index, size).Select(r => RangeOf(entries, (int)r.From, (int)r.To))];

    private static byte[][] ConsistencyOf(byte[][] entries, int older, int size) => [.. MerkleTree.ConsistencyPath(older, size).Select(r => RangeOf(entries, (int)r.From, (int)r.To))];

    private static byte[] RangeOf(byte[][] entries, int from, int to) => MerkleTree.Fold([.. MerkleTree.Cover(from, to).Select(n =>
        MerkleTree.HashComplete(Enumerable.Range((int)(n.Index << n.Level), 1 << n.Level).SelectMany(i => MerkleTree.HashLeaf(entries[i])).ToArray()))]);

    private static void Flip(byte[] hash, int salt) => hash[salt % hash.Length] ^= (byte)(1 << (salt % 8));

    private static string Hex(byte[] hash) => Convert.ToHexStringLower(hash);
}
