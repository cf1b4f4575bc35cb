using System.Buffers.Binary;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Zhengtong.Kernel.Identity;

/// <summary>Time-based one-time codes (RFC 6238: SHA-1, 30 seconds, 6 digits), as every authenticator app makes them, and recovery codes.</summary>
internal static class OneTimeCode
{
    private const string Base32 = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

    internal static byte[] NewSecret() => RandomNumberGenerator.GetBytes(20);

    /// <summary>The time step a moment lies in.</summary>
    internal static long StepOf(DateTimeOffset now) => now.ToUnixTimeSeconds() / 30;

    /// <summary>The code of a time step: six digits.</summary>
    internal static string At(ReadOnlySpan<byte> secret, long step)
    {
        Span<byte> counter = stackalloc byte[8];
        BinaryPrimitives.WriteInt64BigEndian(counter, step);
        Span<byte> mac = stackalloc byte[20];
#pragma warning disable CA5350 // RFC 6238 with SHA-1 is what authenticator apps make; HMAC does not need SHA-1 to resist collisions.
        HMACSHA1.HashData(secret, counter, mac);
#pragma warning restore CA5350
        var number = BinaryPrimitives.ReadUInt32BigEndian(mac[(mac[19] & 0xf)..]) & 0x7fffffff;
        return (number % 1_000_000).ToString("D6", CultureInfo.InvariantCulture);
    }

    /// <summary>The step whose code this is, one step early or late at most and after the last one used; null when it is none.</summary>
    internal static long? Match(ReadOnlySpan<byte> secret, string code, DateTimeOffset now, long lastStep)
    {
        var digits = Encoding.ASCII.GetBytes(code.Replace(" ", "", StringComparison.Ordinal));
        for (var step = StepOf(now) - 1; step <= StepOf(now) + 1; step++)
        {
            if (step > lastStep && CryptographicOperations.FixedTimeEquals(Encoding.ASCII.GetBytes(At(secret, step)), digits)) { return step; }
        }

        return null;
    }

    /// <summary>The secret as people type it: base 32 without padding.</summary>
    internal static string ToBase32(ReadOnlySpan<byte> bytes)
    {
        var text = new StringBuilder((bytes.Length * 8 + 4) / 5);
        int buffer = 0, bits = 0;
        foreach (var b in bytes)
        {
            buffer = (buffer << 8) | b;
            for (bits += 8; bits >= 5; bits -= 5) { text.Append(Base32[(buffer >> (bits - 5)) & 31]); }
            buffer &= (1 << bits) - 1;
        }

        if (bits > 0) { text.Append(Base32[(buffer << (5 - bits)) & 31]); }
        return text.ToString();
    }

    /// <summary>What the picture holds: the key, for whom, by whom.</summary>
    internal static string UriOf(ReadOnlySpan<byte> secret, string userName) =>
        $"otpauth://totp/Zhengtong:{Uri.EscapeDataString(userName)}?secret={ToBase32(secret)}&issuer=Zhengtong";

    /// <summary>A recovery code: 80 random bits as four groups of four.</summary>
    internal static string NewRecoveryCode() => string.Join('-', ToBase32(RandomNumberGenerator.GetBytes(10)).Chunk(4).Select(g => new string(g)));

    /// <summary>How a recovery code is kept; case, spaces and hyphens do not matter.</summary>
    internal static string HashOf(string recoveryCode) =>
        Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(recoveryCode.Replace("-", "", StringComparison.Ordinal).Replace(" ", "", StringComparison.Ordinal).ToUpperInvariant())));
}
