using Microsoft.EntityFrameworkCore;
using Zhengtong.Kernel;
using Zhengtong.Kernel.Organisations;
using Zhengtong.OpenData.Model;

namespace Zhengtong;

internal partial class ZhengtongDb
{
    internal DbSet<Dataset> Datasets => Set<Dataset>();

    internal DbSet<DatasetVersion> DatasetVersions => Set<DatasetVersion>();

    internal DbSet<OpeningFinding> OpeningFindings => Set<OpeningFinding>();

    private static void ConfigureOpenData(ModelBuilder builder)
    {
        builder.Entity<Dataset>(d =>
        {
            d.ToTable("datasets", "open_data");
            d.HasKey(x => x.Id);
            d.Property(x => x.Name).HasMaxLength(100);
            d.HasIndex(x => x.Name).IsUnique();
            d.HasOne<Organisation>().WithMany().HasForeignKey(x => x.PublisherId).OnDelete(DeleteBehavior.Restrict);
            d.Property(x => x.ResourceId);
            d.HasIndex(x => x.ResourceId);
            d.Property(x => x.State);
            d.HasIndex(x => new { x.State, x.ModifiedAt });
            d.Property(x => x.Current);
            d.Property(x => x.CurrentVersionId);
            d.Property(x => x.Description).AsPlainJson();
            d.Property(x => x.Title).HasMaxLength(200);
            d.Property(x => x.OpenAttribute);
            d.Property(x => x.Licence).HasMaxLength(40);
            d.Property(x => x.Region).HasMaxLength(12);
            d.Property(x => x.ThemeList).HasMaxLength(200);
            d.Property(x => x.KeywordList).HasMaxLength(2100);
            d.Property(x => x.FormatList).HasMaxLength(500);
            d.Property(x => x.CreatedAt);
            d.Property(x => x.PublishedAt);
            d.Property(x => x.ModifiedAt);
            d.Property(x => x.WithdrawnBecause).HasMaxLength(500);
            d.Property(x => x.Revision).IsConcurrencyToken();
        });
        builder.Entity<DatasetVersion>(v =>
        {
            v.ToTable("dataset_versions", "open_data");
            v.HasKey(x => x.Id);
            v.HasOne<Dataset>().WithMany().HasForeignKey(x => x.DatasetId).OnDelete(DeleteBehavior.Restrict);
            v.HasIndex(x => new { x.DatasetId, x.Number }).IsUnique();
            v.Property(x => x.State);
            v.Property(x => x.Description).AsPlainJson();
            v.Property(x => x.Resources).AsPlainJson();
            v.Property(x => x.ChangeNote).HasMaxLength(1000);
            v.Property(x => x.CreatedAt);
            v.Property(x => x.ProposedBy);
            v.Property(x => x.ProposedAt);
            v.Property(x => x.ExaminedBy);
            v.Property(x => x.ExaminedAt);
            v.Property(x => x.ApprovedBy);
            v.Property(x => x.PublishedAt);
            v.Property(x => x.ReturnedBecause).HasMaxLength(500);
            v.Property(x => x.Check);
            v.Property(x => x.CheckedAt);
            // Versions whose content is still to be checked.
            v.HasIndex(x => new { x.State, x.Check });
            v.HasIndex(x => new { x.DatasetId, x.PublishedAt });
            v.Property(x => x.Manifest);
            v.Property(x => x.ManifestSignature).HasMaxLength(1000);
            v.Property(x => x.Revision).IsConcurrencyToken();
        });
        builder.Entity<OpeningFinding>(f =>
        {
            f.ToTable("opening_findings", "open_data");
            f.HasKey(x => x.Id);
            f.HasOne<DatasetVersion>().WithMany().HasForeignKey(x => x.VersionId).OnDelete(DeleteBehavior.Cascade);
            f.HasIndex(x => new { x.VersionId, x.Severity });
            f.Property(x => x.ResourceId);
            f.Property(x => x.Content);
            f.Property(x => x.Column).HasMaxLength(300);
            f.Property(x => x.Kind).HasMaxLength(60);
            f.Property(x => x.Severity);
            f.Property(x => x.Cells);
            f.Property(x => x.Share);
            f.Property(x => x.Sample).HasMaxLength(200);
            f.Property(x => x.Detail).HasMaxLength(500);
            f.Property(x => x.FoundAt);
            f.Property(x => x.OverriddenBy);
            f.Property(x => x.OverriddenAt);
            f.Property(x => x.Ground).HasMaxLength(500);
            f.Property(x => x.LegalBasis).HasMaxLength(300);
            f.Property(x => x.Revision).IsConcurrencyToken();
            f.Ignore(x => x.Stands);
        });
        ConfigureOpenDataChecks(builder);
    }
}
