using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Exchange.Engine;

namespace Zhengtong.Exchange.Nodes;

internal static class FetchNodeCiphertext
{
    internal static void Map(IEndpointRouteBuilder group) => group.MapGet("/deliveries/{id:guid}/batches/{sequence:long}/ciphertext", Handle).DisableRequestTimeout().ProducesProblem(403).ProducesProblem(404).ProducesProblem(409);

    /// <summary>The ciphertext of a waiting batch, whole or the range asked for.</summary>
    /// <response code="200">The bytes.</response>
    /// <response code="403">exchange.node-not-serving</response>
    /// <response code="404">exchange.batch-unknown</response>
    /// <response code="409">exchange.ciphertext-lost</response>
    internal static async Task<Results<FileContentHttpResult, ProblemHttpResult>> Handle(
        Guid id, long sequence, NodeCaller caller, ZhengtongDb db, NodeDeliveries deliveries, DeliveryBook book, Relay relay, CancellationToken ct)
    {
        if (await deliveries.FindAsync(caller.Id, id, NodeRole.Consumer, ct) is not { } delivery) { return ExchangeProblems.NodeNotServing.Because($"{id}"); }
        try { await book.GuardAsync(delivery.AgreementId, ct); }
        catch (AgreementEndedException) { return ExchangeProblems.NotInForce.Because($"{id}"); }
        var digest = await db.Batches.Where(b => b.DeliveryId == id && b.Sequence == sequence).Select(b => b.CiphertextDigest).SingleOrDefaultAsync(ct);
        if (digest is null) { return ExchangeProblems.BatchUnknown.Because($"{sequence}"); }
        return await relay.FetchAsync(id, digest, new Growing(), ct) is { } bytes
            ? TypedResults.File(bytes.ToArray(), "application/octet-stream", enableRangeProcessing: true) : ExchangeProblems.CiphertextLost.Because($"{sequence}");
    }
}
