using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Exchange.Reconciliations;
using Zhengtong.Kernel.Secrets;

namespace Zhengtong.Exchange.Nodes;

internal static class ReadNodeRepair
{
    internal static void Map(IEndpointRouteBuilder group) => group.MapGet("/deliveries/{id:guid}/repairs/{reconciliation:guid}", Handle).ProducesProblem(403).ProducesProblem(404);

    /// <summary>Which rows a repair sends again that was ordered.</summary>
    /// <response code="200">Digests of their keys.</response>
    /// <response code="403">exchange.node-not-serving</response>
    /// <response code="404">exchange.reconciliation-unknown: not ordered, or done.</response>
    internal static async Task<Results<Ok<NodeRepair>, ProblemHttpResult>> Handle(Guid id, Guid reconciliation, NodeCaller caller, ZhengtongDb db, NodeDeliveries deliveries, Vault vault, CancellationToken ct)
    {
        if (await deliveries.FindAsync(caller.Id, id, NodeRole.Provider, ct) is null) { return ExchangeProblems.NodeNotServing.Because($"{id}"); }
        var ordered = await db.Reconciliations.AsNoTracking().SingleOrDefaultAsync(r => r.Id == reconciliation && r.DeliveryId == id && r.RepairOrderedAt != null && r.RepairedAt == null, ct);
        return ordered?.Differences is null ? ExchangeProblems.ReconciliationUnknown.Because($"{reconciliation}") : TypedResults.Ok(new NodeRepair(Repairing.Open(vault, ordered).Repairable));
    }
}
