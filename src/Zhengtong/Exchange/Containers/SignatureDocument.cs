using System.Formats.Asn1;
using System.Globalization;
using System.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Xml;
using System.Xml.Linq;
using Zhengtong.Kernel.Secrets;

namespace Zhengtong.Exchange.Containers;

/// <summary>A XAdES signature (ETSI TS 101 903) in the one form that X-Road 6 and 7 both read: one reference, inclusive canonical XML, digests of SHA-512. It is written in canonical form
/// from its few facts, so what is signed needs only the namespaces in scope put in; and read by writing it again, so that there is one spelling.</summary>
/// <param name="Suite">Whose signature. X-Road knows the international one; the national one is ours.</param>
/// <param name="Uri">What is signed: <c>/message.xml</c> or <c>/sig-hashchainresult.xml</c>.</param>
/// <param name="Covered">SHA-512 of its bytes.</param>
/// <param name="SignedAt">When; whole seconds.</param>
/// <param name="Certificate">The signer's, DER.</param>
/// <param name="Value">r and s, 32 bytes each (RFC 4050).</param>
/// <param name="Standing">OCSP answer about the certificate, DER; null without one.</param>
/// <param name="Stamp">Time stamp over <paramref name="Value"/>; null without one.</param>
internal sealed record SignatureDocument(SuiteName Suite, string Uri, byte[] Covered, DateTimeOffset SignedAt, byte[] Certificate, byte[] Value, byte[]? Standing, byte[]? Stamp)
{
    internal const string Sha512 = "http://www.w3.org/2001/04/xmlenc#sha512";
    internal const string Message = "/message.xml";
    internal const string ChainResult = "/sig-hashchainresult.xml";

    private const int CoordinateSize = 32;
    private const string Moment = "yyyy-MM-dd'T'HH:mm:ss'Z'";
    private const string C14N = "http://www.w3.org/TR/2001/REC-xml-c14n-20010315";
    private const string PropertiesType = "http://uri.etsi.org/01903#SignedProperties";

    /// <summary>Sorted as canonical XML sorts them.</summary>
    private const string Spaces = " xmlns:asic=\"http://uri.etsi.org/02918/v1.2.1#\" xmlns:ds=\"http://www.w3.org/2000/09/xmldsig#\" xmlns:xades=\"http://uri.etsi.org/01903/v1.3.2#\"";

    /// <summary>X-Road's signature profile and the hash it gives of it.</summary>
    private const string Policy = "urn:oid:1.3.6.1.4.1.3516.16.2";
    private const string PolicyHash = "BuO0EDNfkxSVlUbxCzmQPzX1AUF1/xx9ytWHk3/6SAOePxQiniEfDYk+90QeYb3lWpV3Izhuz9fKaYyE+lTcXw==";
    private const string PolicyAddress = "https://repo.cyber.ee/dsig-profile-1.2.pdf";

    private static readonly XNamespace Ds = "http://www.w3.org/2000/09/xmldsig#";
    private static readonly XNamespace Xades = "http://uri.etsi.org/01903/v1.3.2#";

    /// <summary>Signs.</summary>
    internal static SignatureDocument Make(SuiteName suite, SealingKey signer, byte[] certificate, string uri, ReadOnlySpan<byte> covered, DateTimeOffset now)
    {
        var draft = new SignatureDocument(suite, uri, SHA512.HashData(covered), now, certificate, [], null, null);
        return draft with { Value = Raw(signer.Sign(draft.Signed())) };
    }

    /// <summary>The bytes that the signature is over.</summary>
    internal byte[] Signed() => Encoding.UTF8.GetBytes(Canonical(SignedInfo()));

    /// <summary>The signature as the suites have it, DER.</summary>
    internal byte[] Der()
    {
        var writer = new AsnWriter(AsnEncodingRules.DER);
        using (writer.PushSequence())
        {
            writer.WriteInteger(new System.Numerics.BigInteger(Value.AsSpan(0, CoordinateSize), isUnsigned: true, isBigEndian: true));
            writer.WriteInteger(new System.Numerics.BigInteger(Value.AsSpan(CoordinateSize), isUnsigned: true, isBigEndian: true));
        }

        return writer.Encode();
    }

