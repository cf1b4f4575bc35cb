using System.Security.Cryptography;
using Microsoft.EntityFrameworkCore;

namespace Zhengtong.Kernel.Secrets;

/// <summary>What a key pair is for; one pair never does both.</summary>
public enum KeyUse
{
    /// <summary>Signs agreements, batches and receipts: ECDSA P-256 with SHA-256.</summary>
    Seal,
    /// <summary>Receives payloads: ECDH P-256.</summary>
    Receive,
}

/// <summary>A key pair of an organisation whose node is hosted by the platform; the private half is sealed in the <see cref="Vault"/>.</summary>
internal sealed class OrganisationKey
{
    /// <summary>First 16 hex digits of SHA-256 over <see cref="PublicKey"/>.</summary>
    internal required string KeyId { get; init; }

    internal required Guid OrganisationId { get; init; }

    internal required KeyUse Use { get; init; }

    /// <summary>From 1; the highest is the one in use, older ones still verify.</summary>
    internal required int Generation { get; init; }

    /// <summary>SubjectPublicKeyInfo, DER.</summary>
    internal required byte[] PublicKey { get; init; }

    /// <summary>PKCS#8, sealed.</summary>
    internal required byte[] PrivateKey { get; init; }

    internal required DateTimeOffset CreatedAt { get; init; }
}

/// <summary>Makes and uses the keys of organisations. Signatures are DER (RFC 3279), as openssl reads them.</summary>
internal sealed class OrganisationKeys(ZhengtongDb db, Vault vault, TimeProvider clock)
{
    /// <summary>The organisation's current key; made at first use, in a save of its own.</summary>
    internal async Task<OrganisationKey> CurrentAsync(Guid organisation, KeyUse use, CancellationToken ct)
    {
        if (await FindCurrentAsync(organisation, use, ct) is { } present) { return present; }

        using var pair = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var publicKey = pair.ExportSubjectPublicKeyInfo();
        var keyId = KeyIdOf(publicKey);
        var made = new OrganisationKey
        {
            KeyId = keyId,
            OrganisationId = organisation,
            Use = use,
            Generation = 1,
            PublicKey = publicKey,
            PrivateKey = vault.Seal(pair.ExportPkcs8PrivateKey(), $"organisation-key:{keyId}"),
            CreatedAt = clock.GetUtcNow(),
        };
        db.OrganisationKeys.Add(made);
        try { await db.SaveChangesAsync(ct); }
        catch (DbUpdateException e) when (e.IsUniqueViolation())
        {
            // Another request made it in the same moment: theirs counts.
            db.Entry(made).State = EntityState.Detached;
            return (await FindCurrentAsync(organisation, use, ct))!;
        }

        return made;
    }

    /// <summary>A key by its id, current or old; null when unknown.</summary>
    internal Task<OrganisationKey?> FindAsync(string keyId, CancellationToken ct) =>
        db.OrganisationKeys.AsNoTracking().SingleOrDefaultAsync(k => k.KeyId == keyId, ct);

    /// <summary>The private half of a sealing key, to sign many things with; the caller disposes it.</summary>
    internal ECDsa OpenSigner(OrganisationKey key)
    {
        var signer = ECDsa.Create();
        signer.ImportPkcs8PrivateKey(vault.Open(key.PrivateKey, $"organisation-key:{key.KeyId}"), out _);
        return signer;
    }

    /// <summary>The private half of a receiving key; the caller disposes it.</summary>
    internal ECDiffieHellman OpenReceiver(OrganisationKey key)
    {
        var receiver = ECDiffieHellman.Create();
        receiver.ImportPkcs8PrivateKey(vault.Open(key.PrivateKey, $"organisation-key:{key.KeyId}"), out _);
        return receiver;
    }

    /// <summary>Base64 DER signature over the bytes.</summary>
    internal string Sign(OrganisationKey key, ReadOnlySpan<byte> message)
    {
        using var signer = OpenSigner(key);
        return Convert.ToBase64String(signer.SignData(message, HashAlgorithmName.SHA256, DSASignatureFormat.Rfc3279DerSequence));
    }

    /// <summary>True when the signature is the key's over these bytes; false for any other, also for broken base64.</summary>
    internal static bool Verify(OrganisationKey key, ReadOnlySpan<byte> message, string signature)
    {
        var der = new byte[256];
        if (signature.Length > 300 || !Convert.TryFromBase64String(signature, der, out var length)) { return false; }
        using var verifier = ECDsa.Create();
        verifier.ImportSubjectPublicKeyInfo(key.PublicKey, out _);
        return verifier.VerifyData(message, der.AsSpan(0, length), HashAlgorithmName.SHA256, DSASignatureFormat.Rfc3279DerSequence);
    }

    /// <summary>First 16 hex digits of SHA-256 over a SubjectPublicKeyInfo.</summary>
    internal static string KeyIdOf(ReadOnlySpan<byte> publicKey) => Convert.ToHexStringLower(SHA256.HashData(publicKey))[..16];

    private Task<OrganisationKey?> FindCurrentAsync(Guid organisation, KeyUse use, CancellationToken ct) =>
        db.OrganisationKeys.AsNoTracking().Where(k => k.OrganisationId == organisation && k.Use == use).OrderByDescending(k => k.Generation).FirstOrDefaultAsync(ct);
}
