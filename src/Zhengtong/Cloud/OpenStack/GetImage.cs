using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http.HttpResults;
using Zhengtong.Catalogue;

namespace Zhengtong.Cloud.OpenStack;

internal static class GetImage
{
    internal static void Map(IEndpointRouteBuilder group) => group.MapGet("/image/v2/images/{id}", Handle);

    /// <summary>One image.</summary>
    internal static async Task<Results<JsonHttpResult<JsonObject>, OpenStackRefusal>> Handle(string id, CloudServiceLookup services, CancellationToken ct) =>
        Guid.TryParse(id, out var key) && Images.Of(await Offers.FlavorsAsync(services, ct)).FirstOrDefault(i => Images.IdOf(i) == key) is { } found ? TypedResults.Json(Images.Shown(found)) : OpenStackRefusal.NotFound(id);
}
