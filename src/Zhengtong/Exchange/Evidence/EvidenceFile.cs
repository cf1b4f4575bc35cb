using System.Text;
using System.Text.Json;
using Zhengtong.Exchange.Containers;
using Zhengtong.Exchange.Engine;
using Zhengtong.Exchange.Files;
using Zhengtong.Exchange.Reconciliations;
using Zhengtong.Kernel.Ledger;
using Zhengtong.Kernel.Secrets;

namespace Zhengtong.Exchange.Evidence;

/// <summary>A file of evidence of whatever kind, read and checked: what it is, what of it holds, and whose keys and stamps it shows.</summary>
/// <param name="Kind">Its kind's word; text key <c>exchange.verify.kind.</c> and the word.</param>
/// <param name="Checks">Everything that was checked within the file.</param>
/// <param name="Keys">The public keys that it brings, base64 SubjectPublicKeyInfo, and their ids.</param>
/// <param name="Stamps">Base64 time stamps, and the signatures that they are over.</param>
/// <param name="Authority">Public key, in the same form, of an authority that vouches for the keys; null where none does.</param>
internal sealed record EvidenceFile(
    string Kind, IReadOnlyList<ReceiptCheck> Checks, IReadOnlyList<(string? Key, string Id)> Keys, IReadOnlyList<(string Stamp, string Signature)> Stamps, (string? Key, string Id)? Authority = null)
{
    /// <summary>Longest file that is read, in bytes.</summary>
    internal const int MaxLength = 64 * 1024 * 1024;

    /// <summary>Reads and checks; null for what is no evidence. Never throws.</summary>
    internal static EvidenceFile? Of(byte[] bytes)
    {
        if (ContainerVerification.IsContainer(bytes)) { return OfContainer(bytes); }
        if (bytes.Length > ReceiptFile.MaxLength) { return null; }
        var text = Encoding.UTF8.GetString(bytes);
        if (ReceiptFile.Parse(text) is { } batch)
        {
            return new EvidenceFile("batch-receipt", ReceiptVerification.Of(batch), Named(BatchManifest.Parse(ReceiptVerification.TextOf(batch.Manifest) ?? "")?.Suite,
                batch.ProviderKey, batch.ConsumerKey, batch.ProviderSealKey, batch.ConsumerSealKey), Stamped((batch.Stamp, batch.ProviderSignature)));
        }

        if (FileReceipt.Parse(text) is { } file)
        {
            return new EvidenceFile("file-receipt", FileReceiptVerification.Of(file), Named(FileManifest.Parse(ReceiptVerification.TextOf(file.Manifest) ?? "")?.Suite,
                file.ProviderKey, file.ConsumerKey, file.ProviderSealKey, file.ConsumerSealKey), []);
        }

        if (CallReceiptFile.Parse(text) is { } call)
        {
            return new EvidenceFile("call-receipt", CallReceiptVerification.Of(call), Named(CallEvidence.Parse(ReceiptVerification.TextOf(call.Evidence) ?? "")?.Suite,
                call.SealKey, call.CounterKey, call.ProviderSealKey, call.ConsumerSealKey), Stamped((call.SealStamp, call.SealSignature), (call.CounterStamp, call.CounterSignature)));
        }

        if (StatementFile.Parse(text) is { } statement)
        {
            return new EvidenceFile("statement", StatementVerification.Of(statement), Named(StatementDocument.Parse(ReceiptVerification.TextOf(statement.Statement) ?? "")?.Suite,
                statement.ProviderKey, statement.ConsumerKey), []);
        }

        try { return OfLedger(ProofBundle.Read(text)); }
        catch (JsonException) { return null; }
    }

    private static EvidenceFile OfContainer(byte[] bytes)
    {
        var (checks, signature, authority) = ContainerVerification.Of(bytes);
        if (signature is null) { return new EvidenceFile("container", checks, [], []); }
        using var certificate = System.Security.Cryptography.X509Certificates.X509CertificateLoader.LoadCertificate(signature.Certificate);
        return new EvidenceFile("container", checks, Named(Suite.Of(signature.Suite).Word, Convert.ToBase64String(certificate.PublicKey.ExportSubjectPublicKeyInfo())),
            Stamped((signature.Stamp is null ? null : Convert.ToBase64String(signature.Stamp), Convert.ToBase64String(signature.Value))),
            authority is null ? null : Named(Suite.International.Word, Convert.ToBase64String(authority.PublicKey.ExportSubjectPublicKeyInfo()))[0]);
    }

    private static EvidenceFile OfLedger(ProofBundle bundle)
    {
        var faults = VerifyLedger.FaultsOf(bundle, trustedKey: null).Select(f => new ReceiptCheck(false, $"kernel.ledger.verify.{f}")).ToList();
        var key = System.Security.Cryptography.PemEncoding.TryFind(bundle.PublicKey, out var fields) ? bundle.PublicKey[fields.Base64Data].ReplaceLineEndings("") : null;
        if (faults.Count == 0 && CheckpointNote.TryParse(bundle.Checkpoint, out var note)) { faults.Add(new ReceiptCheck(true, "kernel.ledger.verify.holds", $"{bundle.Index}", $"{note.Size}", note.Origin)); }
        return new EvidenceFile("ledger-proof", faults, Named(Suite.International.Word, key), []);
    }

    private static (string? Key, string Id)[] Named(string? suite, params ReadOnlySpan<string?> keys)
    {
        var named = new (string?, string)[keys.Length];
        for (var n = 0; n < keys.Length; n++) { named[n] = (keys[n], ReceiptVerification.KeyIdOf(Suite.Find(suite ?? "") ?? Suite.International, keys[n])); }
        return named;
    }

    private static IReadOnlyList<(string, string)> Stamped(params IEnumerable<(string? Stamp, string Signature)> stamps) => [.. stamps.Where(s => s.Stamp is not null).Select(s => (s.Stamp!, s.Signature))];
}
