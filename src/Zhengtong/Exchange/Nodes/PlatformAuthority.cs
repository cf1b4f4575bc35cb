using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;
using Zhengtong.Kernel;
using Zhengtong.Kernel.Identity;
using Zhengtong.Kernel.Secrets;

namespace Zhengtong.Exchange.Nodes;

/// <summary>The platform's own certificate authority: ECDSA P-256, made at first use, its key sealed in the vault. It signs the certificates of front-end nodes and their configuration, those of members'
/// sealing keys, and that of the responder who says how they all stand.</summary>
internal sealed class PlatformAuthority(ZhengtongDb db, Vault vault, TimeProvider clock, IOptions<NodeOptions> options)
{
    private const string Key = "node-authority";
    private const string Certificate = "node-authority-certificate";

    /// <summary>Certificate with private key; the caller disposes it. Made at first use in a save of its own.</summary>
    internal async Task<X509Certificate2> OpenAsync(CancellationToken ct)
    {
        var kept = await KeptAsync(ct);
        using var pair = ECDsa.Create();
        pair.ImportPkcs8PrivateKey(vault.Open(kept[Key], PurposeOf(Key)), out _);
        using var certificate = X509CertificateLoader.LoadCertificate(vault.Open(kept[Certificate], PurposeOf(Certificate)));
        return certificate.CopyWithPrivateKey(pair);
    }

    /// <summary>The certificate alone, for whoever signs nothing with it; the caller disposes it. Made at first use like the key.</summary>
    internal async Task<X509Certificate2> CertificateAsync(CancellationToken ct) => X509CertificateLoader.LoadCertificate(vault.Open((await KeptAsync(ct))[Certificate], PurposeOf(Certificate)));

    /// <summary>A document as the answer to one request of a node, signed together with the request's nonce.</summary>
    internal async Task<NodeSignedAnswer> AnswerAsync(NodeCaller caller, string document, CancellationToken ct)
    {
        using var certificate = await OpenAsync(ct);
        using var key = certificate.GetECDsaPrivateKey()!;
        return new NodeSignedAnswer(document, Convert.ToBase64String(key.SignData(RequestSignature.AnswerOf(caller.Nonce, document), HashAlgorithmName.SHA256, DSASignatureFormat.Rfc3279DerSequence)));
    }

    /// <summary>A short-lived certificate for the key of a signing request. Of the request only the key counts: what the certificate says of its holder is ours.</summary>
    /// <returns>Null when it is no request, not signed by its own key, or of another kind of key than P-256.</returns>
    internal async Task<NodeCertificate?> IssueAsync(byte[] signingRequest, FrontEndNode node, string organisationCode, CancellationToken ct)
    {
        if (KeyOf(signingRequest) is not { } key) { return null; }
        using var authority = await OpenAsync(ct);
        var now = clock.GetUtcNow();
        var request = new CertificateRequest(new X500DistinguishedName($"CN={node.Id:D}, O={organisationCode}"), key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: false, hasPathLengthConstraint: false, 0, critical: true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.DigitalSignature, critical: true));
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid("1.3.6.1.5.5.7.3.2")], critical: false));
        request.CertificateExtensions.Add(X509AuthorityKeyIdentifierExtension.CreateFromCertificate(authority, includeKeyIdentifier: true, includeIssuerAndSerial: false));
        var serial = NewSerial();
        using var issued = request.Create(authority, now.AddSeconds(-options.Value.SkewSeconds), now.AddHours(options.Value.CertificateHours), serial);
        return new NodeCertificate
        {
            Serial = Convert.ToHexStringLower(serial), NodeId = node.Id, Certificate = issued.RawData, PublicKey = key.ExportSubjectPublicKeyInfo(),
            NotBefore = issued.NotBefore.ToUniversalTime(), NotAfter = issued.NotAfter.ToUniversalTime(),
        };
    }

    /// <summary>A number for a certificate, 20 bytes.</summary>
    internal static byte[] NewSerial()
    {
        // A leading bit of 0 keeps the number positive, one of 1 behind it keeps it at 20 bytes.
        var serial = RandomNumberGenerator.GetBytes(20);
        serial[0] = (byte)((serial[0] & 0x3F) | 0x40);
        return serial;
    }

    private static PublicKey? KeyOf(byte[] signingRequest)
    {
        try
        {
            var request = CertificateRequest.LoadSigningRequest(signingRequest, HashAlgorithmName.SHA256);
            using var key = request.PublicKey.GetECDsaPublicKey();
            return key?.ExportParameters(includePrivateParameters: false).Curve.Oid.Value == "1.2.840.10045.3.1.7" ? request.PublicKey : null;
        }
        catch (CryptographicException) { return null; }
    }

    private async Task<Dictionary<string, byte[]>> KeptAsync(CancellationToken ct)
    {
        var kept = await FindAsync(ct);
        if (kept.Count == 2) { return kept; }
        await MakeAsync(ct);
        return await FindAsync(ct);
    }

    private async Task MakeAsync(CancellationToken ct)
    {
        var now = clock.GetUtcNow();
        using var pair = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=Zhengtong node authority", pair, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: true, hasPathLengthConstraint: true, 0, critical: true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign | X509KeyUsageFlags.DigitalSignature, critical: true));
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, critical: false));
        using var certificate = request.CreateSelfSigned(now.AddDays(-1), now.AddYears(20));
        PlatformKey[] made =
        [
            new PlatformKey { Purpose = Key, Sealed = vault.Seal(pair.ExportPkcs8PrivateKey(), PurposeOf(Key)), CreatedAt = now },
            new PlatformKey { Purpose = Certificate, Sealed = vault.Seal(certificate.RawData, PurposeOf(Certificate)), CreatedAt = now },
        ];
        db.PlatformKeys.AddRange(made);
        try { await db.SaveChangesAsync(ct); }
        catch (DbUpdateException e) when (e.IsUniqueViolation())
        {
            // Another process made it in the same moment: theirs counts.
            foreach (var mine in made) { db.Entry(mine).State = EntityState.Detached; }
        }
    }

    private async Task<Dictionary<string, byte[]>> FindAsync(CancellationToken ct) =>
        await db.PlatformKeys.AsNoTracking().Where(k => k.Purpose == Key || k.Purpose == Certificate).ToDictionaryAsync(k => k.Purpose, k => k.Sealed, ct);

    private static string PurposeOf(string key) => $"platform-key:{key}";
}
