using System.ComponentModel.DataAnnotations;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Exchange.Engine;
using Zhengtong.Exchange.Slices;
using Zhengtong.Kernel;
using Zhengtong.Kernel.Identity;
using Zhengtong.Kernel.Ledger;

namespace Zhengtong.Exchange.Timetables;

/// <summary>How urgent a delivery is.</summary>
/// <param name="Priority">High, normal or low.</param>
public sealed record SetPriorityRequest([Required] DeliveryPriority? Priority);

internal static class SetPriority
{
    internal static void Map(IEndpointRouteBuilder group) => group.MapPut("/deliveries/{id:guid}/priority", Handle)
        .Requires(Right.OperateExchange).ProducesProblem(403).ProducesProblem(404).ProducesProblem(409);

    /// <summary>Set the priority 优先级 of a delivery, by which the next free turn is given while more are due than may run at once. For its provider and the platform's operator.
    /// A lower one only waits longer: after <c>Exchange:PrioritySeconds</c> for each step it stands before higher ones that became due since.</summary>
    /// <response code="204">Set; ledger event exchange.priority-set.</response>
    /// <response code="403">exchange.not-provider</response>
    /// <response code="404">exchange.delivery-unknown</response>
    /// <response code="409">kernel.changed-meanwhile</response>
    internal static async Task<Results<NoContent, ProblemHttpResult>> Handle(
        Guid id, SetPriorityRequest request, Actor actor, ZhengtongDb db, DeliveryReconciler deliveries, TimeProvider clock, CancellationToken ct)
    {
        var delivery = await db.Deliveries.AsNoTracking().VisibleTo(actor).SingleOrDefaultAsync(d => d.Id == id, ct);
        if (delivery is null) { return ExchangeProblems.DeliveryUnknown.Because($"{id}"); }
        if (delivery.ProviderId != actor.Organisation && !actor.May(Right.Operate)) { return ExchangeProblems.NotProvider.Because($"{id}"); }

        var timetable = await db.TimetableToChangeAsync(id, ct);
        var (before, after) = (timetable.Priority, request.Priority!.Value);
        if (before == after) { return TypedResults.NoContent(); }
        timetable.Rank(after);
        db.Ledger.Add(LedgerEntry.Of("exchange.priority-set", id, actor, clock.GetUtcNow(), before: new { priority = before }, after: new { priority = after }));
        if (!await db.SaveTimetableAsync(ct)) { return KernelProblems.ChangedMeanwhile.Because($"{id}"); }
        deliveries.Wake();
        return TypedResults.NoContent();
    }
}
