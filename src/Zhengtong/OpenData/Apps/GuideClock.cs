using Microsoft.EntityFrameworkCore;

namespace Zhengtong.OpenData.Apps;

/// <summary>Now in China, with what today and yesterday are by the calendar; public because components take it.</summary>
public sealed class GuideClock
{
    private readonly Dictionary<DateOnly, DayKind> named;

    private GuideClock(DateTime now, Dictionary<DateOnly, DayKind> named) => (Now, this.named) = (now, named);

    /// <summary>Day and time in China.</summary>
    internal DateTime Now { get; }

    /// <summary>The day in China.</summary>
    internal DateOnly Today => DateOnly.FromDateTime(Now);

    /// <summary>What a day is; of other days than these two only the weekday is known.</summary>
    internal DayKind KindOf(DateOnly day) => named.GetValueOrDefault(day);

    /// <summary>Reads the two days.</summary>
    internal static async Task<GuideClock> ReadAsync(ZhengtongDb db, TimeProvider clock, CancellationToken ct)
    {
        var now = clock.GetUtcNow().ToOffset(TimeSpan.FromHours(8)).DateTime;
        var today = DateOnly.FromDateTime(now);
        var before = today.AddDays(-1);
        var days = await db.CalendarDays.AsNoTracking().Where(d => d.Date == today || d.Date == before).ToListAsync(ct);
        return new GuideClock(now, days.ToDictionary(d => d.Date, d => d.IsWorkingDay ? DayKind.Worked : DayKind.Holiday));
    }
}
