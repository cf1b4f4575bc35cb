using System.Text;
using System.Text.Json;
using Zhengtong.Agreements;
using Zhengtong.Exchange.Model;
using Zhengtong.Kernel;
using Zhengtong.Kernel.Secrets;

namespace Zhengtong.Exchange.Engine;

/// <summary>What the provider signs about a batch. Canonical JSON (RFC 8785); docs/receipts.md is the format's description. Digests are lower-case hex, by the suite.</summary>
/// <param name="Format">Always <c>zhengtong-batch-1</c>.</param>
/// <param name="Delivery">The delivery.</param>
/// <param name="Agreement">The agreement it fulfils.</param>
/// <param name="AgreementDigest">Digest of the sealed agreement.</param>
/// <param name="Sequence">From 1, without gaps.</param>
/// <param name="Previous">Digest of the manifest before; absent in the first.</param>
/// <param name="Phase">Snapshot, changes or repair.</param>
/// <param name="Rows">How many rows the payload has; 0 only when it clears.</param>
/// <param name="Deletes">How many of the rows, the last ones of the payload, are deleted: of these only the key counts. Absent when none is.</param>
/// <param name="Clears">True: all rows delivered before go first, the source's table was emptied or is copied anew. Absent otherwise.</param>
/// <param name="Columns">The agreed items in order.</param>
/// <param name="PayloadDigest">Digest of the plaintext, an Arrow IPC stream. A random salt inside it keeps small payloads from being guessed.</param>
/// <param name="Suite">The agreement's, <see cref="Kernel.Secrets.Suite.Word"/>.</param>
/// <param name="SealedAt">When.</param>
/// <param name="ProviderKey">Id of the key that signed.</param>
/// <param name="ConsumerKey">Id of the key it is encrypted to.</param>
/// <param name="KeyExchange">Base64 of that from which the consumer's receiving key finds this batch's secret.</param>
/// <param name="CiphertextDigest">Digest of the ciphertext with its tag. Absent in the form that the encryption binds.</param>
/// <param name="CiphertextLength">Bytes of the ciphertext with its tag. Absent in the form that the encryption binds.</param>
internal sealed record BatchManifest(
    string Format, Guid Delivery, Guid Agreement, string AgreementDigest, long Sequence, string? Previous, DeliveryPhase Phase, int Rows, int? Deletes, bool? Clears,
    IReadOnlyList<BatchColumn> Columns, string PayloadDigest, string Suite, DateTimeOffset SealedAt, string ProviderKey, string ConsumerKey,
    string KeyExchange, string? CiphertextDigest, long? CiphertextLength)
{
    internal const string FormatName = "zhengtong-batch-1";

    /// <summary>Longest manifest that is read; 500 columns need about 50,000 characters.</summary>
    internal const int MaxLength = 1_000_000;

    /// <summary>What the encryption binds: the manifest as far as it is known before there is a ciphertext.</summary>
    internal byte[] Associated() => Encoding.UTF8.GetBytes(CanonicalJson.Of(this with { CiphertextDigest = null, CiphertextLength = null }));

    /// <summary>Reads a manifest strictly: the text must be the one canonical form of what it says, with nothing beside it.</summary>
    /// <returns>Null for anything else.</returns>
    internal static BatchManifest? Parse(string text) => Strict.Parse<BatchManifest>(text) is { Format: FormatName } manifest ? manifest : null;
}

/// <summary>A column of a batch.</summary>
internal sealed record BatchColumn(string Name, Catalogue.Model.ItemType Type, bool Key)
{
    internal static IReadOnlyList<BatchColumn> Of(IReadOnlyList<AgreedItem> items) => [.. items.Select(i => new BatchColumn(i.Column, i.Type, i.IsKey))];
}

/// <summary>What the consumer signs after it applied a batch. Canonical JSON; digests as in the manifest.</summary>
/// <param name="Format">Always <c>zhengtong-counter-receipt-1</c>.</param>
/// <param name="Delivery">The delivery.</param>
/// <param name="Sequence">Which batch.</param>
/// <param name="ManifestDigest">Digest of the provider's manifest.</param>
/// <param name="RowsApplied">Rows that were put into the target or deleted from it.</param>
/// <param name="TargetDigest">Digest over the previous target digest (nothing for the first batch) and the payload digest that the consumer
/// itself computed, both as bytes: it says that the target received exactly these batches in this order.</param>
/// <param name="AppliedAt">When.</param>
/// <param name="Suite">The manifest's.</param>
/// <param name="ConsumerKey">Id of the key that signed.</param>
internal sealed record CounterReceipt(
    string Format, Guid Delivery, long Sequence, string ManifestDigest, int RowsApplied, string TargetDigest, DateTimeOffset AppliedAt, string Suite, string ConsumerKey)
{
    internal const string FormatName = "zhengtong-counter-receipt-1";

    internal static CounterReceipt? Parse(string text) => Strict.Parse<CounterReceipt>(text) is { Format: FormatName } receipt ? receipt : null;

    internal static string NextTargetDigest(Suite suite, string? previous, string payloadDigest) =>
        suite.DigestOf([.. previous is null ? [] : Convert.FromHexString(previous), .. Convert.FromHexString(payloadDigest)]);
}

/// <summary>Reads signed texts: whoever signs a text must have signed all of it, so unknown members and other spellings are refused.</summary>
internal static class Strict
{
    internal static T? Parse<T>(string text) where T : class
    {
        if (text.Length > BatchManifest.MaxLength) { return null; }
        try
        {
            return JsonSerializer.Deserialize<T>(text, CanonicalJson.Options) is { } value && CanonicalJson.Of(value) == text ? value : null;
        }
        catch (Exception e) when (e is JsonException or NotSupportedException or ArgumentException or FormatException or InvalidOperationException)
        {
            return null;
        }
    }
}
