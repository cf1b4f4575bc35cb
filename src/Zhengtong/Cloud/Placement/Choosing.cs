using System.Runtime.InteropServices;
using Zhengtong.Cloud.Model;

namespace Zhengtong.Cloud.Placement;

/// <summary>Chooses a host: what does not fit is refused with its reason, what fits is ranked, and among the best few a number made from the consumer's id decides.
/// The same view, need and consumer give the same answer.</summary>
internal static class Choosing
{
    /// <summary>So many of the best are kept; the choice is among them.</summary>
    private const int Best = 5;

    /// <summary>Thousandths by which a share may be worse than the best one and still be chosen, when load is to be spread.</summary>
    private const int Near = 20;

    /// <summary>Thousandths by which a host may be more loaded than the best one and still be chosen.</summary>
    private const int LoadNear = 50;

    private const int MostExamples = 3;

    /// <summary>Where it goes, and why nowhere else.</summary>
    /// <param name="view">What is free.</param>
    /// <param name="need">What the place must have.</param>
    /// <param name="amounts">How much of the kinds that hosts give.</param>
    /// <param name="consumer">For whom.</param>
    /// <param name="avoided">Hosts that hold another of the spread group.</param>
    /// <param name="left">Hosts that are not to be taken: the one that is left, or that turned out to be full.</param>
    internal static PlacementExplanation Choose(HostView view, PlacementNeed need, IReadOnlyList<ResourceAmount> amounts, Guid consumer, IReadOnlySet<Guid> avoided, IReadOnlySet<Guid> left)
    {
        // A kind that hosts give and none has: beyond the end of every list.
        var asked = amounts.Select(a => (Number: view.NumberOf(a.Kind) ?? int.MaxValue, a.Kind, a.Amount)).ToArray();
        var refused = new Dictionary<(PlacementObstacle, string), Refusals>();
        var best = new List<Ranked>(Best + 1);
        var (fitting, looked, strategy) = (0, 0, PlacementStrategy.Spread);
        foreach (var pool in view.Pools.Values.OrderBy(p => p.Id))
        {
            looked += pool.Hosts.Count;
            if (ObstacleOf(pool, need) is { } obstacle)
            {
                Refuse(refused, obstacle, "", pool.Name, pool.Hosts.Count, null);
                continue;
            }

            foreach (var host in pool.Hosts)
            {
                if (!Fits(host, need, asked, avoided, left, refused)) { continue; }
                fitting++;
                var share = ShareOf(host, asked);
                // Most are worse than the five that are kept: of those nothing is made.
                if (best.Count < Best || Ranked.OrderOf(pool, share) <= best[^1].Order) { Rank(best, new Ranked(pool, host, share), consumer); }
            }
        }

        if (best.Count == 0) { return new PlacementExplanation(null, [], 0, looked, Told(refused), strategy, view.Generation); }
        strategy = best[0].Pool.Strategy;
        var chosen = best.Where(r => r.Pool.Strategy == strategy && r.Host.Load <= best[0].Host.Load + LoadNear && (strategy == PlacementStrategy.Spread ? r.Share <= best[0].Share + Near : r.Order == best[0].Order))
            .MinBy(r => Draw(consumer, r.Host.Id))!;
        return new PlacementExplanation(chosen.Candidate, [.. best.Where(r => r != chosen).Select(r => r.Candidate)], fitting, looked, Told(refused), strategy, view.Generation);
    }

    private static PlacementObstacle? ObstacleOf(ViewPool pool, PlacementNeed need) =>
        need.PoolId is { } only && pool.Id != only ? PlacementObstacle.OtherPool
        : pool.Zone != need.Zone ? PlacementObstacle.Zone
        : pool.Protection < need.Protection ? PlacementObstacle.Protection
        : need.RegionCode is { } region && !region.Covers(pool.Region) ? PlacementObstacle.Region
        : pool.IsOpen ? null : PlacementObstacle.PoolClosed;

