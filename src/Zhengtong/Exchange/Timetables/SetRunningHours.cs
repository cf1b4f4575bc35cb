using System.ComponentModel.DataAnnotations;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Exchange.Engine;
using Zhengtong.Exchange.Slices;
using Zhengtong.Kernel;
using Zhengtong.Kernel.Identity;
using Zhengtong.Kernel.Ledger;

namespace Zhengtong.Exchange.Timetables;

/// <summary>When a delivery may run.</summary>
/// <param name="Windows">Its running hours, at most 14; none for always.</param>
public sealed record SetRunningHoursRequest([Required, MaxLength(Timetable.MostWindows)] IReadOnlyList<RunningWindow> Windows);

internal static class SetRunningHours
{
    internal static void Map(IEndpointRouteBuilder group) => group.MapPut("/deliveries/{id:guid}/running-hours", Handle)
        .Requires(Right.OperateExchange).ProducesProblem(403).ProducesProblem(404).ProducesProblem(409);

    /// <summary>Set the running hours 运行时段 of a delivery of which the caller's department is the provider. Outside of them its database is not read: a run under way ends before
    /// its next batch and goes on when they open. A run that somebody orders goes ahead of them.</summary>
    /// <response code="204">Set; ledger event exchange.running-hours-set.</response>
    /// <response code="403">exchange.not-provider</response>
    /// <response code="404">exchange.delivery-unknown</response>
    /// <response code="409">kernel.changed-meanwhile</response>
    internal static async Task<Results<NoContent, ProblemHttpResult>> Handle(
        Guid id, SetRunningHoursRequest request, Actor actor, ZhengtongDb db, DeliveryReconciler deliveries, TimeProvider clock, CancellationToken ct)
    {
        var delivery = await db.Deliveries.AsNoTracking().VisibleTo(actor).SingleOrDefaultAsync(d => d.Id == id, ct);
        if (delivery is null) { return ExchangeProblems.DeliveryUnknown.Because($"{id}"); }
        if (delivery.ProviderId != actor.Organisation) { return ExchangeProblems.NotProvider.Because($"{id}"); }

        var timetable = await db.TimetableToChangeAsync(id, ct);
        var before = timetable.Windows;
        IReadOnlyList<RunningWindow> windows = [.. request.Windows.Select(w => w with { Days = [.. (w.Days ?? []).Distinct().Order()] })];
        if (CanonicalJson.Of(before) == CanonicalJson.Of(windows)) { return TypedResults.NoContent(); }
        timetable.OpenIn(windows);
        db.Ledger.Add(LedgerEntry.Of("exchange.running-hours-set", id, actor, clock.GetUtcNow(), before: new { windows = before }, after: new { windows }));
        if (!await db.SaveTimetableAsync(ct)) { return KernelProblems.ChangedMeanwhile.Because($"{id}"); }
        deliveries.Wake();
        return TypedResults.NoContent();
    }
}
