using Microsoft.EntityFrameworkCore;
using Zhengtong.Cloud.Model;
using Zhengtong.Kernel;
using Zhengtong.Kernel.Identity;
using Zhengtong.Kernel.Jobs;
using Zhengtong.Kernel.Ledger;
using Zhengtong.Kernel.Notices;

namespace Zhengtong.Cloud.Reclaim;

/// <summary>Finds idle resources, and moves on every reclaim whose time has come: the second look, the stop, the copies, the removal. Each in a transaction of its own.</summary>
internal sealed class ReclaimIdle(ZhengtongDb db, TimeProvider clock) : IReconciler
{
    public string Name => "cloud.reclaim";

    public TimeSpan Every => TimeSpan.FromMinutes(30);

    public async Task<Pass> ReconcileAsync(CancellationToken ct)
    {
        var (now, moved) = (clock.GetUtcNow(), 0L);
        foreach (var id in await db.Reclaims.AsNoTracking().Where(r => r.EndedAt == null).OrderBy(r => r.FoundAt).Select(r => r.Id).ToListAsync(ct))
        {
            try { moved += await AdvanceAsync(db, id, now, ct) ? 1 : 0; }
            // The department or the operator acted at this moment: the next round looks again.
            catch (DbUpdateException e) when (DatabaseErrors.IsLostRace(e)) { }
            db.ChangeTracker.Clear();
        }

        return Pass.Settled(moved + await FindAsync(db, now, ct));
    }

    /// <summary>Writes down every resource that is idle by the rules in force and not found, excluded or judged lately.</summary>
    internal static async Task<int> FindAsync(ZhengtongDb db, DateTimeOffset now, CancellationToken ct)
    {
        var rules = await Finding.RulesAsync(db, ct);
        var (today, lately, last, found) = (ChinaTime.DateOf(now), now.AddDays(-rules.Days), "", 0);
        while (true)
        {
            var some = await db.CloudResources.AsNoTracking().Where(r => r.State == CloudResourceState.Running && r.Wish == ResourceWish.Running && r.Number.CompareTo(last) > 0
                && !db.Reclaims.Any(c => c.ResourceId == r.Id && (c.EndedAt == null || c.EndedAt > lately)) && !db.ReclaimExclusions.Any(e => e.ResourceId == r.Id && e.Until >= today)).OrderBy(r => r.Number).Take(500).ToListAsync(ct);
            if (some.Count == 0) { return found; }
            last = some[^1].Number;
            foreach (var idle in (await Finding.OfAsync(db, some, rules, now, ct)).Where(e => e.Suffices(rules) && e.Evidence.CpuMean < rules.IdleCpu))
            {
                var reclaim = new ReclaimCase
                {
                    Id = Guid.CreateVersion7(now), ResourceId = idle.Resource.Id, OrganisationId = idle.Resource.OrganisationId, Rules = rules.Version, FoundAt = now,
                    CpuMean = idle.Evidence.CpuMean, CpuPeak = idle.Evidence.CpuPeak, Days = idle.Evidence.Days, Coverage = idle.Evidence.Coverage,
                };
                db.Reclaims.Add(reclaim);
                db.Ledger.Add(LedgerEntry.Of("cloud.idle-found", reclaim.Id, Actor.Platform, now, after: new { reclaim.ResourceId, reclaim.Rules, reclaim.CpuMean, reclaim.CpuPeak, reclaim.Days, reclaim.Coverage }));
                found++;
            }

            await db.SaveChangesAsync(ct);
            db.ChangeTracker.Clear();
        }
    }

