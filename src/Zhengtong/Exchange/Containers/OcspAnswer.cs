using System.Formats.Asn1;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Zhengtong.Kernel.Secrets;

namespace Zhengtong.Exchange.Containers;

/// <summary>How a certificate stands.</summary>
internal enum CertificateStanding
{
    /// <summary>Issued and not revoked.</summary>
    Good,
    /// <summary>Revoked.</summary>
    Revoked,
    /// <summary>Not issued here.</summary>
    Unknown,
}

/// <summary>What is said of one certificate.</summary>
/// <param name="Certificate">Which.</param>
/// <param name="Standing">How it stands.</param>
/// <param name="RevokedAt">Since when it is revoked; null when it is not.</param>
/// <param name="At">When that was so; whole seconds.</param>
internal sealed record CertificateWord(OcspCertificateId Certificate, CertificateStanding Standing, DateTimeOffset? RevokedAt, DateTimeOffset At);

/// <summary>An answer about certificates (RFC 6960, 4.2), signed by a responder whom the certificates' authority appointed. It brings both certificates, so it can be checked anywhere.</summary>
/// <param name="Basic">The signed part with its signature, DER.</param>
/// <param name="Words">What it says.</param>
/// <param name="Certificates">The certificates that it brings.</param>
internal sealed record OcspAnswer(ReadOnlyMemory<byte> Basic, IReadOnlyList<CertificateWord> Words, IReadOnlyList<X509Certificate2> Certificates)
{
    /// <summary>How long an answer may be relied upon.</summary>
    internal static readonly TimeSpan Life = TimeSpan.FromHours(1);

    /// <summary>id-kp-OCSPSigning: what makes a certificate one of a responder.</summary>
    internal const string Signing = "1.3.6.1.5.5.7.3.9";

    private const string BasicId = "1.3.6.1.5.5.7.48.1.1";

    /// <summary>An answer that says: this was no request.</summary>
    internal static byte[] Malformed { get; } = [0x30, 0x03, 0x0A, 0x01, 0x01];

    /// <param name="responder">With its private key.</param>
    /// <param name="authority">Who appointed it.</param>
    /// <param name="words">What to say.</param>
    /// <param name="nonce">Of the request.</param>
    internal static byte[] Write(X509Certificate2 responder, X509Certificate2 authority, IReadOnlyList<CertificateWord> words, byte[]? nonce)
    {
        var body = Body(responder, words, nonce);
        using var key = responder.GetECDsaPrivateKey()!;
        var signature = key.SignData(body, HashAlgorithmName.SHA256, DSASignatureFormat.Rfc3279DerSequence);
        var basic = new AsnWriter(AsnEncodingRules.DER);
        using (basic.PushSequence())
        {
            basic.WriteEncodedValue(body);
            using (basic.PushSequence()) { basic.WriteObjectIdentifier(Issued.EcdsaWithSha256); }
            basic.WriteBitString(signature);
            using (basic.PushSequence(AsnPlaces.Context(0)))
            using (basic.PushSequence())
            {
                basic.WriteEncodedValue(responder.RawData);
                basic.WriteEncodedValue(authority.RawData);
            }
        }

        var answer = new AsnWriter(AsnEncodingRules.DER);
        using (answer.PushSequence())
        {
            answer.WriteEncodedValue([0x0A, 0x01, 0x00]);
            using (answer.PushSequence(AsnPlaces.Context(0)))
            using (answer.PushSequence())
            {
                answer.WriteObjectIdentifier(BasicId);
                answer.WriteOctetString(basic.Encode());
            }
        }

        return answer.Encode();
    }

    private static byte[] Body(X509Certificate2 responder, IReadOnlyList<CertificateWord> words, byte[]? nonce)
    {
        var body = new AsnWriter(AsnEncodingRules.DER);
        using (body.PushSequence())
        {
            using (body.PushSequence(AsnPlaces.Context(1))) { body.WriteEncodedValue(responder.SubjectName.RawData); }
            body.WriteGeneralizedTime(words[0].At, omitFractionalSeconds: true);
            using (body.PushSequence())
            {
                foreach (var word in words)
                {
                    using var one = body.PushSequence();
                    body.WriteEncodedValue(word.Certificate.Encoded);
                    if (word.RevokedAt is { } revoked)
                    {
                        using var when = body.PushSequence(AsnPlaces.Context((int)CertificateStanding.Revoked));
                        body.WriteGeneralizedTime(revoked, omitFractionalSeconds: true);
                    }
                    else { body.WriteNull(AsnPlaces.Context((int)word.Standing, isConstructed: false)); }

                    body.WriteGeneralizedTime(word.At, omitFractionalSeconds: true);
                    using (body.PushSequence(AsnPlaces.Context(0))) { body.WriteGeneralizedTime(word.At + Life, omitFractionalSeconds: true); }
                }
            }

            if (nonce is not null)
            {
                using var extensions = body.PushSequence(AsnPlaces.Context(1));
                using var list = body.PushSequence();
                using var extension = body.PushSequence();
                body.WriteObjectIdentifier(OcspRequest.NonceId);
                body.WriteOctetString(nonce);
            }
        }

        return body.Encode();
    }