    private static bool Fits(
        ViewHost host, PlacementNeed need, (int Number, string Kind, long Amount)[] asked, IReadOnlySet<Guid> avoided, IReadOnlySet<Guid> left, Dictionary<(PlacementObstacle, string), Refusals> refused)
    {
        if (!host.IsOpen) { return Refuse(refused, PlacementObstacle.HostClosed, "", host.Name, 1, null); }
        if (left.Count > 0 && left.Contains(host.Id)) { return Refuse(refused, PlacementObstacle.Left, "", host.Name, 1, null); }
        foreach (var trait in need.Traits) { if (!host.Traits.Contains(trait)) { return Refuse(refused, PlacementObstacle.Trait, trait, host.Name, 1, null); } }
        foreach (var trait in need.UnwantedTraits) { if (host.Traits.Contains(trait)) { return Refuse(refused, PlacementObstacle.Trait, $"!{trait}", host.Name, 1, null); } }
        foreach (var (number, kind, amount) in asked)
        {
            var free = number < host.Capacity.Length ? host.Capacity[number] - host.Used[number] : 0;
            if (free < amount) { return Refuse(refused, PlacementObstacle.Capacity, kind, host.Name, 1, Math.Max(0, free)); }
        }

        return !avoided.Contains(host.Id) || Refuse(refused, PlacementObstacle.SpreadGroup, "", host.Name, 1, null);
    }

    /// <summary>Thousandths of the scarcest kind that would be allocated.</summary>
    private static int ShareOf(ViewHost host, (int Number, string Kind, long Amount)[] asked)
    {
        var share = 0;
        foreach (var (number, _, amount) in asked)
        {
            // No product overflows: of no kind more than 100,000,000,000,000 may be allocated on a host.
            if (host.Capacity[number] > 0) { share = Math.Max(share, (int)((host.Used[number] + amount) * 1000 / host.Capacity[number])); }
        }

        return share;
    }

    private static void Rank(List<Ranked> best, Ranked one, Guid consumer)
    {
        if (best.Count == Best && Compare(one, best[^1], consumer) >= 0) { return; }
        var place = best.Count;
        while (place > 0 && Compare(one, best[place - 1], consumer) < 0) { place--; }
        best.Insert(place, one);
        if (best.Count > Best) { best.RemoveAt(Best); }
    }

    private static int Compare(Ranked one, Ranked other, Guid consumer)
    {
        // Hundredths: what differs by less is as good, and the load decides.
        var by = one.Order.CompareTo(other.Order);
        if (by == 0) { by = one.Host.Load.CompareTo(other.Host.Load); }
        return by != 0 ? by : Draw(consumer, one.Host.Id).CompareTo(Draw(consumer, other.Host.Id));
    }

    /// <summary>A number that looks like chance, the same for the same two ids everywhere.</summary>
    private static ulong Draw(Guid consumer, Guid host)
    {
        ReadOnlySpan<Guid> ids = [consumer, host];
        var mixed = 0x9E3779B97F4A7C15UL;
        foreach (var word in MemoryMarshal.Cast<Guid, ulong>(ids))
        {
            mixed = (mixed ^ word) * 0xBF58476D1CE4E5B9UL;
            mixed ^= mixed >> 29;
        }

        mixed *= 0x94D049BB133111EBUL;
        return mixed ^ (mixed >> 32);
    }

    private static bool Refuse(Dictionary<(PlacementObstacle, string), Refusals> refused, PlacementObstacle obstacle, string what, string name, int count, long? free)
    {
        ref var so = ref CollectionsMarshal.GetValueRefOrAddDefault(refused, (obstacle, what), out _);
        so ??= new Refusals();
        so.Count += count;
        if (so.Names.Count < MostExamples) { so.Names.Add(name); }
        if (free is { } some) { so.MostFree = Math.Max(so.MostFree ?? 0, some); }
        return false;
    }

    private static IReadOnlyList<RefusedHosts> Told(Dictionary<(PlacementObstacle Obstacle, string What), Refusals> refused) =>
        [.. refused.OrderByDescending(r => r.Value.Count).ThenBy(r => r.Key.Obstacle).ThenBy(r => r.Key.What, StringComparer.Ordinal).Select(r => new RefusedHosts(r.Key.Obstacle, r.Key.What, r.Value.Count, r.Value.Names, r.Value.MostFree))];

    private sealed class Refusals
    {
        internal int Count { get; set; }

        internal List<string> Names { get; } = new(MostExamples);

        internal long? MostFree { get; set; }
    }

    private sealed record Ranked(ViewPool Pool, ViewHost Host, int Share)
    {
        /// <summary>Hundredths of the share, the less the better; in a pool that packs the more the better.</summary>
        internal int Order { get; } = OrderOf(Pool, Share);

        internal static int OrderOf(ViewPool pool, int share) => pool.Strategy == PlacementStrategy.Spread ? share / 10 : 100 - (share / 10);

        internal HostCandidate Candidate => new(Pool.Id, Host.Id, Host.Name, Share, Host.Load);
    }
}
