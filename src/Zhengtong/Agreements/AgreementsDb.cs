using Microsoft.EntityFrameworkCore;
using Zhengtong.Agreements.Model;

namespace Zhengtong;

internal partial class ZhengtongDb
{
    internal DbSet<Agreement> Agreements => Set<Agreement>();

    private static void ConfigureAgreements(ModelBuilder builder)
    {
        builder.Entity<Agreement>(a =>
        {
            a.ToTable("agreements", "agreements");
            a.HasKey(x => x.Id);
            a.Property(x => x.Number).HasMaxLength(20);
            a.HasIndex(x => x.Number).IsUnique();
            a.Property(x => x.ApplicationId);
            a.Property(x => x.ResourceId);
            a.Property(x => x.ProviderId);
            a.HasIndex(x => x.ProviderId);
            a.Property(x => x.ConsumerId);
            a.HasIndex(x => x.ConsumerId);
            a.Property(x => x.Document);
            a.Property(x => x.Digest).HasMaxLength(64);
            a.Property(x => x.From);
            a.Property(x => x.Until);
            a.Property(x => x.State);
            a.HasIndex(x => new { x.State, x.Until });
            a.Property(x => x.CreatedAt);
            a.Property(x => x.Revision).IsConcurrencyToken();
            a.OwnsOne(x => x.ProviderSeal, ConfigureSeal);
            a.OwnsOne(x => x.ConsumerSeal, ConfigureSeal);
        });
    }

    private static void ConfigureSeal(Microsoft.EntityFrameworkCore.Metadata.Builders.OwnedNavigationBuilder<Agreement, Seal> seal)
    {
        seal.Property(x => x.OfficerName).HasMaxLength(50);
        seal.Property(x => x.KeyId).HasMaxLength(16);
        seal.Property(x => x.Signature).HasMaxLength(200);
    }
}
