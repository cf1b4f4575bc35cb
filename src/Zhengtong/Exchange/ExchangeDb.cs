using Microsoft.EntityFrameworkCore;
using Zhengtong.Exchange.Model;
using Zhengtong.Kernel.Organisations;

namespace Zhengtong;

internal partial class ZhengtongDb
{
    internal DbSet<DataSource> DataSources => Set<DataSource>();

    internal DbSet<Mount> Mounts => Set<Mount>();

    internal DbSet<Intake> Intakes => Set<Intake>();

    internal DbSet<Delivery> Deliveries => Set<Delivery>();

    internal DbSet<Batch> Batches => Set<Batch>();

    private static void ConfigureExchange(ModelBuilder builder)
    {
        builder.Entity<DataSource>(s =>
        {
            s.ToTable("data_sources", "exchange");
            s.HasKey(x => x.Id);
            s.Property(x => x.Name).HasMaxLength(60);
            s.HasIndex(x => new { x.OrganisationId, x.Name }).IsUnique();
            s.HasOne<Organisation>().WithMany().HasForeignKey(x => x.OrganisationId).OnDelete(DeleteBehavior.Restrict);
            s.Property(x => x.Kind);
            s.Property(x => x.Connection);
            s.Property(x => x.CreatedAt);
        });
        builder.Entity<Mount>(m =>
        {
            m.ToTable("mounts", "exchange");
            m.HasKey(x => x.Id);
            m.Property(x => x.ResourceId);
            m.HasIndex(x => x.ResourceId).IsUnique();
            m.Property(x => x.OrganisationId);
            m.HasIndex(x => x.OrganisationId);
            m.HasOne<DataSource>().WithMany().HasForeignKey(x => x.DataSourceId).OnDelete(DeleteBehavior.Restrict);
            m.Property(x => x.Schema).HasMaxLength(63);
            m.Property(x => x.Table).HasMaxLength(63);
            m.Property(x => x.WatermarkColumn).HasMaxLength(63);
            m.Property(x => x.SetAt);
        });
        builder.Entity<Intake>(i =>
        {
            i.ToTable("intakes", "exchange");
            i.HasKey(x => x.Id);
            i.Property(x => x.AgreementId);
            i.HasIndex(x => x.AgreementId).IsUnique();
            i.Property(x => x.OrganisationId);
            i.HasIndex(x => x.OrganisationId);
            i.HasOne<DataSource>().WithMany().HasForeignKey(x => x.DataSourceId).OnDelete(DeleteBehavior.Restrict);
            i.Property(x => x.Schema).HasMaxLength(63);
            i.Property(x => x.Table).HasMaxLength(63);
            i.Property(x => x.SetAt);
        });
        builder.Entity<Delivery>(d =>
        {
            d.ToTable("deliveries", "exchange");
            d.HasKey(x => x.Id);
            d.Property(x => x.AgreementId);
            d.HasIndex(x => x.AgreementId).IsUnique();
            d.Property(x => x.ResourceId);
            d.HasIndex(x => x.ResourceId);
            d.Property(x => x.ProviderId);
            d.HasIndex(x => x.ProviderId);
            d.Property(x => x.ConsumerId);
            d.HasIndex(x => x.ConsumerId);
            d.Property(x => x.State);
            d.Property(x => x.Phase);
            d.Property(x => x.Sequence);
            d.Property(x => x.ManifestDigest).HasMaxLength(64);
            d.Property(x => x.Position);
            d.Property(x => x.ChangesFrom);
            d.Property(x => x.EstimatedRows);
            d.Property(x => x.RowsReceived);
            d.Property(x => x.BatchesReceived);
            d.Property(x => x.BytesReceived);
            d.Property(x => x.LastReceivedAt);
            d.Property(x => x.CreatedAt);
            d.Property(x => x.SnapshotFinishedAt);
            d.Property(x => x.NextRunAt);
            d.Property(x => x.Problem).HasMaxLength(100);
            d.Property(x => x.ProblemDetail);
            d.Property(x => x.Failures);
            d.Property(x => x.Revision).IsConcurrencyToken();
        });
        builder.Entity<Batch>(b =>
        {
            b.ToTable("batches", "exchange");
            b.HasKey(x => new { x.DeliveryId, x.Sequence });
            b.HasOne<Delivery>().WithMany().HasForeignKey(x => x.DeliveryId).OnDelete(DeleteBehavior.Restrict);
            b.Property(x => x.Phase);
            b.Property(x => x.Rows);
            b.Property(x => x.Manifest);
            b.Property(x => x.ManifestDigest).HasMaxLength(64);
            b.Property(x => x.Signature).HasMaxLength(200);
            b.Property(x => x.CiphertextDigest).HasMaxLength(64);
            b.Property(x => x.Bytes);
            b.Property(x => x.SealedAt);
            b.Property(x => x.CounterReceipt);
            b.Property(x => x.CounterSignature).HasMaxLength(200);
            b.Property(x => x.ReceivedAt);
            b.HasIndex(x => new { x.DeliveryId, x.ReceivedAt });
        });
    }
}
