using Microsoft.AspNetCore.Http.HttpResults;

namespace Zhengtong.Exchange.Nodes;

internal static class ReadNodeConfiguration
{
    internal static void Map(IEndpointRouteBuilder group) => group.MapGet("/configuration", Handle);

    /// <summary>All the node is to do, signed by the authority as the answer to this very request.</summary>
    /// <response code="200">The configuration.</response>
    internal static async Task<Ok<NodeSignedAnswer>> Handle(NodeCaller caller, NodeDeliveries deliveries, PlatformAuthority authority, CancellationToken ct) =>
        TypedResults.Ok(await authority.AnswerAsync(caller, await deliveries.ConfigurationOfAsync(caller.Id, ct), ct));
}
