using Microsoft.EntityFrameworkCore;
using Zhengtong.OpenData.Model;

namespace Zhengtong;

internal partial class ZhengtongDb
{
    internal DbSet<CheckedLink> CheckedLinks => Set<CheckedLink>();

    internal DbSet<LinkSet> LinkSets => Set<LinkSet>();

    private static void ConfigureLinks(ModelBuilder builder)
    {
        builder.Entity<CheckedLink>(l =>
        {
            l.ToTable("checked_links", "open_data");
            l.HasKey(x => x.Id);
            l.Property(x => x.Id).ValueGeneratedNever();
            l.Property(x => x.OwnerId);
            l.HasIndex(x => x.OwnerId);
            l.Property(x => x.IsHarvested);
            l.Property(x => x.OrganisationId);
            l.HasIndex(x => new { x.OrganisationId, x.State });
            l.Property(x => x.Title).HasMaxLength(200);
            l.Property(x => x.Address).HasMaxLength(2000);
            l.Property(x => x.Content);
            l.Property(x => x.State);
            l.HasIndex(x => new { x.State, x.CheckedAt });
            l.Property(x => x.Status);
            l.Property(x => x.Fault).HasMaxLength(60);
            l.Property(x => x.Failures);
            l.Property(x => x.FailingSince);
            l.Property(x => x.CheckedAt);
            l.Property(x => x.NextAt);
            l.HasIndex(x => x.NextAt);
            l.Property(x => x.IsUntold);
            l.HasIndex(x => new { x.IsUntold, x.OrganisationId });
        });
        builder.Entity<LinkSet>(s =>
        {
            s.ToTable("link_sets", "open_data");
            s.HasKey(x => x.OwnerId);
            s.Property(x => x.OwnerId).ValueGeneratedNever();
            s.Property(x => x.Revision);
        });
    }
}
