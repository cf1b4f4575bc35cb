using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Zhengtong.Kernel.Ledger;

/// <summary>The bytes of an entry that the tree is built over: canonical JSON of everything the row says but its index. docs/ledger.md describes them for those who check without us.</summary>
internal static class LedgerLeaf
{
    /// <summary>A leaf is at most 65,535 bytes (tlog-tiles gives it a two-byte length); larger data enters by its hash.</summary>
    internal const int LargestData = 48 * 1024;

    internal static byte[] Of(LedgerEntry entry)
    {
        var large = Encoding.UTF8.GetByteCount(entry.Data) > LargestData;
        return Encoding.UTF8.GetBytes(CanonicalJson.Of(new
        {
            entry.Id,
            entry.Event,
            entry.Subject,
            at = entry.At.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.ffffff'Z'", CultureInfo.InvariantCulture),
            entry.ActorId,
            entry.ActorName,
            entry.ActorOrganisation,
            entry.Reason,
            data = large ? null : entry.Data,
            dataSha256 = large ? Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(entry.Data))) : null,
        }));
    }

    /// <summary>The leaf hash of an entry.</summary>
    internal static byte[] HashOf(LedgerEntry entry) => MerkleTree.HashLeaf(Of(entry));
}
