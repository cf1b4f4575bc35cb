using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http.HttpResults;

namespace Zhengtong.Cloud.OpenStack;

internal static class ReadVersions
{
    internal static void Map(IEndpointRouteBuilder group)
    {
        group.MapGet("/identity", Handle);
        group.MapGet("/identity/v3", Handle);
        group.MapGet("/compute", Handle);
        group.MapGet("/compute/v2.1", Handle);
        group.MapGet("/image", Handle);
        group.MapGet("/image/v2", Handle);
    }

    /// <summary>What is offered at the roots of the three services; clients ask before they sign in.</summary>
    internal static JsonHttpResult<JsonObject> Handle(HttpContext http)
    {
        var root = OpenStackBody.RootOf(http);
        var (service, isOne) = http.Request.Path.Value!.Trim('/').Split('/') is [_, var name, ..] parts ? (name, parts.Length > 2) : ("", false);
        return service switch
        {
            "identity" when isOne => TypedResults.Json(new JsonObject { ["version"] = Identity(root) }),
            "identity" => TypedResults.Json(new JsonObject { ["versions"] = new JsonObject { ["values"] = new JsonArray(Identity(root)) } }, statusCode: 300),
            "compute" when isOne => TypedResults.Json(new JsonObject { ["version"] = Compute(root) }),
            "compute" => TypedResults.Json(new JsonObject { ["versions"] = new JsonArray(Compute(root)) }),
            // Clients of images read the list at either place.
            _ => TypedResults.Json(new JsonObject { ["versions"] = new JsonArray(Image(root)) }, statusCode: isOne ? 200 : 300),
        };
    }

    private static JsonObject Identity(string root) => new()
    {
        ["id"] = "v3.14", ["status"] = "stable", ["updated"] = "2020-04-07T00:00:00Z", ["links"] = Links($"{root}/identity/v3/"),
        ["media-types"] = new JsonArray(new JsonObject { ["base"] = "application/json", ["type"] = "application/vnd.openstack.identity-v3+json" }),
    };

    private static JsonObject Compute(string root) => new()
    {
        ["id"] = "v2.1", ["status"] = "CURRENT", ["version"] = Microversions.Newest, ["min_version"] = Microversions.Oldest, ["updated"] = "2013-07-23T11:33:21Z", ["links"] = Links($"{root}/compute/v2.1/"),
    };

    private static JsonObject Image(string root) => new() { ["id"] = "v2.15", ["status"] = "CURRENT", ["links"] = Links($"{root}/image/v2/") };

    private static JsonArray Links(string self) => new(new JsonObject { ["rel"] = "self", ["href"] = self });
}
