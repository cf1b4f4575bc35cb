using System.ComponentModel.DataAnnotations;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Zhengtong.Exchange.BackFills;
using Zhengtong.Kernel;
using Zhengtong.Kernel.Secrets;

namespace Zhengtong.Exchange.Nodes;

/// <summary>A back-fill on its way to the provider's node, signed by the authority as the configuration is. The range's values are payload: they are encrypted to the node's receiving key, and no proxy on the way
/// sees them or puts others in their place.</summary>
/// <param name="Format">Which form this is.</param>
/// <param name="Delivery">The delivery.</param>
/// <param name="BackFill">The back-fill.</param>
/// <param name="Column">Column of the range.</param>
/// <param name="Exchange">Base64: that from which the receiving key finds the secret.</param>
/// <param name="Range">Base64: a <see cref="BackFillRange"/> as JSON, encrypted.</param>
internal sealed record NodeBackFill(string Format, Guid Delivery, Guid BackFill, string Column, string Exchange, string Range)
{
    internal const string FormatName = "zhengtong-node-back-fill-1";

    internal static NodeBackFill Of(BackFill ordered, BackFillRange range, Suite suite, ReadOnlySpan<byte> publicKey)
    {
        var made = new NodeBackFill(FormatName, ordered.DeliveryId, ordered.Id, ordered.Column, "", "");
        var (exchange, secret) = suite.MakeSecret(publicKey);
        var plain = JsonSerializer.SerializeToUtf8Bytes(range, CanonicalJson.Options);
        var cipher = new byte[plain.Length + Suite.TagSize];
        suite.Encrypt(secret, made.InfoOf(suite), made.Bound, plain, cipher);
        return made with { Exchange = Convert.ToBase64String(exchange), Range = Convert.ToBase64String(cipher) };
    }

    /// <summary>The order as the half takes it, from its beginning; null when it is not for this key.</summary>
    internal BackFillOrder? Open(Suite suite, ReceivingKey key)
    {
        try
        {
            var cipher = Convert.FromBase64String(Range);
            if (cipher.Length < Suite.TagSize) { return null; }
            var plain = new byte[cipher.Length - Suite.TagSize];
            suite.Decrypt(key.FindSecret(Convert.FromBase64String(Exchange)), InfoOf(suite), Bound, cipher, plain);
            return JsonSerializer.Deserialize<BackFillRange>(plain, CanonicalJson.Options) is { From: not null, Until: not null } range ? new BackFillOrder(BackFill, Column, range, null) : null;
        }
        catch (Exception e) when (e is FormatException or JsonException or CryptographicException) { return null; }
    }

    private byte[] Bound => Encoding.UTF8.GetBytes($"{FormatName}\n{Delivery:D}\n{BackFill:D}\n{Column}");

    private byte[] InfoOf(Suite suite) => [.. Encoding.UTF8.GetBytes(FormatName), .. suite.Hash(Bound)];
}

/// <summary>How a back-fill goes on the provider's node: it begins, a batch of it was handed in, or, when neither is said, it is over.</summary>
/// <param name="BackFill">The back-fill.</param>
/// <param name="Begun">Rows it will be, about, when it begins; null otherwise.</param>
/// <param name="Batch">Sequence of the batch; null otherwise.</param>
/// <param name="Problem">At its end the code of why the source refuses it; null when every row is handed in.</param>
public sealed record NodeBackFillRequest(Guid BackFill, [Range(0, long.MaxValue)] long? Begun, [Range(1, long.MaxValue)] long? Batch, [StringLength(100)] string? Problem);
