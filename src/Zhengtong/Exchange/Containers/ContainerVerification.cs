using System.IO.Compression;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Zhengtong.Exchange.Engine;
using Zhengtong.Exchange.Evidence;
using Zhengtong.Kernel.Secrets;

namespace Zhengtong.Exchange.Containers;

/// <summary>Checks a container of a signed message with nothing but the file itself: no platform, no network, no clock.</summary>
internal static class ContainerVerification
{
    /// <summary>Most bytes of all entries together.</summary>
    private const int MostBytes = 64 * 1024 * 1024;

    private static readonly HashSet<string> Known =
    [
        MessageContainer.MimeType, MessageContainer.Message, MessageContainer.Attachment, MessageContainer.Chain, MessageContainer.ChainResult, MessageContainer.Signatures, MessageContainer.Manifest,
    ];

    /// <summary>True for what begins as such a container does.</summary>
    internal static bool IsContainer(ReadOnlySpan<byte> file) => file.StartsWith("PK\u0003\u0004"u8) && file.Length > 69 && file[30..69].SequenceEqual("mimetypeapplication/vnd.etsi.asic-e+zip"u8);

    /// <summary>Every check in order; the signature where there is one, and the certificate of the authority that vouches for the signer. Never throws.</summary>
    internal static (IReadOnlyList<ReceiptCheck> Checks, SignatureDocument? Signature, X509Certificate2? Authority) Of(byte[] file)
    {
        List<ReceiptCheck> checks = [];
        var entries = Read(file);
        var signature = entries is null ? null : SignatureDocument.Parse(Encoding.UTF8.GetString(entries[MessageContainer.Signatures]));
        var message = entries is null ? null : MessageOf(entries);
        checks.Add(new ReceiptCheck(entries is not null && message is not null, "exchange.verify.container"));
        checks.Add(new ReceiptCheck(signature is not null, "exchange.verify.container-signatures"));
        if (entries is null || message is null || signature is null) { return (checks, signature, null); }

        var chain = message.Chain;
        var covered = chain is null ? message.Head.Span : Encoding.UTF8.GetBytes(chain.Result);
        checks.Add(new ReceiptCheck(ChainHolds(entries, chain), "exchange.verify.container-chain"));
        checks.Add(new ReceiptCheck(
            signature.Uri == (chain is null ? SignatureDocument.Message : SignatureDocument.ChainResult) && SHA512.HashData(covered).AsSpan().SequenceEqual(signature.Covered), "exchange.verify.container-covered", signature.Uri));
        checks.Add(new ReceiptCheck(Encoding.UTF8.GetString(entries[MessageContainer.Manifest]) == MessageContainer.ManifestOf(message), "exchange.verify.container-manifest"));

        using var certificate = X509CertificateLoader.LoadCertificate(signature.Certificate);
        var key = certificate.PublicKey.ExportSubjectPublicKeyInfo();
        var suite = Suite.Of(signature.Suite);
        checks.Add(new ReceiptCheck(suite.Verify(key, signature.Signed(), signature.Der()), "exchange.verify.container-signature", suite.KeyIdOf(key)));
        checks.Add(new ReceiptCheck(Issued.IsValid(certificate, signature.SignedAt), "exchange.verify.container-certificate", certificate.Subject));
        var sender = SenderOf(message.Head.Span);
        checks.Add(new ReceiptCheck(sender is not null && MemberOf(certificate) == sender, "exchange.verify.container-sender", sender ?? ""));
        var read = signature.Stamp is { } stamp ? TimeStamp.Read(stamp, signature.Value) : null;
        var answer = signature.Standing is { } standing ? OcspAnswer.Parse(standing) : null;
        var authority = answer?.AuthorityOf(certificate);
        checks.Add(new ReceiptCheck(authority is not null && Issued.IsValid(authority, signature.SignedAt), "exchange.verify.container-authority", certificate.Issuer));
        if (answer is not null && authority is not null) { checks.AddRange(StandingOf(certificate, authority, answer, signature.SignedAt, read?.At)); }
        if (signature.Stamp is not null)
        {
            checks.Add(read is not null
                ? new ReceiptCheck(true, "exchange.verify.stamp", read.At.ToString("yyyy-MM-dd HH:mm:ss.fff'Z'", System.Globalization.CultureInfo.InvariantCulture), read.Authority)
                : new ReceiptCheck(false, "exchange.verify.stamp-broken"));
        }

        return (checks, signature, authority);
    }