    internal string ToText() =>
        $"<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"no\"?>\n<asic:XAdESSignatures{Spaces}><ds:Signature Id=\"signature\">{SignedInfo()}"
        + $"<ds:SignatureValue Id=\"signature-value\">{Convert.ToBase64String(Value)}</ds:SignatureValue>"
        + $"<ds:KeyInfo><ds:X509Data><ds:X509Certificate>{Convert.ToBase64String(Certificate)}</ds:X509Certificate></ds:X509Data></ds:KeyInfo>"
        + $"<ds:Object><xades:QualifyingProperties Target=\"#signature\">{SignedProperties()}{UnsignedProperties()}</xades:QualifyingProperties></ds:Object></ds:Signature></asic:XAdESSignatures>";

    /// <summary>Reads a signature in this form; null for anything else.</summary>
    internal static SignatureDocument? Parse(string text)
    {
        try
        {
            using var reader = XmlReader.Create(new StringReader(text), new XmlReaderSettings { DtdProcessing = DtdProcessing.Prohibit, XmlResolver = null });
            var root = XDocument.Load(reader, LoadOptions.PreserveWhitespace).Root!;
            var standing = root.Descendants(Xades + "EncapsulatedOCSPValue").SingleOrDefault();
            var stamp = root.Descendants(Xades + "EncapsulatedTimeStamp").SingleOrDefault();
            var reference = root.Descendants(Ds + "Reference").First();
            var read = new SignatureDocument(
                SuiteOf((string?)root.Descendants(Ds + "SignatureMethod").Single().Attribute("Algorithm")) ?? throw new FormatException("Signature method"),
                (string?)reference.Attribute("URI") is Message or ChainResult ? (string)reference.Attribute("URI")! : throw new FormatException("Reference"),
                Convert.FromBase64String(reference.Element(Ds + "DigestValue")!.Value),
                DateTimeOffset.ParseExact(root.Descendants(Xades + "SigningTime").Single().Value, Moment, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal),
                Convert.FromBase64String(root.Descendants(Ds + "X509Certificate").Single().Value),
                Convert.FromBase64String(root.Descendants(Ds + "SignatureValue").Single().Value),
                standing is null ? null : Convert.FromBase64String(standing.Value),
                stamp is null ? null : Convert.FromBase64String(stamp.Value));
            return read.Value.Length == 2 * CoordinateSize && read.ToText() == text ? read : null;
        }
        catch (Exception e) when (e is XmlException or FormatException or InvalidOperationException or NullReferenceException or CryptographicException or ArgumentException) { return null; }
    }

    private string SignedInfo() =>
        $"<ds:SignedInfo><ds:CanonicalizationMethod Algorithm=\"{C14N}\"></ds:CanonicalizationMethod><ds:SignatureMethod Algorithm=\"{Method(Suite)}\"></ds:SignatureMethod>"
        + $"<ds:Reference Id=\"covered\" URI=\"{Uri}\">{Digest(Covered)}</ds:Reference>"
        + $"<ds:Reference Type=\"{PropertiesType}\" URI=\"#signed-properties\">{Digest(SHA512.HashData(Encoding.UTF8.GetBytes(Canonical(SignedProperties()))))}</ds:Reference></ds:SignedInfo>";

