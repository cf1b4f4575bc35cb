using Microsoft.EntityFrameworkCore;
using Zhengtong.Cloud.Metering;
using Zhengtong.Kernel;
using Zhengtong.Kernel.Jobs;

namespace Zhengtong.Cloud.Capacity;

/// <summary>Each hour: what every pool has, has allocated and uses, as the figures of the day.</summary>
internal sealed class RecordCapacity(ZhengtongDb db, TimeProvider clock) : IReconciler
{
    public string Name => "cloud.capacity";

    public TimeSpan Every => TimeSpan.FromHours(1);

    public async Task<Pass> ReconcileAsync(CancellationToken ct) => Pass.Settled(await RecordAsync(db, clock.GetUtcNow(), ct));

    internal static async Task<int> RecordAsync(ZhengtongDb db, DateTimeOffset now, CancellationToken ct)
    {
        var day = ChinaTime.DateOf(now);
        var counts = await db.HostInventories.Join(db.CloudHosts, i => i.HostId, h => h.Id, (i, h) => new { h.PoolId, i.Kind, i.Total, i.Capacity, i.Used }).GroupBy(i => new { i.PoolId, i.Kind })
            .Select(g => new { g.Key.PoolId, g.Key.Kind, Total = g.Sum(i => i.Total), Capacity = g.Sum(i => i.Capacity), Allocated = g.Sum(i => i.Used) }).ToListAsync(ct);
        var since = (now - ListResourceUse.Fresh).ToUnixTimeMilliseconds();
        var used = await db.MeterLatest.Where(l => l.ReadAt >= since).Join(db.CloudResources.Where(r => r.PoolId != null), l => l.ResourceId, r => r.Id, (l, r) => new { Pool = r.PoolId!.Value, l.Cpu, l.MemoryMiB, l.DiskMiB })
            .GroupBy(u => u.Pool).Select(g => new { g.Key, Cpu = g.Sum(u => (long?)u.Cpu), Memory = g.Sum(u => (long)u.MemoryMiB), Disk = g.Sum(u => (long)u.DiskMiB) }).ToDictionaryAsync(g => g.Key, ct);
        var there = await db.CapacityDays.Where(d => d.Day == day).ToDictionaryAsync(d => (d.PoolId, d.Kind), ct);
        foreach (var count in counts)
        {
            var own = used.GetValueOrDefault(count.PoolId);
            long? uses = own is null ? null : count.Kind switch { "vcpu" => own.Cpu, "memory" => own.Memory, "disk" => own.Disk / 1024, _ => null };
            if (!there.TryGetValue((count.PoolId, count.Kind), out var row)) { db.CapacityDays.Add(row = new CapacityDay { PoolId = count.PoolId, Day = day, Kind = count.Kind, Total = 0, Capacity = 0, Allocated = 0 }); }
            // What was seen earlier today stays when nothing is measured at this moment.
            (row.Total, row.Capacity, row.Allocated, row.Used) = (count.Total, count.Capacity, count.Allocated, uses ?? row.Used);
        }

        return await db.SaveChangesAsync(ct);
    }
}
