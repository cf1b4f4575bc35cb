using Microsoft.EntityFrameworkCore;
using Zhengtong.Cloud.Model;
using Zhengtong.Cloud.Sites;

namespace Zhengtong;

internal partial class ZhengtongDb
{
    internal DbSet<CloudSite> CloudSites => Set<CloudSite>();

    private static void ConfigureSites(ModelBuilder builder) => builder.Entity<CloudSite>(s =>
    {
        s.ToTable("sites", "cloud");
        s.HasKey(x => x.ResourceId);
        s.Property(x => x.ResourceId).ValueGeneratedNever();
        s.HasOne<CloudResource>().WithMany().HasForeignKey(x => x.ResourceId).OnDelete(DeleteBehavior.Restrict);
        s.Property(x => x.Name).HasMaxLength(CloudSite.LongestName);
        s.HasIndex(x => x.Name).IsUnique();
        s.Property(x => x.Server);
        s.Property(x => x.Port);
        s.Property(x => x.Files);
        s.Property(x => x.FileCount);
        s.Property(x => x.FileBytes);
        s.Property(x => x.UploadedAt);
        s.Property(x => x.Revision).IsConcurrencyToken();
    });
}
