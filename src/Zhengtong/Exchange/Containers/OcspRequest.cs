using System.Formats.Asn1;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Zhengtong.Exchange.Containers;

/// <summary>Which certificate is asked about (RFC 6960, 4.1.1): by digests of its issuer's name and key, and its number.</summary>
/// <param name="Algorithm">OID of the digest.</param>
/// <param name="NameHash">Over the issuer's name, DER.</param>
/// <param name="KeyHash">Over the issuer's public key, the bits alone.</param>
/// <param name="Serial">Lower-case hex of the number's bytes.</param>
/// <param name="Encoded">The whole, DER.</param>
internal sealed record OcspCertificateId(string Algorithm, byte[] NameHash, byte[] KeyHash, string Serial, byte[] Encoded)
{
    private const string Sha1 = "1.3.14.3.2.26";

    /// <summary>Longest number, in bytes (RFC 5280, 4.1.2.2), with one for the sign.</summary>
    private const int LongestSerial = 21;

    private static readonly Dictionary<string, HashAlgorithmName> Digests = new()
    {
        [Sha1] = HashAlgorithmName.SHA1, ["2.16.840.1.101.3.4.2.1"] = HashAlgorithmName.SHA256, ["2.16.840.1.101.3.4.2.2"] = HashAlgorithmName.SHA384, ["2.16.840.1.101.3.4.2.3"] = HashAlgorithmName.SHA512,
    };

    /// <summary>The id by which X-Road's readers look for an answer: with SHA-1, which only tells issuers apart and vouches for nothing.</summary>
    internal static OcspCertificateId Of(X509Certificate2 certificate, X509Certificate2 authority)
    {
        var (name, key) = (Hash(Sha1, authority.SubjectName.RawData), Hash(Sha1, authority.PublicKey.EncodedKeyValue.RawData));
        var writer = new AsnWriter(AsnEncodingRules.DER);
        using (writer.PushSequence())
        {
            using (writer.PushSequence())
            {
                writer.WriteObjectIdentifier(Sha1);
                writer.WriteNull();
            }

            writer.WriteOctetString(name);
            writer.WriteOctetString(key);
            writer.WriteInteger(certificate.SerialNumberBytes.Span);
        }

        return new OcspCertificateId(Sha1, name, key, Convert.ToHexStringLower(certificate.SerialNumberBytes.Span), writer.Encode());
    }

    /// <exception cref="AsnContentException">No such id.</exception>
    internal static OcspCertificateId Read(AsnReader reader)
    {
        var encoded = reader.ReadEncodedValue();
        var id = new AsnReader(encoded, AsnEncodingRules.DER).ReadSequence();
        var algorithm = id.ReadSequence().ReadObjectIdentifier();
        var (name, key, serial) = (id.ReadOctetString(), id.ReadOctetString(), id.ReadIntegerBytes());
        id.ThrowIfNotEmpty();
        if (serial.Length > LongestSerial) { throw new AsnContentException("The number is too long"); }
        return new OcspCertificateId(algorithm, name, key, Convert.ToHexStringLower(serial.Span), encoded.ToArray());
    }

    /// <summary>True when the certificate's issuer is this authority.</summary>
    internal bool IsOf(X509Certificate2 authority) => Digests.ContainsKey(Algorithm)
        && Hash(Algorithm, authority.SubjectName.RawData).AsSpan().SequenceEqual(NameHash) && Hash(Algorithm, authority.PublicKey.EncodedKeyValue.RawData).AsSpan().SequenceEqual(KeyHash);

    private static byte[] Hash(string algorithm, byte[] bytes) => CryptographicOperations.HashData(Digests[algorithm], bytes);
}

/// <summary>A question about certificates (RFC 6960, 4.1). Whether it is signed does not matter: everybody may ask.</summary>
/// <param name="Certificates">At least one.</param>
/// <param name="Nonce">Value of the nonce extension as it came, to be given back; null without one.</param>
internal sealed record OcspRequest(IReadOnlyList<OcspCertificateId> Certificates, byte[]? Nonce)
{
    /// <summary>Longest request, in bytes.</summary>
    internal const int MostBytes = 4096;

    /// <summary>Most certificates of one request.</summary>
    private const int Most = 10;

    /// <summary>Longest nonce with its head, in bytes (RFC 9654: 128 without).</summary>
    private const int LongestNonce = 131;

    internal const string NonceId = "1.3.6.1.5.5.7.48.1.2";

    /// <summary>Reads a request; null for what is none, is longer than allowed, or demands an extension that is not known.</summary>
    internal static OcspRequest? Parse(ReadOnlyMemory<byte> bytes)
    {
        if (bytes.Length > MostBytes) { return null; }
        try
        {
            var outer = new AsnReader(bytes, AsnEncodingRules.DER);
            var body = outer.ReadSequence().ReadSequence();
            outer.ThrowIfNotEmpty();
            if (body.IsNext(0) && body.ReadSequence(AsnPlaces.Context(0)).ReadInteger() != 0) { return null; }
            if (body.IsNext(1)) { body.ReadEncodedValue(); }
            List<OcspCertificateId> asked = [];
            for (var list = body.ReadSequence(); list.HasData;)
            {
                asked.Add(OcspCertificateId.Read(list.ReadSequence()));
                if (asked.Count > Most) { return null; }
            }

            byte[]? nonce = null;
            if (body.IsNext(2))
            {
                for (var extensions = body.ReadSequence(AsnPlaces.Context(2)).ReadSequence(); extensions.HasData;)
                {
                    var extension = extensions.ReadSequence();
                    var id = extension.ReadObjectIdentifier();
                    var isCritical = extension.PeekTag() == Asn1Tag.Boolean && extension.ReadBoolean();
                    if (id == NonceId) { nonce = extension.ReadOctetString(); }
                    else if (isCritical) { return null; }
                }
            }

            body.ThrowIfNotEmpty();
            return asked.Count == 0 || nonce is { Length: 0 or > LongestNonce } ? null : new OcspRequest(asked, nonce);
        }
        catch (AsnContentException) { return null; }
    }
}

/// <summary>Places of ASN.1 that are told apart by a number.</summary>
internal static class AsnPlaces
{
    internal static Asn1Tag Context(int number, bool isConstructed = true) => new(TagClass.ContextSpecific, number, isConstructed);

    /// <summary>True when the value of that number comes next.</summary>
    internal static bool IsNext(this AsnReader reader, int number) => reader.HasData && reader.PeekTag().HasSameClassAndValue(Context(number));
}
