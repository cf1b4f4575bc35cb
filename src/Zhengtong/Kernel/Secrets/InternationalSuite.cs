using System.Security.Cryptography;

namespace Zhengtong.Kernel.Secrets;

/// <summary>By .NET's own cryptography. A secret is agreed: ECDH between a fresh pair, whose public half is handed over, and the receiver's key.</summary>
internal sealed class InternationalSuite : Suite
{
    private const int KeySize = 32;

    /// <summary>SubjectPublicKeyInfo of P-256 up to the point's coordinates (RFC 5480).</summary>
    private static readonly byte[] Head = Convert.FromHexString("3059301306072a8648ce3d020106082a8648ce3d03010703420004");

    internal override SuiteName Name => SuiteName.International;

    internal override string Word => "international";

    internal override string DigestName => "SHA-256";

    internal override byte[] Hash(ReadOnlySpan<byte> bytes) => SHA256.HashData(bytes);

    internal override (byte[] PublicKey, byte[] PrivateKey) MakePair()
    {
        using var pair = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        return (pair.ExportSubjectPublicKeyInfo(), pair.ExportPkcs8PrivateKey());
    }

    internal override SealingKey OpenSealing(byte[] privateKey)
    {
        var key = ECDsa.Create();
        key.ImportPkcs8PrivateKey(privateKey, out _);
        return new Signing(key);
    }

    internal override ReceivingKey OpenReceiving(byte[] privateKey)
    {
        var key = ECDiffieHellman.Create();
        key.ImportPkcs8PrivateKey(privateKey, out _);
        return new Agreeing(key);
    }

    internal override bool Verify(ReadOnlySpan<byte> publicKey, ReadOnlySpan<byte> message, ReadOnlySpan<byte> signature)
    {
        if (!IsKey(publicKey, Head)) { return false; }
        try
        {
            using var verifier = ECDsa.Create();
            verifier.ImportSubjectPublicKeyInfo(publicKey, out _);
            return verifier.VerifyData(message, signature, HashAlgorithmName.SHA256, DSASignatureFormat.Rfc3279DerSequence);
        }
        catch (CryptographicException) { return false; }
    }

    internal override (byte[] Exchange, byte[] Secret) MakeSecret(ReadOnlySpan<byte> publicKey)
    {
        using var ephemeral = ECDiffieHellman.Create(ECCurve.NamedCurves.nistP256);
        return (ephemeral.ExportSubjectPublicKeyInfo(), Agree(ephemeral, publicKey));
    }

    internal override void Encrypt(byte[] secret, byte[] info, byte[] associated, ReadOnlySpan<byte> plain, Span<byte> cipher)
    {
        var (aes, nonce) = Derive(secret, info);
        using (aes) { aes.Encrypt(nonce, plain, cipher[..^TagSize], cipher[^TagSize..], associated); }
    }

    internal override void Decrypt(byte[] secret, byte[] info, byte[] associated, ReadOnlySpan<byte> cipher, Span<byte> plain)
    {
        var (aes, nonce) = Derive(secret, info);
        using (aes) { aes.Decrypt(nonce, cipher[..^TagSize], cipher[^TagSize..], plain, associated); }
    }

    private static byte[] Agree(ECDiffieHellman own, ReadOnlySpan<byte> publicKey)
    {
        if (!IsKey(publicKey, Head)) { throw new CryptographicException("Not a P-256 key"); }
        using var other = ECDiffieHellman.Create();
        other.ImportSubjectPublicKeyInfo(publicKey, out _);
        return own.DeriveRawSecretAgreement(other.PublicKey);
    }

    private static (AesGcm Aes, byte[] Nonce) Derive(byte[] secret, byte[] info)
    {
        var both = HKDF.DeriveKey(HashAlgorithmName.SHA256, secret, KeySize + NonceSize, info: info);
        var aes = new AesGcm(both.AsSpan(0, KeySize), TagSize);
        var nonce = both[KeySize..];
        CryptographicOperations.ZeroMemory(both);
        return (aes, nonce);
    }

    private sealed class Signing(ECDsa key) : SealingKey
    {
        internal override byte[] Sign(ReadOnlySpan<byte> message) => key.SignData(message, HashAlgorithmName.SHA256, DSASignatureFormat.Rfc3279DerSequence);

        public override void Dispose() => key.Dispose();
    }

    private sealed class Agreeing(ECDiffieHellman key) : ReceivingKey
    {
        internal override byte[] FindSecret(byte[] exchange) => Agree(key, exchange);

        public override void Dispose() => key.Dispose();
    }
}
