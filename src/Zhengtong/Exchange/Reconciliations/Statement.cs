using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using Zhengtong.Exchange.Engine;

namespace Zhengtong.Exchange.Reconciliations;

/// <summary>A signed statement 对账单: what a reconciliation found, and what was delivered since the statement before.</summary>
internal sealed class Statement
{
    /// <summary>The reconciliation it is about.</summary>
    internal required Guid ReconciliationId { get; init; }

    internal required Guid DeliveryId { get; init; }

    /// <summary>From 1, without gaps.</summary>
    internal required long Sequence { get; init; }

    /// <summary>Canonical JSON of a <see cref="StatementDocument"/>.</summary>
    internal required string Document { get; init; }

    /// <summary>Digest of the document, by the suite: lower-case hex.</summary>
    internal required string Digest { get; init; }

    /// <summary>The provider's signature over the document, base64 DER.</summary>
    internal required string ProviderSignature { get; init; }

    /// <summary>The consumer's signature over the document, base64 DER.</summary>
    internal required string ConsumerSignature { get; init; }

    internal required string ProviderKey { get; init; }

    internal required string ConsumerKey { get; init; }

    internal required long LastBatch { get; init; }

    internal required DateTimeOffset IssuedAt { get; init; }
}

/// <summary>What both sides sign. Canonical JSON (RFC 8785); docs/exchange.md is the format's description.</summary>
/// <param name="Format">Always <c>zhengtong-statement-1</c>.</param>
/// <param name="Agreement">The agreement.</param>
/// <param name="AgreementDigest">Digest of the sealed agreement, by the suite: lower-case hex.</param>
/// <param name="Delivery">Its delivery.</param>
/// <param name="Sequence">From 1, without gaps.</param>
/// <param name="Previous">Digest of the statement before; absent in the first.</param>
/// <param name="Reconciliation">Which comparison it tells of.</param>
/// <param name="From">When the statement before was issued; the delivery's beginning in the first.</param>
/// <param name="IssuedAt">When.</param>
/// <param name="Batches">Batches received since the statement before.</param>
/// <param name="Rows">Rows in them.</param>
/// <param name="LastBatch">Sequence of the last one; 0 before any.</param>
/// <param name="LastManifestDigest">Digest of its manifest; absent before any.</param>
/// <param name="ProviderRows">Rows compared at the provider.</param>
/// <param name="ConsumerRows">Rows compared at the consumer.</param>
/// <param name="NotCompared">Rows the provider changed since the last batch.</param>
/// <param name="Quarantined">Rows held back in the provider's quarantine.</param>
/// <param name="ProviderDigest">Root digest over the provider's rows.</param>
/// <param name="ConsumerDigest">Root digest over the consumer's rows.</param>
/// <param name="Missing">Rows missing at the consumer.</param>
/// <param name="Extra">Rows only the consumer has.</param>
/// <param name="Different">Rows with other values.</param>
/// <param name="Suite">The agreement's, <see cref="Kernel.Secrets.Suite.Word"/>.</param>
/// <param name="ProviderKey">Id of the key by which the provider signs.</param>
/// <param name="ConsumerKey">Id of the key by which the consumer signs.</param>
internal sealed record StatementDocument(
    string Format, Guid Agreement, string AgreementDigest, Guid Delivery, long Sequence, string? Previous, Guid Reconciliation, DateTimeOffset From, DateTimeOffset IssuedAt,
    long Batches, long Rows, long LastBatch, string? LastManifestDigest, long ProviderRows, long ConsumerRows, long NotCompared, long Quarantined, string ProviderDigest, string ConsumerDigest,
    long Missing, long Extra, long Different, string Suite, string ProviderKey, string ConsumerKey)
{
    internal const string FormatName = "zhengtong-statement-1";

    internal static StatementDocument? Parse(string text) => Strict.Parse<StatementDocument>(text) is { Format: FormatName } statement ? statement : null;
}

/// <summary>A statement in one file, complete in itself: one member a line, signed text and keys in base64 of the exact bytes.</summary>
/// <param name="Format">Always <c>zhengtong-statement-file-1</c>.</param>
/// <param name="Statement">Base64 of what both sides signed.</param>
/// <param name="ProviderSignature">Base64 DER signature over it.</param>
/// <param name="ProviderKey">Base64 SubjectPublicKeyInfo of the provider's sealing key.</param>
/// <param name="ConsumerSignature">Base64 DER signature over it.</param>
/// <param name="ConsumerKey">Base64 SubjectPublicKeyInfo of the consumer's sealing key.</param>
/// <param name="LedgerIssued">Id of the ledger's entry that it was issued.</param>
public sealed record StatementFile(
    string Format, string Statement, string ProviderSignature, string ProviderKey, string ConsumerSignature, string ConsumerKey, Guid? LedgerIssued)
{
    internal const string FormatName = "zhengtong-statement-file-1";

    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web)
    {
        WriteIndented = true, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow, RespectNullableAnnotations = true,
    };

    internal string ToText() => JsonSerializer.Serialize(this, Json) + "\n";

    /// <summary>Reads a file; null when it is none.</summary>
    internal static StatementFile? Parse(string text)
    {
        try
        {
            return JsonSerializer.Deserialize<StatementFile>(text, Json) is
                { Format: FormatName, Statement: not null, ProviderSignature: not null, ProviderKey: not null, ConsumerSignature: not null, ConsumerKey: not null } file ? file : null;
        }
        catch (JsonException) { return null; }
    }
}
