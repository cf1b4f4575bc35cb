using System.Globalization;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Cloud.Delivery;
using Zhengtong.Cloud.Model;
using Zhengtong.Kernel.Jobs;

namespace Zhengtong.Cloud.Backups;

/// <summary>Asks for the backups that are due by their plans, and lets go those whose time is over.</summary>
internal sealed class KeepBackups(ZhengtongDb db, Reconcilers reconcilers, TimeProvider clock) : IReconciler
{
    private const int AtOnce = 500;

    public string Name => "cloud.backups";

    public TimeSpan Every => TimeSpan.FromMinutes(1);

    public async Task<Pass> ReconcileAsync(CancellationToken ct)
    {
        var (asked, gone) = (await AskAsync(ct), await LetGoAsync(ct));
        if (asked > 0) { reconcilers.Wake<DoTasks>(); }
        return Pass.Settled(asked + gone);
    }

    private async Task<long> AskAsync(CancellationToken ct)
    {
        var now = clock.GetUtcNow();
        long asked = 0;
        // One that is still to be done is not asked for twice; what is not there waits for the next day of its own.
        var due = await db.BackupPlans.Where(p => p.NextAt <= now
            && db.CloudResources.Any(r => r.Id == p.ResourceId && r.Wish != ResourceWish.Removed && (r.State == CloudResourceState.Running || r.State == CloudResourceState.Stopped))
            && !db.ResourceTasks.Any(t => t.ResourceId == p.ResourceId && t.Kind == ResourceTaskKind.BackUp && (t.State == ResourceTaskState.Waiting || t.State == ResourceTaskState.Begun)))
            .OrderBy(p => p.NextAt).Take(AtOnce).ToListAsync(ct);
        foreach (var plan in due)
        {
            db.ResourceTasks.Add(new ResourceTask
            {
                Id = Guid.CreateVersion7(now), ResourceId = plan.ResourceId, Kind = ResourceTaskKind.BackUp, AskedBy = Guid.Empty, AskedAt = now, NextAt = now,
                Subject = string.Create(CultureInfo.InvariantCulture, $"auto-{now:yyyyMMddHHmmssfff}"),
            });
            plan.NextAt = plan.After(now);
            plan.Touch();
            try { await db.SaveChangesAsync(ct); }
            catch (DbUpdateConcurrencyException)
            {
                // It was changed in this moment: the next look reads it.
                db.ChangeTracker.Clear();
                break;
            }

            asked++;
        }

        return asked;
    }

    private async Task<long> LetGoAsync(CancellationToken ct)
    {
        var now = clock.GetUtcNow();
        // One that was finished while its resource went.
        var late = await db.ResourceBackups.Where(b => b.ExpiresAt == null && db.CloudResources.Any(r => r.Id == b.ResourceId && r.State == CloudResourceState.Removed))
            .Select(b => b.ResourceId).Distinct().OrderBy(id => id).Take(AtOnce).ToListAsync(ct);
        foreach (var resource in late) { await BackupStore.OutliveAsync(db, resource, now, ct); }

        // However old, the newest that a plan made stays while its resource does: days in which none came through must not take the last one.
        var over = db.ResourceBackups.Where(b => b.ExpiresAt <= now
            && (db.CloudResources.Any(r => r.Id == b.ResourceId && r.State == CloudResourceState.Removed) || db.ResourceBackups.Any(n => n.ResourceId == b.ResourceId && n.IsScheduled && n.At > b.At)));
        var needed = BackupStore.Needed(db, over).Select(b => b.Id);
        var old = await over.Where(b => !needed.Contains(b.Id)).OrderBy(b => b.ExpiresAt).Take(AtOnce).ToListAsync(ct);
        if (old.Count > 0) { await BackupStore.ForgetAsync(db, old, ct); }
        return old.Count + late.Count;
    }
}
