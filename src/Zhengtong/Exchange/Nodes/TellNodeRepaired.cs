using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Exchange.Reconciliations;

namespace Zhengtong.Exchange.Nodes;

internal static class TellNodeRepaired
{
    internal static void Map(IEndpointRouteBuilder group) => group.MapPost("/deliveries/{id:guid}/repaired", Handle).ProducesProblem(403).ProducesProblem(404);

    /// <summary>The provider's node says that every row of a repair is handed in. Safe to repeat.</summary>
    /// <response code="204">Noted; ledger event exchange.repair-sealed.</response>
    /// <response code="403">exchange.node-not-serving</response>
    /// <response code="404">exchange.reconciliation-unknown</response>
    internal static async Task<Results<NoContent, ProblemHttpResult>> Handle(
        Guid id, NodeRepairedRequest request, NodeCaller caller, ZhengtongDb db, NodeDeliveries deliveries, Repairing repairing, CancellationToken ct)
    {
        if (await deliveries.FindAsync(caller.Id, id, NodeRole.Provider, ct) is null) { return ExchangeProblems.NodeNotServing.Because($"{id}"); }
        var known = await db.Reconciliations.AsNoTracking().SingleOrDefaultAsync(r => r.Id == request.Reconciliation && r.DeliveryId == id && r.RepairOrderedAt != null, ct);
        if (known is null) { return ExchangeProblems.ReconciliationUnknown.Because($"{request.Reconciliation}"); }
        if (known.RepairedAt is null) { await repairing.FinishAsync(request.Reconciliation, request.Before, request.Last, ct); }
        return TypedResults.NoContent();
    }
}
