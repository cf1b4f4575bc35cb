using System.Security.Cryptography;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;
using Npgsql;
using Zhengtong.Cloud.Model;
using Zhengtong.Kernel.Jobs;
using Zhengtong.Kernel.Secrets;

namespace Zhengtong.Cloud.Databases;

/// <summary>Looks whether servers answer and how large databases are. One question a server, however many databases it has.</summary>
internal sealed class WatchDatabases(ZhengtongDb db, Vault vault, IOptions<DatabasesOptions> options, TimeProvider clock) : IReconciler
{
    private const int AtOnce = 500;

    public string Name => "cloud.databases";

    public TimeSpan Every => TimeSpan.FromMinutes(1);

    public async Task<Pass> ReconcileAsync(CancellationToken ct) => Pass.Settled(await MeasureAsync(ct));

    private async Task<long> MeasureAsync(CancellationToken ct)
    {
        long woken = 0;
        foreach (var server in await db.DatabaseServers.AsNoTracking().ToListAsync(ct))
        {
            var rows = await db.ManagedDatabases.Where(d => d.ServerId == server.Id)
                .Join(db.CloudResources.AsNoTracking().Where(r => r.DeliveredAt != null), d => d.ResourceId, r => r.Id, (d, r) => new { d.ResourceId, d.Size, d.IsFull, r.Amounts }).ToListAsync(ct);
            IReadOnlyDictionary<string, long> sizes;
            try
            {
                await using var admin = await PostgresAdmin.OpenAsync(DatabaseFulfilment.ConnectionOf(vault, server), null, options.Value, ct);
                sizes = await admin.SizesAsync([.. rows.Select(r => $"r{r.ResourceId:N}")], ct);
            }
            // A server that cannot be asked, or whose seal is lost, keeps no other waiting.
            catch (Exception e) when (e is NpgsqlException or CryptographicException)
            {
                var problem = e is NpgsqlException failure ? DatabaseFulfilment.CodeOf(failure) : "secret-lost";
                await db.DatabaseServers.Where(s => s.Id == server.Id).ExecuteUpdateAsync(set => set.SetProperty(s => s.Problem, problem), ct);
                continue;
            }

            var now = clock.GetUtcNow();
            await db.DatabaseServers.Where(s => s.Id == server.Id).ExecuteUpdateAsync(set => set.SetProperty(s => s.AnsweredAt, now).SetProperty(s => s.Problem, (string?)null), ct);
            foreach (var row in rows)
            {
                if (!sizes.TryGetValue($"r{row.ResourceId:N}", out var size)) { continue; }
                if (size != row.Size) { await db.ManagedDatabases.Where(d => d.ResourceId == row.ResourceId).ExecuteUpdateAsync(set => set.SetProperty(d => d.Size, size), ct); }
                if (size > DatabaseFulfilment.LimitOf(row.Amounts) != row.IsFull) { woken += await WakeAsync([row.ResourceId], ct); }
            }
        }

        var ending = await db.DatabaseLogins.Where(l => l.IsEnding).Select(l => l.ResourceId).Distinct().OrderBy(id => id).Take(AtOnce).ToListAsync(ct);
        return woken + await WakeAsync(ending, ct);
    }

    /// <summary>Their next step is due now; one that is due already stays so.</summary>
    private async Task<int> WakeAsync(List<Guid> resources, CancellationToken ct)
    {
        var now = clock.GetUtcNow();
        return resources.Count == 0 ? 0 : await db.CloudResources.Where(r => resources.Contains(r.Id) && (r.NextAt == null || r.NextAt > now) && r.State != CloudResourceState.Removed)
            .ExecuteUpdateAsync(set => set.SetProperty(r => r.NextAt, now), ct);
    }
}
