using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using Zhengtong.Agreements.Model;
using Zhengtong.Exchange.Engine;
using Zhengtong.Kernel.Secrets;

namespace Zhengtong.Exchange.Files;

/// <summary>The proof that one recipient has one file, in a file complete in itself; built like <see cref="ReceiptFile"/>. docs/receipts.md shows how a shell and openssl check it.</summary>
/// <param name="Format">Always <c>zhengtong-file-receipt-1</c>.</param>
/// <param name="Manifest">Base64 of what the provider signed, a <see cref="FileManifest"/>.</param>
/// <param name="ProviderSignature">Base64 DER signature over it.</param>
/// <param name="ProviderKey">Base64 SubjectPublicKeyInfo of the provider's sealing key.</param>
/// <param name="CounterReceipt">Base64 of what the consumer signed, a <see cref="FileCounterReceipt"/>.</param>
/// <param name="ConsumerSignature">Base64 DER signature over it.</param>
/// <param name="ConsumerKey">Base64 SubjectPublicKeyInfo of the consumer's sealing key.</param>
/// <param name="Agreement">Base64 of the agreement's document, an <see cref="AgreementDocument"/>.</param>
/// <param name="ProviderSeal">The provider's base64 DER signature over the agreement.</param>
/// <param name="ProviderSealKey">Base64 SubjectPublicKeyInfo of the key of that seal.</param>
/// <param name="ConsumerSeal">The consumer's base64 DER signature over the agreement.</param>
/// <param name="ConsumerSealKey">Base64 SubjectPublicKeyInfo of the key of that seal.</param>
/// <param name="LedgerPublished">Id of the ledger's entry that the file was published to this recipient.</param>
/// <param name="LedgerConfirmed">Id of the ledger's entry that it was confirmed.</param>
public sealed record FileReceipt(
    string Format, string Manifest, string ProviderSignature, string ProviderKey, string CounterReceipt, string ConsumerSignature, string ConsumerKey,
    string Agreement, string ProviderSeal, string ProviderSealKey, string ConsumerSeal, string ConsumerSealKey, Guid? LedgerPublished, Guid? LedgerConfirmed)
{
    internal const string FormatName = "zhengtong-file-receipt-1";

    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web)
    {
        WriteIndented = true, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow, RespectNullableAnnotations = true, RespectRequiredConstructorParameters = false,
    };

    internal string ToText() => JsonSerializer.Serialize(this, Json) + "\n";

    /// <summary>Reads a file; null when it is none.</summary>
    internal static FileReceipt? Parse(string text)
    {
        try
        {
            return JsonSerializer.Deserialize<FileReceipt>(text, Json) is { Format: FormatName, Manifest: not null, CounterReceipt: not null, Agreement: not null } receipt ? receipt : null;
        }
        catch (JsonException) { return null; }
    }
}

/// <summary>Checks a file's receipt with nothing but the receipt itself: no platform, no network, no clock.</summary>
internal static class FileReceiptVerification
{
    /// <summary>Every check in order; the receipt holds when all hold. Never throws.</summary>
    internal static IReadOnlyList<ReceiptCheck> Of(FileReceipt file)
    {
        List<ReceiptCheck> checks = [];
        var (manifestText, receiptText, agreementText) = (ReceiptVerification.TextOf(file.Manifest), ReceiptVerification.TextOf(file.CounterReceipt), ReceiptVerification.TextOf(file.Agreement));
        var manifest = manifestText is null ? null : FileManifest.Parse(manifestText);
        var receipt = receiptText is null ? null : FileCounterReceipt.Parse(receiptText);
        var agreement = agreementText is null ? null : Strict.Parse<AgreementDocument>(agreementText);
        checks.Add(new ReceiptCheck(manifest is not null, "exchange.verify.file-manifest"));
        checks.Add(new ReceiptCheck(receipt is not null, "exchange.verify.counter-receipt"));
        if (manifest is null || receipt is null) { return checks; }

        var suite = Suite.Find(manifest.Suite);
        checks.Add(new ReceiptCheck(suite is not null && receipt.Suite == manifest.Suite && agreement?.Suite == manifest.Suite, "exchange.verify.suite", manifest.Suite));
        if (suite is null) { return checks; }

        checks.Add(Signed(suite, "exchange.verify.provider-signature", file.ProviderKey, file.Manifest, file.ProviderSignature));
        checks.Add(new ReceiptCheck(ReceiptVerification.KeyIdOf(suite, file.ProviderKey) == manifest.ProviderKey, "exchange.verify.provider-key", manifest.ProviderKey));
        checks.Add(Signed(suite, "exchange.verify.consumer-signature", file.ConsumerKey, file.CounterReceipt, file.ConsumerSignature));
        checks.Add(new ReceiptCheck(ReceiptVerification.KeyIdOf(suite, file.ConsumerKey) == receipt.ConsumerKey, "exchange.verify.consumer-key", receipt.ConsumerKey));
        var digest = suite.DigestOf(manifestText!);
        checks.Add(new ReceiptCheck(receipt.ManifestDigest == digest && receipt.File == manifest.File && receipt.Agreement == manifest.Agreement, "exchange.verify.same-file", suite.DigestName, digest));
        checks.Add(new ReceiptCheck(receipt.Digest == manifest.Digest && receipt.Length == manifest.Length, "exchange.verify.same-content", suite.DigestName, manifest.Digest));
        checks.Add(new ReceiptCheck(agreementText is not null && suite.DigestOf(agreementText) == manifest.AgreementDigest, "exchange.verify.agreement", suite.DigestName, manifest.AgreementDigest));
        checks.Add(new ReceiptCheck(agreement is not null && agreement.Id == manifest.Agreement && agreement.Resource.Id == manifest.Resource, "exchange.verify.file-agreed", agreement?.Number ?? ""));
        checks.Add(Signed(suite, "exchange.verify.provider-seal", file.ProviderSealKey, file.Agreement, file.ProviderSeal, agreement?.Provider.Name ?? ""));
        checks.Add(Signed(suite, "exchange.verify.consumer-seal", file.ConsumerSealKey, file.Agreement, file.ConsumerSeal, agreement?.Consumer.Name ?? ""));
        return checks;
    }

    private static ReceiptCheck Signed(Suite suite, string what, string? key, string? message, string? signature, params string[] who) =>
        new(ReceiptVerification.IsSigned(suite, key, message, signature), what, [.. who, ReceiptVerification.KeyIdOf(suite, key)]);
}
