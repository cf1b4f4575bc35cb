using Microsoft.EntityFrameworkCore;
using Zhengtong.Cloud.Bills;
using Zhengtong.Kernel.Organisations;

namespace Zhengtong;

internal partial class ZhengtongDb
{
    internal DbSet<Bill> Bills => Set<Bill>();

    internal DbSet<BillLine> BillLines => Set<BillLine>();

    internal DbSet<BillCorrection> BillCorrections => Set<BillCorrection>();

    private static void ConfigureBills(ModelBuilder builder)
    {
        builder.Entity<Bill>(b =>
        {
            b.ToTable("bills", "cloud");
            b.HasKey(x => x.Id);
            b.Property(x => x.Id).ValueGeneratedNever();
            b.Property(x => x.Month);
            b.HasOne<Organisation>().WithMany().HasForeignKey(x => x.OrganisationId).OnDelete(DeleteBehavior.Restrict);
            b.Property(x => x.NodeId);
            b.HasIndex(x => new { x.Month, x.OrganisationId, x.NodeId }).IsUnique();
            b.Property(x => x.Region);
            b.Property(x => x.State);
            b.Property(x => x.Total).HasPrecision(28, 16);
            b.Property(x => x.Resources);
            b.Property(x => x.UnpricedCount);
            b.Property(x => x.CountedAt);
            b.Property(x => x.ClosedAt);
            b.Property(x => x.Revision).IsConcurrencyToken();
            b.Ignore(x => x.Number);
        });
        builder.Entity<BillLine>(l =>
        {
            l.ToTable("bill_lines", "cloud");
            l.HasKey(x => x.Id);
            l.Property(x => x.Id).ValueGeneratedNever();
            l.HasOne<Bill>().WithMany().HasForeignKey(x => x.BillId).OnDelete(DeleteBehavior.Restrict);
            l.Property(x => x.Position);
            l.HasIndex(x => new { x.BillId, x.Position }).IsUnique();
            l.Property(x => x.Category);
            l.Property(x => x.Corrects);
            l.Property(x => x.ResourceId);
            l.Property(x => x.ServiceCode).HasMaxLength(40);
            l.Property(x => x.PlanCode).HasMaxLength(40);
            l.Property(x => x.Meter).HasMaxLength(40);
            l.Property(x => x.PriceId);
            l.Property(x => x.UnitPrice).HasPrecision(18, 8);
            l.Property(x => x.Quantity).HasPrecision(20, 8);
            l.Property(x => x.Cost).HasPrecision(28, 16);
            l.Property(x => x.From);
            l.Property(x => x.Until);
        });
        builder.Entity<BillCorrection>(c =>
        {
            c.ToTable("bill_corrections", "cloud");
            c.HasKey(x => x.Id);
            c.Property(x => x.Id).ValueGeneratedNever();
            c.HasOne<BillLine>().WithMany().HasForeignKey(x => x.LineId).OnDelete(DeleteBehavior.Restrict);
            c.Property(x => x.OrganisationId);
            c.Property(x => x.NodeId);
            c.Property(x => x.Month);
            c.Property(x => x.Quantity).HasPrecision(20, 8);
            c.Property(x => x.Difference).HasPrecision(20, 8);
            c.Property(x => x.Reason).HasMaxLength(500);
            c.Property(x => x.AskedBy);
            c.Property(x => x.AskedAt);
            c.HasOne<Bill>().WithMany().HasForeignKey(x => x.BilledIn).OnDelete(DeleteBehavior.Restrict);
            c.HasIndex(x => x.BilledIn);
        });
    }
}
