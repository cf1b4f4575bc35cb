using System.Security.Cryptography;
using System.Text;

namespace Zhengtong.Kernel.Secrets;

/// <summary>Which cryptographic suite 密码套件 an agreement uses.</summary>
public enum SuiteName
{
    /// <summary>ECDSA P-256, SHA-256, ECDH P-256, HKDF-SHA256, AES-256-GCM.</summary>
    International,
    /// <summary>SM2 (distid 1234567812345678), SM3, HKDF-SM3, SM4-GCM.</summary>
    National,
}

/// <summary>All the cryptography of one agreement: its seals, batches and receipts, and the digests in them. Named in each signed text and MUST be taken from there,
/// never guessed from a key or a signature. Signatures are DER, public keys SubjectPublicKeyInfo, private keys PKCS#8, as openssl reads them.</summary>
internal abstract class Suite
{
    internal const int TagSize = 16;
    protected const int NonceSize = 12;

    internal static readonly Suite International = new InternationalSuite();
    internal static readonly Suite National = new NationalSuite();

    internal abstract SuiteName Name { get; }

    /// <summary>As signed texts name it.</summary>
    internal abstract string Word { get; }

    /// <summary>The digest's name, for people.</summary>
    internal abstract string DigestName { get; }

    internal static Suite Of(SuiteName name) => name switch
    {
        SuiteName.International => International,
        SuiteName.National => National,
        _ => throw new ArgumentOutOfRangeException(nameof(name), name, "No such suite"),
    };

    /// <summary>The suite that a signed text names; null for any other word.</summary>
    internal static Suite? Find(string word) => word == International.Word ? International : word == National.Word ? National : null;

    /// <summary>The suite that a signed text names.</summary>
    /// <exception cref="CryptographicException">Unknown.</exception>
    internal static Suite Parse(string word) => Find(word) ?? throw new CryptographicException($"Suite {word} is unknown");

    /// <summary>32 bytes.</summary>
    internal abstract byte[] Hash(ReadOnlySpan<byte> bytes);

    /// <summary>Lower-case hex digest.</summary>
    internal string DigestOf(ReadOnlySpan<byte> bytes) => Convert.ToHexStringLower(Hash(bytes));

    /// <summary>Lower-case hex digest of the text's UTF-8 bytes.</summary>
    internal string DigestOf(string text) => DigestOf(Encoding.UTF8.GetBytes(text));

    /// <summary>First 16 hex digits of the digest of a SubjectPublicKeyInfo.</summary>
    internal string KeyIdOf(ReadOnlySpan<byte> publicKey) => DigestOf(publicKey)[..16];

    internal abstract (byte[] PublicKey, byte[] PrivateKey) MakePair();

    /// <summary>To sign many things with; the caller disposes it.</summary>
    internal abstract SealingKey OpenSealing(byte[] privateKey);

    /// <summary>To receive many batches with; the caller disposes it.</summary>
    internal abstract ReceivingKey OpenReceiving(byte[] privateKey);

    /// <summary>True when the signature is this key's over these bytes; false for anything else, also for a key of another curve. Never throws.</summary>
    internal abstract bool Verify(ReadOnlySpan<byte> publicKey, ReadOnlySpan<byte> message, ReadOnlySpan<byte> signature);

    /// <summary>A fresh secret, and what to hand to the owner of this public key so that only its <see cref="ReceivingKey"/> finds the secret again.</summary>
    /// <exception cref="CryptographicException">No key of this suite.</exception>
    internal abstract (byte[] Exchange, byte[] Secret) MakeSecret(ReadOnlySpan<byte> publicKey);

    /// <summary>Encrypts under key and nonce derived from the secret; a secret MUST be used once.</summary>
    /// <param name="secret">From <see cref="MakeSecret"/>.</param>
    /// <param name="info">What the key is for.</param>
    /// <param name="associated">Bound, not encrypted.</param>
    /// <param name="plain">What to encrypt.</param>
    /// <param name="cipher">Takes the ciphertext and behind it the tag: <see cref="TagSize"/> longer than the plaintext.</param>
    internal abstract void Encrypt(byte[] secret, byte[] info, byte[] associated, ReadOnlySpan<byte> plain, Span<byte> cipher);

    /// <summary>The reverse.</summary>
    /// <exception cref="CryptographicException">Another secret, info or associated data, or altered bytes; the plaintext is then all zeros.</exception>
    internal abstract void Decrypt(byte[] secret, byte[] info, byte[] associated, ReadOnlySpan<byte> cipher, Span<byte> plain);

    /// <summary>True for an uncompressed point on the named curve and nothing beside it: a key must not bring a curve of its own choice.</summary>
    protected static bool IsKey(ReadOnlySpan<byte> publicKey, ReadOnlySpan<byte> head) => publicKey.Length == head.Length + 64 && publicKey.StartsWith(head);
}

/// <summary>The private half of a sealing key, for one thread at a time.</summary>
internal abstract class SealingKey : IDisposable
{
    /// <summary>DER signature.</summary>
    internal abstract byte[] Sign(ReadOnlySpan<byte> message);

    public abstract void Dispose();
}

/// <summary>The private half of a receiving key.</summary>
internal abstract class ReceivingKey : IDisposable
{
    /// <summary>The secret that was made for this key.</summary>
    /// <exception cref="CryptographicException">Made for another key, or altered.</exception>
    internal abstract byte[] FindSecret(byte[] exchange);

    public abstract void Dispose();
}
