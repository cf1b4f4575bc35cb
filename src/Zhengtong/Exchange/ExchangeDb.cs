using Microsoft.EntityFrameworkCore;
using Zhengtong.Exchange.Model;
using Zhengtong.Exchange.Nodes;
using Zhengtong.Exchange.Reconciliations;
using Zhengtong.Kernel.Organisations;

namespace Zhengtong;

internal partial class ZhengtongDb
{
    internal DbSet<DataSource> DataSources => Set<DataSource>();

    internal DbSet<Mount> Mounts => Set<Mount>();

    internal DbSet<Intake> Intakes => Set<Intake>();

    internal DbSet<Delivery> Deliveries => Set<Delivery>();

    internal DbSet<Batch> Batches => Set<Batch>();

    internal DbSet<Reconciliation> Reconciliations => Set<Reconciliation>();

    internal DbSet<Statement> Statements => Set<Statement>();

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
            s.HasOne<FrontEndNode>().WithMany().HasForeignKey(x => x.NodeId).OnDelete(DeleteBehavior.Restrict);
            s.Property(x => x.Problem).HasMaxLength(100);
            s.Property(x => x.SeenAt);
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
            m.Property(x => x.Capture);
            m.Property(x => x.Encoding);
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
            i.Property(x => x.CreateOnNode);
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
            d.Property(x => x.CaughtUpAt);
            d.Property(x => x.Keeps);
            d.Property(x => x.Clears);
            d.Property(x => x.CopyReason);
            d.Property(x => x.LogBytes);
            d.Property(x => x.LogStatus).HasMaxLength(20);
            d.Property(x => x.LogAlarmAt);
            d.Property(x => x.NextRunAt);
            d.Property(x => x.Orders);
            d.Property(x => x.OrdersBegun);
            d.Ignore(x => x.IsOrdered);
            d.Property(x => x.AskedAt);
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
            b.Property(x => x.VoidedAt);
            b.Property(x => x.Stamp);
            b.Property(x => x.StampedAt);
            b.HasIndex(x => x.SealedAt, "ix_batches_unstamped").HasFilter("\"stamped_at\" IS NULL");
            b.HasIndex(x => new { x.DeliveryId, x.ReceivedAt });
        });
        builder.Entity<Reconciliation>(r =>
        {
            r.ToTable("reconciliations", "exchange");
            r.HasKey(x => x.Id);
            r.HasOne<Delivery>().WithMany().HasForeignKey(x => x.DeliveryId).OnDelete(DeleteBehavior.Restrict);
            r.Property(x => x.ActiveDeliveryId);
            r.HasIndex(x => x.ActiveDeliveryId).IsUnique();
            r.Property(x => x.Day);
            r.HasIndex(x => new { x.DeliveryId, x.Day }).IsUnique();
            r.HasIndex(x => new { x.DeliveryId, x.RequestedAt });
            r.Property(x => x.State);
            r.Property(x => x.RequestedAt);
            r.Property(x => x.StartedAt);
            r.Property(x => x.FinishedAt);
            r.Property(x => x.RowsRead);
            r.Property(x => x.RowsExpected);
            r.Property(x => x.LastBatch);
            r.Property(x => x.ProviderRows);
            r.Property(x => x.ConsumerRows);
            r.Property(x => x.NotCompared);
            r.Property(x => x.Quarantined);
            r.Property(x => x.Missing);
            r.Property(x => x.Extra);
            r.Property(x => x.Different);
            r.Property(x => x.Ranges);
            r.Property(x => x.ProviderDigest).HasMaxLength(64);
            r.Property(x => x.ConsumerDigest).HasMaxLength(64);
            r.Property(x => x.Differences);
            r.Property(x => x.Problem).HasMaxLength(100);
            r.Property(x => x.RepairOrderedAt);
            r.Property(x => x.RepairedAt);
            r.Property(x => x.RepairFirst);
            r.Property(x => x.RepairLast);
            r.Ignore(x => x.IsEqual);
            r.Ignore(x => x.Purpose);
            r.Property(x => x.Revision).IsConcurrencyToken();
        });
        builder.Entity<Statement>(s =>
        {
            s.ToTable("statements", "exchange");
            s.HasKey(x => x.ReconciliationId);
            s.HasOne<Reconciliation>().WithOne().HasForeignKey<Statement>(x => x.ReconciliationId).OnDelete(DeleteBehavior.Restrict);
            s.Property(x => x.DeliveryId);
            s.Property(x => x.Sequence);
            s.HasIndex(x => new { x.DeliveryId, x.Sequence }).IsUnique();
            s.Property(x => x.Document);
            s.Property(x => x.Digest).HasMaxLength(64);
            s.Property(x => x.ProviderSignature).HasMaxLength(200);
            s.Property(x => x.ConsumerSignature).HasMaxLength(200);
            s.Property(x => x.ProviderKey).HasMaxLength(64);
            s.Property(x => x.ConsumerKey).HasMaxLength(64);
            s.Property(x => x.LastBatch);
            s.Property(x => x.IssuedAt);
        });
        ConfigureGateway(builder);
        ConfigureNodes(builder);
        ConfigureComparisons(builder);
        ConfigureEvidence(builder);
        ConfigureFiles(builder);
        ConfigureMonitor(builder);
        ConfigureContainers(builder);
        ConfigureQuality(builder);
        ConfigureTimetables(builder);
        ConfigureBackFills(builder);
    }
}
