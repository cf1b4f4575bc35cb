using Microsoft.EntityFrameworkCore;
using Zhengtong.Cloud.Model;
using Zhengtong.Kernel.Regions;

namespace Zhengtong.Cloud.Placement;

/// <summary>A host as the chooser sees it.</summary>
internal sealed class ViewHost
{
    internal required Guid Id { get; init; }

    internal required string Name { get; init; }

    internal bool IsOpen { get; set; }

    internal int Load { get; set; }

    internal IReadOnlyList<string> Traits { get; set; } = [];

    /// <summary>What may be allocated and what is, by the view's numbers of kinds.</summary>
    internal long[] Capacity { get; set; } = [];

    internal long[] Used { get; set; } = [];
}

/// <summary>A pool with its hosts as the chooser sees it.</summary>
internal sealed class ViewPool
{
    internal required Guid Id { get; init; }

    internal string Name { get; set; } = "";

    internal NetworkZone Zone { get; set; }

    internal RegionCode Region { get; set; }

    internal int Protection { get; set; }

    internal PlacementStrategy Strategy { get; set; }

    internal bool IsOpen { get; set; }

    internal List<ViewHost> Hosts { get; } = [];
}

/// <summary>What is free on all hosts, in memory: read whole once, then only what changed since. Others may have taken more meanwhile; the statement that allocates has the last word.
/// Used by one at a time.</summary>
internal sealed class HostView
{
    private readonly Dictionary<Guid, ViewHost> hosts = [];
    private readonly Dictionary<string, int> numbers = new(StringComparer.Ordinal);

    internal Dictionary<Guid, ViewPool> Pools { get; } = [];

    /// <summary>The newest change that is in it.</summary>
    internal long Generation { get; private set; } = -1;

    /// <summary>Number of a kind in the hosts' lists; null when no host gives it.</summary>
    internal int? NumberOf(string kind) => numbers.TryGetValue(kind, out var number) ? number : null;

    internal ViewHost HostOf(Guid id) => hosts[id];

    /// <summary>Reads what changed. Changes carry numbers in the order of their commits, so that what has a greater number than the newest seen is all that is new.</summary>
    internal async Task RefreshAsync(ZhengtongDb db, CancellationToken ct)
    {
        var seen = Generation;
        var rows = await db.HostInventories.AsNoTracking().Where(i => i.Generation > seen)
            .Select(i => new { i.HostId, i.Kind, i.Capacity, i.Used, i.IsOpen, i.Generation, i.SetGeneration }).ToListAsync(ct);
        if (rows.Count == 0) { return; }
        if (rows.Any(r => r.SetGeneration > seen || !hosts.ContainsKey(r.HostId)))
        {
            await ReadPoolsAsync(db, ct);
            await ReadHostsAsync(db, seen < 0 ? null : [.. rows.Where(r => r.SetGeneration > seen || !hosts.ContainsKey(r.HostId)).Select(r => r.HostId).Distinct()], ct);
        }

        foreach (var row in rows)
        {
            Set(hosts[row.HostId], row.Kind, row.Capacity, row.Used, row.IsOpen);
            Generation = Math.Max(Generation, row.Generation);
        }
    }

    /// <summary>Adds a host to a pool.</summary>
    internal void Add(ViewPool pool, ViewHost host)
    {
        Pools.TryAdd(pool.Id, pool);
        hosts[host.Id] = host;
        pool.Hosts.Add(host);
    }

    /// <summary>What a host may give of a kind, and what of it is allocated.</summary>
    internal void Set(ViewHost host, string kind, long capacity, long used, bool isOpen)
    {
        if (!numbers.TryGetValue(kind, out var number)) { numbers[kind] = number = numbers.Count; }
        if (host.Capacity.Length <= number)
        {
            host.Capacity = Longer(host.Capacity);
            host.Used = Longer(host.Used);
        }

        (host.Capacity[number], host.Used[number], host.IsOpen) = (capacity, used, isOpen);
    }

    private long[] Longer(long[] list)
    {
        Array.Resize(ref list, numbers.Count);
        return list;
    }

    private async Task ReadPoolsAsync(ZhengtongDb db, CancellationToken ct)
    {
        foreach (var pool in await db.ResourcePools.AsNoTracking().Select(p => new { p.Id, p.Name, p.Zone, p.Region, p.Protection, p.Strategy, p.IsOpen }).ToListAsync(ct))
        {
            if (!Pools.TryGetValue(pool.Id, out var view)) { Pools[pool.Id] = view = new ViewPool { Id = pool.Id }; }
            (view.Name, view.Zone, view.Region, view.Protection, view.Strategy, view.IsOpen) = (pool.Name, pool.Zone, pool.Region, pool.Protection, pool.Strategy, pool.IsOpen);
        }
    }

    /// <summary>Reads hosts' own settings: those named, or all.</summary>
    private async Task ReadHostsAsync(ZhengtongDb db, List<Guid>? only, CancellationToken ct)
    {
        foreach (var some in only?.Chunk(1000) ?? [[]])
        {
            var part = some.ToList();
            var asked = db.CloudHosts.AsNoTracking();
            if (only is not null) { asked = asked.Where(h => part.Contains(h.Id)); }
            foreach (var host in await asked.Select(h => new { h.Id, h.PoolId, h.Name, h.Traits, h.Load }).ToListAsync(ct))
            {
                if (!hosts.TryGetValue(host.Id, out var view))
                {
                    // Of a pool that came after the pools were read: its rows are newer than what was seen, and bring it the next time.
                    if (!Pools.TryGetValue(host.PoolId, out var pool)) { continue; }
                    view = new ViewHost { Id = host.Id, Name = host.Name };
                    Add(pool, view);
                }

                (view.Traits, view.Load) = (host.Traits, host.Load);
            }
        }
    }
}
