using Microsoft.EntityFrameworkCore;
using Zhengtong.Kernel.Calendar;

namespace Zhengtong;

internal partial class ZhengtongDb
{
    internal DbSet<CalendarDay> CalendarDays => Set<CalendarDay>();

    internal DbSet<CalendarYear> CalendarYears => Set<CalendarYear>();

    internal DbSet<DeadlineRule> DeadlineRules => Set<DeadlineRule>();

    private static void ConfigureCalendar(ModelBuilder builder)
    {
        builder.Entity<CalendarDay>(d =>
        {
            d.ToTable("calendar_days", "kernel");
            d.HasKey(x => x.Date);
            d.Property(x => x.IsWorkingDay);
            d.Property(x => x.Name).HasMaxLength(50);
            d.Property(x => x.IsOurs);
        });
        builder.Entity<CalendarYear>(y =>
        {
            y.ToTable("calendar_years", "kernel");
            y.HasKey(x => x.Year);
            y.Property(x => x.Year).ValueGeneratedNever();
            y.Property(x => x.State);
            y.Property(x => x.Source).HasMaxLength(500);
            y.Property(x => x.Revision).IsConcurrencyToken();
        });
        builder.Entity<DeadlineRule>(r =>
        {
            r.ToTable("deadline_rules", "kernel");
            r.HasKey(x => new { x.Code, x.InForceFrom });
            r.Property(x => x.Code).HasMaxLength(100);
            r.Property(x => x.InForceFrom);
            r.Property(x => x.Name).HasMaxLength(100);
            r.Property(x => x.Days);
            r.Property(x => x.StartEvent).HasMaxLength(40);
            r.Property(x => x.Source).HasMaxLength(200);
            r.Property(x => x.IsConfirmed);
        });
    }
}
