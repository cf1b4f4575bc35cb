using System.Security.Cryptography;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;
using Microsoft.IdentityModel.Tokens;
using OpenIddict.Server;
using Zhengtong.Kernel.Secrets;

namespace Zhengtong.Kernel.Identity;

/// <summary>A key of the platform itself, sealed in the <see cref="Vault"/>; all processes read the same one.</summary>
internal sealed class PlatformKey
{
    /// <summary>What it is for: <c>token-signing</c> (ECDSA P-256, PKCS#8), <c>token-encryption</c> (32 bytes).</summary>
    internal required string Purpose { get; init; }

    internal required byte[] Sealed { get; init; }

    internal required DateTimeOffset CreatedAt { get; init; }
}

/// <summary>Loads the keys of access tokens before the platform serves, and makes them at the first start.</summary>
internal sealed class TokenKeys : IStartupStep, IConfigureOptions<OpenIddictServerOptions>
{
    private ECDsaSecurityKey? signing;
    private SymmetricSecurityKey? encryption;

    public async Task RunAsync(IServiceProvider scope, CancellationToken ct)
    {
        var db = scope.GetRequiredService<ZhengtongDb>();
        var vault = scope.GetRequiredService<Vault>();
        var clock = scope.GetRequiredService<TimeProvider>();
        var pair = ECDsa.Create();
        pair.ImportPkcs8PrivateKey(await LoadAsync(db, vault, clock, "token-signing", NewPair, ct), out _);
        signing = new ECDsaSecurityKey(pair);
        encryption = new SymmetricSecurityKey(await LoadAsync(db, vault, clock, "token-encryption", () => RandomNumberGenerator.GetBytes(32), ct));
    }

    public void Configure(OpenIddictServerOptions options)
    {
        if (signing is null || encryption is null) { throw new InvalidOperationException("Token keys are read before the platform serves; PrepareAsync comes first"); }
        options.SigningCredentials.Add(new SigningCredentials(signing, SecurityAlgorithms.EcdsaSha256));
        options.EncryptionCredentials.Add(new EncryptingCredentials(encryption, SecurityAlgorithms.Aes256KW, SecurityAlgorithms.Aes256CbcHmacSha512));
    }

    private static byte[] NewPair()
    {
        using var pair = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        return pair.ExportPkcs8PrivateKey();
    }

    private static async Task<byte[]> LoadAsync(ZhengtongDb db, Vault vault, TimeProvider clock, string purpose, Func<byte[]> make, CancellationToken ct)
    {
        var seal = $"platform-key:{purpose}";
        if (!await db.PlatformKeys.AnyAsync(k => k.Purpose == purpose, ct))
        {
            var made = new PlatformKey { Purpose = purpose, Sealed = vault.Seal(make(), seal), CreatedAt = clock.GetUtcNow() };
            db.PlatformKeys.Add(made);
            try { await db.SaveChangesAsync(ct); }
            // Another process made it in the same moment: theirs counts.
            catch (DbUpdateException e) when (e.IsUniqueViolation()) { db.Entry(made).State = EntityState.Detached; }
        }

        try { return vault.Open((await db.PlatformKeys.AsNoTracking().SingleAsync(k => k.Purpose == purpose, ct)).Sealed, seal); }
        catch (CryptographicException) { throw new RefusedToStartException(5, Text.Of("kernel.start.other-key")); }
    }
}
