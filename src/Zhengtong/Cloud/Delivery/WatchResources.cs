using Microsoft.EntityFrameworkCore;
using Zhengtong.Cloud.Engines;
using Zhengtong.Cloud.Model;
using Zhengtong.Cloud.Pools;
using Zhengtong.Kernel.Identity;
using Zhengtong.Kernel.Jobs;
using Zhengtong.Kernel.Ledger;
using Zhengtong.Kernel.Notices;
using Zhengtong.Kernel.Organisations;

namespace Zhengtong.Cloud.Delivery;

/// <summary>Compares what engines have with what is to be, one list a pool: what differs is handed to the delivery, what no resource knows is shown as an orphan, and what we made and gave up is removed.
/// An engine that does not answer with all it has proves nothing, and changes nothing.</summary>
internal sealed partial class WatchResources(ZhengtongDb db, PoolEngines engines, InstanceFulfilment instances, TimeProvider clock, ILogger<WatchResources> logger) : IReconciler
{
    /// <summary>An instance younger than this may be of a resource that was committed after we read them.</summary>
    private static readonly TimeSpan Young = TimeSpan.FromMinutes(2);

    public string Name => "cloud.watch";

    public TimeSpan Every => TimeSpan.FromMinutes(1);

    public async Task<Pass> ReconcileAsync(CancellationToken ct)
    {
        long found = 0;
        foreach (var pool in await db.ResourcePools.AsNoTracking().ToListAsync(ct))
        {
            if (engines.Of(pool) is not { IsDone: true, Value: { } engine }) { continue; }
            var began = clock.GetUtcNow();
            var there = new Dictionary<InstanceId, EngineInstance>();
            var answer = await engine.ReadInstancesAsync(new InstanceFilter(), i => there[i.Id] = i, ct);
            if (!answer.IsDone)
            {
                LogSilent(pool.Name, answer.Code);
                continue;
            }

            found += await HostMoves.FollowAsync(db, pool, there, began, ct);
            found += await CompareAsync(pool, there, began, ct) + await OrphansAsync(pool, engine, there, began, ct) + await LeftVolumesAsync(pool, engine, ct);
            db.ChangeTracker.Clear();
        }

        return Pass.Settled(found);
    }

    /// <summary>What is not as it is to be comes to the delivery; what was found is in the ledger.</summary>
    private async Task<long> CompareAsync(ResourcePool pool, Dictionary<InstanceId, EngineInstance> there, DateTimeOffset began, CancellationToken ct)
    {
        long found = 0;
        // What the delivery works on already is its own; what failed waits for somebody.
        var resources = await db.CloudResources.Where(r => r.PoolId == pool.Id && r.NextAt == null && r.DeliveredAt != null && r.State != CloudResourceState.Removed && r.State != CloudResourceState.Failed
            && (r.Form == ResourceForm.Instance || r.Form == ResourceForm.Site)
            // What is being moved off a host stands still for a while, and is nobody's fault.
            && !db.CloudHosts.Any(h => h.Id == r.HostId && h.NextAt != null && h.Problem != KeepHosts.NoRoom)).ToListAsync(ct);
        var drifts = await db.ResourceDrifts.Where(d => db.CloudResources.Any(r => r.Id == d.ResourceId && r.PoolId == pool.Id)).ToDictionaryAsync(d => d.ResourceId, ct);
        foreach (var resource in resources)
        {
            var seen = there.GetValueOrDefault(InstanceFulfilment.IdOf(resource));
            var drift = drifts.GetValueOrDefault(resource.Id);
            if (Difference(resource, seen) is not { } difference)
            {
                // Whoever changed it changed it back.
                if (drift is { IsOpen: true }) { (drift.IsOpen, drift.Difference) = (false, null); }
                continue;
            }

            if (resource.State == CloudResourceState.Lost && difference == "gone") { continue; }
            var isKept = drift?.Rule == DriftRule.Ask && difference is "size" or "power";
            if (isKept && drift!.IsOpen && drift.Difference == difference && (difference == "power" ? drift.IsRunning == (seen!.Status == InstanceStatus.Running) : drift.Keeps(seen!.Size, resource.Amounts))) { continue; }
            var now = clock.GetUtcNow();
            if (drift is null) { db.ResourceDrifts.Add(drift = new ResourceDrift { ResourceId = resource.Id, Wanted = [] }); }
            drift.Find(difference, seen, resource.Amounts, isKept, now);
            if (isKept) { await TellAsync(resource, now, ct); }
            else
            {
                (resource.NextAt, resource.Attempts) = (now, 0);
                resource.Touch();
            }

            db.Ledger.Add(LedgerEntry.Of("cloud.drift-found", resource.Id, Actor.Platform, now, difference, after: new { resource.Number, wish = resource.Wish, status = seen?.Status.ToString(), size = seen?.Size, kept = isKept }));
            try
            {
                await db.SaveChangesAsync(ct);
                found++;
            }
            catch (DbUpdateConcurrencyException) { db.ChangeTracker.Clear(); }
        }

        await db.SaveChangesAsync(ct);
        LogCompared(pool.Name, resources.Count, there.Count, (clock.GetUtcNow() - began).TotalMilliseconds);
        return found;
    }

