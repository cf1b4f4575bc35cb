using Microsoft.EntityFrameworkCore;
using Zhengtong.OpenData.Model;

namespace Zhengtong;

internal partial class ZhengtongDb
{
    internal DbSet<LiveDataset> LiveDatasets => Set<LiveDataset>();

    private static void ConfigureLive(ModelBuilder builder) => builder.Entity<LiveDataset>(l =>
    {
        l.ToTable("live_datasets", "open_data");
        l.HasKey(x => x.DatasetId);
        l.HasOne<Dataset>().WithOne().HasForeignKey<LiveDataset>(x => x.DatasetId).OnDelete(DeleteBehavior.Cascade);
        l.Property(x => x.AgreementId);
        l.Property(x => x.ResourceId);
        l.Property(x => x.Name).HasMaxLength(100);
        l.Property(x => x.QuietMinutes);
        l.Property(x => x.BoundBy);
        l.Property(x => x.BoundAt);
        l.Property(x => x.State);
        l.HasIndex(x => new { x.State, x.NextAt });
        l.Property(x => x.Batches);
        l.Property(x => x.TakenAt);
        l.Property(x => x.GrantedBy);
        l.Property(x => x.PendingVersionId);
        l.Property(x => x.Content);
        l.Property(x => x.Accepted);
        l.Property(x => x.HeldSince);
        l.Property(x => x.Torn);
        l.Property(x => x.Problem).HasMaxLength(100);
        l.Property(x => x.ProblemDetail).HasMaxLength(300);
        l.Property(x => x.NextAt);
        l.Property(x => x.Revision).IsConcurrencyToken();
    });
}
