using System.Security.Cryptography;
using System.Text;
using Zhengtong.Exchange.Engine;
using Zhengtong.Kernel.Ledger;
using Zhengtong.Kernel.Secrets;

namespace Zhengtong.Exchange.Evidence;

/// <summary>What is proved of a call: a leaf of both sides' trees. Canonical JSON (RFC 8785); docs/receipts.md is the format's description.</summary>
/// <param name="Format">Always <c>zhengtong-call-1</c>.</param>
/// <param name="Id">The call.</param>
/// <param name="MessageId">The caller's id of the message.</param>
/// <param name="Agreement">The agreement it was allowed by.</param>
/// <param name="AgreementDigest">Digest of the sealed agreement, by the suite.</param>
/// <param name="Provider">Who answered.</param>
/// <param name="Consumer">Who called.</param>
/// <param name="Service">The service's code.</param>
/// <param name="Method">HTTP method.</param>
/// <param name="Status">HTTP status.</param>
/// <param name="RequestHeadDigest">SHA-512 of the request's signed header bytes, lower-case hex, whatever the suite: the exchange protocol's digest.</param>
/// <param name="RequestBodyDigest">SHA-512 of its body; absent without one.</param>
/// <param name="RequestBytes">Length of that body.</param>
/// <param name="ResponseHeadDigest">SHA-512 of the answer's signed header bytes.</param>
/// <param name="ResponseBodyDigest">SHA-512 of its body; absent without one.</param>
/// <param name="ResponseBytes">Length of that body.</param>
/// <param name="ReceivedAt">When the request came.</param>
/// <param name="AnsweredAt">When the answer was complete.</param>
/// <param name="Suite">The agreement's, <see cref="Kernel.Secrets.Suite.Word"/>.</param>
/// <param name="Salt">Base64 of 16 random bytes: the leaf's hash says nothing of what was called.</param>
internal sealed record CallEvidence(
    string Format, Guid Id, string MessageId, Guid Agreement, string AgreementDigest, Guid Provider, Guid Consumer, string Service, string Method, int Status,
    string RequestHeadDigest, string? RequestBodyDigest, long RequestBytes, string ResponseHeadDigest, string? ResponseBodyDigest, long ResponseBytes,
    DateTimeOffset ReceivedAt, DateTimeOffset AnsweredAt, string Suite, string Salt)
{
    internal const string FormatName = "zhengtong-call-1";

    private const int SaltSize = 16;

    internal static CallEvidence Of(CallRecord call, string agreementDigest) => new(
        FormatName, call.Id, call.MessageId, call.Agreement, agreementDigest, call.Provider, call.Consumer, call.Service, call.Method, call.Status,
        DigestOf(call.RequestHead), Hex(call.RequestBodyDigest), call.RequestBytes, DigestOf(call.ResponseHead), Hex(call.ResponseBodyDigest), call.ResponseBytes,
        Moment.Of(call.ReceivedAt), Moment.Of(call.AnsweredAt), call.Suite, Convert.ToBase64String(RandomNumberGenerator.GetBytes(SaltSize)));

    internal static CallEvidence? Parse(string text) => Strict.Parse<CallEvidence>(text) is { Format: FormatName } evidence ? evidence : null;

    /// <summary>Lower-case hex SHA-512.</summary>
    internal static string DigestOf(ReadOnlySpan<byte> bytes) => Convert.ToHexStringLower(SHA512.HashData(bytes));

    private static string? Hex(byte[]? digest) => digest is null ? null : Convert.ToHexStringLower(digest);
}

/// <summary>What a side signs over many calls. Canonical JSON.</summary>
/// <param name="Format">Always <c>zhengtong-call-seal-1</c>.</param>
/// <param name="Id">The seal.</param>
/// <param name="Side">The provider's seal, or the consumer's counter-receipt.</param>
/// <param name="Organisation">Who signs.</param>
/// <param name="Sequence">From 1 for each key and side, without gaps.</param>
/// <param name="Previous">Digest of the document before; absent in the first.</param>
/// <param name="Size">Leaves of the tree, from 1.</param>
/// <param name="Root">Root of the tree (RFC 6962, with the suite's digest), lower-case hex.</param>
/// <param name="SealedAt">When.</param>
/// <param name="Suite">Of signature, digests and tree, <see cref="Kernel.Secrets.Suite.Word"/>.</param>
/// <param name="Key">Id of the key that signs.</param>
internal sealed record CallSealDocument(
    string Format, Guid Id, CallSide Side, Guid Organisation, long Sequence, string? Previous, int Size, string Root, DateTimeOffset SealedAt, string Suite, string Key)
{
    internal const string FormatName = "zhengtong-call-seal-1";

    internal static CallSealDocument? Parse(string text) => Strict.Parse<CallSealDocument>(text) is { Format: FormatName } document ? document : null;
}

/// <summary>A tree of RFC 6962 with the digest of a suite, small enough to be held whole.</summary>
internal sealed class CallTree
{
    private readonly List<IReadOnlyList<byte[]>> levels = [];

    /// <param name="suite">Whose digest.</param>
    /// <param name="leaves">Hashes of the leaves in order, at least one.</param>
    internal CallTree(Suite suite, IReadOnlyList<byte[]> leaves)
    {
        ArgumentOutOfRangeException.ThrowIfZero(leaves.Count);
        levels.Add(leaves);
        while (levels[^1] is { Count: > 1 } below)
        {
            var above = new byte[(below.Count + 1) / 2][];
            // A last one without a neighbour goes up as it is: the same tree as split at the largest power of two.
            for (var n = 0; n < above.Length; n++) { above[n] = (2 * n) + 1 < below.Count ? HashNode(suite, below[2 * n], below[(2 * n) + 1]) : below[2 * n]; }
            levels.Add(above);
        }
    }

    internal byte[] Root => levels[^1][0];

    /// <summary>Hashes that lead from the leaf to the root, from the leaf upwards.</summary>
    internal IReadOnlyList<byte[]> Proof(int index)
    {
        List<byte[]> proof = [];
        foreach (var level in levels)
        {
            if ((index ^ 1) < level.Count) { proof.Add(level[index ^ 1]); }
            index >>= 1;
        }

        return proof;
    }

    /// <summary>Digest over 0x00 and the entry.</summary>
    internal static byte[] HashLeaf(Suite suite, ReadOnlySpan<byte> entry)
    {
        Span<byte> input = entry.Length < 4096 ? stackalloc byte[1 + entry.Length] : new byte[1 + entry.Length];
        input[0] = 0x00;
        entry.CopyTo(input[1..]);
        return suite.Hash(input);
    }

    /// <summary>True when the evidence stands at this place of the tree of this size and root.</summary>
    internal static bool Holds(Suite suite, string evidence, int index, int size, string root, IReadOnlyList<byte[]> proof) =>
        MerkleTree.RootOfInclusion(index, size, HashLeaf(suite, Encoding.UTF8.GetBytes(evidence)), proof, (left, right) => HashNode(suite, left, right)) is { } found
        && Convert.ToHexStringLower(found) == root;

    private static byte[] HashNode(Suite suite, byte[] left, byte[] right)
    {
        Span<byte> input = stackalloc byte[1 + (2 * MerkleTree.HashSize)];
        input[0] = 0x01;
        left.CopyTo(input[1..]);
        right.CopyTo(input[(1 + MerkleTree.HashSize)..]);
        return suite.Hash(input);
    }
}
