using Microsoft.EntityFrameworkCore;
using Zhengtong.Agreements.Model;
using Zhengtong.Kernel;

namespace Zhengtong;

internal partial class ZhengtongDb
{
    internal DbSet<Application> Applications => Set<Application>();

    internal DbSet<Agreement> Agreements => Set<Agreement>();

    private static void ConfigureAgreements(ModelBuilder builder)
    {
        builder.Entity<DocumentNumber>(n =>
        {
            n.ToTable("document_numbers", "agreements");
            n.HasKey(x => new { x.Kind, x.Year });
            n.Property(x => x.Kind).HasMaxLength(2);
            n.Property(x => x.Year);
            n.Property(x => x.Last);
        });
        builder.Entity<Application>(a =>
        {
            a.ToTable("applications", "agreements");
            a.HasKey(x => x.Id);
            a.Property(x => x.Number).HasMaxLength(20);
            a.HasIndex(x => x.Number).IsUnique();
            a.Property(x => x.ResourceId);
            // One open application of a department for a resource.
            a.HasIndex(x => new { x.ResourceId, x.ApplicantId }).IsUnique().HasFilter("state = 'Submitted'");
            a.Property(x => x.ResourceName).HasMaxLength(100);
            a.Property(x => x.ResourceRevision);
            a.Property(x => x.ProviderId);
            a.HasIndex(x => new { x.ProviderId, x.State });
            a.Property(x => x.ApplicantId);
            a.HasIndex(x => new { x.ApplicantId, x.State });
            a.Property(x => x.Columns).AsJson();
            a.Property(x => x.Kind);
            a.Property(x => x.Operations).AsJson();
            a.Property(x => x.Limits).AsJson();
            a.Property(x => x.Rows).AsJson();
            a.Property(x => x.Purpose).HasMaxLength(500);
            a.Property(x => x.LegalGround).HasMaxLength(500);
            a.Property(x => x.EverySeconds);
            a.Property(x => x.Until);
            a.Property(x => x.Suite);
            a.Property(x => x.State);
            a.Property(x => x.SubmittedBy);
            a.Property(x => x.SubmittedAt);
            a.Property(x => x.DueOn);
            a.Property(x => x.DueBy).AsJson();
            a.Property(x => x.DecidedAt);
            a.Property(x => x.DecidedBy);
            a.Property(x => x.RefusalGround);
            a.Property(x => x.Reason).HasMaxLength(500);
            a.Property(x => x.Revision).IsConcurrencyToken();
        });
        builder.Entity<Agreement>(a =>
        {
            a.ToTable("agreements", "agreements");
            a.HasKey(x => x.Id);
            a.Property(x => x.Number).HasMaxLength(20);
            a.HasIndex(x => x.Number).IsUnique();
            a.HasOne<Application>().WithOne().HasForeignKey<Agreement>(x => x.ApplicationId).OnDelete(DeleteBehavior.Restrict);
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
            a.Property(x => x.SuspendedBy);
            a.Property(x => x.ResumedAt);
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
