using System.ComponentModel.DataAnnotations;
using System.Globalization;
using Zhengtong.Kernel.Calendar;

namespace Zhengtong.Exchange.Timetables;

/// <summary>On which days a window begins.</summary>
public enum RunningDay
{
    /// <summary>Each Monday, a working day or not.</summary>
    Monday,
    /// <summary>Each Tuesday.</summary>
    Tuesday,
    /// <summary>Each Wednesday.</summary>
    Wednesday,
    /// <summary>Each Thursday.</summary>
    Thursday,
    /// <summary>Each Friday.</summary>
    Friday,
    /// <summary>Each Saturday.</summary>
    Saturday,
    /// <summary>Each Sunday.</summary>
    Sunday,
    /// <summary>Each working day of the calendar, worked weekends among them.</summary>
    WorkingDay,
    /// <summary>Each day off of the calendar: weekends and holidays.</summary>
    DayOff,
}

/// <summary>Hours 运行时段 in which a delivery may run, in China's time.</summary>
/// <param name="Days">Days on which they begin, any of them counts; none for every day. Hours over midnight belong to the day on which they begin.</param>
/// <param name="From">Begin, <c>HH:mm</c> from 00:00 to 23:59, inclusive.</param>
/// <param name="Until">End, <c>HH:mm</c>, exclusive: on the next day when not later than <paramref name="From"/>; the same as it for 24 hours.</param>
public sealed record RunningWindow(
    [MaxLength(9)] IReadOnlyList<RunningDay>? Days,
    [Required, RegularExpression(RunningWindow.Time, ErrorMessage = "exchange.hours.time")] string From,
    [Required, RegularExpression(RunningWindow.Time, ErrorMessage = "exchange.hours.time")] string Until)
{
    internal const string Time = @"\A(?:[01][0-9]|2[0-3]):[0-5][0-9]\z";

    /// <summary>From midnight on.</summary>
    internal TimeSpan Start() => Read(From);

    internal TimeSpan Length() => Read(Until) - Read(From) is { Ticks: > 0 } length ? length : Read(Until) - Read(From) + TimeSpan.FromDays(1);

    internal bool BeginsOn(DateOnly day, WorkingDays calendar) => Days is not { Count: > 0 } || Days.Any(d => d switch
    {
        RunningDay.WorkingDay => calendar.IsWorkingDay(day),
        RunningDay.DayOff => !calendar.IsWorkingDay(day),
        _ => (int)day.DayOfWeek == ((int)d + 1) % 7,
    });

    private static TimeSpan Read(string time) => TimeOnly.ParseExact(time, "HH:mm", CultureInfo.InvariantCulture).ToTimeSpan();
}
