using System.ComponentModel.DataAnnotations;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Kernel.Identity;
using Zhengtong.Kernel.Ledger;

namespace Zhengtong.Kernel.Calendar;

/// <summary>What a day is by a notice.</summary>
/// <param name="IsWorkingDay">True when it is worked.</param>
/// <param name="Name">The holiday it belongs to, 1 to 50 characters.</param>
/// <param name="Reason">The notice or why it is corrected, 2 to 500 characters; the ledger keeps it.</param>
/// <param name="Revision">The revision of the year as the caller saw it; 0 for a year that nobody has touched.</param>
public sealed record ChangeCalendarDayRequest(
    bool IsWorkingDay, [Required, StringLength(50, MinimumLength = 1)] string Name, [Required, StringLength(500, MinimumLength = 2)] string Reason, [Range(0, int.MaxValue)] int Revision);

internal static class ChangeCalendarDay
{
    internal static void Map(IEndpointRouteBuilder group) => group.MapPut("/calendar/days/{date}", Handle).Requires(Right.ManageCalendar).ProducesProblem(403).ProducesProblem(409);

    /// <summary>Say that a day is off or worked; deadlines computed from now on follow it.</summary>
    /// <param name="date">The day, 2000 to 2099.</param>
    /// <response code="204">Changed; ledger event kernel.calendar-day-changed.</response>
    /// <response code="400">kernel.calendar-day-invalid</response>
    /// <response code="409">kernel.changed-meanwhile</response>
    internal static async Task<Results<NoContent, ProblemHttpResult>> Handle(
        DateOnly date, ChangeCalendarDayRequest request, Actor actor, ZhengtongDb db, TimeProvider clock, CancellationToken ct)
    {
        if (date.Year is < 2000 or > 2099) { return KernelProblems.CalendarDayInvalid.For(new Dictionary<string, string[]> { ["date"] = [Text.Of("kernel.calendar.year-range")] }); }
        var year = await db.CalendarYears.SingleOrDefaultAsync(y => y.Year == date.Year, ct);
        if ((year?.Revision ?? 0) != request.Revision) { return KernelProblems.ChangedMeanwhile.Because($"{date.Year}: {year?.Revision ?? 0}"); }

        if (year is null) { db.CalendarYears.Add(new CalendarYear { Year = date.Year, State = CalendarYearState.Provisional, Source = "" }); }
        else { year.Revision++; }
        var day = await db.CalendarDays.SingleOrDefaultAsync(d => d.Date == date, ct);
        object? before = day is null ? null : new { day.IsWorkingDay, day.Name };
        if (day is null) { db.CalendarDays.Add(day = new CalendarDay { Date = date, IsWorkingDay = request.IsWorkingDay, Name = request.Name }); }
        (day.IsWorkingDay, day.Name, day.IsOurs) = (request.IsWorkingDay, request.Name, true);
        db.Ledger.Add(LedgerEntry.Of("kernel.calendar-day-changed", date.ToString("O", System.Globalization.CultureInfo.InvariantCulture), actor, clock.GetUtcNow(), request.Reason, before, new { day.IsWorkingDay, day.Name }));
        try { await db.SaveChangesAsync(ct); }
        catch (DbUpdateException e) when (e is DbUpdateConcurrencyException || e.IsUniqueViolation()) { return KernelProblems.ChangedMeanwhile.Because(); }
        return TypedResults.NoContent();
    }
}
