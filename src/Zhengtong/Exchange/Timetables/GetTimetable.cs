using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Exchange.Slices;
using Zhengtong.Kernel.Identity;

namespace Zhengtong.Exchange.Timetables;

/// <summary>When, how fast and before whom a delivery runs.</summary>
/// <param name="Windows">Its running hours; none for always.</param>
/// <param name="RowsPerSecond">Most rows a second that leave the provider; null without a limit.</param>
/// <param name="BytesPerSecond">Most bytes a second, as sealed; null without a limit.</param>
/// <param name="Priority">Whose turn comes first.</param>
/// <param name="ClosedUntil">When it may run again; null while it may.</param>
/// <param name="GoesAhead">True while an ordered run goes ahead of closed hours.</param>
public sealed record GetTimetableResponse(
    IReadOnlyList<RunningWindow> Windows, int? RowsPerSecond, long? BytesPerSecond, DeliveryPriority Priority, DateTimeOffset? ClosedUntil, bool GoesAhead);

internal static class GetTimetable
{
    internal static void Map(IEndpointRouteBuilder group) => group.MapGet("/deliveries/{id:guid}/timetable", Handle)
        .Requires(Right.ReadWork).ProducesProblem(403).ProducesProblem(404);

    /// <summary>Running hours, rate limit and priority of a delivery to or from the caller's department, and whether it may run now.</summary>
    /// <response code="200">The timetable.</response>
    /// <response code="404">exchange.delivery-unknown</response>
    internal static async Task<Results<Ok<GetTimetableResponse>, ProblemHttpResult>> Handle(Guid id, Actor actor, ZhengtongDb db, TimetableBook timetables, TimeProvider clock, CancellationToken ct)
    {
        if (!await db.Deliveries.VisibleTo(actor).AnyAsync(d => d.Id == id, ct)) { return ExchangeProblems.DeliveryUnknown.Because($"{id}"); }
        var (pace, now) = (await timetables.FindAsync(id, ct), clock.GetUtcNow());
        return TypedResults.Ok(new GetTimetableResponse(
            pace.Terms.Windows, pace.Terms.RowsPerSecond, pace.Terms.BytesPerSecond, pace.Terms.Priority, pace.ClosedUntil(now), pace.GoesAhead(now)));
    }
}
