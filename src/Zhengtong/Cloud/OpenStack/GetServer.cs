using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http.HttpResults;
using Zhengtong.Kernel.Identity;

namespace Zhengtong.Cloud.OpenStack;

internal static class GetServer
{
    internal static void Map(IEndpointRouteBuilder group) => group.MapGet("/servers/{id}", Handle);

    /// <summary>One server of the token's business system.</summary>
    internal static async Task<Results<JsonHttpResult<JsonObject>, OpenStackRefusal>> Handle(string id, HttpContext http, Actor actor, ZhengtongDb db, CancellationToken ct)
    {
        var (project, refusal) = await Projects.ScopedAsync(http, actor, db, ct);
        if (project is null) { return refusal!; }
        return await Servers.FindAsync(db, project.Id, id, ct) is { } server
            ? TypedResults.Json(new JsonObject { ["server"] = Servers.Shown(server, project.Id, OpenStackBody.RootOf(http)) }) : OpenStackRefusal.NotFound(id);
    }
}
