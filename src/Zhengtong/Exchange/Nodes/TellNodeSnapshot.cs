using System.Text.Json;
using Microsoft.AspNetCore.Http.HttpResults;
using Zhengtong.Exchange.Engine;
using Zhengtong.Exchange.Model;
using Zhengtong.Kernel.Ledger;

namespace Zhengtong.Exchange.Nodes;

internal static class TellNodeSnapshot
{
    internal static void Map(IEndpointRouteBuilder group) => group.MapPost("/deliveries/{id:guid}/snapshot", Handle).ProducesProblem(403);

    /// <summary>The provider's node says that its snapshot begins, that all rows are copied anew, or that every row of it is handed in. Safe to repeat.</summary>
    /// <response code="204">Noted; ledger events exchange.copy-begun-anew, and at the end exchange.snapshot-finished.</response>
    /// <response code="403">exchange.node-not-serving</response>
    internal static async Task<Results<NoContent, ProblemHttpResult>> Handle(
        Guid id, NodeSnapshotRequest request, NodeCaller caller, NodeDeliveries deliveries, IServiceScopeFactory scopes, TimeProvider clock, CancellationToken ct)
    {
        if (await deliveries.FindAsync(caller.Id, id, NodeRole.Provider, ct) is not { } delivery) { return ExchangeProblems.NodeNotServing.Because($"{id}"); }
        var now = clock.GetUtcNow();
        if (request.Begun is { } rows) { await Delivering.ChangeAsync(scopes, id, d => d.Estimate(rows), null, ct, patient: true); }
        else if (request.Anew is { } reason)
        {
            var fault = JsonSerializer.Serialize(new Fault("", reason.Key, [.. reason.Arguments]));
            if (delivery.CopyReason == fault) { return TypedResults.NoContent(); }
            await Delivering.ChangeAsync(
                scopes, id, d => d.StartOver(fault), d => LedgerEntry.Of("exchange.copy-begun-anew", d.Id, caller.Actor, now, after: new { reason = reason.Key, d.Sequence }), ct, patient: true);
        }
        else if (delivery.Phase == DeliveryPhase.Snapshot)
        {
            await Delivering.ChangeAsync(scopes, id, d => d.FinishSnapshot(now), d => LedgerEntry.Of("exchange.snapshot-finished", d.Id, caller.Actor, now, after: Delivering.StandOf(d)), ct, patient: true);
        }

        return TypedResults.NoContent();
    }
}
