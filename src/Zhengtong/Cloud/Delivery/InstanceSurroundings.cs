using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;
using Zhengtong.Cloud.Engines;
using Zhengtong.Cloud.Model;

namespace Zhengtong.Cloud.Delivery;

/// <summary>What instances of a department stand in at an engine: its project with the second wall, its network, the rules at that network's border. Asked for before each instance; what was made is
/// remembered, so that an engine is only told of changes.</summary>
internal sealed class InstanceSurroundings(IOptions<CloudOptions> options, TimeProvider clock)
{
    /// <summary>Then it is looked at again, whatever we remember.</summary>
    private static readonly TimeSpan Remembered = TimeSpan.FromMinutes(10);
    private readonly ConcurrentDictionary<(Guid Pool, Guid Organisation), Memory> memories = new();

    private readonly ConditionalWeakTable<CloudEngine, Described> described = [];

    /// <summary>Project and network are there and as they are to be; else the first answer that says no.</summary>
    internal async Task<(EngineAnswer Answer, EngineName Name)> EnsureAsync(ZhengtongDb db, CloudEngine engine, ResourcePool pool, Guid organisation, CancellationToken ct)
    {
        var memory = memories.GetOrAdd((pool.Id, organisation), _ => new Memory());
        // One after the other: of two that counted at different moments the earlier must not have the last word.
        await memory.Door.WaitAsync(ct);
        try
        {
            var space = options.Value.Networks;
            var network = await TenantNetworks.OfAsync(db, pool.Id, organisation, space, ct);
            var wall = await WallAsync(db, pool.Id, organisation, ct);
            var wanted = (network.Revision, wall, pool.Revision);
            if (memory.Was == wanted && clock.GetUtcNow() - memory.At < Remembered) { return (EngineAnswer.Done, network.Name); }
            var marks = new Dictionary<string, string> { ["organisation"] = organisation.ToString(), ["pool"] = pool.Id.ToString() };
            var range = network.RangeIn(space);
            if (memory.Was.Network != network.Revision || clock.GetUtcNow() - memory.At >= Remembered)
            {
                var rules = await engine.EnsureRulesAsync(TenantNetworks.RulesOf(network, range, marks), ct);
                if (!rules.IsDone) { return (rules, network.Name); }
                var made = await engine.EnsureNetworkAsync(new EngineNetwork(network.Name, range, marks) { Rules = network.RulesName }, ct);
                if (!made.IsDone) { return (made, network.Name); }
            }

            var project = await engine.EnsureProjectAsync(new EngineProject(ProjectOf(organisation), marks)
            {
                Instances = wall.Instances, Cpus = wall.Cpus, MemoryMiB = wall.MemoryMiB, DiskGiB = null, Networks = [network.Name],
            }, ct);
            if (!project.IsDone) { return (project, network.Name); }
            (memory.Was, memory.At) = (wanted, clock.GetUtcNow());
            return (EngineAnswer.Done, network.Name);
        }
        finally
        {
            memory.Door.Release();
        }
    }

    /// <summary>Somebody changed it at the engine: it is looked at with the next instance.</summary>
    internal void Forget(Guid pool, Guid organisation)
    {
        if (memories.TryGetValue((pool, organisation), out var memory)) { memory.At = default; }
    }

    /// <summary>True when the engine has several members, so that one may be named. Remembered; an engine that does not answer is taken for what it was.</summary>
    internal async Task<bool> IsClusterAsync(CloudEngine engine, CancellationToken ct)
    {
        var now = clock.GetUtcNow();
        var known = described.TryGetValue(engine, out var seen);
        if (known && now - seen!.At < Remembered) { return seen.IsCluster; }
        if (await engine.DescribeAsync(ct) is not { IsDone: true, Value: { } told }) { return seen?.IsCluster ?? false; }
        described.AddOrUpdate(engine, new Described(now, told.Abilities.Contains(EngineAbility.Cluster)));
        return told.Abilities.Contains(EngineAbility.Cluster);
    }

    /// <summary>A department's project: d and the 32 digits of its id.</summary>
    internal static EngineName ProjectOf(Guid organisation) => EngineName.Parse($"d{organisation:N}");

    /// <summary>What the department has been granted in this pool: the engine, too, lets no more through. What is being removed still counts, until it is gone.</summary>
    private static async Task<Wall> WallAsync(ZhengtongDb db, Guid pool, Guid organisation, CancellationToken ct)
    {
        // What is given up counts until the engine has taken it away: below what is in use it sets no limit.
        var granted = (await db.CloudResources.AsNoTracking()
            .Where(r => r.PoolId == pool && r.OrganisationId == organisation && r.State != CloudResourceState.Removed && (r.Form == ResourceForm.Instance || r.Form == ResourceForm.Site))
            .Select(r => new { r.Amounts, r.Former }).ToListAsync(ct)).ConvertAll(r => CloudResource.HeldOf(r.Amounts, r.Former));
        return new Wall(granted.Count, granted.Sum(a => (int)Math.Max(1, (a.Get("vcpu") + 999) / 1000)), granted.Sum(a => Math.Max(16, a.Get("memory"))));
    }

    private readonly record struct Wall(int Instances, int Cpus, long MemoryMiB);

    private sealed record Described(DateTimeOffset At, bool IsCluster);

    private sealed class Memory
    {
        internal SemaphoreSlim Door { get; } = new(1);

        internal (int Network, Wall Wall, int Pool) Was { get; set; }

        internal DateTimeOffset At { get; set; }
    }
}
