using Microsoft.EntityFrameworkCore;
using Zhengtong.Cloud.Model;
using Zhengtong.Kernel;
using Zhengtong.Kernel.Identity;
using Zhengtong.Kernel.Jobs;
using Zhengtong.Kernel.Ledger;
using Zhengtong.Kernel.Notices;

namespace Zhengtong.Cloud.Delivery;

/// <summary>Does what departments asked to be done once with a resource: of one resource one after the other, of different ones at the same time. A task is marked as begun before its maker is asked, and may be
/// asked for again after a crash: each kind is the same whether done once or twice.</summary>
internal sealed class DoTasks(ZhengtongDb db, IServiceScopeFactory scopes, TimeProvider clock) : IReconciler
{
    private const int AtOnce = 16;

    /// <summary>So many of them may be backups.</summary>
    private const int BackupsAtOnce = 6;

    /// <summary>How soon what came due is seen while others are under way.</summary>
    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(200);
    private const int MostAttempts = 20;
    private static readonly TimeSpan LongestBackOff = TimeSpan.FromMinutes(5);

    public string Name => "cloud.tasks";

    public TimeSpan Every => TimeSpan.FromSeconds(2);

    public async Task<Pass> ReconcileAsync(CancellationToken ct)
    {
        var underWay = new Dictionary<Guid, (Guid Resource, bool IsBackup, Task Work)>();
        long count = 0;
        try
        {
            while (true)
            {
                foreach (var (id, one) in underWay.Where(u => u.Value.Work.IsCompleted).ToList())
                {
                    underWay.Remove(id);
                    count++;
                    // A failure that nobody foresaw: the job's record says it, the task comes again with the next pass.
                    await one.Work;
                }

                foreach (var (id, resource, isBackup) in await DueAsync(underWay.Values, ct)) { underWay[id] = (resource, isBackup, Task.Run(() => DoAsync(id, ct), ct)); }
                if (underWay.Count == 0) { return Pass.Settled(count); }
                await Task.WhenAny([.. underWay.Values.Select(u => u.Work), Task.Delay(Look, clock, ct)]);
                ct.ThrowIfCancellationRequested();
            }
        }
        finally
        {
            // No pass ends before what it began: the next would begin it again beside it.
            await Task.WhenAll(underWay.Values.Select(u => u.Work)).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    /// <summary>The oldest of each resource that has none under way; backups, which last, leave room for what people wait for.</summary>
    private async Task<IReadOnlyList<(Guid Id, Guid Resource, bool IsBackup)>> DueAsync(IReadOnlyCollection<(Guid Resource, bool IsBackup, Task Work)> underWay, CancellationToken ct)
    {
        var (now, busy) = (clock.GetUtcNow(), underWay.Select(u => u.Resource).ToList());
        var (room, copies) = (AtOnce - underWay.Count, BackupsAtOnce - underWay.Count(u => u.IsBackup));
        if (room <= 0) { return []; }
        var taken = new List<(Guid Id, Guid Resource, bool IsBackup)>();
        foreach (var isBackup in new[] { false, true })
        {
            var most = isBackup ? Math.Min(copies, room - taken.Count) : room;
            if (most <= 0) { continue; }
            // Of one resource one after the other, in the order in which they were asked for.
            var due = await db.ResourceTasks.AsNoTracking()
                .Where(t => t.NextAt <= now && !busy.Contains(t.ResourceId) && (t.Kind == ResourceTaskKind.BackUp) == isBackup
                    && !db.ResourceTasks.Any(o => o.ResourceId == t.ResourceId && o.NextAt <= now && o.AskedAt < t.AskedAt))
                .OrderBy(t => t.AskedAt).Select(t => new { t.Id, t.ResourceId }).Take(most).ToListAsync(ct);
            taken.AddRange(due.DistinctBy(d => d.ResourceId).Where(d => taken.TrueForAll(t => t.Resource != d.ResourceId)).Select(d => (d.Id, d.ResourceId, isBackup)));
        }

        return taken;
    }

    private async Task DoAsync(Guid id, CancellationToken ct)
    {
        await using var scope = scopes.CreateAsyncScope();
        var own = scope.ServiceProvider.GetRequiredService<ZhengtongDb>();
        try
        {
            var task = await own.ResourceTasks.SingleAsync(t => t.Id == id, ct);
            var resource = await own.CloudResources.SingleAsync(r => r.Id == task.ResourceId, ct);
            if (resource.IsGone || resource.Wish == ResourceWish.Removed)
            {
                await EndAsync(own, task, resource, TaskStep.Never("removed"), ct);
                return;
            }

            task.State = ResourceTaskState.Begun;
            task.Touch();
            await own.SaveChangesAsync(ct);
            var fulfilment = scope.ServiceProvider.GetServices<IFulfilment>().FirstOrDefault(f => f.Form == resource.Form);
            await EndAsync(own, task, resource, fulfilment is null ? TaskStep.Never("not-supported") : await fulfilment.DoAsync(resource, task, ct), ct);
        }
        catch (Exception e) when (DatabaseErrors.IsLostRace(e))
        {
            // Somebody changed one of the two meanwhile; the task is still due.
        }
    }

    private async Task EndAsync(ZhengtongDb own, ResourceTask task, CloudResource resource, TaskStep step, CancellationToken ct)
    {
        var now = clock.GetUtcNow();
        task.Attempts++;
        if (!step.IsDone && !step.IsFinal && task.Attempts < MostAttempts)
        {
            (task.Problem, task.NextAt) = (step.Problem, now + TimeSpan.FromTicks(Math.Min(LongestBackOff.Ticks, TimeSpan.TicksPerSecond << Math.Min(task.Attempts, 20))));
        }
        else
        {
            (task.State, task.Problem, task.NextAt, task.DoneAt) = (step.IsDone ? ResourceTaskState.Done : ResourceTaskState.Failed, step.Problem, null, now);
            own.Ledger.Add(LedgerEntry.Of(step.IsDone ? "cloud.task-done" : "cloud.task-failed", resource.Id, Actor.Platform, now, step.Problem, after: new { task.Kind, task.Subject }));
            // Nobody waits for what a plan asks for, so its department is told.
            if (!step.IsDone && task.Kind == ResourceTaskKind.BackUp && task.AskedBy == Guid.Empty && resource.Wish != ResourceWish.Removed)
            {
                own.Notices.Add(Notice.Of(resource.OrganisationId, NoticeTone.Warning, "cloud.notice.backup-failed", $"/work/cloud/resources/{resource.Id}", now, resource.Number, resource.Name));
            }

            // A snapshot's limits come back with it, and a restart may end as a stop: whatever stands there now is compared with what was granted.
            if (!resource.IsGone && resource.State != CloudResourceState.Failed)
            {
                resource.NextAt = now;
                resource.Touch();
            }
        }

        task.Touch();
        await own.SaveChangesAsync(ct);
    }
}
