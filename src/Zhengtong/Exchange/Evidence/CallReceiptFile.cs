using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using Zhengtong.Agreements.Model;
using Zhengtong.Exchange.Engine;
using Zhengtong.Kernel.Ledger;
using Zhengtong.Kernel.Secrets;

namespace Zhengtong.Exchange.Evidence;

/// <summary>The proof of one call in one file, complete in itself: what it was, that it stands under both sides' signatures, with which keys, under which agreement.
/// Signed texts, proofs and keys are base64 of the exact bytes, one member a line; docs/receipts.md shows how a shell and openssl check them.</summary>
/// <param name="Format">Always <c>zhengtong-call-receipt-1</c>.</param>
/// <param name="Evidence">Base64 of the leaf, canonical JSON with the format <c>zhengtong-call-1</c>.</param>
/// <param name="RequestHead">Base64 of the request's signed header bytes.</param>
/// <param name="ResponseHead">Base64 of the answer's signed header bytes.</param>
/// <param name="SealIndex">Place of the leaf in the provider's tree, from 0.</param>
/// <param name="SealProof">Base64 of the hashes that lead from the leaf to the root, 32 bytes each, from the leaf upwards.</param>
/// <param name="Seal">Base64 of what the provider signed, format <c>zhengtong-call-seal-1</c>.</param>
/// <param name="SealSignature">Base64 DER signature over it.</param>
/// <param name="SealKey">Base64 SubjectPublicKeyInfo of the key that made it.</param>
/// <param name="SealStamp">Base64 of the time stamp (RFC 3161, DER) over the signature's bytes; absent while there is none.</param>
/// <param name="CounterIndex">Place of the leaf in the consumer's tree, from 0.</param>
/// <param name="CounterProof">Base64 of the hashes to its root.</param>
/// <param name="CounterReceipt">Base64 of what the consumer signed, format <c>zhengtong-call-seal-1</c>.</param>
/// <param name="CounterSignature">Base64 DER signature over it.</param>
/// <param name="CounterKey">Base64 SubjectPublicKeyInfo of the key that made it.</param>
/// <param name="CounterStamp">Base64 of the time stamp over that signature's bytes; absent while there is none.</param>
/// <param name="Agreement">Base64 of the agreement's document.</param>
/// <param name="ProviderSeal">The provider's base64 DER signature over the agreement.</param>
/// <param name="ProviderSealKey">Base64 SubjectPublicKeyInfo of the key of that seal.</param>
/// <param name="ConsumerSeal">The consumer's base64 DER signature over the agreement.</param>
/// <param name="ConsumerSealKey">Base64 SubjectPublicKeyInfo of the key of that seal.</param>
/// <param name="LedgerSealed">Id of the ledger's entry of the provider's seal.</param>
/// <param name="LedgerReceived">Id of the ledger's entry of the consumer's counter-receipt.</param>
public sealed record CallReceiptFile(
    string Format, string Evidence, string RequestHead, string ResponseHead,
    int SealIndex, string SealProof, string Seal, string SealSignature, string SealKey, string? SealStamp,
    int CounterIndex, string CounterProof, string CounterReceipt, string CounterSignature, string CounterKey, string? CounterStamp,
    string Agreement, string ProviderSeal, string ProviderSealKey, string ConsumerSeal, string ConsumerSealKey, Guid? LedgerSealed, Guid? LedgerReceived)
{
    internal const string FormatName = "zhengtong-call-receipt-1";

    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web)
    {
        WriteIndented = true, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow, RespectNullableAnnotations = true,
    };

    internal string ToText() => JsonSerializer.Serialize(this, Json) + "\n";

    /// <summary>Reads a file; null when it is none.</summary>
    internal static CallReceiptFile? Parse(string text)
    {
        try
        {
            // A member that is missing altogether comes in as null in spite of its annotation.
            return JsonSerializer.Deserialize<CallReceiptFile>(text, Json) is
                { Format: FormatName, Evidence: not null, RequestHead: not null, ResponseHead: not null, SealProof: not null, Seal: not null, SealSignature: not null, CounterProof: not null, CounterReceipt: not null, CounterSignature: not null, Agreement: not null } file ? file : null;
        }
        catch (JsonException) { return null; }
    }
}

