using Microsoft.EntityFrameworkCore;
using Zhengtong.Kernel.Jobs;

namespace Zhengtong;

internal partial class ZhengtongDb
{
    internal DbSet<JobRun> JobRuns => Set<JobRun>();

    private static void ConfigureJobs(ModelBuilder builder) => builder.Entity<JobRun>(r =>
    {
        r.ToTable("job_runs", "kernel");
        r.HasKey(x => x.Id);
        r.Property(x => x.Job).HasMaxLength(100);
        r.Property(x => x.StartedAt);
        r.Property(x => x.FinishedAt);
        r.Property(x => x.Result);
        r.Property(x => x.Count);
        r.Property(x => x.Error).HasMaxLength(1000);
        r.Property(x => x.Process).HasMaxLength(100);
        r.HasIndex(x => new { x.Job, x.StartedAt });
    });
}
