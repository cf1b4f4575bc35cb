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

/// <summary>A key pair of an organisation: of the platform that works for it, its private half sealed in the <see cref="Vault"/>; or of its own front-end node, which keeps the private half to itself.</summary>
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

    /// <summary>PKCS#8, sealed; null for a key of a front-end node.</summary>
    internal required byte[]? PrivateKey { get; init; }

    /// <summary>The front-end node that has the private half; null when the platform has it.</summary>
    internal Guid? NodeId { get; init; }

    internal required DateTimeOffset CreatedAt { get; init; }
}

/// <summary>Makes and uses the keys of organisations, in each suite its own.</summary>
internal sealed class OrganisationKeys(ZhengtongDb db, Vault vault, TimeProvider clock)
{
    /// <summary>The current one of the organisation's keys that the platform holds; made at first use, in a save of its own.</summary>
    internal async Task<OrganisationKey> CurrentAsync(Guid organisation, Suite suite, KeyUse use, CancellationToken ct)
    {
        if (await FindCurrentAsync(organisation, suite.Name, use, ct) is { } present) { return present; }

        // A front-end node may have brought keys before.
        var last = await db.OrganisationKeys.Where(k => k.OrganisationId == organisation && k.Suite == suite.Name && k.Use == use).MaxAsync(k => (int?)k.Generation, ct) ?? 0;
        // Asked once more behind the number: what another request made before it is found here, and after it has the same number.
        if (await FindCurrentAsync(organisation, suite.Name, use, ct) is { } first) { return first; }

        var made = Make(organisation, suite, use, last + 1);
        db.OrganisationKeys.Add(made);
        try { await db.SaveChangesAsync(ct); }
        catch (DbUpdateException e) when (e.IsUniqueViolation())
        {
            // Another request made it in the same moment: theirs counts.
            db.Entry(made).State = EntityState.Detached;
            return await CurrentAsync(organisation, suite, use, ct);
        }

        return made;
    }

    /// <summary>Adds to the coming save a key that takes the place of this one; null when the organisation uses another already.</summary>
    internal async Task<OrganisationKey?> ReplaceAsync(OrganisationKey key, CancellationToken ct)
    {
        if (await FindCurrentAsync(key.OrganisationId, key.Suite, key.Use, ct) is { } current && current.KeyId != key.KeyId) { return null; }
        var last = await db.OrganisationKeys.Where(k => k.OrganisationId == key.OrganisationId && k.Suite == key.Suite && k.Use == key.Use).MaxAsync(k => k.Generation, ct);
        var made = Make(key.OrganisationId, Suite.Of(key.Suite), key.Use, last + 1);
        db.OrganisationKeys.Add(made);
        return made;
    }

    /// <summary>The current one of a front-end node's keys; null when it has none.</summary>
    internal Task<OrganisationKey?> FindOfNodeAsync(Guid node, Suite suite, KeyUse use, CancellationToken ct) => db.OrganisationKeys.AsNoTracking()
        .Where(k => k.NodeId == node && k.Suite == suite.Name && k.Use == use).OrderByDescending(k => k.Generation).FirstOrDefaultAsync(ct);

    /// <summary>The key that payloads are encrypted to: the organisation's, or its front-end node's. Null when that node has none in this suite.</summary>
    internal async Task<OrganisationKey?> ReceiverAsync(Guid organisation, Guid? node, Suite suite, CancellationToken ct) =>
        node is { } id ? await FindOfNodeAsync(id, suite, KeyUse.Receive, ct) : await CurrentAsync(organisation, suite, KeyUse.Receive, ct);

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

    private OrganisationKey Make(Guid organisation, Suite suite, KeyUse use, int generation)
    {
        var (publicKey, privateKey) = suite.MakePair();
        var keyId = suite.KeyIdOf(publicKey);
        return new OrganisationKey
        {
            KeyId = keyId,
            OrganisationId = organisation,
            Suite = suite.Name,
            Use = use,
            Generation = generation,
            PublicKey = publicKey,
            PrivateKey = vault.Seal(privateKey, $"organisation-key:{keyId}"),
            CreatedAt = clock.GetUtcNow(),
        };
    }

    private byte[] Private(OrganisationKey key) => vault.Open(key.PrivateKey ?? throw new InvalidOperationException($"Key {key.KeyId} is a node's; its private half is not here"), $"organisation-key:{key.KeyId}");

    private Task<OrganisationKey?> FindCurrentAsync(Guid organisation, SuiteName suite, KeyUse use, CancellationToken ct) => db.OrganisationKeys.AsNoTracking()
        .Where(k => k.OrganisationId == organisation && k.NodeId == null && k.Suite == suite && k.Use == use).OrderByDescending(k => k.Generation).FirstOrDefaultAsync(ct);
}
