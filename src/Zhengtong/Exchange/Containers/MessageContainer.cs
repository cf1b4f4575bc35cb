using System.IO.Compression;
using System.Security.Cryptography;
using System.Text;

namespace Zhengtong.Exchange.Containers;

/// <summary>One message as it was signed: a request or an answer.</summary>
/// <param name="Head">Its signed header bytes.</param>
/// <param name="Body">Null when there is none, or it was not kept.</param>
/// <param name="BodyDigest">SHA-512 of the body; null when there is none.</param>
internal sealed record SignedMessage(ReadOnlyMemory<byte> Head, ReadOnlyMemory<byte>? Body, byte[]? BodyDigest)
{
    /// <summary>Null without a body: then the message itself is signed.</summary>
    internal HashChain? Chain => BodyDigest is null ? null : HashChain.Of(SHA512.HashData(Head.Span), BodyDigest, Body is not null);
}

/// <summary>A message with its signature in one ZIP: ASiC-E (ETSI EN 319 162-1) with the entries of X-Road's containers.</summary>
internal static class MessageContainer
{
    internal const string MediaType = "application/vnd.etsi.asic-e+zip";
    internal const string Message = "message.xml";
    internal const string Attachment = "attachment1";
    internal const string Signatures = "META-INF/signatures.xml";
    internal const string Manifest = "META-INF/manifest.xml";
    internal const string Chain = "sig-hashchain.xml";
    internal const string ChainResult = "sig-hashchainresult.xml";
    internal const string MimeType = "mimetype";

    internal static byte[] Write(SignedMessage message, SignatureDocument signature)
    {
        using var bytes = new MemoryStream();
        using (var zip = new ZipArchive(bytes, ZipArchiveMode.Create, leaveOpen: true, Encoding.UTF8))
        {
            zip.Comment = $"mimetype={MediaType}";
            void Add(string name, ReadOnlySpan<byte> content, CompressionLevel level = CompressionLevel.Optimal)
            {
                var entry = zip.CreateEntry(name, level);
                entry.LastWriteTime = signature.SignedAt;
                using var into = entry.Open();
                into.Write(content);
            }

            // First and uncompressed, so that the kind of file shows in its first bytes.
            Add(MimeType, Encoding.ASCII.GetBytes(MediaType), CompressionLevel.NoCompression);
            Add(Message, message.Head.Span);
            if (message.Body is { } body) { Add(Attachment, body.Span); }
            if (message.Chain is { } chain)
            {
                Add(ChainResult, Encoding.UTF8.GetBytes(chain.Result));
                Add(Chain, Encoding.UTF8.GetBytes(chain.Chain));
            }

            Add(Signatures, Encoding.UTF8.GetBytes(signature.ToText()));
            Add(Manifest, Encoding.UTF8.GetBytes(ManifestOf(message)));
        }

        return bytes.ToArray();
    }

    /// <summary>OpenDocument's list of the entries outside META-INF.</summary>
    internal static string ManifestOf(SignedMessage message)
    {
        var text = new StringBuilder("<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"no\"?>\n<manifest:manifest xmlns:manifest=\"urn:oasis:names:tc:opendocument:xmlns:manifest:1.0\">");
        void Add(string path, string type) => text.Append($"<manifest:file-entry manifest:full-path=\"{path}\" manifest:media-type=\"{type}\"/>");
        Add("/", MediaType);
        Add(Message, "text/xml");
        if (message.Body is not null) { Add(Attachment, "application/octet-stream"); }
        if (message.BodyDigest is not null)
        {
            Add(ChainResult, "application/hash-chain-result");
            Add(Chain, "application/hash-chain");
        }

        return text.Append("</manifest:manifest>").ToString();
    }
}
