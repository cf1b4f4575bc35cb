using Microsoft.EntityFrameworkCore;
using Zhengtong.Exchange.Model;
using Zhengtong.Exchange.Quality;
using Zhengtong.Kernel;

namespace Zhengtong;

internal partial class ZhengtongDb
{
    internal DbSet<QuarantinedRow> Quarantine => Set<QuarantinedRow>();

    internal DbSet<QualitySecret> QualitySecrets => Set<QualitySecret>();

    internal DbSet<Correction> Corrections => Set<Correction>();

    internal DbSet<SeenTable> SeenTables => Set<SeenTable>();

    private static void ConfigureQuality(ModelBuilder builder)
    {
        builder.Entity<QuarantinedRow>(q =>
        {
            q.ToTable("quarantine", "exchange");
            q.HasKey(x => x.Id);
            q.HasOne<Delivery>().WithMany().HasForeignKey(x => x.DeliveryId).OnDelete(DeleteBehavior.Restrict);
            q.Property(x => x.OrganisationId);
            q.Property(x => x.KeyDigest).HasMaxLength(32);
            q.HasIndex(x => new { x.DeliveryId, x.KeyDigest });
            q.Property(x => x.Reasons).AsJson();
            q.Property(x => x.Faults).HasMaxLength(200);
            q.Property(x => x.Row);
            q.Property(x => x.AfterBatch);
            q.Property(x => x.At);
            q.Property(x => x.State);
            q.HasIndex(x => new { x.DeliveryId, x.State, x.At });
            q.Property(x => x.SettledAt);
            q.Property(x => x.Batch);
            q.Ignore(x => x.Purpose);
            q.Ignore(x => x.IsOnNode);
            q.Property(x => x.Revision).IsConcurrencyToken();
        });
        builder.Entity<Correction>(c =>
        {
            c.ToTable("corrections", "exchange");
            c.HasKey(x => x.Id);
            c.HasOne<Delivery>().WithMany().HasForeignKey(x => x.DeliveryId).OnDelete(DeleteBehavior.Restrict);
            c.Property(x => x.ProviderId);
            c.HasIndex(x => new { x.ProviderId, x.State });
            c.Property(x => x.ConsumerId);
            c.HasIndex(x => new { x.ConsumerId, x.State });
            c.Property(x => x.Column).HasMaxLength(63);
            c.Property(x => x.Item).HasMaxLength(100);
            c.Property(x => x.KeyDigest).HasMaxLength(32);
            c.HasIndex(x => new { x.DeliveryId, x.KeyDigest });
            c.Property(x => x.ActiveKey).HasMaxLength(100);
            c.HasIndex(x => new { x.DeliveryId, x.ActiveKey }).IsUnique();
            c.Property(x => x.Content);
            c.Property(x => x.State);
            c.Property(x => x.OpenedAt);
            c.Property(x => x.DueOn);
            c.Property(x => x.DueBy).AsJson();
            c.Property(x => x.AnsweredAt);
            c.Property(x => x.SettledAt);
            c.Property(x => x.Batch);
            c.Ignore(x => x.IsWaiting);
            c.Property(x => x.Revision).IsConcurrencyToken();
        });
        builder.Entity<SeenTable>(t =>
        {
            t.ToTable("seen_tables", "exchange");
            t.HasKey(x => x.DeliveryId);
            t.HasOne<Delivery>().WithMany().HasForeignKey(x => x.DeliveryId).OnDelete(DeleteBehavior.Restrict);
            t.Property(x => x.Shape);
            t.Property(x => x.At);
        });
        builder.Entity<QualitySecret>(s =>
        {
            s.ToTable("quality_secrets", "exchange");
            s.HasKey(x => x.OrganisationId);
            s.Property(x => x.Secret);
            s.Property(x => x.CreatedAt);
        });
    }
}
