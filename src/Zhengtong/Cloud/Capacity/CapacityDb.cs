using Microsoft.EntityFrameworkCore;
using Zhengtong.Cloud.Capacity;
using Zhengtong.Cloud.Model;

namespace Zhengtong;

internal partial class ZhengtongDb
{
    internal DbSet<CapacityDay> CapacityDays => Set<CapacityDay>();

    private static void ConfigureCapacity(ModelBuilder builder) => builder.Entity<CapacityDay>(d =>
    {
        d.ToTable("capacity_days", "cloud");
        d.HasKey(x => new { x.PoolId, x.Kind, x.Day });
        d.HasOne<ResourcePool>().WithMany().HasForeignKey(x => x.PoolId).OnDelete(DeleteBehavior.Restrict);
        d.Property(x => x.Kind).HasMaxLength(ResourceKind.LongestCode);
        d.Property(x => x.Total);
        d.Property(x => x.Capacity);
        d.Property(x => x.Allocated);
        d.Property(x => x.Used);
    });
}
