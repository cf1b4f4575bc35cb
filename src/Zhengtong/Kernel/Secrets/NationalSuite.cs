using Org.BouncyCastle.Asn1;
using Org.BouncyCastle.Asn1.GM;
using Org.BouncyCastle.Crypto;
using Org.BouncyCastle.Crypto.Digests;
using Org.BouncyCastle.Crypto.EC;
using Org.BouncyCastle.Crypto.Engines;
using Org.BouncyCastle.Crypto.Generators;
using Org.BouncyCastle.Crypto.Modes;
using Org.BouncyCastle.Crypto.Parameters;
using Org.BouncyCastle.Crypto.Prng;
using Org.BouncyCastle.Crypto.Signers;
using Org.BouncyCastle.Math;
using Org.BouncyCastle.Pkcs;
using Org.BouncyCastle.Security;
using Org.BouncyCastle.Utilities;
using CryptographicException = System.Security.Cryptography.CryptographicException;
using CryptographicOperations = System.Security.Cryptography.CryptographicOperations;

namespace Zhengtong.Kernel.Secrets;

/// <summary>By Bouncy Castle, since .NET knows no SM2, SM3 or SM4 (GB/T 32918, 32905, 32907). A secret of 32 random bytes is encrypted with SM2 to the receiver's key and
/// handed over as GM/T 0009 writes it: SEQUENCE of x, y, hash, ciphertext.</summary>
internal sealed class NationalSuite : Suite
{
    private const int KeySize = 16;
    private const int SecretSize = 32;
    private const int CoordinateSize = 32;
    private const int HashSize = 32;

    /// <summary>GM/T 0009: the signer's id where none was agreed.</summary>
    private static readonly byte[] SignerId = "1234567812345678"u8.ToArray();

    /// <summary>SubjectPublicKeyInfo of curve 1.2.156.10197.1.301 up to the point's coordinates.</summary>
    private static readonly byte[] Head = Convert.FromHexString("3059301306072a8648ce3d020106082a811ccf5501822d03420004");

    /// <summary>The curve with its own field arithmetic; the general one under the same name is seven times slower.</summary>
    private static readonly ECNamedDomainParameters Curve = new(GMObjectIdentifiers.sm2p256v1, CustomNamedCurves.GetByName("sm2p256v1"));

    private static readonly SecureRandom Chance = new(new CryptoApiRandomGenerator());

    internal override SuiteName Name => SuiteName.National;

    internal override string Word => "national";

    internal override string DigestName => "SM3";

    internal override byte[] Hash(ReadOnlySpan<byte> bytes)
    {
        var digest = new SM3Digest();
        digest.BlockUpdate(bytes);
        var hash = new byte[HashSize];
        digest.DoFinal(hash, 0);
        return hash;
    }

    internal override (byte[] PublicKey, byte[] PrivateKey) MakePair()
    {
        var generator = new ECKeyPairGenerator();
        generator.Init(new ECKeyGenerationParameters(Curve, Chance));
        var pair = generator.GenerateKeyPair();
        var point = ((ECPublicKeyParameters)pair.Public).Q.GetEncoded(compressed: false);
        return ([.. Head, .. point[1..]], PrivateKeyInfoFactory.CreatePrivateKeyInfo(pair.Private).GetDerEncoded());
    }

    internal override SealingKey OpenSealing(byte[] privateKey) => new Signing(PrivateOf(privateKey));

    internal override ReceivingKey OpenReceiving(byte[] privateKey) => new Opening(PrivateOf(privateKey));

    internal override bool Verify(ReadOnlySpan<byte> publicKey, ReadOnlySpan<byte> message, ReadOnlySpan<byte> signature)
    {
        try
        {
            var verifier = new SM2Signer();
            verifier.Init(false, new ParametersWithID(PublicOf(publicKey), SignerId));
            verifier.BlockUpdate(message);
            return verifier.VerifySignature(signature.ToArray());
        }
        catch (Exception e) when (IsBroken(e)) { return false; }
    }

    internal override (byte[] Exchange, byte[] Secret) MakeSecret(ReadOnlySpan<byte> publicKey)
    {
        var secret = System.Security.Cryptography.RandomNumberGenerator.GetBytes(SecretSize);
        try
        {
            var engine = new SM2Engine(SM2Engine.Mode.C1C3C2);
            engine.Init(true, new ParametersWithRandom(PublicOf(publicKey), Chance));
            var parts = engine.ProcessBlock(secret, 0, secret.Length);
            var (x, y) = (new BigInteger(1, parts, 1, CoordinateSize), new BigInteger(1, parts, 1 + CoordinateSize, CoordinateSize));
            var (hash, cipher) = (parts[^(HashSize + SecretSize)..^SecretSize], parts[^SecretSize..]);
            return (new DerSequence(new DerInteger(x), new DerInteger(y), new DerOctetString(hash), new DerOctetString(cipher)).GetDerEncoded(), secret);
        }
        catch (Exception e) when (IsBroken(e)) { throw new CryptographicException("Not an SM2 key", e); }
    }

