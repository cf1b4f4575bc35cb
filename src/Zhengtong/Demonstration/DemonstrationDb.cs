using Microsoft.EntityFrameworkCore;
using Zhengtong.Demonstration;

namespace Zhengtong;

internal partial class ZhengtongDb
{
    internal DbSet<DemonstrationMark> DemonstrationMarks => Set<DemonstrationMark>();

    private static void ConfigureDemonstration(ModelBuilder builder) => builder.Entity<DemonstrationMark>(m =>
    {
        m.ToTable("demonstration_marks", "demonstration");
        m.HasKey(x => x.Name);
        m.Property(x => x.Name).HasMaxLength(100);
        m.Property(x => x.At);
    });
}
