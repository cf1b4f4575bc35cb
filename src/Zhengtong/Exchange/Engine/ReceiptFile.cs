using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using Zhengtong.Agreements.Model;
using Zhengtong.Exchange.Evidence;
using Zhengtong.Kernel;
using Zhengtong.Kernel.Secrets;

namespace Zhengtong.Exchange.Engine;

/// <summary>The proof of one batch in one file, complete in itself: what both sides signed, with which keys, under which agreement. Signed texts and keys are
/// base64 of the exact bytes, one member a line, so that a shell and openssl can check them; docs/receipts.md shows how.</summary>
/// <param name="Format">Always <c>zhengtong-receipt-1</c>.</param>
/// <param name="Manifest">Base64 of what the provider signed, a <see cref="BatchManifest"/>.</param>
/// <param name="ProviderSignature">Base64 DER signature over it.</param>
/// <param name="ProviderKey">Base64 SubjectPublicKeyInfo of the provider's sealing key.</param>
/// <param name="CounterReceipt">Base64 of what the consumer signed, a <see cref="Engine.CounterReceipt"/>.</param>
/// <param name="ConsumerSignature">Base64 DER signature over it.</param>
/// <param name="ConsumerKey">Base64 SubjectPublicKeyInfo of the consumer's sealing key.</param>
/// <param name="Agreement">Base64 of the agreement's document, an <see cref="AgreementDocument"/>.</param>
/// <param name="ProviderSeal">The provider's base64 DER signature over the agreement.</param>
/// <param name="ProviderSealKey">Base64 SubjectPublicKeyInfo of the key of that seal.</param>
/// <param name="ConsumerSeal">The consumer's base64 DER signature over the agreement.</param>
/// <param name="ConsumerSealKey">Base64 SubjectPublicKeyInfo of the key of that seal.</param>
/// <param name="LedgerSealed">Id of the ledger's entry that the batch was sealed.</param>
/// <param name="LedgerReceived">Id of the ledger's entry that the batch was received.</param>
/// <param name="Stamp">Base64 of the time stamp (RFC 3161, DER) over the provider's signature; absent while there is none.</param>
public sealed record ReceiptFile(
    string Format, string Manifest, string ProviderSignature, string ProviderKey, string CounterReceipt, string ConsumerSignature, string ConsumerKey,
    string? Agreement, string? ProviderSeal, string? ProviderSealKey, string? ConsumerSeal, string? ConsumerSealKey, Guid? LedgerSealed, Guid? LedgerReceived, string? Stamp = null)
{
    internal const string FormatName = "zhengtong-receipt-1";

    /// <summary>Longest file that is read, in bytes.</summary>
    internal const int MaxLength = 4_000_000;

    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web)
    {
        WriteIndented = true, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow, RespectNullableAnnotations = true, RespectRequiredConstructorParameters = false,
    };

    internal string ToText() => JsonSerializer.Serialize(this, Json) + "\n";

    /// <summary>Reads a file; null when it is none.</summary>
    internal static ReceiptFile? Parse(string text)
    {
        try { return JsonSerializer.Deserialize<ReceiptFile>(text, Json) is { Format: FormatName } file ? file : null; }
        catch (JsonException) { return null; }
    }
}

/// <summary>One thing that was checked, in words a person reads.</summary>
/// <param name="Holds">Whether it is as it should be.</param>
/// <param name="Key">Text key of what was checked.</param>
/// <param name="Arguments">What fills the text's places.</param>
internal sealed record ReceiptCheck(bool Holds, string Key, params IReadOnlyList<string> Arguments)
{
    internal string Sentence => Text.Of(Key, [.. Arguments]);
}