/// <summary>Checks the receipt of a call with nothing but the file itself: no platform, no network, no clock.</summary>
internal static class CallReceiptVerification
{
    /// <summary>Every check in order; the receipt holds when all hold. Never throws.</summary>
    internal static IReadOnlyList<ReceiptCheck> Of(CallReceiptFile file)
    {
        List<ReceiptCheck> checks = [];
        var text = ReceiptVerification.TextOf(file.Evidence) ?? "";
        var (call, seal, counter) = (CallEvidence.Parse(text), SealOf(file.Seal), SealOf(file.CounterReceipt));
        checks.Add(new ReceiptCheck(call is not null, "exchange.verify.call"));
        checks.Add(new ReceiptCheck(seal is { Side: CallSide.Provider }, "exchange.verify.call-seal"));
        checks.Add(new ReceiptCheck(counter is { Side: CallSide.Consumer }, "exchange.verify.call-counter"));
        if (call is null || seal is null || counter is null) { return checks; }

        var agreementText = ReceiptVerification.TextOf(file.Agreement) ?? "";
        var agreement = Strict.Parse<AgreementDocument>(agreementText);
        var suite = Suite.Find(call.Suite);
        checks.Add(new ReceiptCheck(suite is not null && seal.Suite == call.Suite && counter.Suite == call.Suite && agreement?.Suite == call.Suite, "exchange.verify.call-suite", call.Suite));
        if (suite is null) { return checks; }

        Side(seal, file.Seal, file.SealSignature, file.SealKey, file.SealIndex, file.SealProof, call.Provider, "provider");
        Side(counter, file.CounterReceipt, file.CounterSignature, file.CounterKey, file.CounterIndex, file.CounterProof, call.Consumer, "consumer");
        checks.Add(new ReceiptCheck(
            HeadDigest(file.RequestHead) == call.RequestHeadDigest && HeadDigest(file.ResponseHead) == call.ResponseHeadDigest, "exchange.verify.call-heads"));
        checks.Add(new ReceiptCheck(suite.DigestOf(agreementText) == call.AgreementDigest, "exchange.verify.call-agreement", suite.DigestName, call.AgreementDigest));
        checks.Add(new ReceiptCheck(
            agreement is not null && agreement.Id == call.Agreement && agreement.Provider.Id == call.Provider && agreement.Consumer.Id == call.Consumer, "exchange.verify.call-parties", agreement?.Provider.Name ?? "", agreement?.Consumer.Name ?? ""));
        checks.Add(new ReceiptCheck(ReceiptVerification.IsSigned(suite, file.ProviderSealKey, file.Agreement, file.ProviderSeal), "exchange.verify.provider-seal", agreement?.Provider.Name ?? "", ReceiptVerification.KeyIdOf(suite, file.ProviderSealKey)));
        checks.Add(new ReceiptCheck(ReceiptVerification.IsSigned(suite, file.ConsumerSealKey, file.Agreement, file.ConsumerSeal), "exchange.verify.consumer-seal", agreement?.Consumer.Name ?? "", ReceiptVerification.KeyIdOf(suite, file.ConsumerSealKey)));
        if (file.SealStamp is { } stamp) { checks.Add(ReceiptVerification.StampCheck(stamp, file.SealSignature)); }
        if (file.CounterStamp is { } counterStamp) { checks.Add(ReceiptVerification.StampCheck(counterStamp, file.CounterSignature)); }
        return checks;

        void Side(CallSealDocument document, string signed, string signature, string? key, int index, string proof, Guid organisation, string side)
        {
            checks.Add(new ReceiptCheck(ReceiptVerification.IsSigned(suite, key, signed, signature), $"exchange.verify.call-{side}-signature", ReceiptVerification.KeyIdOf(suite, key)));
            checks.Add(new ReceiptCheck(ReceiptVerification.KeyIdOf(suite, key) == document.Key && document.Organisation == organisation, $"exchange.verify.call-{side}-key", document.Key));
            checks.Add(new ReceiptCheck(
                ProofOf(proof) is { } hashes && CallTree.Holds(suite, text, index, document.Size, document.Root, hashes), $"exchange.verify.call-{side}-tree", $"{index + 1L}", $"{document.Size}", document.Root));
        }
    }

    private static CallSealDocument? SealOf(string base64) => ReceiptVerification.TextOf(base64) is { } text ? CallSealDocument.Parse(text) : null;

    private static string? HeadDigest(string base64) => ReceiptVerification.BytesOf(base64) is { } head ? CallEvidence.DigestOf(head) : null;

    private static IReadOnlyList<byte[]>? ProofOf(string base64) =>
        ReceiptVerification.BytesOf(base64) is { } bytes && bytes.Length % MerkleTree.HashSize == 0 ? [.. bytes.Chunk(MerkleTree.HashSize)] : null;
}
