using Microsoft.EntityFrameworkCore;
using Zhengtong.Cloud.Savings;
using Zhengtong.Kernel;

namespace Zhengtong;

internal partial class ZhengtongDb
{
    internal DbSet<SavingsMethod> SavingsMethods => Set<SavingsMethod>();

    private static void ConfigureSavings(ModelBuilder builder) => builder.Entity<SavingsMethod>(m =>
    {
        m.ToTable("savings_methods", "cloud");
        m.HasKey(x => x.Version);
        m.Property(x => x.Version).ValueGeneratedNever();
        m.Property(x => x.FromYear);
        m.Property(x => x.Parameters).AsPlainJson();
        m.Property(x => x.SetAt);
        m.Property(x => x.SetBy);
        m.Property(x => x.Reason).HasMaxLength(500);
    });
}
