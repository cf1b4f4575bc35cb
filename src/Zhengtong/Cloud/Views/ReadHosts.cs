using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;
using Zhengtong.Cloud.Delivery;
using Zhengtong.Cloud.Metering;
using Zhengtong.Cloud.Model;
using Zhengtong.Kernel.Identity;

namespace Zhengtong.Cloud.Views;

/// <summary>How full a host is of a kind.</summary>
/// <param name="Kind">Code of the kind.</param>
/// <param name="Allocated">Allocated of what may be, in thousandths.</param>
/// <param name="Used">Really used of what is physically there, in thousandths; null where nothing newer than five minutes is known.</param>
public sealed record HostShare(string Kind, int Allocated, int? Used);

/// <summary>A host and how full it is.</summary>
/// <param name="Id">Its id.</param>
/// <param name="PoolId">Its pool.</param>
/// <param name="Pool">The pool's name.</param>
/// <param name="Name">As its engine calls it.</param>
/// <param name="Group">Where it stands, such as a rack; may be empty.</param>
/// <param name="State">Whether it takes what is new.</param>
/// <param name="Shares">By kind.</param>
public sealed record HostHeat(Guid Id, Guid PoolId, string Pool, string Name, string Group, HostState State, IReadOnlyList<HostShare> Shares)
{
    /// <summary>The share of the kind of which the most is allocated, in thousandths.</summary>
    public int Fullest => Shares.Count == 0 ? 0 : Shares.Max(s => s.Allocated);
}

/// <summary>Something an operator should look at.</summary>
/// <param name="Code">What: <c>engine-silent</c>, <c>host-full</c>, <c>orphans</c>, <c>troubled</c> (resources that are lost or failed), <c>drift</c> (differences mended in the last 24 hours).</param>
/// <param name="Subject">Where: name of a pool or host; empty for the whole platform.</param>
/// <param name="Count">How many; of a host in thousandths of what may be allocated.</param>
/// <param name="Since">Since when; null where that is not known.</param>
public sealed record CloudAlarm(string Code, string Subject, long Count, DateTimeOffset? Since);

/// <summary>All hosts and what is not in order.</summary>
/// <param name="Limit">From which share allocated a host is an alarm, in thousandths.</param>
/// <param name="Alarms">What to look at; empty when all is in order.</param>
/// <param name="Hosts">By pool and name, at most 2,000.</param>
/// <param name="Total">How many hosts there are.</param>
public sealed record HostsSeen(int Limit, IReadOnlyList<CloudAlarm> Alarms, IReadOnlyList<HostHeat> Hosts, int Total);

internal static class ReadHosts
{
    private const int MostHosts = 2000;
    private const int MostFull = 50;

    internal static void Map(IEndpointRouteBuilder group) => group.MapGet("/cloud/hosts", Handle).Requires(Right.SeePools).ProducesProblem(403);

    /// <summary>Read how full every host is, allocated and really used, with what is not in order: engines that do not answer, hosts above the limit, instances that nobody knows, resources in trouble, differences that were mended.</summary>
    /// <response code="200">Hosts and alarms; six questions however many hosts there are.</response>
    internal static async Task<Ok<HostsSeen>> Handle(ZhengtongDb db, IOptions<CloudOptions> options, TimeProvider clock, CancellationToken ct)
    {
        var now = clock.GetUtcNow();
        var limit = options.Value.HostLimit;
        var found = await db.CloudHosts.AsNoTracking().Join(db.ResourcePools, h => h.PoolId, p => p.Id, (h, p) => new { h.Id, h.PoolId, Pool = p.Name, h.Name, h.Group, h.State })
            .OrderBy(h => h.Pool).ThenBy(h => h.Name).ToListAsync(ct);
        var inventories = (await db.HostInventories.AsNoTracking().Select(i => new { i.HostId, i.Kind, i.Total, i.Capacity, i.Used }).ToListAsync(ct)).ToLookup(i => i.HostId);
        var fresh = (now - ListResourceUse.Fresh).ToUnixTimeMilliseconds();
        var used = await db.MeterLatest.Where(l => l.ReadAt >= fresh).Join(db.CloudResources.Where(r => r.HostId != null && r.State != CloudResourceState.Removed), l => l.ResourceId, r => r.Id, (l, r) => new { r.HostId, l.Cpu, l.MemoryMiB })
            .GroupBy(l => l.HostId).Select(g => new { Host = g.Key, Cpu = g.Sum(l => (long?)l.Cpu), Memory = g.Sum(l => (long)l.MemoryMiB) }).ToDictionaryAsync(u => u.Host!.Value, ct);
        var hosts = found.Select(h => new HostHeat(h.Id, h.PoolId, h.Pool, h.Name, h.Group, h.State, [.. inventories[h.Id].OrderBy(i => i.Kind, StringComparer.Ordinal).Select(i => new HostShare(i.Kind, Share(i.Used, i.Capacity),
            !used.TryGetValue(h.Id, out var load) ? null : i.Kind switch { "vcpu" => load.Cpu is { } cpu ? Share(cpu, i.Total) : null, "memory" => Share(load.Memory, i.Total), _ => null }))])).ToList();
        return TypedResults.Ok(new HostsSeen(limit, await AlarmsAsync(db, hosts, limit, now, ct), [.. hosts.Take(MostHosts)], hosts.Count));
    }

    private static async Task<IReadOnlyList<CloudAlarm>> AlarmsAsync(ZhengtongDb db, IReadOnlyList<HostHeat> hosts, int limit, DateTimeOffset now, CancellationToken ct)
    {
        var silent = await db.PoolSights.AsNoTracking().Where(s => s.Fault != null).Join(db.ResourcePools, s => s.PoolId, p => p.Id, (s, p) => new { p.Name, s.FaultSince }).OrderBy(s => s.Name).ToListAsync(ct);
        var orphans = await db.EngineOrphans.AsNoTracking().Where(o => o.Decision == OrphanDecision.None).Join(db.ResourcePools, o => o.PoolId, p => p.Id, (o, p) => p.Name).GroupBy(n => n).Select(g => new { Pool = g.Key, Count = g.Count() })
            .OrderBy(o => o.Pool).ToListAsync(ct);
        var troubled = await db.CloudResources.CountAsync(r => r.State == CloudResourceState.Lost || r.State == CloudResourceState.Failed, ct);
        var yesterday = now.AddDays(-1);
        var drift = await db.Ledger.CountAsync(e => e.Event == "cloud.drift-found" && e.At >= yesterday, ct);
        return
        [
            .. silent.Select(s => new CloudAlarm("engine-silent", s.Name, 1, s.FaultSince)),
            .. orphans.Select(o => new CloudAlarm("orphans", o.Pool, o.Count, null)),
            .. troubled > 0 ? [new CloudAlarm("troubled", "", troubled, null)] : Array.Empty<CloudAlarm>(),
            .. drift > 0 ? [new CloudAlarm("drift", "", drift, yesterday)] : Array.Empty<CloudAlarm>(),
            .. hosts.Where(h => h.Fullest >= limit).OrderByDescending(h => h.Fullest).Take(MostFull).Select(h => new CloudAlarm("host-full", $"{h.Pool} / {h.Name}", h.Fullest, null)),
        ];
    }

    private static int Share(long part, long whole) => whole == 0 ? 0 : (int)Int128.Min(int.MaxValue, (Int128)part * 1000 / whole);
}
