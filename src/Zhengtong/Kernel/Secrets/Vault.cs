using System.Security.Cryptography;

namespace Zhengtong.Kernel.Secrets;

/// <summary>Seals what the database must keep but nobody may read there: private keys, connection strings. AES-256-GCM under one master key,
/// a file of mode 600 below the data directory, never in the database and never logged. Processes of one platform share the file.</summary>
internal sealed class Vault
{
    private const int NonceSize = 12;
    private const int TagSize = 16;
    private readonly byte[] masterKey;

    public Vault(Deployment deployment) => masterKey = LoadOrCreate(deployment.PathOf("keys", "master.key"));

    /// <summary>Nonce, ciphertext, tag.</summary>
    /// <param name="plain">What to seal.</param>
    /// <param name="purpose">Bound into the seal: opening for another purpose fails.</param>
    internal byte[] Seal(ReadOnlySpan<byte> plain, string purpose)
    {
        var sealedBytes = new byte[NonceSize + plain.Length + TagSize];
        var nonce = sealedBytes.AsSpan(0, NonceSize);
        RandomNumberGenerator.Fill(nonce);
        using var aes = new AesGcm(masterKey, TagSize);
        aes.Encrypt(nonce, plain, sealedBytes.AsSpan(NonceSize, plain.Length), sealedBytes.AsSpan(NonceSize + plain.Length), System.Text.Encoding.UTF8.GetBytes(purpose));
        return sealedBytes;
    }

    /// <summary>What was sealed.</summary>
    /// <exception cref="CryptographicException">Another master key, another purpose, or altered bytes.</exception>
    internal byte[] Open(ReadOnlySpan<byte> sealedBytes, string purpose)
    {
        if (sealedBytes.Length < NonceSize + TagSize)
        {
            throw new CryptographicException("Sealed value is too short");
        }

        var plain = new byte[sealedBytes.Length - NonceSize - TagSize];
        using var aes = new AesGcm(masterKey, TagSize);
        aes.Decrypt(sealedBytes[..NonceSize], sealedBytes[NonceSize..^TagSize], sealedBytes[^TagSize..], plain, System.Text.Encoding.UTF8.GetBytes(purpose));
        return plain;
    }

    /// <summary>A mark by which a text is known again without being kept: 64 hex digits, keyed, so that nobody without the master key can try texts out.</summary>
    /// <param name="text">What to mark.</param>
    /// <param name="purpose">Marks for different purposes have nothing in common.</param>
    internal string MarkOf(string text, string purpose)
    {
        var key = HKDF.Expand(HashAlgorithmName.SHA256, masterKey, 32, System.Text.Encoding.UTF8.GetBytes($"mark:{purpose}"));
        return Convert.ToHexStringLower(HMACSHA256.HashData(key, System.Text.Encoding.UTF8.GetBytes(text)));
    }

    private static byte[] LoadOrCreate(string path)
    {
        if (!File.Exists(path))
        {
            // Written whole, then moved without overwriting: of two processes starting at once, one key wins.
            var draft = $"{path}.{Environment.ProcessId}";
            var options = new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write, UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite };
            using (var file = new FileStream(draft, options))
            {
                file.Write(RandomNumberGenerator.GetBytes(32));
                file.Flush(flushToDisk: true);
            }

            try { File.Move(draft, path, overwrite: false); }
            catch (IOException) when (File.Exists(path)) { File.Delete(draft); }
        }

        var key = File.ReadAllBytes(path);
        return key.Length == 32 ? key : throw new CryptographicException($"{path} is not a master key of 32 bytes");
    }
}
