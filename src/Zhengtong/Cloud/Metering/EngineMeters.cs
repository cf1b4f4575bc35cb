using Microsoft.EntityFrameworkCore;
using Zhengtong.Cloud.Engines;
using Zhengtong.Cloud.Model;

namespace Zhengtong.Cloud.Metering;

/// <summary>The meters of engines: one call a member, whatever runs on it. A member that does not answer is a gap for what stands on it, and for nothing else.</summary>
internal static class EngineMeters
{
    internal static readonly MeterSource Source = new("engines", ReadAsync);

    private static async Task<IReadOnlyList<MeterReading>> ReadAsync(IServiceProvider scope, CancellationToken ct)
    {
        var (db, engines, clock) = (scope.GetRequiredService<ZhengtongDb>(), scope.GetRequiredService<PoolEngines>(), scope.GetRequiredService<TimeProvider>());
        var pools = await db.ResourcePools.AsNoTracking().Where(p => db.CloudResources.Any(r => r.PoolId == p.Id && r.State == CloudResourceState.Running)).ToListAsync(ct);
        return [.. (await Task.WhenAll(pools.Select(p => ReadAsync(p, engines, clock, ct)))).SelectMany(r => r)];
    }

    private static async Task<IReadOnlyList<MeterReading>> ReadAsync(ResourcePool pool, PoolEngines engines, TimeProvider clock, CancellationToken ct)
    {
        if (engines.Of(pool) is not { IsDone: true, Value: { } engine } || await engine.DescribeAsync(ct) is not { IsDone: true, Value: { } told }) { return []; }
        var isCluster = told.Abilities.Contains(EngineAbility.Cluster);
        var read = new List<MeterReading>();
        foreach (var member in told.Members.Where(m => m.Capacity is not null))
        {
            var answer = await engine.ReadMetricsAsync(isCluster ? member.Name : null, ct);
            if (!answer.IsDone) { continue; }
            var at = clock.GetUtcNow();
            read.AddRange(answer.Value.Where(u => IdOf(u.Id.Name) is not null)
                .Select(u => new MeterReading(IdOf(u.Id.Name)!.Value, at, (long)(u.CpuSeconds * 1_000_000), u.MemoryBytes, u.DiskBytes, u.BytesReceived, u.BytesSent)));
        }

        return read;
    }

    /// <summary>The resource whose instance it is; null for what is not called as ours are (<see cref="CloudResource.EngineName"/>).</summary>
    private static Guid? IdOf(EngineName name) => name.ToString() is { Length: 33 } text && text[0] == 'r' && Guid.TryParseExact(text[1..], "N", out var id) ? id : null;
}
