using System.Globalization;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Cloud.Model;
using Zhengtong.Kernel;
using Zhengtong.Kernel.Identity;

namespace Zhengtong.Cloud.OpenStack;

internal static class ReadTenantUsage
{
    private static readonly TimeSpan Usual = TimeSpan.FromDays(28);
    private static readonly TimeSpan Longest = TimeSpan.FromDays(732);

    internal static void Map(IEndpointRouteBuilder group)
    {
        group.MapGet("/os-simple-tenant-usage", HandleAll);
        group.MapGet("/os-simple-tenant-usage/{id}", Handle);
    }

    /// <summary>What the token's business system had, as a list of one.</summary>
    internal static async Task<Results<JsonHttpResult<JsonObject>, OpenStackRefusal>> HandleAll(string? start, string? end, HttpContext http, Actor actor, ZhengtongDb db, TimeProvider clock, CancellationToken ct)
    {
        var (project, outside) = await Projects.ScopedAsync(http, actor, db, ct);
        if (project is null) { return outside!; }
        var (usage, refusal) = await UsageAsync(db, project.Id, start, end, clock.GetUtcNow(), ct);
        return usage is null ? refusal! : TypedResults.Json(new JsonObject { ["tenant_usages"] = new JsonArray(usage) });
    }

    /// <summary>What a business system of the own department had over a time of at most two years: the stretches that bills count, times what each held then. Bounds are UTC unless they say otherwise.</summary>
    internal static async Task<Results<JsonHttpResult<JsonObject>, OpenStackRefusal>> Handle(string id, string? start, string? end, Actor actor, ZhengtongDb db, TimeProvider clock, CancellationToken ct)
    {
        if (!Guid.TryParse(id, out var key) || await Projects.Of(db, actor).SingleOrDefaultAsync(s => s.Id == key, ct) is not { } project) { return OpenStackRefusal.NotFound(id); }
        var (usage, refusal) = await UsageAsync(db, project.Id, start, end, clock.GetUtcNow(), ct);
        return usage is null ? refusal! : TypedResults.Json(new JsonObject { ["tenant_usage"] = usage });
    }

    private static async Task<(JsonObject? Usage, OpenStackRefusal? Refusal)> UsageAsync(ZhengtongDb db, Guid project, string? start, string? end, DateTimeOffset now, CancellationToken ct)
    {
        if (!TryRead(end, now, out var to) || !TryRead(start, to - Usual, out var from) || from >= to || to - from > Longest) { return (null, OpenStackRefusal.BadRequest(Text.Of("cloud.openstack.window", (int)Longest.TotalDays))); }
        // Nothing was had of what is still to come.
        var until = to < now ? to : now;
        var found = await db.ResourceSpans.AsNoTracking().Where(s => s.From < until && (s.Until == null || s.Until > from))
            .Join(db.CloudResources.Where(r => r.SystemId == project && r.Form == ResourceForm.Instance), s => s.ResourceId, r => r.Id, (s, r) => new
            {
                s.From, s.Until, s.Amounts, r.Id, r.Name, r.ServiceCode, r.PlanCode, r.State, r.DeliveredAt, r.RemovedAt,
            }).ToListAsync(ct);
        var usages = new JsonArray();
        var (allHours, allCores, allMemory, allDisk) = (0.0, 0.0, 0.0, 0.0);
        foreach (var server in found.GroupBy(s => s.Id).OrderBy(g => g.Key))
        {
            var hours = 0.0;
            foreach (var span in server)
            {
                var part = ((span.Until is { } over && over < until ? over : until) - (span.From > from ? span.From : from)).TotalHours;
                hours += part;
                allCores += part * span.Amounts.Get("vcpu") / 1000;
                allMemory += part * span.Amounts.Get("memory");
                allDisk += part * span.Amounts.Get("disk");
            }

            allHours += hours;
            var last = server.MaxBy(s => s.From)!;
            usages.Add(new JsonObject
            {
                ["instance_id"] = $"{server.Key}", ["name"] = last.Name, ["tenant_id"] = $"{project:N}", ["flavor"] = Flavor.IdOf(last.ServiceCode, last.PlanCode), ["hours"] = hours, ["vcpus"] = Servers.Cores(last.Amounts),
                ["memory_mb"] = last.Amounts.Get("memory"), ["local_gb"] = last.Amounts.Get("disk"), ["started_at"] = last.DeliveredAt is { } began ? At(began) : null, ["ended_at"] = last.RemovedAt is { } ended ? At(ended) : null,
                ["state"] = last.State switch { CloudResourceState.Removed => "terminated", CloudResourceState.Stopped => "stopped", CloudResourceState.Lost or CloudResourceState.Failed => "error", _ => "active" },
                ["uptime"] = last.DeliveredAt is { } up ? (long)((last.RemovedAt ?? now) - up).TotalSeconds : 0,
            });
        }

        return (new JsonObject
        {
            ["tenant_id"] = $"{project:N}", ["start"] = At(from), ["stop"] = At(to), ["total_hours"] = allHours, ["total_vcpus_usage"] = allCores, ["total_memory_mb_usage"] = allMemory, ["total_local_gb_usage"] = allDisk,
            ["server_usages"] = usages,
        }, null);
    }

    private static bool TryRead(string? text, DateTimeOffset otherwise, out DateTimeOffset at)
    {
        at = otherwise;
        return text is null || (DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out at) && at.Year is >= 2000 and <= 2200);
    }

    private static string At(DateTimeOffset at) => at.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.ffffff", CultureInfo.InvariantCulture);
}