    /// <summary>What the authority's responder said of the signer's certificate, and whether it said so when the signature was made.</summary>
    private static IEnumerable<ReceiptCheck> StandingOf(X509Certificate2 certificate, X509Certificate2 authority, OcspAnswer answer, DateTimeOffset signedAt, DateTimeOffset? stampedAt)
    {
        var (word, responder) = (answer.Of(certificate, authority), answer.ResponderOf(authority));
        var isAnswer = word is not null && responder is not null && Issued.IsValid(responder, word.At);
        yield return new ReceiptCheck(isAnswer, "exchange.verify.container-answer", responder?.Subject ?? "");
        if (!isAnswer) { yield break; }
        yield return word!.Standing switch
        {
            CertificateStanding.Good => new ReceiptCheck(true, "exchange.verify.container-good", Text(word.At)),
            CertificateStanding.Revoked => new ReceiptCheck(false, "exchange.verify.container-revoked", Text(word.RevokedAt!.Value)),
            _ => new ReceiptCheck(false, "exchange.verify.container-unknown"),
        };
        // The signer says when it signed, the stamp's authority when it saw the signature: neither may lie far from the answer, or an old one would speak for a certificate revoked since.
        yield return new ReceiptCheck((signedAt - word.At).Duration() <= OcspAnswer.Life && (stampedAt is not { } stamped || (stamped - word.At).Duration() <= OcspAnswer.Life), "exchange.verify.container-fresh", Text(word.At));

        static string Text(DateTimeOffset at) => at.UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss'Z'", System.Globalization.CultureInfo.InvariantCulture);
    }

    /// <summary>The entries, each once and all known; null for anything else.</summary>
    private static Dictionary<string, byte[]>? Read(byte[] file)
    {
        try
        {
            using var zip = new ZipArchive(new MemoryStream(file), ZipArchiveMode.Read);
            Dictionary<string, byte[]> entries = [];
            var left = MostBytes;
            foreach (var entry in zip.Entries)
            {
                // What an entry says of its length may be a lie: it is read up to what is left.
                if (!Known.Contains(entry.FullName) || entry.Length > left) { return null; }
                using var from = entry.Open();
                var bytes = new byte[entry.Length];
                from.ReadExactly(bytes);
                if (from.ReadByte() >= 0 || !entries.TryAdd(entry.FullName, bytes)) { return null; }
                left -= bytes.Length;
            }

            return entries.ContainsKey(MessageContainer.Message) && entries.ContainsKey(MessageContainer.Signatures) && entries.ContainsKey(MessageContainer.Manifest)
                && entries.ContainsKey(MessageContainer.Chain) == entries.ContainsKey(MessageContainer.ChainResult) ? entries : null;
        }
        catch (Exception e) when (e is InvalidDataException or IOException or NotSupportedException or ArgumentException) { return null; }
    }

    private static SignedMessage? MessageOf(Dictionary<string, byte[]> entries)
    {
        byte[]? body = entries.GetValueOrDefault(MessageContainer.Attachment), chain = entries.GetValueOrDefault(MessageContainer.Chain);
        if (chain is null) { return body is null ? new SignedMessage(entries[MessageContainer.Message], null, null) : null; }
        var digest = body is null ? HashChain.OutsideOf(Encoding.UTF8.GetString(chain)) : SHA512.HashData(body);
        return digest is null ? null : new SignedMessage(entries[MessageContainer.Message], body is null ? null : new ReadOnlyMemory<byte>(body), digest);
    }

    /// <summary>The chain is the one that message and body give.</summary>
    private static bool ChainHolds(Dictionary<string, byte[]> entries, HashChain? chain) => chain is null
        || (entries[MessageContainer.Chain].AsSpan().SequenceEqual(Encoding.UTF8.GetBytes(chain.Chain)) && entries[MessageContainer.ChainResult].AsSpan().SequenceEqual(Encoding.UTF8.GetBytes(chain.Result)));

    /// <summary>Who must have signed: of an answer the member of X-Road-Service, of a request that of X-Road-Client; instance, class and member.</summary>
    private static string? SenderOf(ReadOnlySpan<byte> head)
    {
        var lines = Encoding.UTF8.GetString(head).Split("\r\n");
        var header = lines[0].Length == 3 && lines[0].All(char.IsAsciiDigit) ? "X-Road-Service:" : "X-Road-Client:";
        var named = lines.Skip(2).Where(l => l.StartsWith(header, StringComparison.OrdinalIgnoreCase)).Select(l => l[header.Length..].Split('/')).ToList();
        return named is [{ Length: >= 3 } parts] ? string.Join('/', parts.Take(3).Select(Uri.UnescapeDataString)) : null;
    }

    private static string? MemberOf(X509Certificate2 certificate)
    {
        Dictionary<string, string> parts = [];
        foreach (var part in certificate.SubjectName.EnumerateRelativeDistinguishedNames())
        {
            if (part.HasMultipleElements || !parts.TryAdd(part.GetSingleElementType().Value!, part.GetSingleElementValue()!)) { return null; }
        }

        return parts is { Count: 3 } && parts.TryGetValue("2.5.4.6", out var instance) && parts.TryGetValue("2.5.4.10", out var type) && parts.TryGetValue("2.5.4.3", out var member) ? $"{instance}/{type}/{member}" : null;
    }
}
