using Microsoft.AspNetCore.Http.HttpResults;

namespace Zhengtong.Exchange.Nodes;

internal static class ReadNodePlace
{
    internal static void Map(IEndpointRouteBuilder group) => group.MapGet("/deliveries/{id:guid}/place", Handle).ProducesProblem(403);

    /// <summary>Up to which batch the platform has the delivery.</summary>
    /// <response code="200">The place.</response>
    /// <response code="403">exchange.node-not-serving</response>
    internal static async Task<Results<Ok<NodePlace>, ProblemHttpResult>> Handle(Guid id, NodeCaller caller, NodeDeliveries deliveries, CancellationToken ct) =>
        await deliveries.FindAsync(caller.Id, id, NodeRole.Provider, ct) is { } delivery
            ? TypedResults.Ok(new NodePlace(delivery.Sequence, delivery.ManifestDigest)) : ExchangeProblems.NodeNotServing.Because($"{id}");
}