/// <summary>Checks a receipt with nothing but the file itself: no platform, no network, no clock.</summary>
/// <remarks>The file brings its own keys. That a key belongs to an organisation is said by the agreement's seals and by the ledger; the key ids are
/// shown so that they can be compared with those the organisations made known.</remarks>
internal static class ReceiptVerification
{
    /// <summary>Every check in order; the receipt holds when all hold. Never throws.</summary>
    internal static IReadOnlyList<ReceiptCheck> Of(ReceiptFile file)
    {
        List<ReceiptCheck> checks = [];
        var (manifestText, receiptText) = (TextOf(file.Manifest), TextOf(file.CounterReceipt));
        var manifest = manifestText is null ? null : BatchManifest.Parse(manifestText);
        var receipt = receiptText is null ? null : CounterReceipt.Parse(receiptText);
        checks.Add(new ReceiptCheck(manifest is not null, "exchange.verify.manifest"));
        checks.Add(new ReceiptCheck(receipt is not null, "exchange.verify.counter-receipt"));
        if (manifest is null || receipt is null) { return checks; }

        var agreementText = TextOf(file.Agreement);
        var agreement = agreementText is null ? null : Strict.Parse<AgreementDocument>(agreementText);
        var suite = Suite.Find(manifest.Suite);
        checks.Add(new ReceiptCheck(suite is not null && receipt.Suite == manifest.Suite && (file.Agreement is null || agreement?.Suite == manifest.Suite), "exchange.verify.suite", manifest.Suite));
        if (suite is null) { return checks; }

        checks.Add(new ReceiptCheck(IsSigned(suite, file.ProviderKey, file.Manifest, file.ProviderSignature), "exchange.verify.provider-signature", KeyIdOf(suite, file.ProviderKey)));
        checks.Add(new ReceiptCheck(KeyIdOf(suite, file.ProviderKey) == manifest.ProviderKey, "exchange.verify.provider-key", manifest.ProviderKey));
        checks.Add(new ReceiptCheck(IsSigned(suite, file.ConsumerKey, file.CounterReceipt, file.ConsumerSignature), "exchange.verify.consumer-signature", KeyIdOf(suite, file.ConsumerKey)));
        checks.Add(new ReceiptCheck(KeyIdOf(suite, file.ConsumerKey) == receipt.ConsumerKey, "exchange.verify.consumer-key", receipt.ConsumerKey));
        var digest = suite.DigestOf(manifestText!);
        checks.Add(new ReceiptCheck(receipt.ManifestDigest == digest, "exchange.verify.same-batch", suite.DigestName, digest));
        checks.Add(new ReceiptCheck(
            receipt.Delivery == manifest.Delivery && receipt.Sequence == manifest.Sequence && receipt.RowsApplied == manifest.Rows, "exchange.verify.same-rows", $"{manifest.Sequence}", $"{manifest.Rows}"));
        if (agreementText is not null) { checks.AddRange(AgreementChecks(suite, file, manifest, agreementText, agreement)); }
        if (file.Stamp is not null) { checks.Add(StampCheck(file.Stamp, file.ProviderSignature)); }
        return checks;
    }

    private static IEnumerable<ReceiptCheck> AgreementChecks(Suite suite, ReceiptFile file, BatchManifest manifest, string text, AgreementDocument? document)
    {
        yield return new ReceiptCheck(suite.DigestOf(text) == manifest.AgreementDigest, "exchange.verify.agreement", suite.DigestName, manifest.AgreementDigest);
        yield return new ReceiptCheck(
            document is not null && document.Id == manifest.Agreement && manifest.Columns.SequenceEqual(BatchColumn.Of(document.Items)), "exchange.verify.columns", $"{manifest.Columns.Count}", document?.Number ?? "");
        yield return new ReceiptCheck(IsSigned(suite, file.ProviderSealKey, file.Agreement, file.ProviderSeal), "exchange.verify.provider-seal", document?.Provider.Name ?? "", KeyIdOf(suite, file.ProviderSealKey));
        yield return new ReceiptCheck(IsSigned(suite, file.ConsumerSealKey, file.Agreement, file.ConsumerSeal), "exchange.verify.consumer-seal", document?.Consumer.Name ?? "", KeyIdOf(suite, file.ConsumerSealKey));
    }

    /// <summary>That a time stamp is over this signature, and whose it is. Whether its authority is to be trusted is for the reader to say, from the name.</summary>
    internal static ReceiptCheck StampCheck(string stamp, string signature) =>
        BytesOf(stamp) is { } token && BytesOf(signature) is { } bytes && TimeStamp.Read(token, bytes) is { } read
            ? new ReceiptCheck(true, "exchange.verify.stamp", read.At.ToString("yyyy-MM-dd HH:mm:ss.fff'Z'", System.Globalization.CultureInfo.InvariantCulture), read.Authority)
            : new ReceiptCheck(false, "exchange.verify.stamp-broken");

    internal static bool IsSigned(Suite suite, string? key, string? message, string? signature) =>
        BytesOf(key) is { } publicKey && BytesOf(message) is { } bytes && BytesOf(signature) is { } der && suite.Verify(publicKey, bytes, der);

    internal static string KeyIdOf(Suite suite, string? key) => BytesOf(key) is { } publicKey ? suite.KeyIdOf(publicKey) : "";

    internal static string? TextOf(string? base64)
    {
        try { return BytesOf(base64) is { } bytes ? new UTF8Encoding(false, throwOnInvalidBytes: true).GetString(bytes) : null; }
        catch (DecoderFallbackException) { return null; }
    }

    internal static byte[]? BytesOf(string? base64)
    {
        try { return base64 is null ? null : Convert.FromBase64String(base64); }
        catch (FormatException) { return null; }
    }
}