    /// <summary>Somebody is to decide.</summary>
    private async Task TellAsync(CloudResource resource, DateTimeOffset now, CancellationToken ct)
    {
        foreach (var keeper in await db.Organisations.Where(o => o.Kind == OrganisationKind.Operator).Select(o => o.Id).ToListAsync(ct))
        {
            db.Notices.Add(Notice.Of(keeper, NoticeTone.Warning, "cloud.notice.drift", $"/work/cloud/resources/{resource.Id}/drift", now, resource.Number, resource.Name));
        }
    }

    private string? Difference(CloudResource resource, EngineInstance? seen)
    {
        if (seen is null) { return "gone"; }
        if (resource.State == CloudResourceState.Lost) { return "back"; }
        var size = instances.SizeOf(resource);
        return seen.Size with { DiskGiB = size.DiskGiB } != size || seen.Size.DiskGiB < size.DiskGiB ? "size"
            : seen.Status == InstanceStatus.Lost ? "lost"
            : (seen.Status == InstanceStatus.Running) != (resource.Wish == ResourceWish.Running) ? "power"
            : null;
    }

    private async Task<long> OrphansAsync(ResourcePool pool, CloudEngine engine, Dictionary<InstanceId, EngineInstance> there, DateTimeOffset began, CancellationToken ct)
    {
        long found = 0;
        var named = there.Values.Select(i => (Instance: i, Resource: ResourceOf(i)))
            // Another platform's pool on the same engine: not ours to judge.
            .Where(n => n.Instance.Marks.GetValueOrDefault("pool") is null || n.Instance.Marks["pool"] == pool.Id.ToString()).ToList();
        var known = new Dictionary<Guid, CloudResourceState>();
        foreach (var part in named.Select(n => n.Resource).OfType<Guid>().Chunk(500))
        {
            foreach (var row in await db.CloudResources.AsNoTracking().Where(r => part.Contains(r.Id)).Select(r => new { r.Id, r.State }).ToListAsync(ct)) { known[row.Id] = row.State; }
        }

        var before = await db.EngineOrphans.Where(o => o.PoolId == pool.Id).ToDictionaryAsync(o => (o.Project, o.Name), ct);
        foreach (var (instance, resource) in named)
        {
            if (resource is { } id && known.TryGetValue(id, out var state))
            {
                // Made by us, given up, and still there: a call that came late. Its record says so.
                if (state == CloudResourceState.Removed && await RemoveAsync(engine, instance, ct)) { found++; }
                continue;
            }

            if (instance.CreatedAt is { } made && began - made < Young) { continue; }
            var key = (instance.Id.Project.ToString(), instance.Id.Name.ToString());
            if (before.Remove(key, out var orphan))
            {
                (orphan.SeenAt, orphan.IsRunning) = (began, instance.Status == InstanceStatus.Running);
                if (orphan.Decision == OrphanDecision.Remove && await RemoveAsync(engine, instance, ct)) { db.EngineOrphans.Remove(orphan); }
                continue;
            }

            db.EngineOrphans.Add(new EngineOrphan
            {
                Id = Guid.CreateVersion7(began), PoolId = pool.Id, Project = key.Item1, Name = key.Item2, ResourceId = resource, IsRunning = instance.Status == InstanceStatus.Running, FirstSeenAt = began, SeenAt = began,
            });
            db.Ledger.Add(LedgerEntry.Of("cloud.orphan-found", pool.Id, Actor.Platform, began, after: new { pool.Name, project = key.Item1, instance = key.Item2 }));
            foreach (var keeper in await db.Organisations.Where(o => o.Kind == OrganisationKind.Operator).Select(o => o.Id).ToListAsync(ct)) { db.Notices.Add(Notice.Of(keeper, NoticeTone.Warning, "cloud.notice.orphan", "/work/cloud/orphans", began, pool.Name, key.Item2)); }
            found++;
        }

        // Gone by itself, or removed a moment ago.
        db.EngineOrphans.RemoveRange(before.Values);
        await db.SaveChangesAsync(ct);
        return found;
    }

