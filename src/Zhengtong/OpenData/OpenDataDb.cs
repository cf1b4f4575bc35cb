using Microsoft.EntityFrameworkCore;
using Zhengtong.Kernel;
using Zhengtong.Kernel.Organisations;
using Zhengtong.OpenData.Model;

namespace Zhengtong;

internal partial class ZhengtongDb
{
    internal DbSet<Dataset> Datasets => Set<Dataset>();

    internal DbSet<DatasetVersion> DatasetVersions => Set<DatasetVersion>();

    internal DbSet<PublicResource> PublicResources => Set<PublicResource>();

    internal DbSet<DownloadCount> DownloadCounts => Set<DownloadCount>();

    internal DbSet<OpeningFinding> OpeningFindings => Set<OpeningFinding>();

    internal DbSet<ImportJob> ImportJobs => Set<ImportJob>();

    private void ConfigureOpenData(ModelBuilder builder)
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
            // Each list is read in its order, and on SQLite narrowed down and counted, without a look at the rows; PostgreSQL's index entries are too small for the lists between bars.
            if (Database.IsSqlite())
            {
                d.HasIndex(x => new { x.State, x.ModifiedAt, x.Id, x.PublisherId, x.Licence, x.OpenAttribute, x.UpdateCycle, x.Region, x.ThemeList, x.FormatList }).IsDescending(false, true, false, false, false, false, false, false, false, false)
                    .HasDatabaseName("ix_datasets_newest");
                // By id, because what words find is looked up by it.
                d.HasIndex(x => new { x.State, x.Id, x.PublisherId, x.Licence, x.OpenAttribute, x.UpdateCycle, x.Region, x.ThemeList, x.FormatList, x.KeywordList, x.ModifiedAt }).HasDatabaseName("ix_datasets_facets");
            }
            else { d.HasIndex(x => new { x.State, x.ModifiedAt, x.Id }).IsDescending(false, true, false).HasDatabaseName("ix_datasets_newest"); }
            d.HasIndex(x => new { x.State, x.Title, x.Id });
            d.HasIndex(x => new { x.State, x.Rows, x.Id }).IsDescending(false, true, false);
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
            d.Property(x => x.UpdateCycle);
            d.Property(x => x.Rows);
            d.Property(x => x.Bytes);
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
        ConfigureDeveloperKeys(builder);
        builder.Entity<PublicResource>(r =>
        {
            r.ToTable("public_resources", "open_data");
            r.HasKey(x => x.Id);
            r.HasOne<Dataset>().WithMany().HasForeignKey(x => x.DatasetId).OnDelete(DeleteBehavior.Restrict);
            r.HasIndex(x => new { x.DatasetId, x.Position });
            r.Property(x => x.VersionId);
            r.Property(x => x.Name).HasMaxLength(200);
            r.Property(x => x.Format).HasMaxLength(20);
            r.Property(x => x.HasTable);
            r.Property(x => x.HasPlaces);
            r.Property(x => x.Rows);
            r.Property(x => x.IsGiven);
            r.Property(x => x.Resource).AsSharedJson();
        });
        builder.Entity<DownloadCount>(c =>
        {
            c.ToTable("download_counts", "open_data");
            c.HasKey(x => new { x.DatasetId, x.Day });
            c.HasOne<Dataset>().WithMany().HasForeignKey(x => x.DatasetId).OnDelete(DeleteBehavior.Cascade);
            c.HasIndex(x => x.Day);
            c.Property(x => x.Count);
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
        builder.Entity<ImportJob>(j =>
        {
            j.ToTable("import_jobs", "open_data");
            j.HasKey(x => x.Id);
            j.Property(x => x.DatasetId);
            j.HasIndex(x => new { x.VersionId, x.CreatedAt });
            j.Property(x => x.ResourceId);
            j.Property(x => x.ActiveResourceId);
            j.HasIndex(x => x.ActiveResourceId).IsUnique();
            j.Property(x => x.Name).HasMaxLength(200);
            j.Property(x => x.FileName).HasMaxLength(200);
            j.Property(x => x.Format).HasMaxLength(20);
            j.Property(x => x.Content);
            j.Property(x => x.Bytes);
            j.Property(x => x.Choices).AsPlainJson();
            j.Property(x => x.State);
            j.HasIndex(x => new { x.State, x.CreatedAt });
            j.Property(x => x.RequestedBy);
            j.Property(x => x.CreatedAt);
            j.Property(x => x.StartedAt);
            j.Property(x => x.EndedAt);
            j.Property(x => x.Attempts);
            j.Property(x => x.IsStopRequested);
            j.Property(x => x.Phase);
            j.Property(x => x.Rows);
            j.Property(x => x.BytesRead);
            j.Property(x => x.Fault).HasMaxLength(100);
            j.Property(x => x.FaultDetail).HasMaxLength(500);
            j.Property(x => x.Findings).AsPlainJson();
            j.Property(x => x.BadRows);
            j.Property(x => x.BadRowCount);
        });
        ConfigureOpenDataChecks(builder);
        ConfigureReuse(builder);
        ConfigureHarvest(builder);
        ConfigureLinks(builder);
        ConfigureLive(builder);
    }
}
