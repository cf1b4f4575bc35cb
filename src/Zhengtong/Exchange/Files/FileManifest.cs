using Zhengtong.Exchange.Engine;
using Zhengtong.Kernel.Secrets;

namespace Zhengtong.Exchange.Files;

/// <summary>What the provider signs about a file for one recipient. Canonical JSON (RFC 8785). Digests are lower-case hex, by the suite.</summary>
/// <param name="Format">Always <c>zhengtong-file-1</c>.</param>
/// <param name="File">The file.</param>
/// <param name="Resource">The information resource it belongs to.</param>
/// <param name="Agreement">The agreement under which this recipient gets it.</param>
/// <param name="AgreementDigest">Digest of the sealed agreement.</param>
/// <param name="Name">The file's name.</param>
/// <param name="ContentType">Its media type as the provider says.</param>
/// <param name="Length">Bytes of the plaintext.</param>
/// <param name="Digest">Digest of the plaintext.</param>
/// <param name="Suite">The agreement's, <see cref="Kernel.Secrets.Suite.Word"/>.</param>
/// <param name="PublishedAt">When.</param>
/// <param name="ProviderKey">Id of the key that signed.</param>
/// <param name="ConsumerKey">Id of the receiving key to which the content key is wrapped.</param>
internal sealed record FileManifest(
    string Format, Guid File, Guid Resource, Guid Agreement, string AgreementDigest, string Name, string ContentType, long Length, string Digest, string Suite,
    DateTimeOffset PublishedAt, string ProviderKey, string ConsumerKey)
{
    internal const string FormatName = "zhengtong-file-1";

    /// <summary>Reads a manifest strictly; null for anything else.</summary>
    internal static FileManifest? Parse(string text) => Strict.Parse<FileManifest>(text) is { Format: FormatName } manifest ? manifest : null;

    /// <summary>The file's digest in a suite.</summary>
    internal static string DigestOf(ExchangedFile file, Suite suite) => (suite.Name == SuiteName.National ? file.Sm3 : file.Sha256) ?? throw new InvalidOperationException($"File {file.Id} is not checked yet");
}

/// <summary>What the consumer signs when it has the file. Canonical JSON; digests as in the manifest.</summary>
/// <param name="Format">Always <c>zhengtong-file-counter-receipt-1</c>.</param>
/// <param name="File">The file.</param>
/// <param name="Agreement">The agreement.</param>
/// <param name="ManifestDigest">Digest of the provider's manifest.</param>
/// <param name="Digest">Digest of what arrived, as the consumer computed it.</param>
/// <param name="Length">Bytes that arrived.</param>
/// <param name="ReceivedAt">When.</param>
/// <param name="Suite">The manifest's.</param>
/// <param name="ConsumerKey">Id of the key that signed.</param>
internal sealed record FileCounterReceipt(
    string Format, Guid File, Guid Agreement, string ManifestDigest, string Digest, long Length, DateTimeOffset ReceivedAt, string Suite, string ConsumerKey)
{
    internal const string FormatName = "zhengtong-file-counter-receipt-1";

    internal static FileCounterReceipt? Parse(string text) => Strict.Parse<FileCounterReceipt>(text) is { Format: FormatName } receipt ? receipt : null;
}
