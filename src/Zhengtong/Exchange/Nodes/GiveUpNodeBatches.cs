using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Exchange.Engine;

namespace Zhengtong.Exchange.Nodes;

internal static class GiveUpNodeBatches
{
    private const int MostTries = 5;

    internal static void Map(IEndpointRouteBuilder group) => group.MapPost("/deliveries/{id:guid}/restart", Handle).ProducesProblem(403);

    /// <summary>The consumer's node can never take what waits, because its database no longer holds what it gave its receipt for, or a batch is lost on its way: what waits is given up and all
    /// rows are copied anew. Said again before the copy has begun, it changes nothing.</summary>
    /// <response code="204">Noted; ledger events exchange.batches-voided and exchange.copy-begun-anew.</response>
    /// <response code="403">exchange.node-not-serving</response>
    internal static async Task<Results<NoContent, ProblemHttpResult>> Handle(
        Guid id, NodeGiveUpRequest request, NodeCaller caller, ZhengtongDb db, NodeDeliveries deliveries, DeliveryBook book, DeliveryReconciler reconciler, CancellationToken ct)
    {
        if (await deliveries.FindAsync(caller.Id, id, NodeRole.Consumer, ct) is not { } delivery) { return ExchangeProblems.NodeNotServing.Because($"{id}"); }
        if (delivery.Clears) { return TypedResults.NoContent(); }
        for (var tries = 1; ; tries++)
        {
            try
            {
                await book.StartOverAsync(id, new Fault("", request.Reason.Key, [.. request.Reason.Arguments]), request.Held, ct);
                break;
            }
            // The other half of the delivery notes its state on the same row.
            catch (DbUpdateConcurrencyException) when (tries < MostTries) { db.ChangeTracker.Clear(); }
        }

        reconciler.Wake();
        return TypedResults.NoContent();
    }
}
