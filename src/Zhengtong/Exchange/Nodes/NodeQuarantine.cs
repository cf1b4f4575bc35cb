using System.ComponentModel.DataAnnotations;
using Zhengtong.Exchange.Quality;
using Zhengtong.Kernel;

namespace Zhengtong.Exchange.Nodes;

/// <summary>What a provider's node holds back, what is settled of it, and which doubted rows went out. The rows held back themselves stay on the node, sealed.</summary>
/// <param name="After">Sequence of the last batch before these rows were read; 0 before the first.</param>
/// <param name="Batch">Sequence of the batch that <paramref name="Sent"/> and <paramref name="Carried"/> went out in; null when none did.</param>
/// <param name="Clears">True when every row of before is gone: none that waits is of use any more.</param>
/// <param name="Newer">Digests of the keys of rows held back of which the node has a newer version, or which were deleted.</param>
/// <param name="Sent">Rows that went out by an officer's word.</param>
/// <param name="Rejected">Rows that are held back now.</param>
/// <param name="Carried">Corrections of the configuration whose doubted rows went out. Null: none.</param>
public sealed record NodeSetAsideRequest(
    [Range(0, long.MaxValue)] long After, [Range(1, long.MaxValue)] long? Batch, bool Clears, [Required, Length(0, NodeSetAsideRequest.Most)] IReadOnlyList<string> Newer,
    [Required, Length(0, NodeSetAsideRequest.Most)] IReadOnlyList<Guid> Sent, [Required, Length(0, NodeSetAsideRequest.Most)] IReadOnlyList<NodeSetAsideRow> Rejected,
    [Length(0, NodeSetAsideRequest.Most)] IReadOnlyList<Guid>? Carried = null)
{
    /// <summary>Most of each kind in one request.</summary>
    internal const int Most = 1000;

    /// <summary>So many characters of rejected rows fill a request; with one row more it stays below what a node may send at once.</summary>
    private const int MostLength = 200_000;

    /// <summary>What the gate said, in as many requests as it needs. What is newer comes first, in requests of their own: repeated, they must not settle what the later ones bring.</summary>
    internal static IEnumerable<NodeSetAsideRequest> Of(SetAside aside, long? batch, long after)
    {
        var nothing = new NodeSetAsideRequest(after, batch, false, [], [], []);
        if (aside.Clears) { yield return nothing with { Clears = true }; }
        foreach (var newer in aside.Newer.Chunk(Most)) { yield return nothing with { Newer = newer }; }
        foreach (var sent in aside.Sent.Chunk(Most)) { yield return nothing with { Sent = sent }; }
        foreach (var carried in aside.Carried.Chunk(Most)) { yield return nothing with { Carried = carried }; }
        List<NodeSetAsideRow> rows = [];
        var length = 0;
        foreach (var row in aside.Rejected.Select(r => new NodeSetAsideRow(r.Id, r.KeyDigest, r.Reasons)))
        {
            rows.Add(row);
            length += CanonicalJson.Of(row).Length;
            if (rows.Count < Most && length < MostLength) { continue; }
            yield return nothing with { Rejected = rows };
            (rows, length) = ([], 0);
        }

        if (rows.Count > 0) { yield return nothing with { Rejected = rows }; }
    }
}

/// <summary>A row that a node holds back.</summary>
/// <param name="Id">Its id, made by the node.</param>
/// <param name="KeyDigest">Digest of its key under a secret of the node, 32 lower-case hex digits.</param>
/// <param name="Reasons">Every reason, 1 to 1,000.</param>
public sealed record NodeSetAsideRow(Guid Id, [Required, RegularExpression("[0-9a-f]{32}")] string KeyDigest, [Required, Length(1, 1000)] IReadOnlyList<QualityReason> Reasons);
