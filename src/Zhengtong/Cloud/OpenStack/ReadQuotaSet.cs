using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Cloud.Orders;
using Zhengtong.Kernel.Identity;

namespace Zhengtong.Cloud.OpenStack;

internal static class ReadQuotaSet
{
    internal static void Map(IEndpointRouteBuilder group)
    {
        group.MapGet("/os-quota-sets/{id}", Handle);
        group.MapGet("/os-quota-sets/{id}/detail", Handle);
        group.MapGet("/os-quota-sets/{id}/defaults", Handle);
    }

    /// <summary>What may be held where orders for the business system are held: the department's node of the tree of quotas, else the nearest region's. Detailed: limit, what is there, what is approved and not yet there.
    /// Whole cores: limits downwards, what is held upwards. -1: no limit of its own; what stands above bounds it.</summary>
    internal static async Task<Results<JsonHttpResult<JsonObject>, OpenStackRefusal>> Handle(string id, HttpContext http, Actor actor, ZhengtongDb db, CancellationToken ct)
    {
        if (!Guid.TryParse(id, out var key) || await Projects.Of(db, actor).SingleOrDefaultAsync(s => s.Id == key, ct) is not { } project) { return OpenStackRefusal.NotFound(id); }
        var node = await OrderGrant.NodeAsync(db, actor.Organisation, actor.Region, null, ct);
        var counters = node is null ? [] : await db.QuotaCounters.AsNoTracking().Where(c => c.NodeId == node.Id).ToDictionaryAsync(c => c.Kind, ct);
        var isDetailed = http.Request.Path.Value!.EndsWith("/detail", StringComparison.Ordinal);
        var set = new JsonObject { ["id"] = $"{project.Id:N}" };
        foreach (var (name, kind, unit) in new[] { ("cores", "vcpu", 1000L), ("ram", "memory", 1L), ("instances", "instance", 1L) })
        {
            var counter = counters.GetValueOrDefault(kind);
            // Nothing of a kind that was not granted.
            var limit = counter is null ? 0 : counter.Limit is { } most ? most / unit : -1;
            set[name] = isDetailed ? new JsonObject { ["limit"] = limit, ["in_use"] = Up(counter?.Active ?? 0, unit), ["reserved"] = Up(counter?.Reserved ?? 0, unit) } : limit;
        }

        return TypedResults.Json(new JsonObject { ["quota_set"] = set });
    }

    private static long Up(long amount, long unit) => (amount + unit - 1) / unit;
}
