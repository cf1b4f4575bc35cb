using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Exchange.Engine;

namespace Zhengtong.Exchange.Nodes;

internal static class ListNodeBatches
{
    private const int Most = 20;

    internal static void Map(IEndpointRouteBuilder group) => group.MapGet("/deliveries/{id:guid}/batches", Handle).ProducesProblem(403);

    /// <summary>The next batches without a counter-receipt, in order.</summary>
    /// <response code="200">At most 20.</response>
    /// <response code="403">exchange.node-not-serving</response>
    internal static async Task<Results<Ok<NodeBatches>, ProblemHttpResult>> Handle(Guid id, NodeCaller caller, ZhengtongDb db, NodeDeliveries deliveries, DeliveryBook book, CancellationToken ct)
    {
        if (await deliveries.FindAsync(caller.Id, id, NodeRole.Consumer, ct) is null) { return ExchangeProblems.NodeNotServing.Because($"{id}"); }
        return TypedResults.Ok(new NodeBatches(await db.Batches.AsNoTracking().Where(b => b.DeliveryId == id && b.ReceivedAt == null && b.VoidedAt == null).OrderBy(b => b.Sequence).Take(Most)
            .Select(b => new WaitingBatch(b.Sequence, b.Manifest, b.Signature, b.CiphertextDigest)).ToListAsync(ct), await book.FindReceiptedAsync(id, ct)));
    }
}
