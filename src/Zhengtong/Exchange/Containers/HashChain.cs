using System.Formats.Asn1;
using System.Security.Cryptography;

namespace Zhengtong.Exchange.Containers;

/// <summary>How one signature covers a message and its body: X-Road's hash chain of one step (http://cyber.ee/hashchain). A body that is not in the container stands in it by its digest alone.</summary>
/// <param name="Chain">Text of <c>sig-hashchain.xml</c>.</param>
/// <param name="Result">Text of <c>sig-hashchainresult.xml</c>, which is signed.</param>
internal sealed record HashChain(string Chain, string Result)
{
    private const string Head = "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>\n";
    private const string Spaces = "xmlns=\"http://www.w3.org/2000/09/xmldsig#\" xmlns:ns2=\"http://cyber.ee/hashchain\"";

    /// <param name="message">SHA-512 of the message.</param>
    /// <param name="body">SHA-512 of the body.</param>
    /// <param name="isAttached">Whether the body is in the container.</param>
    internal static HashChain Of(byte[] message, byte[] body, bool isAttached)
    {
        var second = isAttached ? Reference("/attachment1", body) : $"<ns2:HashValue>{Value(body)}</ns2:HashValue>";
        return new HashChain(
            $"{Head}<ns2:HashChain {Spaces}><ns2:DefaultDigestMethod Algorithm=\"{SignatureDocument.Sha512}\"/><ns2:HashStep id=\"STEP0\">{Reference("/message.xml", message)}{second}</ns2:HashStep></ns2:HashChain>",
            $"{Head}<ns2:HashChainResult URI=\"/sig-hashchain.xml#STEP0\" {Spaces}><DigestMethod Algorithm=\"{SignatureDocument.Sha512}\"/>{Value(SHA512.HashData(Step(message, body)))}</ns2:HashChainResult>");
    }

    /// <summary>The digest that stands for a body outside; null when the chain names none.</summary>
    internal static byte[]? OutsideOf(string chain)
    {
        const string before = "<ns2:HashValue><DigestValue>";
        var start = chain.IndexOf(before, StringComparison.Ordinal);
        var end = start < 0 ? -1 : chain.IndexOf('<', start + before.Length);
        var digest = new byte[SHA512.HashSizeInBytes];
        return end > 0 && Convert.TryFromBase64Chars(chain.AsSpan((start + before.Length)..end), digest, out var length) && length == digest.Length ? digest : null;
    }

    private static string Reference(string uri, byte[] digest) => $"<ns2:DataRef URI=\"{uri}\">{Value(digest)}</ns2:DataRef>";

    private static string Value(byte[] digest) => $"<DigestValue>{Convert.ToBase64String(digest)}</DigestValue>";

    /// <summary>SEQUENCE OF SEQUENCE { OCTET STRING digest, UTF8String method, SEQUENCE {} }.</summary>
    private static byte[] Step(params ReadOnlySpan<byte[]> digests)
    {
        var writer = new AsnWriter(AsnEncodingRules.DER);
        using (writer.PushSequence())
        {
            foreach (var digest in digests)
            {
                using (writer.PushSequence())
                {
                    writer.WriteOctetString(digest);
                    writer.WriteCharacterString(UniversalTagNumber.UTF8String, SignatureDocument.Sha512);
                    using (writer.PushSequence()) { }
                }
            }
        }

        return writer.Encode();
    }
}
