using Microsoft.EntityFrameworkCore;
using Zhengtong.Kernel.Search;

namespace Zhengtong;

internal partial class ZhengtongDb
{
    internal DbSet<SearchEntry> SearchEntries => Set<SearchEntry>();

    private static void ConfigureSearch(ModelBuilder builder) => builder.Entity<SearchEntry>(e =>
    {
        e.ToTable("search_entries", "kernel");
        e.HasKey(x => x.Id);
        e.Property(x => x.Kind).HasMaxLength(40);
        e.Property(x => x.Subject);
        e.HasIndex(x => new { x.Kind, x.Subject }).IsUnique();
        e.Property(x => x.Title);
        e.Property(x => x.Body);
    });
}
