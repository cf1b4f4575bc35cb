using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http.HttpResults;
using Zhengtong.Catalogue;

namespace Zhengtong.Cloud.OpenStack;

internal static class ListImages
{
    internal static void Map(IEndpointRouteBuilder group) => group.MapGet("/image/v2/images", Handle);

    /// <summary>What instances may be made from, by name; <paramref name="name"/> finds one by its whole name. All of them at once, for they are few.</summary>
    internal static async Task<JsonHttpResult<JsonObject>> Handle(string? name, string? marker, CloudServiceLookup services, CancellationToken ct)
    {
        var images = Images.Of(await Offers.FlavorsAsync(services, ct)).Where(i => name is null || i == name).ToList();
        var from = marker is null ? 0 : images.FindIndex(i => string.Equals($"{Images.IdOf(i)}", marker, StringComparison.OrdinalIgnoreCase)) + 1;
        return TypedResults.Json(new JsonObject { ["images"] = new JsonArray([.. images.Skip(from).Select(Images.Shown)]), ["first"] = "/v2/images", ["schema"] = "/v2/schemas/images" });
    }
}
