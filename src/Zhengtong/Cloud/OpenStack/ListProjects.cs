using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Kernel.Identity;

namespace Zhengtong.Cloud.OpenStack;

internal static class ListProjects
{
    internal static void Map(IEndpointRouteBuilder group)
    {
        group.MapGet("/identity/v3/projects", Handle);
        group.MapGet("/identity/v3/auth/projects", Handle);
    }

    /// <summary>The business systems of the caller's department that are in use; <paramref name="name"/> finds one by its whole name.</summary>
    internal static async Task<JsonHttpResult<JsonObject>> Handle(string? name, HttpContext http, Actor actor, ZhengtongDb db, CancellationToken ct)
    {
        var root = OpenStackBody.RootOf(http);
        var found = await Projects.Of(db, actor).OrderBy(s => s.CreatedAt).ThenBy(s => s.Id).ToListAsync(ct);
        return TypedResults.Json(new JsonObject
        {
            ["projects"] = new JsonArray([.. found.Where(s => name is null || s.Name == name).Select(s => Projects.Shown(s, root))]),
            ["links"] = new JsonObject { ["self"] = $"{root}/identity/v3/projects", ["next"] = null, ["previous"] = null },
        });
    }
}
