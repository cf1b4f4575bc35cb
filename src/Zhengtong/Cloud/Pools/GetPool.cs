using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Cloud.Model;
using Zhengtong.Kernel;
using Zhengtong.Kernel.Http;
using Zhengtong.Kernel.Identity;

namespace Zhengtong.Cloud.Pools;

/// <summary>A pool with its settings and its hosts.</summary>
/// <param name="Pool">The pool.</param>
/// <param name="Address">Where the engine is.</param>
/// <param name="HasSecret">True when there is a secret; it is never shown.</param>
/// <param name="Kinds">How it counts kinds.</param>
/// <param name="Engine">What was last seen of its engine; null before the first look.</param>
/// <param name="Hosts">A page of its hosts, by name.</param>
/// <param name="Revision">To be sent with a change.</param>
public sealed record PoolDetail(PoolRow Pool, string Address, bool HasSecret, IReadOnlyList<PoolKind> Kinds, EngineSight? Engine, Page<HostRow> Hosts, int Revision) : IRevisioned;

/// <summary>What was last seen of a pool's engine; it is looked at each minute.</summary>
/// <param name="Product">As it said when it last answered; empty before it ever has.</param>
/// <param name="Version">Likewise.</param>
/// <param name="LookedAt">When it was last asked.</param>
/// <param name="SeenAt">When it last answered; null before it ever has.</param>
/// <param name="Fault">Code of why it does not answer (docs/engines.md); null when it does.</param>
/// <param name="FaultSince">Since when it does not.</param>
public sealed record EngineSight(string Product, string Version, DateTimeOffset LookedAt, DateTimeOffset? SeenAt, string? Fault, DateTimeOffset? FaultSince);

/// <summary>A host of a pool.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Name">As the engine calls it.</param>
/// <param name="State">Whether it takes what is placed.</param>
/// <param name="Intended">The state that it returns to when its engine hears of it again, or fills it again; null while the engine has no part in its state.</param>
/// <param name="Group">The group it stands in; may be empty.</param>
/// <param name="Traits">What it has.</param>
/// <param name="Load">Measured load in thousandths.</param>
/// <param name="Inventory">By kind.</param>
/// <param name="Revision">To be sent with a change.</param>
public sealed record HostRow(Guid Id, string Name, HostState State, HostState? Intended, string Group, IReadOnlyList<string> Traits, int Load, IReadOnlyList<HostCount> Inventory, int Revision);

/// <summary>What a host has of a kind.</summary>
/// <param name="Kind">Code of the kind.</param>
/// <param name="Total">What is physically there.</param>
/// <param name="Reserved">What the host itself needs.</param>
/// <param name="Capacity">What may be allocated.</param>
/// <param name="Used">What is allocated.</param>
public sealed record HostCount(string Kind, long Total, long Reserved, long Capacity, long Used);

internal static class GetPool
{
    internal static void Map(IEndpointRouteBuilder group) => group.MapGet("/cloud/pools/{id:guid}", Handle).Requires(Right.SeePools).ProducesProblem(400).ProducesProblem(403).ProducesProblem(404);

    /// <summary>Read a pool with a page of its hosts.</summary>
    /// <param name="state">Only hosts in this state.</param>
    /// <param name="page">Which part of the hosts.</param>
    /// <response code="200">The pool.</response>
    /// <response code="400">kernel.cursor-unknown</response>
    /// <response code="404">cloud.pool-not-found</response>
    internal static async Task<Results<Ok<PoolDetail>, ProblemHttpResult>> Handle(Guid id, Choice<HostState>? state, [AsParameters] PageQuery page, ZhengtongDb db, Paging paging, CancellationToken ct)
    {
        var pool = await db.ResourcePools.AsNoTracking().SingleOrDefaultAsync(p => p.Id == id, ct);
        if (pool is null) { return CloudProblems.PoolNotFound.Because($"{id}"); }
        var sight = await db.PoolSights.AsNoTracking().SingleOrDefaultAsync(s => s.PoolId == id, ct);
        var hosts = db.CloudHosts.AsNoTracking().Where(h => h.PoolId == id);
        if (state is { } one) { hosts = hosts.Where(h => h.State == one.Value); }
        if (await paging.ReadAsync(hosts, page, h => h.Name, h => h.Id, h => h, descending: false, ct) is not { } read) { return KernelProblems.CursorUnknown.Because(); }
        var ids = read.Items.Select(h => h.Id).ToList();
        var inventory = (await db.HostInventories.AsNoTracking().Where(i => ids.Contains(i.HostId)).ToListAsync(ct)).ToLookup(i => i.HostId);
        return TypedResults.Ok(new PoolDetail((await PoolRows.ShowAsync(db, [pool], ct))[0], pool.Address, pool.Secret is not null,
            [.. pool.Ratios.Select(r => new PoolKind(r.Kind, r.Overcommit, r.Reserved))],
            sight is null ? null : new EngineSight(sight.Product, sight.Version, sight.LookedAt, sight.SeenAt, sight.Fault, sight.FaultSince),
            new Page<HostRow>([.. read.Items.Select(h => new HostRow(h.Id, h.Name, h.State, h.Intended, h.Group, h.Traits, h.Load,
                [.. inventory[h.Id].OrderBy(i => i.Kind, StringComparer.Ordinal).Select(i => new HostCount(i.Kind, i.Total, i.Reserved, i.Capacity, i.Used))], h.Revision))], read.Next, read.Total), pool.Revision));
    }
}
