using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;
using Zhengtong.Kernel;
using Zhengtong.Kernel.Identity;

namespace Zhengtong.Cloud.OpenStack;

internal static class ListServers
{
    internal static void Map(IEndpointRouteBuilder group)
    {
        group.MapGet("/servers", Handle);
        group.MapGet("/servers/detail", Handle);
    }

    /// <summary>The instances of the token's business system, the newest first, and the orders of single ones that wait for their decision.</summary>
    /// <param name="name">Only those whose name holds this.</param>
    /// <param name="status">Only those in this state, such as ACTIVE.</param>
    /// <param name="flavor">Only those of this flavor.</param>
    /// <param name="image">Only those of this image's id.</param>
    /// <param name="marker">Only what follows the server of this id.</param>
    /// <param name="limit">At most so many, 1 to 1000.</param>
    /// <param name="allTenants">Refused when true: nobody sees other departments' here.</param>
    internal static async Task<Results<JsonHttpResult<JsonObject>, OpenStackRefusal>> Handle(
        string? name, string? status, string? flavor, string? image, string? marker, string? limit, [FromQuery(Name = "all_tenants")] string? allTenants, HttpContext http, Actor actor, ZhengtongDb db, CancellationToken ct)
    {
        var (project, refusal) = await Projects.ScopedAsync(http, actor, db, ct);
        if (project is null) { return refusal!; }
        if (allTenants is "1" || string.Equals(allTenants, "true", StringComparison.OrdinalIgnoreCase)) { return OpenStackRefusal.Forbidden(Text.Of("cloud.openstack.all-tenants")); }
        if (Part.Of(limit) is not { } most) { return OpenStackRefusal.BadRequest(Text.Of("cloud.openstack.limit", Part.Most)); }

        var from = marker is null ? null : await Servers.FindAsync(db, project.Id, marker, ct);
        if (marker is not null && from is null) { return OpenStackRefusal.BadRequest(Text.Of("cloud.openstack.marker")); }
        var servers = await Servers.ReadAsync(db, project.Id, new ServerFilter(name, status?.ToUpperInvariant(), flavor, image), from, most, ct);
        var root = OpenStackBody.RootOf(http);
        var isDetailed = http.Request.Path.Value!.EndsWith("/detail", StringComparison.Ordinal);
        return TypedResults.Json(new JsonObject { ["servers"] = new JsonArray([.. servers.Select(s => isDetailed ? Servers.Shown(s, project.Id, root) : Servers.Named(s, root))]) });
    }
}
