using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http.HttpResults;
using Zhengtong.Catalogue;

namespace Zhengtong.Cloud.OpenStack;

internal static class GetFlavor
{
    internal static void Map(IEndpointRouteBuilder group)
    {
        group.MapGet("/flavors/{id}", Handle);
        group.MapGet("/flavors/{id}/os-extra_specs", Handle);
    }

    /// <summary>One plan, or what people call it and what of it may be chosen.</summary>
    internal static async Task<Results<JsonHttpResult<JsonObject>, OpenStackRefusal>> Handle(string id, HttpContext http, CloudServiceLookup services, CancellationToken ct)
    {
        if ((await Offers.FlavorsAsync(services, ct)).FirstOrDefault(f => f.Id == id) is not { } flavor) { return OpenStackRefusal.NotFound(id); }
        return http.Request.Path.Value!.EndsWith("/os-extra_specs", StringComparison.Ordinal) ? TypedResults.Json(new JsonObject { ["extra_specs"] = flavor.Specs })
            : TypedResults.Json(new JsonObject { ["flavor"] = flavor.Shown(OpenStackBody.RootOf(http)) });
    }
}
