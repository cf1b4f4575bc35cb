using Microsoft.EntityFrameworkCore;
using Zhengtong.Cloud.Delivery;
using Zhengtong.Cloud.Engines;
using Zhengtong.Cloud.Model;
using Zhengtong.Cloud.Placement;
using Zhengtong.Kernel;
using Zhengtong.Kernel.Identity;
using Zhengtong.Kernel.Jobs;
using Zhengtong.Kernel.Ledger;

namespace Zhengtong.Cloud.Pools;

/// <summary>Brings hosts to what the operator wants of them: emptied, or serving again. The wish stands in the host's row, the engine's own calls may be repeated, and the books follow what it then says: whenever this dies,
/// the next pass goes on.</summary>
internal sealed class KeepHosts(ZhengtongDb db, IServiceScopeFactory scopes, PoolEngines engines, Placing placing, TimeProvider clock) : IReconciler
{
    private const int AtOnce = 8;

    /// <summary>No other host of the pool has as much free as is allocated on this one.</summary>
    internal const string NoRoom = "no-room";

    /// <summary>The engine says that it is done, and some of ours are still there.</summary>
    internal const string Left = "left";

    private static readonly TimeSpan LongestBackOff = TimeSpan.FromMinutes(5);

    public string Name => "cloud.hosts";

    public TimeSpan Every => TimeSpan.FromSeconds(5);

    public async Task<Pass> ReconcileAsync(CancellationToken ct)
    {
        var now = clock.GetUtcNow();
        var due = await db.CloudHosts.AsNoTracking().Where(h => h.NextAt <= now).OrderBy(h => h.NextAt).Select(h => new { h.Id, h.PoolId }).Take(AtOnce * 4).ToListAsync(ct);
        // One of a pool at a time: of two that are emptied at once each would be moved onto the other.
        var first = due.DistinctBy(h => h.PoolId).Take(AtOnce).ToList();
        await Parallel.ForEachAsync(first, new ParallelOptions { MaxDegreeOfParallelism = AtOnce, CancellationToken = ct }, async (host, stop) => await KeepAsync(host.Id, stop));
        return first.Count < due.Count ? Pass.Unfinished(first.Count) : Pass.Settled(first.Count);
    }

    private async Task KeepAsync(Guid id, CancellationToken ct)
    {
        await using var scope = scopes.CreateAsyncScope();
        var own = scope.ServiceProvider.GetRequiredService<ZhengtongDb>();
        var host = await own.CloudHosts.AsNoTracking().SingleAsync(h => h.Id == id, ct);
        var pool = await own.ResourcePools.AsNoTracking().SingleAsync(p => p.Id == host.PoolId, ct);
        var (problem, isFinal, moved) = await DoAsync(own, host, pool, ct);
        own.ChangeTracker.Clear();
        try { await EndAsync(own, host, problem, isFinal, moved, ct); }
        catch (Exception e) when (DatabaseErrors.IsLostRace(e))
        {
            // An officer wants something else by now: it is still due.
        }
    }

    private async Task<(string? Problem, bool IsFinal, int Moved)> DoAsync(ZhengtongDb own, CloudHost host, ResourcePool pool, CancellationToken ct)
    {
        if (engines.Of(pool) is not { IsDone: true, Value: { } engine }) { return ("no-engine", false, 0); }
        if (host.Wish == HostWish.Evacuated && !await HasRoomAsync(own, host, ct)) { return (NoRoom, false, 0); }
        var asked = host.Wish == HostWish.Evacuated ? await engine.EvacuateAsync(host.Name, ct) : await engine.RestoreMemberAsync(host.Name, ct);
        // Done or not, some may have been moved.
        var there = new Dictionary<InstanceId, EngineInstance>();
        var read = await engine.ReadInstancesAsync(new InstanceFilter(), i => there[i.Id] = i, ct);
        var moved = read.IsDone ? await HostMoves.FollowAsync(own, pool, there, clock.GetUtcNow(), ct) : 0;
        // Where members cannot be emptied none was.
        if (host.Wish == HostWish.Serving && asked.Code == "not-supported") { return (null, false, moved); }
        if (!asked.IsDone) { return (asked.Code.Length > 0 ? asked.Code : "engine-error", asked.Outcome is EngineOutcome.Refused or EngineOutcome.NotFound, moved); }
        if (!read.IsDone) { return (read.Code, false, moved); }
        if (host.Wish == HostWish.Serving) { return (null, false, moved); }
        if (there.Values.Any(i => i.Member == host.Name)) { return (Left, false, moved); }
        return (await PlaceElsewhereAsync(own, host, there, ct) ? null : "no-host", false, moved);
    }

