using Microsoft.EntityFrameworkCore;
using Zhengtong.Cloud.Model;
using Zhengtong.Kernel;
using Zhengtong.Kernel.Identity;
using Zhengtong.Kernel.Jobs;
using Zhengtong.Kernel.Ledger;

namespace Zhengtong.Cloud.Delivery;

/// <summary>Does what departments asked to be done once with a resource: of one resource one after the other, of different ones at the same time. A task is marked as begun before its maker is asked, and may be
/// asked for again after a crash: each kind is the same whether done once or twice.</summary>
internal sealed class DoTasks(ZhengtongDb db, IServiceScopeFactory scopes, Reconcilers reconcilers, TimeProvider clock) : IReconciler
{
    private const int AtOnce = 16;
    private const int MostAttempts = 20;
    private static readonly TimeSpan LongestBackOff = TimeSpan.FromMinutes(5);

    public string Name => "cloud.tasks";

    public TimeSpan Every => TimeSpan.FromSeconds(2);

    public async Task<Pass> ReconcileAsync(CancellationToken ct)
    {
        var now = clock.GetUtcNow();
        var due = await db.ResourceTasks.AsNoTracking().Where(t => t.NextAt <= now).OrderBy(t => t.AskedAt).Select(t => new { t.Id, t.ResourceId }).Take(AtOnce * 4).ToListAsync(ct);
        var first = due.DistinctBy(t => t.ResourceId).Take(AtOnce).ToList();
        await Parallel.ForEachAsync(first, new ParallelOptions { MaxDegreeOfParallelism = AtOnce, CancellationToken = ct }, async (task, stop) => await DoAsync(task.Id, stop));
        if (first.Count > 0) { reconcilers.Wake<DeliverResources>(); }
        return first.Count < due.Count ? Pass.Unfinished(first.Count) : Pass.Settled(first.Count);
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
