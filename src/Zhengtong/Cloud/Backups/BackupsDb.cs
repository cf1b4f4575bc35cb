using Microsoft.EntityFrameworkCore;
using Zhengtong.Cloud.Model;
using Zhengtong.Kernel;
using Zhengtong.Kernel.Objects;

namespace Zhengtong;

internal partial class ZhengtongDb
{
    internal DbSet<ResourceBackup> ResourceBackups => Set<ResourceBackup>();

    internal DbSet<BackupPlan> BackupPlans => Set<BackupPlan>();

    private static void ConfigureBackups(ModelBuilder builder)
    {
        builder.Entity<ResourceBackup>(b =>
        {
            b.ToTable("resource_backups", "cloud");
            b.HasKey(x => x.Id);
            b.Property(x => x.Id).ValueGeneratedNever();
            b.HasOne<CloudResource>().WithMany().HasForeignKey(x => x.ResourceId).OnDelete(DeleteBehavior.Restrict);
            b.Property(x => x.Name).HasMaxLength(ResourceBackup.LongestName);
            b.HasIndex(x => new { x.ResourceId, x.Name }).IsUnique();
            b.Property(x => x.IsScheduled);
            b.Property(x => x.Digest).HasConversion(d => d.Value, s => Digest.Parse(s, null)).HasMaxLength(64);
            b.Property(x => x.Length);
            b.Property(x => x.Key);
            b.Property(x => x.Volumes).AsPlainJson();
            b.Property(x => x.Source).HasMaxLength(150);
            b.Property(x => x.At);
            b.Property(x => x.ExpiresAt);
            b.HasIndex(x => x.ExpiresAt);
        });
        builder.Entity<BackupPlan>(p =>
        {
            p.ToTable("backup_plans", "cloud");
            p.HasKey(x => x.ResourceId);
            p.Property(x => x.ResourceId).ValueGeneratedNever();
            p.HasOne<CloudResource>().WithMany().HasForeignKey(x => x.ResourceId).OnDelete(DeleteBehavior.Restrict);
            p.Property(x => x.Hour);
            p.Property(x => x.Days);
            p.Property(x => x.NextAt);
            p.HasIndex(x => x.NextAt);
            p.Property(x => x.Revision).IsConcurrencyToken();
        });
    }
}
