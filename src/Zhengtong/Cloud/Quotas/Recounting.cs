using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Cloud.Model;
using Zhengtong.Kernel.Identity;
using Zhengtong.Kernel.Ledger;
using Zhengtong.Kernel.Notices;
using Zhengtong.Kernel.Organisations;

namespace Zhengtong.Cloud.Quotas;

/// <summary>Counts again from the movements what the counters say, and from the claims what hosts say is allocated. The movements are the truth: they are only ever added to.</summary>
internal static class Recounting
{
    /// <summary>Counts and records the result; nothing is changed. Reads one state of the database and keeps nobody from writing. A difference that was not there the time before
    /// is told to the operators.</summary>
    internal static async Task<QuotaRecount> CompareAsync(ZhengtongDb db, Actor actor, DateTimeOffset now, CancellationToken ct)
    {
        var seen = await SeenAsync(db, ct);
        var last = await db.QuotaRecounts.AsNoTracking().OrderByDescending(r => r.At).Select(r => new { r.IsMended, r.Differences }).FirstOrDefaultAsync(ct);
        var recount = Of(seen, actor, now, reason: null);
        if (recount.DifferenceCount > 0 && (last is null || last.IsMended || !last.Differences.SequenceEqual(recount.Differences))) { await AlarmAsync(db, recount, actor, now, ct); }
        db.QuotaRecounts.Add(recount);
        await db.SaveChangesAsync(ct);
        return recount;
    }

    /// <summary>Counts and sets the counters to the sums, while everybody else waits.</summary>
    /// <param name="db">The database; no transaction is begun.</param>
    /// <param name="reason">On what ground; the ledger keeps it.</param>
    /// <param name="actor">Who asks for it.</param>
    /// <param name="now">The time.</param>
    /// <param name="ct">Stops it.</param>
    internal static async Task<QuotaRecount> MendAsync(ZhengtongDb db, string reason, Actor actor, DateTimeOffset now, CancellationToken ct)
    {
        await using var transaction = await db.Database.BeginTransactionAsync(ct);
        // SQLite has one writer; of PostgreSQL's tables only readers may use these meanwhile.
        if (db.Database.IsNpgsql()) { await db.Database.ExecuteSqlAsync($"LOCK TABLE cloud.quota_counters, cloud.placement_clock, cloud.host_inventories IN SHARE ROW EXCLUSIVE MODE", ct); }
        var seen = await CountAsync(db, ct);
        var recount = Of(seen, actor, now, reason);
        var hosts = (await db.CloudHosts.Select(h => h.Id).ToListAsync(ct)).ToHashSet();
        var generation = seen.Found.Any(d => hosts.Contains(d.Node)) ? await Placement.HostBook.TickAsync(db, ct) : 0;
        foreach (var found in seen.Found)
        {
            var (node, kind, reserved, active) = (found.Node, found.Kind, found.ReservedTrue, found.ActiveTrue);
            if (hosts.Contains(node))
            {
                await db.HostInventories.Where(i => i.HostId == node && i.Kind == kind).ExecuteUpdateAsync(set => set.SetProperty(i => i.Used, active).SetProperty(i => i.Generation, generation), ct);
            }
            else if (await db.QuotaCounters.Where(c => c.NodeId == node && c.Kind == kind).ExecuteUpdateAsync(set => set.SetProperty(c => c.Reserved, reserved).SetProperty(c => c.Active, active), ct) == 0)
            {
                db.QuotaCounters.Add(new QuotaCounter { NodeId = node, Kind = kind, Limit = 0, Reserved = reserved, Active = active });
            }
        }

        db.QuotaRecounts.Add(recount);
        db.Ledger.Add(LedgerEntry.Of("cloud.counters-mended", recount.Id, actor, now, reason, after: new { recount.DifferenceCount, differences = recount.Differences.Take(50) }));
        await db.SaveChangesAsync(ct);
        await transaction.CommitAsync(ct);
        return recount;
    }

    /// <summary>The counters that differ; nothing is recorded, nobody is told.</summary>
    internal static async Task<IReadOnlyList<CounterDifference>> DifferencesAsync(ZhengtongDb db, CancellationToken ct) => (await SeenAsync(db, ct)).Found;

    private static async Task<(List<CounterDifference> Found, long Movements, long Counters)> SeenAsync(ZhengtongDb db, CancellationToken ct)
    {
        await using var snapshot = await SnapshotAsync(db, ct);
        var seen = await CountAsync(db, ct);
        await db.Database.CommitTransactionAsync(ct);
        return seen;
    }

    private static QuotaRecount Of((List<CounterDifference> Found, long Movements, long Counters) seen, Actor actor, DateTimeOffset now, string? reason) => new()
    {
        Id = Guid.CreateVersion7(now), At = now, ActorId = actor.Id, Movements = seen.Movements, Counters = seen.Counters, DifferenceCount = seen.Found.Count,
        Differences = [.. seen.Found.Take(QuotaRecount.MostKept)], IsMended = reason is not null, Reason = reason,
    };