    /// <summary>Whether the pool's open hosts together have room; which of them takes what is the engine's choice.</summary>
    private static async Task<bool> HasRoomAsync(ZhengtongDb own, CloudHost host, CancellationToken ct)
    {
        var used = await own.HostInventories.AsNoTracking().Where(i => i.HostId == host.Id && i.Used > 0).ToDictionaryAsync(i => i.Kind, i => i.Used, ct);
        var free = await own.HostInventories.AsNoTracking().Where(i => i.IsOpen && i.HostId != host.Id && i.Capacity > i.Used && own.CloudHosts.Any(h => h.Id == i.HostId && h.PoolId == host.PoolId))
            .GroupBy(i => i.Kind).Select(g => new { g.Key, Free = g.Sum(i => i.Capacity - i.Used) }).ToDictionaryAsync(g => g.Key, g => g.Free, ct);
        return used.All(u => free.GetValueOrDefault(u.Key) >= u.Value);
    }

    /// <summary>What has its place on the host and was not made yet gets another.</summary>
    private async Task<bool> PlaceElsewhereAsync(ZhengtongDb own, CloudHost host, Dictionary<InstanceId, EngineInstance> there, CancellationToken ct)
    {
        var all = true;
        var waiting = await own.CloudResources.AsNoTracking().Where(r => r.HostId == host.Id && r.DeliveredAt == null && r.State != CloudResourceState.Removed && r.Wish != ResourceWish.Removed).Select(r => r.Id).ToListAsync(ct);
        foreach (var id in waiting)
        {
            own.ChangeTracker.Clear();
            await using var transaction = await own.Database.BeginTransactionAsync(ct);
            var resource = await own.CloudResources.SingleAsync(r => r.Id == id, ct);
            if (resource.HostId != host.Id || there.ContainsKey(InstanceFulfilment.IdOf(resource))) { continue; }
            var need = new PlacementNeed(resource.Amounts, resource.Zone, resource.Protection, null, host.PoolId, [], [], resource.SpreadGroup);
            var claim = await placing.BeginMoveAsync(own, id, need, ct);
            if (!claim.IsPlaced || !await placing.EndMoveAsync(own, id, isDone: true, ct)) { all = false; continue; }
            (resource.HostId, resource.NextAt) = (claim.Claim!.HostId, clock.GetUtcNow());
            resource.Touch();
            try
            {
                await own.SaveChangesAsync(ct);
                await transaction.CommitAsync(ct);
            }
            catch (Exception e) when (DatabaseErrors.IsLostRace(e)) { all = false; }
        }

        return all;
    }

    private async Task EndAsync(ZhengtongDb own, CloudHost seen, string? problem, bool isFinal, int moved, CancellationToken ct)
    {
        await using var transaction = await own.Database.BeginTransactionAsync(ct);
        var generation = await HostBook.TickAsync(own, ct);
        var host = await own.CloudHosts.SingleAsync(h => h.Id == seen.Id, ct);
        // What was done was another wish.
        if (host.Wish != seen.Wish || host.Revision != seen.Revision) { return; }
        var now = clock.GetUtcNow();
        (var before, host.Problem, host.Attempts) = (host.Problem, problem, problem is null ? 0 : host.Attempts + 1);
        host.NextAt = problem is null || isFinal ? null : now + TimeSpan.FromTicks(Math.Min(LongestBackOff.Ticks, TimeSpan.TicksPerSecond * 5 << Math.Min(host.Attempts, 10)));
        if (problem is null)
        {
            if (host.Wish == HostWish.Serving) { (host.State, host.Intended) = (HostState.Online, null); }
            own.Ledger.Add(LedgerEntry.Of(host.Wish == HostWish.Serving ? "cloud.host-restored" : "cloud.host-evacuated", host.Id, Actor.Platform, now, after: new { pool = host.PoolId, host.Name, moved }));
        }
        else if (problem != before) { own.Ledger.Add(LedgerEntry.Of("cloud.host-stuck", host.Id, Actor.Platform, now, problem, after: new { pool = host.PoolId, host.Name, host.Wish, moved })); }

        await own.SaveChangesAsync(ct);
        var (id, isOpen) = (host.Id, host.State == HostState.Online);
        await own.HostInventories.Where(i => i.HostId == id).ExecuteUpdateAsync(set => set.SetProperty(i => i.IsOpen, isOpen).SetProperty(i => i.Generation, generation).SetProperty(i => i.SetGeneration, generation), ct);
        await transaction.CommitAsync(ct);
    }
}
