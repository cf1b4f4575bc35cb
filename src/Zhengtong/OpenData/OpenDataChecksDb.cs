using Microsoft.EntityFrameworkCore;
using Zhengtong.Kernel;
using Zhengtong.OpenData.Model;
using Zhengtong.OpenData.Privacy;
using Zhengtong.OpenData.Quality;

namespace Zhengtong;

internal partial class ZhengtongDb
{
    internal DbSet<CheckRun> CheckRuns => Set<CheckRun>();

    internal DbSet<QualityScore> QualityScores => Set<QualityScore>();

    private static void ConfigureOpenDataChecks(ModelBuilder builder)
    {
        builder.Entity<CheckRun>(r =>
        {
            r.ToTable("check_runs", "open_data");
            r.HasKey(x => x.VersionId);
            r.HasOne<DatasetVersion>().WithOne().HasForeignKey<CheckRun>(x => x.VersionId).OnDelete(DeleteBehavior.Cascade);
            r.Property(x => x.ProposedAt);
            r.Property(x => x.Rows);
            r.Property(x => x.RowsRead);
            r.Property(x => x.Checked).AsPlainJson();
            r.Property(x => x.StartedAt);
        });
        builder.Entity<QualityScore>(q =>
        {
            q.ToTable("quality_scores", "open_data");
            q.HasKey(x => x.Id);
            q.HasOne<Dataset>().WithMany().HasForeignKey(x => x.DatasetId).OnDelete(DeleteBehavior.Cascade);
            q.Property(x => x.PublisherId);
            q.Property(x => x.Day);
            q.HasIndex(x => new { x.DatasetId, x.Day }).IsUnique();
            q.Property(x => x.VersionId);
            q.Property(x => x.Metadata);
            q.Property(x => x.Content);
            q.Property(x => x.Overall);
            q.Property(x => x.IsLatest);
            q.HasIndex(x => new { x.IsLatest, x.PublisherId });
            q.Property(x => x.Details).AsPlainJson();
            q.Property(x => x.ComputedAt);
        });
    }
}
