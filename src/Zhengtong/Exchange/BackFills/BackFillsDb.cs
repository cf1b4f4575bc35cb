using Microsoft.EntityFrameworkCore;
using Zhengtong.Exchange.BackFills;
using Zhengtong.Exchange.Model;

namespace Zhengtong;

internal partial class ZhengtongDb
{
    internal DbSet<BackFill> BackFills => Set<BackFill>();

    private static void ConfigureBackFills(ModelBuilder builder) => builder.Entity<BackFill>(b =>
    {
        b.ToTable("back_fills", "exchange");
        b.HasKey(x => x.Id);
        b.HasOne<Delivery>().WithMany().HasForeignKey(x => x.DeliveryId).OnDelete(DeleteBehavior.Restrict);
        b.Property(x => x.ActiveDeliveryId);
        b.HasIndex(x => x.ActiveDeliveryId).IsUnique();
        b.HasIndex(x => new { x.DeliveryId, x.OrderedAt });
        b.Property(x => x.OrderedBy);
        b.Property(x => x.OrderedAt);
        b.Property(x => x.Column).HasMaxLength(63);
        b.Property(x => x.Range);
        b.Property(x => x.State);
        b.Property(x => x.EstimatedRows);
        b.Property(x => x.Rows);
        b.Property(x => x.FirstBatch);
        b.Property(x => x.LastBatch);
        b.Property(x => x.Position);
        b.Property(x => x.Problem).HasMaxLength(100);
        b.Property(x => x.EndedAt);
        b.Ignore(x => x.IsActive);
        b.Ignore(x => x.Purpose);
        b.Property(x => x.Revision).IsConcurrencyToken();
    });
}
