using Microsoft.EntityFrameworkCore;
using Zhengtong.Kernel;
using Zhengtong.Kernel.Organisations;
using Zhengtong.OpenData.Model;

namespace Zhengtong;

internal partial class ZhengtongDb
{
    internal DbSet<HarvestSource> HarvestSources => Set<HarvestSource>();

    internal DbSet<HarvestRun> HarvestRuns => Set<HarvestRun>();

    internal DbSet<HarvestedDataset> HarvestedDatasets => Set<HarvestedDataset>();

    internal DbSet<HarvestConflict> HarvestConflicts => Set<HarvestConflict>();

    private void ConfigureHarvest(ModelBuilder builder)
    {
        builder.Entity<HarvestSource>(s =>
        {
            s.ToTable("harvest_sources", "open_data");
            s.HasKey(x => x.Id);
            s.Property(x => x.Id).ValueGeneratedNever();
            s.Property(x => x.Name).HasMaxLength(100);
            s.Property(x => x.Kind);
            s.Property(x => x.Address).HasMaxLength(2000);
            s.Property(x => x.EveryHours);
            s.Property(x => x.IsEnabled);
            s.HasOne<Organisation>().WithMany().HasForeignKey(x => x.OrganisationId).OnDelete(DeleteBehavior.Restrict);
            s.Property(x => x.CreatedAt);
            s.HasIndex(x => x.CreatedAt);
            s.Property(x => x.NextRunAt);
            s.Property(x => x.IsRunRequested);
            s.Property(x => x.MayShrink);
            s.Property(x => x.RemovedAt);
            s.Property(x => x.ActiveKey).HasMaxLength(64);
            s.HasIndex(x => x.ActiveKey).IsUnique();
            s.Property(x => x.Renamed);
            s.Property(x => x.Revision).IsConcurrencyToken();
        });
        builder.Entity<HarvestRun>(r =>
        {
            r.ToTable("harvest_runs", "open_data");
            r.HasKey(x => x.Id);
            r.Property(x => x.Id).ValueGeneratedNever();
            r.HasOne<HarvestSource>().WithMany().HasForeignKey(x => x.SourceId).OnDelete(DeleteBehavior.Restrict);
            r.HasIndex(x => new { x.SourceId, x.StartedAt });
            r.Property(x => x.State);
            r.HasIndex(x => new { x.State, x.StepAt });
            r.Property(x => x.EndedAt);
            r.Property(x => x.Position).HasMaxLength(2000);
            r.Property(x => x.PageSize);
            r.Property(x => x.Pages);
            r.Property(x => x.Failures);
            r.Property(x => x.NotBefore);
            r.Property(x => x.Seen);
            r.Property(x => x.Added);
            r.Property(x => x.Changed);
            r.Property(x => x.Unchanged);
            r.Property(x => x.Withdrawn);
            r.Property(x => x.Refused);
            r.Property(x => x.Fault).HasMaxLength(60);
            r.Property(x => x.FaultDetail).HasMaxLength(500);
            r.Property(x => x.Notes).AsPlainJson();
            r.Property(x => x.Revision).IsConcurrencyToken();
        });
        builder.Entity<HarvestedDataset>(d =>
        {
            d.ToTable("harvested_datasets", "open_data");
            d.HasKey(x => x.Id);
            d.Property(x => x.Id).ValueGeneratedNever();
            d.HasOne<HarvestSource>().WithMany().HasForeignKey(x => x.SourceId).OnDelete(DeleteBehavior.Restrict);
            d.Property(x => x.Identifier).HasMaxLength(300);
            d.HasIndex(x => new { x.SourceId, x.Identifier }).IsUnique();
            d.HasIndex(x => x.Identifier);
            d.Property(x => x.Uuid);
            d.Property(x => x.Hash).HasMaxLength(64);
            d.Property(x => x.IsPresent);
            d.Property(x => x.Description).AsPlainJson();
            d.Property(x => x.Correction).AsPlainJson();
            d.Property(x => x.CorrectedHash).HasMaxLength(64);
            d.Property(x => x.Title).HasMaxLength(200);
            d.HasIndex(x => x.Title);
            d.Property(x => x.IsShown);
            // As those of our own datasets.
            if (Database.IsSqlite())
            {
                d.HasIndex(x => new { x.IsShown, x.ModifiedAt, x.Id, x.SourceId, x.Licence, x.ThemeList, x.FormatList }).IsDescending(false, true, false, false, false, false, false).HasDatabaseName("ix_harvested_datasets_newest");
                d.HasIndex(x => new { x.IsShown, x.Id, x.SourceId, x.Licence, x.ThemeList, x.FormatList, x.ModifiedAt }).HasDatabaseName("ix_harvested_datasets_facets");
            }
            else { d.HasIndex(x => new { x.IsShown, x.ModifiedAt, x.Id }).IsDescending(false, true, false).HasDatabaseName("ix_harvested_datasets_newest"); }
            d.HasIndex(x => new { x.IsShown, x.Title, x.Id });
            d.Property(x => x.Licence).HasMaxLength(40);
            d.Property(x => x.ThemeList).HasMaxLength(200);
            d.Property(x => x.FormatList).HasMaxLength(500);
            d.Property(x => x.Distributions);
            d.Property(x => x.FirstSeenAt);
            d.Property(x => x.ModifiedAt);
            d.Property(x => x.ChangedAt);
            d.Property(x => x.SeenIn);
            d.Property(x => x.Revision).IsConcurrencyToken();
            d.Ignore(x => x.IsInConflict);
        });
        builder.Entity<HarvestConflict>(c =>
        {
            c.ToTable("harvest_conflicts", "open_data");
            c.HasKey(x => x.Id);
            c.Property(x => x.Id).ValueGeneratedNever();
            c.HasOne<HarvestSource>().WithMany().HasForeignKey(x => x.SourceId).OnDelete(DeleteBehavior.Restrict);
            c.Property(x => x.Kind);
            c.HasIndex(x => new { x.SourceId, x.Kind, x.Identifier });
            c.Property(x => x.Identifier).HasMaxLength(300);
            c.Property(x => x.HarvestedId);
            c.Property(x => x.OtherHarvestedId);
            c.Property(x => x.OtherSourceId);
            c.HasIndex(x => x.OtherSourceId);
            c.Property(x => x.DatasetId);
            c.Property(x => x.Title).HasMaxLength(200);
            c.Property(x => x.Detail).HasMaxLength(500);
            c.Property(x => x.FoundAt);
            c.HasIndex(x => x.FoundAt);
        });
    }
}
