using Microsoft.EntityFrameworkCore;

namespace Zhengtong.Kernel.Secrets;

/// <summary>What a key pair is for; one pair never does both.</summary>
public enum KeyUse
{
    /// <summary>Signs agreements, batches and receipts.</summary>
    Seal,
    /// <summary>Receives payloads.</summary>
    Receive,
}

/// <summary>A key pair of an organisation whose node is hosted by the platform; the private half is sealed in the <see cref="Vault"/>.</summary>
internal sealed class OrganisationKey
{
    /// <summary>First 16 hex digits of the suite's digest over <see cref="PublicKey"/>.</summary>
    internal required string KeyId { get; init; }

    internal required Guid OrganisationId { get; init; }

    /// <summary>The one suite it is used in.</summary>
    internal required SuiteName Suite { get; init; }

    internal required KeyUse Use { get; init; }

    /// <summary>From 1; the highest is the one in use, older ones still verify.</summary>
    internal required int Generation { get; init; }

    /// <summary>SubjectPublicKeyInfo, DER.</summary>
    internal required byte[] PublicKey { get; init; }

    /// <summary>PKCS#8, sealed.</summary>
    internal required byte[] PrivateKey { get; init; }

    internal required DateTimeOffset CreatedAt { get; init; }
}

/// <summary>Makes and uses the keys of organisations, in each suite its own.</summary>
internal sealed class OrganisationKeys(ZhengtongDb db, Vault vault, TimeProvider clock)
{
    /// <summary>The organisation's current key; made at first use, in a save of its own.</summary>
    internal async Task<OrganisationKey> CurrentAsync(Guid organisation, Suite suite, KeyUse use, CancellationToken ct)
    {
        if (await FindCurrentAsync(organisation, suite.Name, use, ct) is { } present) { return present; }

        var (publicKey, privateKey) = suite.MakePair();
        var keyId = suite.KeyIdOf(publicKey);
        var made = new OrganisationKey
        {
            KeyId = keyId,
            OrganisationId = organisation,
            Suite = suite.Name,
            Use = use,
            Generation = 1,
            PublicKey = publicKey,
            PrivateKey = vault.Seal(privateKey, $"organisation-key:{keyId}"),
            CreatedAt = clock.GetUtcNow(),
        };
        db.OrganisationKeys.Add(made);
        try { await db.SaveChangesAsync(ct); }
        catch (DbUpdateException e) when (e.IsUniqueViolation())
        {
            // Another request made it in the same moment: theirs counts.
            db.Entry(made).State = EntityState.Detached;
            return (await FindCurrentAsync(organisation, suite.Name, use, ct))!;
        }

        return made;
    }

    /// <summary>A key by its id, current or old; null when unknown.</summary>
    internal Task<OrganisationKey?> FindAsync(string keyId, CancellationToken ct) =>
        db.OrganisationKeys.AsNoTracking().SingleOrDefaultAsync(k => k.KeyId == keyId, ct);

    /// <summary>The private half of a sealing key, to sign many things with; the caller disposes it.</summary>
    internal SealingKey OpenSigner(OrganisationKey key) => Suite.Of(key.Suite).OpenSealing(Private(key));

    /// <summary>The private half of a receiving key; the caller disposes it.</summary>
    internal ReceivingKey OpenReceiver(OrganisationKey key) => Suite.Of(key.Suite).OpenReceiving(Private(key));

    /// <summary>Base64 DER signature over the bytes.</summary>
    internal string Sign(OrganisationKey key, ReadOnlySpan<byte> message)
    {
        using var signer = OpenSigner(key);
        return Convert.ToBase64String(signer.Sign(message));
    }

    /// <summary>True when the signature is the key's over these bytes; false for any other, also for broken base64.</summary>
    internal static bool Verify(OrganisationKey key, ReadOnlySpan<byte> message, string signature)
    {
        var der = new byte[256];
        return signature.Length <= 300 && Convert.TryFromBase64String(signature, der, out var length) && Suite.Of(key.Suite).Verify(key.PublicKey, message, der.AsSpan(0, length));
    }

    private byte[] Private(OrganisationKey key) => vault.Open(key.PrivateKey, $"organisation-key:{key.KeyId}");

    private Task<OrganisationKey?> FindCurrentAsync(Guid organisation, SuiteName suite, KeyUse use, CancellationToken ct) => db.OrganisationKeys.AsNoTracking()
        .Where(k => k.OrganisationId == organisation && k.Suite == suite && k.Use == use).OrderByDescending(k => k.Generation).FirstOrDefaultAsync(ct);
}
