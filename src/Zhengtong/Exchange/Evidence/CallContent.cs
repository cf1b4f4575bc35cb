using System.Buffers;
using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using Zhengtong.Kernel.Secrets;

namespace Zhengtong.Exchange.Evidence;

/// <summary>What is kept of a call for its two parties: the evidence, both heads, and the bodies where they are kept.</summary>
/// <param name="Evidence">Canonical JSON of a <see cref="CallEvidence"/>.</param>
/// <param name="RequestHead">The request's signed header bytes.</param>
/// <param name="RequestBody">Null when there was none or it is not kept.</param>
/// <param name="ResponseHead">The answer's signed header bytes.</param>
/// <param name="ResponseBody">Null when there was none or it is not kept.</param>
internal sealed record CallContent(
    string Evidence, ReadOnlyMemory<byte> RequestHead, ReadOnlyMemory<byte>? RequestBody, ReadOnlyMemory<byte> ResponseHead, ReadOnlyMemory<byte>? ResponseBody)
{
    /// <summary>Five parts, each a length of four bytes, -1 for none, and the bytes.</summary>
    private const int LengthSize = 4;

    /// <summary>Encrypts such a content under the key, for this call alone.</summary>
    internal static byte[] Seal(
        ContentKey key, Guid call, ReadOnlyMemory<byte> evidence, ReadOnlyMemory<byte> requestHead, ReadOnlyMemory<byte>? requestBody, ReadOnlyMemory<byte> responseHead, ReadOnlyMemory<byte>? responseBody)
    {
        ReadOnlySpan<ReadOnlyMemory<byte>?> parts = [evidence, requestHead, requestBody, responseHead, responseBody];
        var length = 0;
        foreach (var part in parts) { length += LengthSize + (part?.Length ?? 0); }
        var plain = ArrayPool<byte>.Shared.Rent(length);
        try
        {
            var rest = plain.AsSpan(0, length);
            foreach (var part in parts)
            {
                BinaryPrimitives.WriteInt32BigEndian(rest, part?.Length ?? -1);
                rest = rest[LengthSize..];
                if (part is not { } bytes) { continue; }
                bytes.Span.CopyTo(rest);
                rest = rest[bytes.Length..];
            }

            return key.Encrypt("zhengtong-call-1"u8, call, plain.AsSpan(0, length));
        }
        finally
        {
            CryptographicOperations.ZeroMemory(plain.AsSpan(0, length));
            ArrayPool<byte>.Shared.Return(plain);
        }
    }

    /// <exception cref="CryptographicException">Another key, another call, or altered bytes.</exception>
    internal static CallContent Open(ContentKey key, Guid call, ReadOnlySpan<byte> cipher)
    {
        ReadOnlyMemory<byte> rest = key.Decrypt("zhengtong-call-1"u8, call, cipher);
        var parts = new ReadOnlyMemory<byte>?[5];
        for (var n = 0; n < parts.Length; n++)
        {
            var length = BinaryPrimitives.ReadInt32BigEndian(rest.Span);
            rest = rest[LengthSize..];
            if (length < 0) { continue; }
            parts[n] = rest[..length];
            rest = rest[length..];
        }

        return new CallContent(Encoding.UTF8.GetString(parts[0]!.Value.Span), parts[1]!.Value, parts[2], parts[3]!.Value, parts[4]);
    }
}

/// <summary>A content key in the clear. Each thing encrypted under it has a key and nonce of its own, derived with what it is and its id.</summary>
/// <param name="Id">Of its <see cref="CallKey"/>.</param>
/// <param name="Suite">Whose encryption.</param>
/// <param name="Secret">32 random bytes.</param>
internal sealed record ContentKey(Guid Id, Suite Suite, byte[] Secret)
{
    internal const int Size = 32;

    /// <param name="what">What it is.</param>
    /// <param name="id">MUST be used once for this.</param>
    /// <param name="plain">The bytes.</param>
    internal byte[] Encrypt(ReadOnlySpan<byte> what, Guid id, ReadOnlySpan<byte> plain)
    {
        var cipher = new byte[plain.Length + Suite.TagSize];
        Suite.Encrypt(Secret, Info(what, id), id.ToByteArray(bigEndian: true), plain, cipher);
        return cipher;
    }

    /// <exception cref="CryptographicException">Another key, another thing, or altered bytes.</exception>
    internal byte[] Decrypt(ReadOnlySpan<byte> what, Guid id, ReadOnlySpan<byte> cipher)
    {
        if (cipher.Length < Suite.TagSize) { throw new CryptographicException("The ciphertext is too short"); }
        var plain = new byte[cipher.Length - Suite.TagSize];
        Suite.Decrypt(Secret, Info(what, id), id.ToByteArray(bigEndian: true), cipher, plain);
        return plain;
    }

    private static byte[] Info(ReadOnlySpan<byte> what, Guid id) => [.. what, .. id.ToByteArray(bigEndian: true)];
}
