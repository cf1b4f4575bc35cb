using System.Security.Cryptography;
using System.Text;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Kernel.Secrets;

namespace Zhengtong.Kernel.Ledger;

/// <summary>The key pair that signs checkpoints: ECDSA P-256, the private half sealed in the <see cref="Vault"/>.</summary>
internal sealed class LedgerKey
{
    /// <summary>From 1; the highest signs.</summary>
    internal required int Generation { get; init; }

    /// <summary>The log's name, fixed at its birth; the first line of each checkpoint.</summary>
    internal required string Origin { get; init; }

    /// <summary>SubjectPublicKeyInfo, DER.</summary>
    internal required byte[] PublicKey { get; init; }

    /// <summary>PKCS#8, sealed.</summary>
    internal required byte[] PrivateKey { get; init; }

    internal required DateTimeOffset CreatedAt { get; init; }
}

/// <summary>Checks signatures of checkpoints with a public key alone.</summary>
internal sealed class LedgerVerifier : IDisposable
{
    private readonly ECDsa key = ECDsa.Create();

    /// <param name="publicKey">SubjectPublicKeyInfo, DER.</param>
    /// <exception cref="CryptographicException">It is no public key.</exception>
    internal LedgerVerifier(ReadOnlySpan<byte> publicKey)
    {
        key.ImportSubjectPublicKeyInfo(publicKey, out _);
        KeyId = SHA256.HashData(publicKey)[..4];
        Pem = PemEncoding.WriteString("PUBLIC KEY", publicKey) + "\n";
    }

    /// <summary>Signed-note type 0x02 (ECDSA): the first four bytes of SHA-256 over the SubjectPublicKeyInfo.</summary>
    internal byte[] KeyId { get; }

    /// <summary>As openssl reads it.</summary>
    internal string Pem { get; }

    public void Dispose() => key.Dispose();

    /// <summary>A verifier from PEM.</summary>
    /// <exception cref="CryptographicException">It is no public key in PEM.</exception>
    internal static LedgerVerifier OfPem(string pem)
    {
        if (!PemEncoding.TryFind(pem, out var fields) || pem[fields.Label] != "PUBLIC KEY") { throw new CryptographicException("No public key in PEM"); }
        return new LedgerVerifier(Convert.FromBase64String(pem[fields.Base64Data]));
    }

    /// <summary>True for a DER signature (RFC 3279) over these bytes with SHA-256.</summary>
    internal bool Verifies(ReadOnlySpan<byte> message, ReadOnlySpan<byte> signature) =>
        key.VerifyData(message, signature, HashAlgorithmName.SHA256, DSASignatureFormat.Rfc3279DerSequence);
}

/// <summary>Signs checkpoints with the platform's own key.</summary>
internal sealed class LedgerKeys(ZhengtongDb db, Vault vault, IConfiguration configuration, TimeProvider clock)
{
    /// <summary>The log's key; made at first use, in a save of its own. Its origin is <c>Ledger:Origin</c> (no spaces, no plus sign), or a name made from the key.</summary>
    internal async Task<LedgerKey> CurrentAsync(CancellationToken ct)
    {
        if (await FindAsync(ct) is { } present) { return present; }

        using var pair = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var publicKey = pair.ExportSubjectPublicKeyInfo();
        var made = new LedgerKey
        {
            Generation = 1,
            Origin = configuration["Ledger:Origin"] is { Length: > 0 } named ? named : $"zhengtong/{Suite.International.KeyIdOf(publicKey)}/ledger",
            PublicKey = publicKey,
            PrivateKey = vault.Seal(pair.ExportPkcs8PrivateKey(), PurposeOf(publicKey)),
            CreatedAt = clock.GetUtcNow(),
        };
        db.LedgerKeys.Add(made);
        try { await db.SaveChangesAsync(ct); }
        catch (DbUpdateException e) when (e.IsUniqueViolation())
        {
            // Another process made it in the same moment: theirs counts.
            db.Entry(made).State = EntityState.Detached;
            return (await FindAsync(ct))!;
        }

        return made;
    }

    /// <summary>The key, or null before the first checkpoint.</summary>
    internal Task<LedgerKey?> FindAsync(CancellationToken ct) => db.LedgerKeys.AsNoTracking().OrderByDescending(k => k.Generation).FirstOrDefaultAsync(ct);

    /// <summary>Signs size and root. MUST only be called for a size that has no checkpoint yet, under the sequencer's lock.</summary>
    internal Checkpoint Sign(LedgerKey key, long size, byte[] root)
    {
        using var signer = SignerOf(key);
        var text = Checkpoint.TextOf(key.Origin, size, root);
        var signature = signer.SignData(Encoding.UTF8.GetBytes(text), HashAlgorithmName.SHA256, DSASignatureFormat.Rfc3279DerSequence);
        return new Checkpoint
        {
            Size = size,
            Root = root,
            Note = Checkpoint.NoteOf(text, key.Origin, SHA256.HashData(key.PublicKey).AsSpan(0, 4), signature),
            SignedAt = clock.GetUtcNow(),
        };
    }

    /// <summary>Signs a document of the platform with the same key. MUST be a JSON object: its first byte is none that a checkpoint begins with, so that the one is never taken for the other.</summary>
    /// <returns>DER (RFC 3279) over SHA-256, as openssl verifies it with the key at <c>/ledger/key.pem</c>.</returns>
    internal byte[] SignDocument(LedgerKey key, ReadOnlySpan<byte> document)
    {
        if (document.IsEmpty || document[0] != (byte)'{') { throw new ArgumentException("Only a JSON object is signed", nameof(document)); }
        using var signer = SignerOf(key);
        return signer.SignData(document, HashAlgorithmName.SHA256, DSASignatureFormat.Rfc3279DerSequence);
    }

    private ECDsa SignerOf(LedgerKey key)
    {
        var signer = ECDsa.Create();
        signer.ImportPkcs8PrivateKey(vault.Open(key.PrivateKey, PurposeOf(key.PublicKey)), out _);
        return signer;
    }

    private static string PurposeOf(ReadOnlySpan<byte> publicKey) => $"ledger-key:{Suite.International.KeyIdOf(publicKey)}";
}
