using Zhengtong.Kernel;
using Zhengtong.Kernel.Calendar;

namespace Zhengtong.Exchange.Timetables;

/// <summary>When a delivery may run, by its windows and the calendar; without windows always.</summary>
internal sealed class RunningHours(IReadOnlyList<RunningWindow> windows, WorkingDays calendar)
{
    /// <summary>How far ahead is looked: no holiday of the calendar is as long.</summary>
    private const int MostDays = 60;

    /// <summary>The earliest moment, this one or later, at which they are open.</summary>
    internal DateTimeOffset OpensAt(DateTimeOffset now)
    {
        if (windows.Count == 0) { return now; }
        foreach (var (from, until) in Spans(now))
        {
            if (until > now) { return from > now ? from : now; }
        }

        return now.AddDays(MostDays);
    }

    /// <summary>Since when they are open without a break; null when they are closed, or always open.</summary>
    internal DateTimeOffset? OpenSince(DateTimeOffset now)
    {
        DateTimeOffset? since = null;
        var end = DateTimeOffset.MinValue;
        foreach (var (from, until) in Spans(now).TakeWhile(s => s.From <= now))
        {
            if (since is null || from > end) { since = from; }
            if (until > end) { end = until; }
        }

        return end > now ? since : null;
    }

    /// <summary>When so much time within the hours is over; null when that is further ahead than can be said.</summary>
    internal DateTimeOffset? After(DateTimeOffset now, TimeSpan work)
    {
        if (windows.Count == 0) { return now + work; }
        var at = now;
        foreach (var (from, until) in Spans(now))
        {
            if (until <= at) { continue; }
            if (from > at) { at = from; }
            if (until - at >= work) { return at + work; }
            work -= until - at;
            at = until;
        }

        return null;
    }

    /// <summary>All windows in the order in which they begin, from two days back on: one of yesterday may reach into today, and one of the day before into that. They may overlap.</summary>
    private IEnumerable<(DateTimeOffset From, DateTimeOffset Until)> Spans(DateTimeOffset now)
    {
        var today = ChinaTime.DateOf(now);
        for (var day = today.AddDays(-2); day <= today.AddDays(MostDays); day = day.AddDays(1))
        {
            foreach (var window in windows.Where(w => w.BeginsOn(day, calendar)).OrderBy(w => w.Start()))
            {
                var from = ChinaTime.StartOf(day) + window.Start();
                yield return (from, from + window.Length());
            }
        }
    }
}
