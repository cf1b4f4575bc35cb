using System.ComponentModel.DataAnnotations;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;

namespace Zhengtong.Kernel.Calendar;

/// <summary>A year of the working-day calendar.</summary>
/// <param name="Year">The year.</param>
/// <param name="State">Whether the notice of the year is taken in.</param>
/// <param name="Source">The notice; empty while provisional.</param>
/// <param name="Revision">Name it when changing the year or one of its days; 0 for a year that nobody has touched.</param>
/// <param name="WorkingDays">How many working days the year has.</param>
/// <param name="Days">The days that do not follow their weekday or that a notice names, in order.</param>
public sealed record CalendarYearResponse(int Year, CalendarYearState State, string Source, int Revision, int WorkingDays, IReadOnlyList<CalendarDayResponse> Days);

/// <summary>A named day.</summary>
/// <param name="Date">The day.</param>
/// <param name="IsWorkingDay">True when it is worked.</param>
/// <param name="Name">The holiday it belongs to.</param>
/// <param name="IsOurs">True when an administrator of this platform said so.</param>
public sealed record CalendarDayResponse(DateOnly Date, bool IsWorkingDay, string Name, bool IsOurs);

internal static class ReadCalendarYear
{
    internal static void Map(IEndpointRouteBuilder group) => group.MapGet("/calendar/years/{year:int}", Handle).AllowAnonymous();

    /// <summary>Read a year of the working-day calendar; open to everybody.</summary>
    /// <param name="year">2000 to 2099.</param>
    /// <response code="200">The year; provisional when no notice is known.</response>
    internal static async Task<Ok<CalendarYearResponse>> Handle([Range(2000, 2099)] int year, ZhengtongDb db, WorkingCalendar calendar, CancellationToken ct)
    {
        var known = await db.CalendarYears.AsNoTracking().SingleOrDefaultAsync(y => y.Year == year, ct);
        var (first, last) = (new DateOnly(year, 1, 1), new DateOnly(year, 12, 31));
        var days = await db.CalendarDays.AsNoTracking().Where(d => d.Date >= first && d.Date <= last).OrderBy(d => d.Date)
            .Select(d => new CalendarDayResponse(d.Date, d.IsWorkingDay, d.Name, d.IsOurs)).ToListAsync(ct);
        return TypedResults.Ok(new CalendarYearResponse(year, known?.State ?? CalendarYearState.Provisional, known?.Source ?? "", known?.Revision ?? 0, (await calendar.ReadAsync(ct)).In(year), days));
    }
}
