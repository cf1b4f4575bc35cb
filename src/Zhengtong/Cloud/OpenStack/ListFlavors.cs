using System.Globalization;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;
using Zhengtong.Catalogue;
using Zhengtong.Kernel;

namespace Zhengtong.Cloud.OpenStack;

internal static class ListFlavors
{
    internal static void Map(IEndpointRouteBuilder group)
    {
        group.MapGet("/flavors", Handle);
        group.MapGet("/flavors/detail", Handle);
    }

    /// <summary>The plans of instances that may be ordered now, by id: from what follows <paramref name="marker"/>, at most <paramref name="limit"/>. None is private.</summary>
    internal static async Task<Results<JsonHttpResult<JsonObject>, OpenStackRefusal>> Handle(string? marker, string? limit, [FromQuery(Name = "is_public")] string? isPublic, HttpContext http, CloudServiceLookup services, CancellationToken ct)
    {
        var root = OpenStackBody.RootOf(http);
        if (Part.Of(limit) is not { } most) { return OpenStackRefusal.BadRequest(Text.Of("cloud.openstack.limit", Part.Most)); }
        var flavors = string.Equals(isPublic, "false", StringComparison.OrdinalIgnoreCase) ? [] : (await Offers.FlavorsAsync(services, ct)).Where(f => marker is null || string.CompareOrdinal(f.Id, marker) > 0).Take(most);
        var isDetailed = http.Request.Path.Value!.EndsWith("/detail", StringComparison.Ordinal);
        return TypedResults.Json(new JsonObject { ["flavors"] = new JsonArray([.. flavors.Select(f => isDetailed ? f.Shown(root) : f.Named(root))]) });
    }
}

/// <summary>How much of a list a client asks for.</summary>
internal static class Part
{
    internal const int Most = 1000;

    /// <summary>1 to <see cref="Most"/>, which is meant when nothing is said; null for what is no such number.</summary>
    internal static int? Of(string? limit) => limit is null ? Most : int.TryParse(limit, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number > 0 ? Math.Min(number, Most) : null;
}