    internal override void Encrypt(byte[] secret, byte[] info, byte[] associated, ReadOnlySpan<byte> plain, Span<byte> cipher)
    {
        var gcm = Gcm(forEncryption: true, secret, info, associated);
        var done = gcm.ProcessBytes(plain, cipher);
        gcm.DoFinal(cipher[done..]);
    }

    internal override void Decrypt(byte[] secret, byte[] info, byte[] associated, ReadOnlySpan<byte> cipher, Span<byte> plain)
    {
        var gcm = Gcm(forEncryption: false, secret, info, associated);
        try
        {
            var done = gcm.ProcessBytes(cipher, plain);
            gcm.DoFinal(plain[done..]);
        }
        catch (CryptoException e)
        {
            // It writes the plaintext before it knows whether the tag fits.
            CryptographicOperations.ZeroMemory(plain);
            throw new CryptographicException("The tag does not fit", e);
        }
    }

    private static GcmBlockCipher Gcm(bool forEncryption, byte[] secret, byte[] info, byte[] associated)
    {
        var kdf = new HkdfBytesGenerator(new SM3Digest());
        kdf.Init(new HkdfParameters(secret, null, info));
        var both = new byte[KeySize + NonceSize];
        kdf.GenerateBytes(both, 0, both.Length);
        var gcm = new GcmBlockCipher(new SM4Engine());
        gcm.Init(forEncryption, new AeadParameters(new KeyParameter(both, 0, KeySize), TagSize * 8, both[KeySize..], associated));
        CryptographicOperations.ZeroMemory(both);
        return gcm;
    }

    private static ECPublicKeyParameters PublicOf(ReadOnlySpan<byte> publicKey) => IsKey(publicKey, Head)
        ? new ECPublicKeyParameters(Curve.Curve.DecodePoint(publicKey[(Head.Length - 1)..].ToArray()), Curve) : throw new CryptographicException("Not an SM2 key");

    private static ECPrivateKeyParameters PrivateOf(byte[] privateKey) => new(((ECPrivateKeyParameters)PrivateKeyFactory.CreateKey(privateKey)).D, Curve);

    /// <summary>What Bouncy Castle throws at bytes that are no key, no signature or no ciphertext.</summary>
    private static bool IsBroken(Exception e) => e is CryptoException or CryptographicException or ArgumentException or ArithmeticException or InvalidOperationException or IOException or FormatException;

    /// <summary>One initialised signer is kept: making it costs as much as a signature.</summary>
    private sealed class Signing : SealingKey
    {
        private readonly SM2Signer signer = new();

        internal Signing(ECPrivateKeyParameters key) => signer.Init(true, new ParametersWithID(new ParametersWithRandom(key, Chance), SignerId));

        internal override byte[] Sign(ReadOnlySpan<byte> message)
        {
            signer.BlockUpdate(message);
            return signer.GenerateSignature();
        }

        public override void Dispose() { }
    }

    private sealed class Opening(ECPrivateKeyParameters key) : ReceivingKey
    {
        internal override byte[] FindSecret(byte[] exchange)
        {
            try
            {
                if (Asn1Sequence.GetInstance(exchange) is not { Count: 4 } parts) { throw new CryptographicException("Not an encrypted secret"); }
                byte[] Coordinate(int n) => BigIntegers.AsUnsignedByteArray(CoordinateSize, DerInteger.GetInstance(parts[n]).PositiveValue);
                byte[] Octets(int n) => Asn1OctetString.GetInstance(parts[n]).GetOctets();
                byte[] whole = [4, .. Coordinate(0), .. Coordinate(1), .. Octets(2), .. Octets(3)];
                if (whole.Length != 1 + (2 * CoordinateSize) + HashSize + SecretSize) { throw new CryptographicException("Not an encrypted secret"); }
                var engine = new SM2Engine(SM2Engine.Mode.C1C3C2);
                engine.Init(false, key);
                return engine.ProcessBlock(whole, 0, whole.Length);
            }
            catch (Exception e) when (IsBroken(e)) { throw new CryptographicException("The secret was not made for this key", e); }
        }

        public override void Dispose() { }
    }
}