    private string SignedProperties()
    {
        using var certificate = X509CertificateLoader.LoadCertificate(Certificate);
        var serial = new System.Numerics.BigInteger(certificate.SerialNumberBytes.Span, isBigEndian: true);
        return $"<xades:SignedProperties Id=\"signed-properties\"><xades:SignedSignatureProperties><xades:SigningTime>{SignedAt.UtcDateTime.ToString(Moment, CultureInfo.InvariantCulture)}</xades:SigningTime>"
            + $"<xades:SigningCertificate><xades:Cert><xades:CertDigest>{Digest(SHA512.HashData(Certificate))}</xades:CertDigest><xades:IssuerSerial>"
            + $"<ds:X509IssuerName>{SecurityElement.Escape(certificate.Issuer).Replace("&quot;", "\"", StringComparison.Ordinal).Replace("&apos;", "'", StringComparison.Ordinal)}</ds:X509IssuerName>"
            + $"<ds:X509SerialNumber>{serial}</ds:X509SerialNumber></xades:IssuerSerial></xades:Cert></xades:SigningCertificate>"
            + $"<xades:SignaturePolicyIdentifier><xades:SignaturePolicyId><xades:SigPolicyId><xades:Identifier Qualifier=\"OIDAsURN\">{Policy}</xades:Identifier></xades:SigPolicyId>"
            + $"<xades:SigPolicyHash><ds:DigestMethod Algorithm=\"{Sha512}\"></ds:DigestMethod><ds:DigestValue>{PolicyHash}</ds:DigestValue></xades:SigPolicyHash>"
            + $"<xades:SigPolicyQualifiers><xades:SigPolicyQualifier><xades:SPURI>{PolicyAddress}</xades:SPURI></xades:SigPolicyQualifier></xades:SigPolicyQualifiers></xades:SignaturePolicyId></xades:SignaturePolicyIdentifier>"
            + $"</xades:SignedSignatureProperties><xades:SignedDataObjectProperties><xades:DataObjectFormat ObjectReference=\"#covered\"><xades:MimeType>{(Uri == Message ? "text/xml" : "application/hash-chain-result")}</xades:MimeType>"
            + "</xades:DataObjectFormat></xades:SignedDataObjectProperties></xades:SignedProperties>";
    }

    private string UnsignedProperties() => Standing is null && Stamp is null ? "" :
        "<xades:UnsignedProperties><xades:UnsignedSignatureProperties>"
        + (Standing is null ? "" : $"<xades:RevocationValues><xades:OCSPValues><xades:EncapsulatedOCSPValue>{Convert.ToBase64String(Standing)}</xades:EncapsulatedOCSPValue></xades:OCSPValues></xades:RevocationValues>")
        + (Stamp is null ? "" : $"<xades:SignatureTimeStamp><xades:EncapsulatedTimeStamp>{Convert.ToBase64String(Stamp)}</xades:EncapsulatedTimeStamp></xades:SignatureTimeStamp>")
        + "</xades:UnsignedSignatureProperties></xades:UnsignedProperties>";

    private static string Digest(byte[] digest) => $"<ds:DigestMethod Algorithm=\"{Sha512}\"></ds:DigestMethod><ds:DigestValue>{Convert.ToBase64String(digest)}</ds:DigestValue>";

    /// <summary>An element of the document, written canonically, as inclusive canonical XML takes it out: with every namespace in scope.</summary>
    private static string Canonical(string element) => element.Insert(element.AsSpan().IndexOfAny(' ', '>'), Spaces);

    private static string Method(SuiteName suite) => suite == SuiteName.National ? "urn:oid:1.2.156.10197.1.501" : "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha256";

    private static SuiteName? SuiteOf(string? method) => method == Method(SuiteName.International) ? SuiteName.International : method == Method(SuiteName.National) ? SuiteName.National : null;

    private static byte[] Raw(byte[] der)
    {
        var numbers = new AsnReader(der, AsnEncodingRules.DER).ReadSequence();
        var raw = new byte[2 * CoordinateSize];
        foreach (var end in (ReadOnlySpan<int>)[CoordinateSize, 2 * CoordinateSize])
        {
            var bytes = numbers.ReadInteger().ToByteArray(isUnsigned: true, isBigEndian: true);
            bytes.CopyTo(raw, end - bytes.Length);
        }

        return raw;
    }
}
