using System.ComponentModel.DataAnnotations;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Exchange.Engine;
using Zhengtong.Exchange.Slices;
using Zhengtong.Kernel;
using Zhengtong.Kernel.Identity;
using Zhengtong.Kernel.Ledger;

namespace Zhengtong.Exchange.Timetables;

/// <summary>How fast a delivery may be read.</summary>
/// <param name="RowsPerSecond">Most rows a second, 1 to 100,000,000; null without a limit.</param>
/// <param name="BytesPerSecond">Most bytes a second as sealed, 1,024 to 100,000,000,000; null without a limit.</param>
public sealed record SetRateLimitRequest([Range(1, 100_000_000)] int? RowsPerSecond, [Range(1_024L, 100_000_000_000L)] long? BytesPerSecond);

internal static class SetRateLimit
{
    internal static void Map(IEndpointRouteBuilder group) => group.MapPut("/deliveries/{id:guid}/rate-limit", Handle)
        .Requires(Right.OperateExchange).ProducesProblem(403).ProducesProblem(404).ProducesProblem(409);

    /// <summary>Limit 限速 how fast rows of a delivery leave its provider, which is the caller's department; so its database is spared. Batches are made small enough to leave evenly.
    /// A run under way takes it on with its next batch.</summary>
    /// <response code="204">Set; ledger event exchange.rate-limit-set.</response>
    /// <response code="403">exchange.not-provider</response>
    /// <response code="404">exchange.delivery-unknown</response>
    /// <response code="409">kernel.changed-meanwhile</response>
    internal static async Task<Results<NoContent, ProblemHttpResult>> Handle(
        Guid id, SetRateLimitRequest request, Actor actor, ZhengtongDb db, DeliveryReconciler deliveries, TimeProvider clock, CancellationToken ct)
    {
        var delivery = await db.Deliveries.AsNoTracking().VisibleTo(actor).SingleOrDefaultAsync(d => d.Id == id, ct);
        if (delivery is null) { return ExchangeProblems.DeliveryUnknown.Because($"{id}"); }
        if (delivery.ProviderId != actor.Organisation) { return ExchangeProblems.NotProvider.Because($"{id}"); }

        var timetable = await db.TimetableToChangeAsync(id, ct);
        var before = new { timetable.RowsPerSecond, timetable.BytesPerSecond };
        if ((before.RowsPerSecond, before.BytesPerSecond) == (request.RowsPerSecond, request.BytesPerSecond)) { return TypedResults.NoContent(); }
        timetable.LimitTo(request.RowsPerSecond, request.BytesPerSecond);
        db.Ledger.Add(LedgerEntry.Of("exchange.rate-limit-set", id, actor, clock.GetUtcNow(), before: before, after: new { timetable.RowsPerSecond, timetable.BytesPerSecond }));
        if (!await db.SaveTimetableAsync(ct)) { return KernelProblems.ChangedMeanwhile.Because($"{id}"); }
        deliveries.Wake();
        return TypedResults.NoContent();
    }
}
