using Microsoft.EntityFrameworkCore;
using Zhengtong.Kernel.Metering;

namespace Zhengtong;

internal partial class ZhengtongDb
{
    internal DbSet<UsageRecord> Usage => Set<UsageRecord>();

    internal DbSet<UsageRollUp> UsageRollUps => Set<UsageRollUp>();

    private static void ConfigureMetering(ModelBuilder builder)
    {
        builder.Entity<UsageRecord>(u =>
        {
            u.ToTable("usage_records", "kernel");
            u.HasKey(x => x.Id);
            u.Property(x => x.Id).ValueGeneratedNever();
            u.Property(x => x.At);
            u.Property(x => x.Meter).HasMaxLength(100);
            u.Property(x => x.Unit).HasMaxLength(40);
            u.Property(x => x.Quantity);
            u.Property(x => x.Subject).HasMaxLength(200);
            u.Property(x => x.OrganisationId);
            u.Property(x => x.AgreementId);
            u.Property(x => x.IsRolledUp);
            u.HasIndex(x => new { x.IsRolledUp, x.Id });
            u.HasIndex(x => new { x.Subject, x.At });
            u.HasIndex(x => new { x.Meter, x.At });
        });
        builder.Entity<UsageRollUp>(u =>
        {
            u.ToTable("usage_roll_ups", "kernel");
            u.HasKey(x => new { x.Period, x.StartsAt, x.Meter, x.OrganisationId, x.AgreementId, x.Unit });
            u.Property(x => x.Period);
            u.Property(x => x.StartsAt);
            u.Property(x => x.Meter).HasMaxLength(100);
            u.Property(x => x.Unit).HasMaxLength(40);
            u.Property(x => x.OrganisationId);
            u.Property(x => x.AgreementId);
            // Two roll-ups at once (a lease lost without a word) cannot both add: the later finds another sum and rolls back.
            u.Property(x => x.Quantity).IsConcurrencyToken();
            u.Property(x => x.Records).IsConcurrencyToken();
            u.HasIndex(x => new { x.OrganisationId, x.StartsAt });
        });
    }
}