    private static async Task<(List<CounterDifference> Found, long Movements, long Counters)> CountAsync(ZhengtongDb db, CancellationToken ct)
    {
        var sums = await db.HoldMovements.GroupBy(m => new { m.NodeId, m.FromDepth, m.Kind })
            .Select(g => new { g.Key.NodeId, g.Key.FromDepth, g.Key.Kind, Reserved = g.Sum(m => m.Reserved), Active = g.Sum(m => m.Active), Count = g.LongCount() }).ToListAsync(ct);
        var paths = await db.QuotaNodes.AsNoTracking().Select(n => new { n.Id, n.Path }).ToDictionaryAsync(n => n.Id, n => n.Path.Split('/').Select(Guid.Parse).ToArray(), ct);
        var truth = new Dictionary<(Guid Node, string Kind), (long Reserved, long Active)>();
        foreach (var sum in sums)
        {
            var line = paths[sum.NodeId];
            for (var depth = sum.FromDepth; depth < line.Length; depth++)
            {
                var so = truth.GetValueOrDefault((line[depth], sum.Kind));
                truth[(line[depth], sum.Kind)] = (so.Reserved + sum.Reserved, so.Active + sum.Active);
            }
        }

        var counters = await db.QuotaCounters.AsNoTracking().Select(c => new { c.NodeId, c.Kind, c.Reserved, c.Active }).ToListAsync(ct);
        var found = new List<CounterDifference>();
        foreach (var counter in counters)
        {
            truth.Remove((counter.NodeId, counter.Kind), out var so);
            if (so != (counter.Reserved, counter.Active)) { found.Add(new CounterDifference(counter.NodeId, counter.Kind, counter.Reserved, so.Reserved, counter.Active, so.Active)); }
        }

        found.AddRange(truth.Where(t => t.Value != default).Select(t => new CounterDifference(t.Key.Node, t.Key.Kind, 0, t.Value.Reserved, 0, t.Value.Active)));
        var hosts = await CountHostsAsync(db, found, ct);
        found.Sort((a, b) => (a.Node, a.Kind).CompareTo((b.Node, b.Kind)));
        return (found, sums.Sum(s => s.Count), counters.Count + hosts);
    }

    private static async Task<long> CountHostsAsync(ZhengtongDb db, List<CounterDifference> found, CancellationToken ct)
    {
        var truth = new Dictionary<(Guid Host, string Kind), long>();
        await foreach (var claim in db.HostClaims.AsNoTracking().Where(c => c.ReleasedAt == null).Select(c => new { c.HostId, c.Amounts }).AsAsyncEnumerable().WithCancellation(ct))
        {
            foreach (var amount in claim.Amounts) { truth[(claim.HostId, amount.Kind)] = truth.GetValueOrDefault((claim.HostId, amount.Kind)) + amount.Amount; }
        }

        var inventories = await db.HostInventories.AsNoTracking().Select(i => new { i.HostId, i.Kind, i.Used }).ToListAsync(ct);
        found.AddRange(inventories.Select(i => new CounterDifference(i.HostId, i.Kind, 0, 0, i.Used, truth.GetValueOrDefault((i.HostId, i.Kind)))).Where(d => d.ActiveCounted != d.ActiveTrue));
        return inventories.Count;
    }

    private static async Task AlarmAsync(ZhengtongDb db, QuotaRecount recount, Actor actor, DateTimeOffset now, CancellationToken ct)
    {
        var operators = await db.Organisations.Where(o => o.Kind == OrganisationKind.Operator).Select(o => o.Id).ToListAsync(ct);
        db.Notices.AddRange(operators.Select(o => Notice.Of(o, NoticeTone.Warning, "cloud.notice.counters-differ", "/work/notices", now, $"{recount.DifferenceCount}")));
        db.Ledger.Add(LedgerEntry.Of("cloud.counters-differed", recount.Id, actor, now, after: new { recount.DifferenceCount, differences = recount.Differences.Take(50) }));
    }

    private static async Task<IAsyncDisposable> SnapshotAsync(ZhengtongDb db, CancellationToken ct)
    {
        if (!db.Database.IsSqlite()) { return await db.Database.BeginTransactionAsync(System.Data.IsolationLevel.RepeatableRead, ct); }
        // Deferred: a reader of SQLite's log keeps nobody from writing.
        await db.Database.OpenConnectionAsync(ct);
        var reading = ((SqliteConnection)db.Database.GetDbConnection()).BeginTransaction(deferred: true);
        return (await db.Database.UseTransactionAsync(reading, ct))!;
    }
}

/// <summary>Counts again each hour, so that a drift is known before somebody is refused or let through because of it.</summary>
internal sealed class WatchQuotas(ZhengtongDb db, TimeProvider clock) : Kernel.Jobs.IReconciler
{
    /// <summary>So many recounts without a difference are kept.</summary>
    private const int Kept = 200;

    public string Name => "cloud.recount";

    public TimeSpan Every => TimeSpan.FromHours(1);

    public async Task<Kernel.Jobs.Pass> ReconcileAsync(CancellationToken ct)
    {
        var recount = await Recounting.CompareAsync(db, Actor.Platform, clock.GetUtcNow(), ct);
        var oldest = await db.QuotaRecounts.OrderByDescending(r => r.At).Skip(Kept).Select(r => (DateTimeOffset?)r.At).FirstOrDefaultAsync(ct);
        if (oldest is not null) { await db.QuotaRecounts.Where(r => r.At <= oldest && r.DifferenceCount == 0 && !r.IsMended).ExecuteDeleteAsync(ct); }
        return Kernel.Jobs.Pass.Settled(recount.DifferenceCount);
    }
}
