using Microsoft.EntityFrameworkCore;
using Zhengtong.Cloud.Model;
using Zhengtong.Cloud.Reclaim;
using Zhengtong.Kernel.Organisations;

namespace Zhengtong;

internal partial class ZhengtongDb
{
    internal DbSet<ReclaimCase> Reclaims => Set<ReclaimCase>();

    internal DbSet<ReclaimRules> ReclaimRules => Set<ReclaimRules>();

    internal DbSet<ReclaimExclusion> ReclaimExclusions => Set<ReclaimExclusion>();

    private static void ConfigureReclaims(ModelBuilder builder)
    {
        builder.Entity<ReclaimCase>(r =>
        {
            r.ToTable("reclaims", "cloud");
            r.HasKey(x => x.Id);
            r.Property(x => x.Id).ValueGeneratedNever();
            r.HasOne<CloudResource>().WithMany().HasForeignKey(x => x.ResourceId).OnDelete(DeleteBehavior.Restrict);
            // Of a resource one is under way at most.
            r.HasIndex(x => x.ResourceId, "ix_reclaims_under_way").IsUnique().HasFilter("ended_at IS NULL");
            r.HasOne<Organisation>().WithMany().HasForeignKey(x => x.OrganisationId).OnDelete(DeleteBehavior.Restrict);
            r.Property(x => x.State);
            r.HasIndex(x => new { x.State, x.FoundAt });
            r.Property(x => x.Rules);
            r.Property(x => x.FoundAt);
            r.Property(x => x.CpuMean);
            r.Property(x => x.CpuPeak);
            r.Property(x => x.Days);
            r.Property(x => x.Coverage);
            r.Property(x => x.NoticedAt);
            r.Property(x => x.ObjectUntil);
            r.Property(x => x.Objection).HasMaxLength(500);
            r.Property(x => x.Answer).HasMaxLength(500);
            r.Property(x => x.StoppedAt);
            r.Property(x => x.RemoveAfter);
            r.Property(x => x.EndedAt);
            r.Property(x => x.Ground);
            r.Property(x => x.Revision).IsConcurrencyToken();
            r.Ignore(x => x.IsOver);
        });
        builder.Entity<ReclaimRules>(r =>
        {
            r.ToTable("reclaim_rules", "cloud");
            r.HasKey(x => x.Version);
            r.Property(x => x.Version).ValueGeneratedNever();
            r.Property(x => x.IdleCpu);
            r.Property(x => x.UnderusedCpu);
            r.Property(x => x.Days);
            r.Property(x => x.Coverage);
            r.Property(x => x.ObjectionDays);
            r.Property(x => x.KeptDays);
            r.Property(x => x.SetAt);
            r.Property(x => x.SetBy);
            r.Property(x => x.Reason).HasMaxLength(500);
        });
        builder.Entity<ReclaimExclusion>(e =>
        {
            e.ToTable("reclaim_exclusions", "cloud");
            e.HasKey(x => x.Id);
            e.Property(x => x.Id).ValueGeneratedNever();
            e.HasOne<CloudResource>().WithMany().HasForeignKey(x => x.ResourceId).OnDelete(DeleteBehavior.Restrict);
            e.Property(x => x.Reason).HasMaxLength(500);
            e.Property(x => x.Until);
            e.Property(x => x.SetAt);
            e.Property(x => x.SetBy);
        });
    }
}
