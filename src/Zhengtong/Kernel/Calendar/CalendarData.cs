using System.Globalization;
using Microsoft.EntityFrameworkCore;

namespace Zhengtong.Kernel.Calendar;

/// <summary>Brings the program's own calendar and deadline rules into the database: new years and years decreed since, never over what an administrator said.</summary>
internal sealed class CalendarData : IStartupStep
{
    public async Task RunAsync(IServiceProvider scope, CancellationToken ct)
    {
        var db = scope.GetRequiredService<ZhengtongDb>();
        var years = await db.CalendarYears.ToDictionaryAsync(y => y.Year, ct);
        var days = await db.CalendarDays.ToDictionaryAsync(d => d.Date, ct);
        foreach (var (year, own) in Years())
        {
            if (years.TryGetValue(year.Year, out var known))
            {
                if (known.State == CalendarYearState.Decreed || year.State == CalendarYearState.Provisional) { continue; }
                (known.State, known.Source) = (year.State, year.Source);
                known.Revision++;
            }
            else
            {
                db.CalendarYears.Add(year);
            }

            foreach (var day in own)
            {
                if (!days.TryGetValue(day.Date, out var there)) { db.CalendarDays.Add(day); }
                else if (!there.IsOurs) { (there.IsWorkingDay, there.Name) = (day.IsWorkingDay, day.Name); }
            }
        }

        // A rule whose code is there is the administrator's; one that came with a newer program is added.
        var codes = await db.DeadlineRules.Select(r => r.Code).Distinct().ToListAsync(ct);
        db.DeadlineRules.AddRange(Rules().Where(r => !codes.Contains(r.Code)));
        await db.SaveChangesAsync(ct);
    }

    /// <summary>The years of working-days.txt with their days.</summary>
    internal static IEnumerable<(CalendarYear Year, IReadOnlyList<CalendarDay> Days)> Years()
    {
        CalendarYear? year = null;
        var days = new List<CalendarDay>();
        foreach (var line in Lines("working-days.txt"))
        {
            if (line[0] is "off" or "work")
            {
                days.AddRange(line[2].Split(' ').SelectMany(Span).Select(date => new CalendarDay { Date = date, IsWorkingDay = line[0] == "work", Name = line[1] }));
                continue;
            }

            if (year is not null) { yield return (year, days); }
            days = [];
            year = new CalendarYear { Year = int.Parse(line[0], CultureInfo.InvariantCulture), State = Enum.Parse<CalendarYearState>(line[1], ignoreCase: true), Source = line[2] };
        }

        if (year is not null) { yield return (year, days); }
    }

    private static IEnumerable<DeadlineRule> Rules() => Lines("deadline-rules.txt").Select(line => new DeadlineRule
    {
        Code = line[0],
        Name = line[1],
        Days = int.Parse(line[2], CultureInfo.InvariantCulture),
        StartEvent = line[3],
        Source = line[4],
        IsConfirmed = line[5] == "confirmed",
        InForceFrom = DateOnly.ParseExact(line[6], "yyyy-MM-dd", CultureInfo.InvariantCulture),
    });

    private static IEnumerable<DateOnly> Span(string text)
    {
        var ends = text.Split("..");
        var last = DateOnly.ParseExact(ends[^1], "yyyy-MM-dd", CultureInfo.InvariantCulture);
        for (var day = DateOnly.ParseExact(ends[0], "yyyy-MM-dd", CultureInfo.InvariantCulture); day <= last; day = day.AddDays(1)) { yield return day; }
    }

    private static IEnumerable<string[]> Lines(string file)
    {
        using var stream = typeof(CalendarData).Assembly.GetManifestResourceStream($"Zhengtong.Kernel.Calendar.{file}")!;
        using var reader = new StreamReader(stream);
        while (reader.ReadLine() is { } line)
        {
            if (line.Length > 0 && line[0] != '#') { yield return line.Split('|'); }
        }
    }
}
