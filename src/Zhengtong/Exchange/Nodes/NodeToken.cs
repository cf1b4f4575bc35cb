using System.Buffers.Text;
using System.Security.Cryptography;

namespace Zhengtong.Exchange.Nodes;

/// <summary>The one-time token by which a machine becomes a node. It names the platform's authority, so that the machine knows whom it enrols with.</summary>
/// <param name="Node">The node to become.</param>
/// <param name="Secret">32 random bytes; the platform keeps only their digest.</param>
/// <param name="Authority">SHA-256 of the authority's certificate.</param>
internal sealed record NodeToken(Guid Node, byte[] Secret, byte[] Authority)
{
    private const string Head = "ztn1";

    internal static NodeToken Make(Guid node, byte[] authorityCertificate) => new(node, RandomNumberGenerator.GetBytes(32), SHA256.HashData(authorityCertificate));

    /// <summary>As the platform keeps it: lower-case hex.</summary>
    internal string Digest => Convert.ToHexStringLower(SHA256.HashData(Secret));

    /// <summary>As it is shown, once.</summary>
    public override string ToString() => $"{Head}.{Node:N}.{Base64Url.EncodeToString(Secret)}.{Base64Url.EncodeToString(Authority)}";

    internal static NodeToken? Parse(string text)
    {
        if (text.Length > 200 || text.Split('.') is not [Head, var node, var secret, var authority] || !Guid.TryParseExact(node, "N", out var id)) { return null; }
        try { return Base64Url.DecodeFromChars(secret) is { Length: 32 } s && Base64Url.DecodeFromChars(authority) is { Length: 32 } a ? new NodeToken(id, s, a) : null; }
        catch (FormatException) { return null; }
    }
}
