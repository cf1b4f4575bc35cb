using System.Collections.Frozen;
using Microsoft.EntityFrameworkCore;

namespace Zhengtong.Kernel.Calendar;

/// <summary>The working days of China as known at one moment. A day that a notice names is what the notice says; any other is a working day from Monday to Friday.</summary>
internal sealed class WorkingDays
{
    private readonly FrozenDictionary<DateOnly, bool> named;
    private readonly FrozenSet<int> decreed;

    internal WorkingDays(IEnumerable<CalendarDay> days, IReadOnlyCollection<CalendarYear> years)
    {
        named = days.ToFrozenDictionary(d => d.Date, d => d.IsWorkingDay);
        decreed = years.Where(y => y.State == CalendarYearState.Decreed).Select(y => y.Year).ToFrozenSet();
        Version = years.Sum(y => y.Revision);
    }

    /// <summary>Grows with every change of the calendar; kept with each deadline, so that it can be computed again when a notice comes.</summary>
    internal int Version { get; }

    /// <summary>True on a working day.</summary>
    internal bool IsWorkingDay(DateOnly day) => named.TryGetValue(day, out var works) ? works : day.DayOfWeek is not (DayOfWeek.Saturday or DayOfWeek.Sunday);

    /// <summary>The last day of a limit in working days. The day of the event is not counted (民法典 art. 201); what would end on a day off ends on the next working day (art. 203).</summary>
    /// <param name="event">The day of the event, a working day or not.</param>
    /// <param name="days">Working days, 0 to 10,000; 0 gives the day itself, or the next working day.</param>
    internal DateOnly Add(DateOnly @event, int days)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(days);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(days, 10_000);
        var day = @event;
        for (var left = days; left > 0;)
        {
            day = day.AddDays(1);
            if (IsWorkingDay(day)) { left--; }
        }

        while (!IsWorkingDay(day)) { day = day.AddDays(1); }
        return day;
    }

    /// <summary>The last day of a limit in calendar days, moved to the next working day where it falls on a day off.</summary>
    internal DateOnly AddCalendarDays(DateOnly @event, int days) => Add(@event.AddDays(days), 0);

    /// <summary>How many working days lie after the first day, up to and with the second; negative the other way round. <c>Between(d, Add(d, n))</c> is n.</summary>
    internal int Between(DateOnly after, DateOnly upTo)
    {
        if (upTo < after) { return -Between(upTo, after); }
        var count = 0;
        for (var day = after.AddDays(1); day <= upTo; day = day.AddDays(1))
        {
            if (IsWorkingDay(day)) { count++; }
        }

        return count;
    }

    /// <summary>How many working days a year has.</summary>
    internal int In(int year) => Between(new DateOnly(year, 1, 1).AddDays(-1), new DateOnly(year, 12, 31));

    /// <summary>True when a notice may still change a day of the span: its year has none yet, or it lies in the last days of a year whose follower has none.</summary>
    internal bool IsProvisional(DateOnly from, DateOnly to)
    {
        for (var year = from.Year; year <= to.Year; year++)
        {
            if (!decreed.Contains(year)) { return true; }
        }

        // The notice of a year may name the last days of the year before.
        return to is { Month: 12, Day: > 25 } && !decreed.Contains(to.Year + 1);
    }
}

/// <summary>A deadline with all that is needed to explain it and to compute it again.</summary>
/// <param name="LastDay">The last day on which it is in time, in China.</param>
/// <param name="EndsAt">The moment from which it is late: the end of that day in China.</param>
/// <param name="Days">Working days allowed.</param>
/// <param name="Rule">Code of the rule.</param>
/// <param name="RuleName">The rule as officials say it.</param>
/// <param name="Source">Where the number of days stands.</param>
/// <param name="IsProvisional">True when the calendar may still change it.</param>
/// <param name="CalendarVersion">Version of the calendar it was computed with.</param>
internal sealed record Deadline(DateOnly LastDay, DateTimeOffset EndsAt, int Days, string Rule, string RuleName, string Source, bool IsProvisional, int CalendarVersion);

/// <summary>The calendar and the deadlines, for every module.</summary>
internal sealed class WorkingCalendar(ZhengtongDb db)
{
    private WorkingDays? read;

    /// <summary>The working days as they stand now; read once in a scope.</summary>
    internal async Task<WorkingDays> ReadAsync(CancellationToken ct) =>
        read ??= new WorkingDays(await db.CalendarDays.AsNoTracking().ToListAsync(ct), await db.CalendarYears.AsNoTracking().ToListAsync(ct));

    /// <summary>The deadline of an event by the rule in force on its day in China; null when no rule of that code was in force then.</summary>
    internal async Task<Deadline?> DeadlineAsync(string rule, DateTimeOffset @event, CancellationToken ct)
    {
        var day = ChinaTime.DateOf(@event);
        var found = await db.DeadlineRules.AsNoTracking().Where(r => r.Code == rule && r.InForceFrom <= day).OrderByDescending(r => r.InForceFrom).FirstOrDefaultAsync(ct);
        if (found is null) { return null; }
        var calendar = await ReadAsync(ct);
        var last = calendar.Add(day, found.Days);
        return new Deadline(last, ChinaTime.StartOf(last.AddDays(1)).ToUniversalTime(), found.Days, found.Code, found.Name, found.Source, calendar.IsProvisional(day, last), calendar.Version);
    }
}
