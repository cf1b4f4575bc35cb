using System.ComponentModel.DataAnnotations;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Kernel.Identity;
using Zhengtong.Kernel.Ledger;

namespace Zhengtong.Kernel.Calendar;

/// <summary>The notice of a year is taken in, or taken back.</summary>
/// <param name="State">Decreed once all its days are entered; provisional again when that was a mistake.</param>
/// <param name="Source">Number or address of the notice, 2 to 500 characters.</param>
/// <param name="Revision">The revision the caller saw; 0 for a year that nobody has touched.</param>
public sealed record DecreeCalendarYearRequest(CalendarYearState State, [Required, StringLength(500, MinimumLength = 2)] string Source, [Range(0, int.MaxValue)] int Revision);

internal static class DecreeCalendarYear
{
    internal static void Map(IEndpointRouteBuilder group) => group.MapPut("/calendar/years/{year:int}", Handle).Requires(Right.ManageCalendar).ProducesProblem(403).ProducesProblem(409);

    /// <summary>Say whether a year's notice is taken in: its deadlines are provisional until then.</summary>
    /// <param name="year">2000 to 2099.</param>
    /// <response code="204">Changed; ledger event kernel.calendar-year-changed.</response>
    /// <response code="409">kernel.changed-meanwhile</response>
    internal static async Task<Results<NoContent, ProblemHttpResult>> Handle(
        [Range(2000, 2099)] int year, DecreeCalendarYearRequest request, Actor actor, ZhengtongDb db, TimeProvider clock, CancellationToken ct)
    {
        var known = await db.CalendarYears.SingleOrDefaultAsync(y => y.Year == year, ct);
        if ((known?.Revision ?? 0) != request.Revision) { return KernelProblems.ChangedMeanwhile.Because($"{year}: {known?.Revision ?? 0}"); }

        object? before = known is null ? null : new { known.State, known.Source };
        if (known is null) { db.CalendarYears.Add(new CalendarYear { Year = year, State = request.State, Source = request.Source }); }
        else
        {
            (known.State, known.Source) = (request.State, request.Source);
            known.Revision++;
        }

        db.Ledger.Add(LedgerEntry.Of("kernel.calendar-year-changed", year, actor, clock.GetUtcNow(), request.Source, before, new { request.State, request.Source }));
        try { await db.SaveChangesAsync(ct); }
        catch (DbUpdateException e) when (e is DbUpdateConcurrencyException || e.IsUniqueViolation()) { return KernelProblems.ChangedMeanwhile.Because(); }
        return TypedResults.NoContent();
    }
}
