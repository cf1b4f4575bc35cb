using System.Security.Cryptography;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Kernel;
using Zhengtong.Kernel.Secrets;

namespace Zhengtong.Exchange.Quality;

/// <summary>What one delivery's masks and key digests are made with.</summary>
/// <param name="Mask">Of this provider for this consumer: what one consumer gets from one provider joins, in however many agreements and also after one is renewed;
/// of two consumers who put their tables together, no two values meet.</param>
/// <param name="Keys">Of this delivery alone.</param>
internal sealed record DeliverySecrets(byte[] Mask, byte[] Keys)
{
    /// <summary>Bytes of a provider's secret.</summary>
    internal const int Size = 32;

    internal static DeliverySecrets Of(byte[] provider, Guid consumer, Guid delivery) => new(OfMasks(provider, consumer), Derive(provider, "zhengtong-key-1", delivery));

    internal static byte[] OfMasks(byte[] provider, Guid consumer) => Derive(provider, "zhengtong-mask-1", consumer);

    private static byte[] Derive(byte[] secret, string use, Guid whom) =>
        HKDF.DeriveKey(HashAlgorithmName.SHA256, secret, Size, info: System.Text.Encoding.UTF8.GetBytes($"{use}:{whom}"));
}

/// <summary>The secrets of providers; made at first use.</summary>
internal sealed class QualitySecrets(ZhengtongDb db, Vault vault, TimeProvider clock)
{
    internal async Task<DeliverySecrets> OfAsync(Guid provider, Guid consumer, Guid delivery, CancellationToken ct) => DeliverySecrets.Of(await OfProviderAsync(provider, ct), consumer, delivery);

    /// <summary>What is hashed for a consumer, whatever brings it: a table's delivery or an API's answer.</summary>
    internal async Task<byte[]> OfMasksAsync(Guid provider, Guid consumer, CancellationToken ct) => DeliverySecrets.OfMasks(await OfProviderAsync(provider, ct), consumer);

    private async Task<byte[]> OfProviderAsync(Guid provider, CancellationToken ct)
    {
        var found = await db.QualitySecrets.AsNoTracking().SingleOrDefaultAsync(s => s.OrganisationId == provider, ct);
        if (found is null)
        {
            var made = new QualitySecret { OrganisationId = provider, Secret = vault.Seal(RandomNumberGenerator.GetBytes(DeliverySecrets.Size), QualitySecret.Purpose(provider)), CreatedAt = clock.GetUtcNow() };
            db.QualitySecrets.Add(made);
            try
            {
                await db.SaveChangesAsync(ct);
                found = made;
            }
            catch (DbUpdateException e) when (e.IsUniqueViolation())
            {
                // Another run made it in the same moment: theirs counts.
                found = await db.QualitySecrets.AsNoTracking().SingleAsync(s => s.OrganisationId == provider, ct);
            }

            db.Entry(made).State = EntityState.Detached;
        }

        return vault.Open(found.Secret, QualitySecret.Purpose(provider));
    }
}