    /// <summary>Volumes that a call which came late, or an attempt that broke off, left of a resource that is gone, and what stood for volumes while one was restored that is there. A volume of a resource that is there, or that
    /// no resource knows, is left alone.</summary>
    private async Task<long> LeftVolumesAsync(ResourcePool pool, CloudEngine engine, CancellationToken ct)
    {
        var there = new List<(EngineVolume Volume, Guid Resource, bool IsPlaceholder)>();
        var answer = await engine.ReadVolumesAsync(volume =>
        {
            if (volume.Marks.GetValueOrDefault("pool") is { } of && of != pool.Id.ToString()) { return; }
            var placeholder = volume.Marks.GetValueOrDefault(EngineMarks.Placeholder);
            if ((placeholder ?? volume.Name.ToString().Split('-')[0]) is ['r', .. var digits] && Guid.TryParseExact(digits, "N", out var resource)) { there.Add((volume, resource, placeholder is not null)); }
        }, ct);
        if (!answer.IsDone) { return 0; }
        long gone = 0;
        foreach (var part in there.Chunk(500))
        {
            var ids = part.Select(p => p.Resource).Distinct().ToList();
            var known = await db.CloudResources.AsNoTracking().Where(r => ids.Contains(r.Id)).Select(r => new { r.Id, r.State, r.DeliveredAt }).ToDictionaryAsync(r => r.Id, ct);
            foreach (var (volume, resource, isPlaceholder) in part)
            {
                if (known.GetValueOrDefault(resource) is not { } of || !(of.State == CloudResourceState.Removed || (isPlaceholder && (of.DeliveredAt is not null || of.State == CloudResourceState.Failed)))) { continue; }
                if ((await engine.RemoveVolumeAsync(volume.Project, volume.Name, ct)).IsDone) { gone++; }
            }
        }

        return gone;
    }

    /// <summary>By its name, which is ours to give; one that is just being made from a backup still bears the marks of another.</summary>
    private static Guid? ResourceOf(EngineInstance instance) =>
        instance.Id.Name.ToString() is ['r', .. var digits] && Guid.TryParseExact(digits, "N", out var named) ? named : Guid.TryParse(instance.Marks.GetValueOrDefault("resource"), out var marked) ? marked : null;

    private static async Task<bool> RemoveAsync(CloudEngine engine, EngineInstance instance, CancellationToken ct)
    {
        if (instance.Status != InstanceStatus.Stopped) { await engine.StopAsync(instance.Id, force: true, ct); }
        var removed = await engine.DeleteAsync(instance.Id, ct);
        return removed.IsDone || removed.Outcome == EngineOutcome.NotFound;
    }

    [LoggerMessage(LogLevel.Debug, "The engine of pool {Pool} does not tell what it has: {Code}")]
    private partial void LogSilent(string pool, string code);

    [LoggerMessage(LogLevel.Debug, "Pool {Pool}: {Resources} resources compared with {Instances} instances in {Milliseconds} ms")]
    private partial void LogCompared(string pool, int resources, int instances, double milliseconds);
}