    /// <summary>Reads an answer that says something; null for anything else. Nothing of it is checked by that.</summary>
    internal static OcspAnswer? Parse(byte[] bytes)
    {
        try
        {
            var outer = new AsnReader(bytes, AsnEncodingRules.DER);
            var answer = outer.ReadSequence();
            outer.ThrowIfNotEmpty();
            if (answer.ReadEnumeratedBytes().Span is not [0]) { return null; }
            var typed = answer.ReadSequence(AsnPlaces.Context(0)).ReadSequence();
            answer.ThrowIfNotEmpty();
            if (typed.ReadObjectIdentifier() != BasicId) { return null; }
            var basic = typed.ReadOctetString();
            var parts = new AsnReader(basic, AsnEncodingRules.DER).ReadSequence();
            var body = parts.ReadSequence();
            parts.ReadEncodedValue();
            parts.ReadEncodedValue();
            List<X509Certificate2> certificates = [];
            if (parts.IsNext(0))
            {
                for (var list = parts.ReadSequence(AsnPlaces.Context(0)).ReadSequence(); list.HasData;) { certificates.Add(X509CertificateLoader.LoadCertificate(list.ReadEncodedValue().Span)); }
            }

            // Who answers is said by name or by key; it is found among the certificates.
            body.ReadEncodedValue();
            body.ReadGeneralizedTime();
            List<CertificateWord> words = [];
            for (var list = body.ReadSequence(); list.HasData;) { words.Add(ReadWord(list.ReadSequence())); }
            return new OcspAnswer(basic, words, certificates);
        }
        catch (Exception e) when (e is AsnContentException or CryptographicException) { return null; }
    }

    private static CertificateWord ReadWord(AsnReader word)
    {
        var id = OcspCertificateId.Read(word);
        var standing = (CertificateStanding)word.PeekTag().TagValue;
        DateTimeOffset? revoked = null;
        if (standing == CertificateStanding.Revoked) { revoked = word.ReadSequence(AsnPlaces.Context((int)standing)).ReadGeneralizedTime(); }
        else { word.ReadNull(AsnPlaces.Context((int)standing, isConstructed: false)); }
        return new CertificateWord(id, standing, revoked, word.ReadGeneralizedTime());
    }

    /// <summary>The authority among the certificates that issued this one; null when there is none.</summary>
    internal X509Certificate2? AuthorityOf(X509Certificate2 certificate) => Certificates.FirstOrDefault(c => Issued.IsAuthority(c) && Issued.By(c, certificate));

    /// <summary>The responder among the certificates whom the authority appointed, and who signed this; null when there is none.</summary>
    internal X509Certificate2? ResponderOf(X509Certificate2 authority) => Certificates.FirstOrDefault(c =>
        Issued.By(authority, c) && Issued.Has<X509EnhancedKeyUsageExtension>(c, e => e.EnhancedKeyUsages.OfType<Oid>().Any(o => o.Value == Signing)) && Issued.IsSigned(Basic, c));

    /// <summary>What it says of this certificate of the authority; null when nothing.</summary>
    internal CertificateWord? Of(X509Certificate2 certificate, X509Certificate2 authority)
    {
        var serial = Convert.ToHexStringLower(certificate.SerialNumberBytes.Span);
        return Words.FirstOrDefault(w => w.Certificate.Serial == serial && w.Certificate.IsOf(authority));
    }
}

/// <summary>Who signed what, with what the evidence itself brings: no store of the machine, no network, no clock.</summary>
internal static class Issued
{
    internal const string EcdsaWithSha256 = "1.2.840.10045.4.3.2";

    /// <summary>True for an authority's certificate, signed by itself.</summary>
    internal static bool IsAuthority(X509Certificate2 certificate) => By(certificate, certificate)
        && Has<X509BasicConstraintsExtension>(certificate, e => e.CertificateAuthority) && Has<X509KeyUsageExtension>(certificate, e => e.KeyUsages.HasFlag(X509KeyUsageFlags.KeyCertSign));

    /// <summary>True when the certificate has such an extension that says so; false also where the extension cannot be read.</summary>
    internal static bool Has<T>(X509Certificate2 certificate, Func<T, bool> says) where T : X509Extension
    {
        try { return certificate.Extensions.OfType<T>().Any(says); }
        catch (CryptographicException) { return false; }
    }

    /// <summary>True when the issuer signed the certificate.</summary>
    internal static bool By(X509Certificate2 issuer, X509Certificate2 certificate) =>
        certificate.IssuerName.RawData.AsSpan().SequenceEqual(issuer.SubjectName.RawData) && IsSigned(certificate.RawData, issuer);

    /// <summary>True when the certificate was valid at that moment.</summary>
    internal static bool IsValid(X509Certificate2 certificate, DateTimeOffset at)
    {
        try { return certificate.NotBefore.ToUniversalTime() <= at.UtcDateTime && at.UtcDateTime < certificate.NotAfter.ToUniversalTime(); }
        catch (CryptographicException) { return false; }
    }

    /// <summary>X.509 and OCSP sign alike: a sequence of what is signed, the algorithm and the signature.</summary>
    internal static bool IsSigned(ReadOnlyMemory<byte> sequence, X509Certificate2 signer)
    {
        try
        {
            var parts = new AsnReader(sequence, AsnEncodingRules.DER).ReadSequence();
            var body = parts.ReadEncodedValue();
            return parts.ReadSequence().ReadObjectIdentifier() == EcdsaWithSha256
                && Suite.International.Verify(signer.PublicKey.ExportSubjectPublicKeyInfo(), body.Span, parts.ReadBitString(out var unused)) && unused == 0;
        }
        catch (AsnContentException) { return false; }
    }
}