    /// <summary>Moves one on if its time has come.</summary>
    internal static async Task<bool> AdvanceAsync(ZhengtongDb db, Guid id, DateTimeOffset now, CancellationToken ct)
    {
        var reclaim = await db.Reclaims.SingleAsync(r => r.Id == id, ct);
        var resource = await db.CloudResources.SingleAsync(r => r.Id == reclaim.ResourceId, ct);
        var (rules, today) = (await Finding.RulesAsync(db, reclaim.Rules, ct), ChinaTime.DateOf(now));
        var evident = reclaim.StoppedAt is null ? (await Finding.OfAsync(db, [resource], rules, now, ct)).SingleOrDefault() : null;
        var since = reclaim.StoppedAt;
        var tasks = since is null ? [] : await db.ResourceTasks.AsNoTracking().Where(t => t.ResourceId == resource.Id && t.AskedBy == reclaim.Id).Select(t => new { t.Kind, t.State }).ToListAsync(ct);
        var kinds = KindsOf(resource);
        var seen = new ReclaimSight(evident?.Suffices(rules) == true ? evident.Evidence.CpuMean < rules.IdleCpu : null, await db.ReclaimExclusions.AnyAsync(e => e.ResourceId == resource.Id && e.Until >= today, ct),
            resource.Wish == (since is null ? ResourceWish.Running : ResourceWish.Stopped), resource.State == CloudResourceState.Stopped && kinds.All(k => tasks.Exists(t => t.Kind == k && t.State == ResourceTaskState.Done)), resource.IsGone);
        var before = reclaim.State;
        if (before == ReclaimState.Stopped && !resource.IsGone && kinds.Where(k => tasks.TrueForAll(t => t.Kind != k || t.State == ResourceTaskState.Failed)).ToList() is { Count: > 0 } failed)
        {
            // Nothing is removed without its copies: what failed is asked for again, each round.
            db.ResourceTasks.AddRange(Tasks(reclaim, resource, failed, now));
            await db.SaveChangesAsync(ct);
        }

        if (reclaim.Advance(seen, now, TimeSpan.FromDays(rules.KeptDays)) is not { } act) { return false; }
        if (act == ReclaimAct.Stop)
        {
            // A snapshot to set it back quickly, and a copy that outlives it: an engine removes snapshots with the instance.
            db.ResourceTasks.AddRange(Tasks(reclaim, resource, kinds, now));
        }

        Do(act, resource, now);
        db.Ledger.Add(Moved(reclaim, before, Actor.Platform, now));
        if (reclaim.State is ReclaimState.Stopped) { db.Notices.Add(ToldWhole(reclaim, resource, ("cloud.notice.reclaim-stopped", "cloud.notice.reclaim-stopped-volumes"), now, ChinaTime.DateOf(reclaim.RemoveAfter!.Value).ToString("yyyy-MM-dd", System.Globalization.CultureInfo.InvariantCulture))); }
        if (reclaim.State is ReclaimState.Reclaimed) { db.Notices.Add(ToldWhole(reclaim, resource, ("cloud.notice.reclaimed", "cloud.notice.reclaimed-volumes"), now)); }
        if (reclaim.State is ReclaimState.Withdrawn && reclaim.NoticedAt is not null) { db.Notices.Add(Told(reclaim, resource, "cloud.notice.reclaim-withdrawn", now)); }
        await db.SaveChangesAsync(ct);
        return true;
    }

    /// <summary>Changes what the resource is to be.</summary>
    internal static void Do(ReclaimAct act, CloudResource resource, DateTimeOffset now)
    {
        if (act == ReclaimAct.None) { return; }
        resource.Wish = act switch { ReclaimAct.Stop => ResourceWish.Stopped, ReclaimAct.Remove => ResourceWish.Removed, _ => ResourceWish.Running };
        resource.NextAt = now;
        resource.Touch();
    }

    internal static LedgerEntry Moved(ReclaimCase reclaim, ReclaimState before, Actor actor, DateTimeOffset now, string? reason = null) =>
        LedgerEntry.Of("cloud.reclaim-moved", reclaim.Id, actor, now, reason, before: before, after: new { reclaim.State, reclaim.ResourceId, reclaim.Ground, reclaim.ObjectUntil, reclaim.RemoveAfter });

    internal static Notice Told(ReclaimCase reclaim, CloudResource resource, string key, DateTimeOffset now, params string[] more) =>
        Notice.Of(reclaim.OrganisationId, NoticeTone.Warning, key, "/work/cloud/usage", now, [resource.Number, resource.Name, .. more]);

    /// <summary>The same of what ends with its data volumes: then the department is told that they go too.</summary>
    internal static Notice ToldWhole(ReclaimCase reclaim, CloudResource resource, (string Alone, string WithVolumes) key, DateTimeOffset now, params string[] more) =>
        resource.Volumes.Count == 0 ? Told(reclaim, resource, key.Alone, now, more) : Told(reclaim, resource, key.WithVolumes, now, [.. more, resource.Volumes.Count.ToString(System.Globalization.CultureInfo.InvariantCulture)]);

    /// <summary>By which copies a resource is kept: databases have no snapshots.</summary>
    private static IReadOnlyList<ResourceTaskKind> KindsOf(CloudResource resource) =>
        resource.Form == ResourceForm.Database ? [ResourceTaskKind.BackUp] : [ResourceTaskKind.Snapshot, ResourceTaskKind.BackUp];

    private static IEnumerable<ResourceTask> Tasks(ReclaimCase reclaim, CloudResource resource, IEnumerable<ResourceTaskKind> kinds, DateTimeOffset now) =>
        kinds.Select(kind => new ResourceTask
        {
            Id = Guid.CreateVersion7(now), ResourceId = resource.Id, Kind = kind, Subject = $"reclaim-{reclaim.Id:N}", AskedBy = reclaim.Id, AskedAt = now, NextAt = now,
        });
}
