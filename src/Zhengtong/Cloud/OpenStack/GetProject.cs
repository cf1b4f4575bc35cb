using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Kernel.Identity;

namespace Zhengtong.Cloud.OpenStack;

internal static class GetProject
{
    internal static void Map(IEndpointRouteBuilder group) => group.MapGet("/identity/v3/projects/{id}", Handle);

    /// <summary>One business system of the caller's department; clients ask with a name too, and look in the list when there is no such id.</summary>
    internal static async Task<Results<JsonHttpResult<JsonObject>, OpenStackRefusal>> Handle(string id, HttpContext http, Actor actor, ZhengtongDb db, CancellationToken ct) =>
        Guid.TryParse(id, out var key) && await Projects.Of(db, actor).SingleOrDefaultAsync(s => s.Id == key, ct) is { } project
            ? TypedResults.Json(new JsonObject { ["project"] = Projects.Shown(project, OpenStackBody.RootOf(http)) }) : OpenStackRefusal.NotFound(id);
}
