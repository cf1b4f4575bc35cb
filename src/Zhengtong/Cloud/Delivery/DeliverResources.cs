using Microsoft.EntityFrameworkCore;
using Zhengtong.Kernel.Jobs;

namespace Zhengtong.Cloud.Delivery;

/// <summary>Brings resources to what they are to be: all that are due, at most <see cref="AtOnce"/> at once and <see cref="AtOnceInPool"/> of one pool, so that an engine that is slow or gone keeps no other waiting.</summary>
internal sealed class DeliverResources(ZhengtongDb db, Delivering delivering, TimeProvider clock) : IReconciler
{
    internal const int AtOnce = 64;
    internal const int AtOnceInPool = 24;

    /// <summary>How soon what came due is seen while others are under way.</summary>
    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(100);

    public string Name => "cloud.delivery";

    public TimeSpan Every => TimeSpan.FromMilliseconds(500);

    public async Task<Pass> ReconcileAsync(CancellationToken ct)
    {
        var underWay = new Dictionary<Guid, (Guid? Pool, Task Work)>();
        long count = 0;
        while (true)
        {
            foreach (var (id, one) in underWay.Where(u => u.Value.Work.IsCompleted).ToList())
            {
                underWay.Remove(id);
                count++;
                // A failure that a step did not foresee: the job's record says it, the resource comes again with the next pass.
                await one.Work;
            }

            foreach (var (id, pool) in await DueAsync(underWay, ct)) { underWay[id] = (pool, Task.Run(() => delivering.DriveAsync(id, ct), ct)); }
            if (underWay.Count == 0) { return Pass.Settled(count); }
            await Task.WhenAny([.. underWay.Values.Select(u => u.Work), Task.Delay(Look, clock, ct)]);
            ct.ThrowIfCancellationRequested();
        }
    }

    private async Task<IReadOnlyList<(Guid Id, Guid? Pool)>> DueAsync(Dictionary<Guid, (Guid? Pool, Task Work)> underWay, CancellationToken ct)
    {
        var room = AtOnce - underWay.Count;
        if (room == 0) { return []; }
        var (now, busy) = (clock.GetUtcNow(), underWay.Keys.ToList());
        // Pools that have enough under way are left out here, so that theirs do not hide the others'.
        var full = underWay.Values.GroupBy(u => u.Pool).Where(g => g.Key is not null && g.Count() >= AtOnceInPool).Select(g => g.Key!.Value).ToList();
        var due = await db.CloudResources.AsNoTracking()
            .Where(r => r.NextAt <= now && !busy.Contains(r.Id) && (r.PoolId == null || !full.Contains(r.PoolId.Value)))
            .OrderBy(r => r.NextAt).Select(r => new { r.Id, r.PoolId }).Take(room).ToListAsync(ct);
        var left = underWay.Values.GroupBy(u => u.Pool).ToDictionary(g => g.Key ?? Guid.Empty, g => AtOnceInPool - g.Count());
        var taken = new List<(Guid, Guid?)>();
        foreach (var one in due)
        {
            var pool = one.PoolId ?? Guid.Empty;
            var free = left.GetValueOrDefault(pool, AtOnceInPool);
            if (one.PoolId is not null && free <= 0) { continue; }
            left[pool] = free - 1;
            taken.Add((one.Id, one.PoolId));
        }

        return taken;
    }
}
