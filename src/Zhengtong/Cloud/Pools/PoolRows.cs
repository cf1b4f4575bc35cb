using Microsoft.EntityFrameworkCore;
using Zhengtong.Cloud.Model;

namespace Zhengtong.Cloud.Pools;

/// <summary>What a pool's hosts have of a kind, together.</summary>
/// <param name="Kind">Code of the kind.</param>
/// <param name="Total">What is physically there.</param>
/// <param name="Capacity">What may be allocated: without what is kept back, overcommitted as the pool says.</param>
/// <param name="Used">What is allocated.</param>
/// <param name="LargestFree">The most that one open host has free.</param>
public sealed record PoolCount(string Kind, long Total, long Capacity, long Used, long LargestFree);

/// <summary>A resource pool in a list.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Name">Its name.</param>
/// <param name="Zone">The network that it stands in.</param>
/// <param name="Region">Code of its region.</param>
/// <param name="Engine">Name of the engine's driver.</param>
/// <param name="Protection">等保 level.</param>
/// <param name="Strategy">Which hosts are taken first.</param>
/// <param name="IsOpen">False: nothing new is placed in it.</param>
/// <param name="Hosts">How many hosts it has.</param>
/// <param name="OpenHosts">How many of them take what is placed.</param>
/// <param name="Counts">By kind.</param>
public sealed record PoolRow(
    Guid Id, string Name, NetworkZone Zone, string Region, string Engine, int Protection, PlacementStrategy Strategy, bool IsOpen, int Hosts, int OpenHosts, IReadOnlyList<PoolCount> Counts);

/// <summary>Pools with their hosts' sums; three questions however many there are.</summary>
internal static class PoolRows
{
    internal static async Task<IReadOnlyList<PoolRow>> ShowAsync(ZhengtongDb db, IReadOnlyList<ResourcePool> pools, CancellationToken ct)
    {
        var ids = pools.Select(p => p.Id).ToList();
        var hosts = (await db.CloudHosts.Where(h => ids.Contains(h.PoolId)).GroupBy(h => new { h.PoolId, h.State }).Select(g => new { g.Key.PoolId, g.Key.State, Count = g.Count() }).ToListAsync(ct)).ToLookup(h => h.PoolId);
        var sums = (await db.HostInventories.Join(db.CloudHosts.Where(h => ids.Contains(h.PoolId)), i => i.HostId, h => h.Id, (i, h) => new { h.PoolId, i.Kind, i.Total, i.Capacity, i.Used, Free = i.IsOpen ? i.Capacity - i.Used : 0 })
            .GroupBy(i => new { i.PoolId, i.Kind })
            .Select(g => new { g.Key.PoolId, g.Key.Kind, Total = g.Sum(i => i.Total), Capacity = g.Sum(i => i.Capacity), Used = g.Sum(i => i.Used), Free = g.Max(i => i.Free) }).ToListAsync(ct)).ToLookup(s => s.PoolId);
        return [.. pools.Select(p => new PoolRow(p.Id, p.Name, p.Zone, p.Region.ToString(), p.Engine, p.Protection, p.Strategy, p.IsOpen,
            hosts[p.Id].Sum(h => h.Count), hosts[p.Id].Where(h => h.State == HostState.Online).Sum(h => h.Count),
            [.. sums[p.Id].OrderBy(s => s.Kind, StringComparer.Ordinal).Select(s => new PoolCount(s.Kind, s.Total, s.Capacity, s.Used, s.Free))]))];
    }
}
