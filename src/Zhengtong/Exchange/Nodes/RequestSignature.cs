using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;

namespace Zhengtong.Exchange.Nodes;

/// <summary>How a node signs its requests: HTTP Message Signatures (RFC 9421) and Digest Fields (RFC 9530) in one strict form, so that there is nothing to negotiate and nothing
/// to misunderstand. Signed are method, path, query and the body's digest, with time and nonce; the key is the certificate's. docs/nodes.md describes it.</summary>
/// <param name="Created">When the request was made, whole seconds.</param>
/// <param name="Nonce">16 random bytes, base64url.</param>
/// <param name="KeyId">The certificate's serial number, lower-case hex.</param>
internal sealed partial record RequestSignature(DateTimeOffset Created, string Nonce, string KeyId)
{
    internal const string DigestHeader = "Content-Digest";
    internal const string InputHeader = "Signature-Input";
    internal const string SignatureHeader = "Signature";

    private const int SignatureSize = 64;

    /// <summary>A new one for now.</summary>
    internal static RequestSignature Make(string keyId, TimeProvider clock) =>
        new(DateTimeOffset.FromUnixTimeSeconds(clock.GetUtcNow().ToUnixTimeSeconds()), Base64Url(RandomNumberGenerator.GetBytes(16)), keyId);

    /// <summary>The value of <see cref="InputHeader"/>.</summary>
    internal string Input => $"sig={Parameters}";

    private string Parameters => string.Create(CultureInfo.InvariantCulture,
        $"(\"@method\" \"@path\" \"@query\" \"content-digest\");created={Created.ToUnixTimeSeconds()};nonce=\"{Nonce}\";keyid=\"{KeyId}\";alg=\"ecdsa-p256-sha256\";tag=\"zhengtong-node-1\"");

    /// <summary>Reads the header; null for any other spelling.</summary>
    internal static RequestSignature? Parse(string? input) =>
        input is not null && Form().Match(input) is { Success: true } m
            ? new RequestSignature(DateTimeOffset.FromUnixTimeSeconds(long.Parse(m.Groups[1].ValueSpan, CultureInfo.InvariantCulture)), m.Groups[2].Value, m.Groups[3].Value) : null;

    /// <summary>The value of <see cref="SignatureHeader"/>.</summary>
    internal string Sign(ECDsa key, string method, string target, string contentDigest) =>
        $"sig=:{Convert.ToBase64String(key.SignData(BaseOf(method, target, contentDigest), HashAlgorithmName.SHA256, DSASignatureFormat.IeeeP1363FixedFieldConcatenation))}:";

    /// <summary>True when the header's signature is the key's over this request.</summary>
    internal bool Verify(byte[] publicKey, string? signature, string method, string target, string contentDigest)
    {
        if (BytesOf(signature, "sig=:") is not { Length: SignatureSize } bytes) { return false; }
        using var key = ECDsa.Create();
        key.ImportSubjectPublicKeyInfo(publicKey, out _);
        return key.VerifyData(BaseOf(method, target, contentDigest), bytes, HashAlgorithmName.SHA256, DSASignatureFormat.IeeeP1363FixedFieldConcatenation);
    }

    /// <summary>What is signed, RFC 9421 section 2.5.</summary>
    internal byte[] BaseOf(string method, string target, string contentDigest)
    {
        var query = target.IndexOf('?', StringComparison.Ordinal);
        var (path, rest) = query < 0 ? (target, "?") : (target[..query], target[query..]);
        return Encoding.UTF8.GetBytes($"\"@method\": {method}\n\"@path\": {path}\n\"@query\": {rest}\n\"content-digest\": {contentDigest}\n\"@signature-params\": {Parameters}");
    }

    /// <summary>What the platform signs of an answer that a node keeps: it answers this very request.</summary>
    internal static byte[] AnswerOf(string nonce, string document) => Encoding.UTF8.GetBytes($"zhengtong-node-answer-1\n{nonce}\n{document}");

    /// <summary>The value of <see cref="DigestHeader"/> for a body's SHA-256.</summary>
    internal static string DigestOf(ReadOnlySpan<byte> sha256) => $"sha-256=:{Convert.ToBase64String(sha256)}:";

    /// <summary>True for one SHA-256 digest and nothing else.</summary>
    internal static bool IsDigest(string? value) => BytesOf(value, "sha-256=:") is { Length: SHA256.HashSizeInBytes };

    private static byte[]? BytesOf(string? value, string head)
    {
        if (value is not { Length: < 200 } || !value.StartsWith(head, StringComparison.Ordinal) || !value.EndsWith(':') || value.Length <= head.Length) { return null; }
        var bytes = new byte[150];
        return Convert.TryFromBase64String(value[head.Length..^1], bytes, out var length) ? bytes[..length] : null;
    }

    internal static string Base64Url(byte[] bytes) => System.Buffers.Text.Base64Url.EncodeToString(bytes);

    [GeneratedRegex("""\Asig=\("@method" "@path" "@query" "content-digest"\);created=([0-9]{1,11});nonce="([A-Za-z0-9_-]{22})";keyid="([0-9a-f]{40})";alg="ecdsa-p256-sha256";tag="zhengtong-node-1"\z""")]
    private static partial Regex Form();
}
