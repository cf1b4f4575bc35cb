using Microsoft.EntityFrameworkCore;
using Zhengtong.Exchange.Model;
using Zhengtong.Exchange.Timetables;
using Zhengtong.Kernel;

namespace Zhengtong;

internal partial class ZhengtongDb
{
    internal DbSet<Timetable> Timetables => Set<Timetable>();

    private static void ConfigureTimetables(ModelBuilder builder) => builder.Entity<Timetable>(t =>
    {
        t.ToTable("timetables", "exchange");
        t.HasKey(x => x.DeliveryId);
        t.HasOne<Delivery>().WithOne().HasForeignKey<Timetable>(x => x.DeliveryId).OnDelete(DeleteBehavior.Restrict);
        t.Property(x => x.Windows).AsJson();
        t.Property(x => x.RowsPerSecond);
        t.Property(x => x.BytesPerSecond);
        t.Property(x => x.Priority);
        t.Property(x => x.Revision).IsConcurrencyToken();
    });
}
