using System.Text.RegularExpressions;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Cloud.Engines;
using Zhengtong.Cloud.Model;
using Zhengtong.Cloud.Placement;
using Zhengtong.Kernel.Identity;
using Zhengtong.Kernel.Jobs;
using Zhengtong.Kernel.Ledger;
using Zhengtong.Kernel.Notices;
using Zhengtong.Kernel.Organisations;

namespace Zhengtong.Cloud.Pools;

/// <summary>Looks at every pool's engine each minute and keeps hosts true: a new member becomes a host, one that is not heard of takes nothing more until it is, and the load is written. An engine that is out of reach
/// twice in a row is told to the operators, once. Its hosts stay as they are: that nobody answers does not say that they are gone.</summary>
internal sealed partial class WatchPools(ZhengtongDb db, PoolEngines engines, TimeProvider clock, ILogger<WatchPools> logger) : IReconciler
{
    /// <summary>Engines that are asked at once.</summary>
    private const int AtOnce = 8;

    /// <summary>A load that differs by less, in thousandths, is not written: whoever places would read the host again for it.</summary>
    private const int LoadStep = 20;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    public string Name => "cloud.pools";

    public TimeSpan Every => TimeSpan.FromMinutes(1);

    public async Task<Pass> ReconcileAsync(CancellationToken ct)
    {
        var pools = await db.ResourcePools.AsNoTracking().OrderBy(p => p.Name).ToListAsync(ct);
        var done = 0;
        foreach (var some in pools.Chunk(AtOnce))
        {
            var answers = await Task.WhenAll(some.Select(p => AskAsync(p, ct)));
            foreach (var (pool, answer) in some.Zip(answers))
            {
                db.ChangeTracker.Clear();
                // One pool that cannot be written keeps no other from being looked at.
                try { done += await WriteAsync(pool, answer, ct); }
                catch (DbUpdateException e) { LogUnwritten(e, pool.Name); }
            }
        }

        return Pass.Settled(done);
    }

    /// <summary>The share of memory in use, in thousandths: the one figure that engines tell of a member at any moment.</summary>
    internal static int LoadOf(MemberCapacity? capacity) => capacity is { MemoryBytes: > 0 } had ? (int)Math.Clamp(had.MemoryUsedBytes * 1000m / had.MemoryBytes, 0, 1000) : 0;

    private async Task<EngineAnswer<EngineDescription>> AskAsync(ResourcePool pool, CancellationToken ct)
    {
        var engine = engines.Of(pool);
        if (!engine.IsDone) { return engine.As<EngineDescription>(); }
        using var limit = new CancellationTokenSource(Patience, clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(ct, limit.Token);
        try { return await engine.Value.DescribeAsync(either.Token); }
        catch (OperationCanceledException) when (!ct.IsCancellationRequested) { return new EngineAnswer(EngineOutcome.Unreachable, "silent").As<EngineDescription>(); }
    }

    /// <summary>How many hosts came or changed their state, and whether the engine was lost or came back.</summary>
    private async Task<int> WriteAsync(ResourcePool pool, EngineAnswer<EngineDescription> answer, CancellationToken ct)
    {
        await using var transaction = await db.Database.BeginTransactionAsync(ct);
        var now = clock.GetUtcNow();
        var sight = await db.PoolSights.SingleOrDefaultAsync(s => s.PoolId == pool.Id, ct);
        if (sight is null) { db.PoolSights.Add(sight = new PoolSight { PoolId = pool.Id, LookedAt = now }); }
        sight.LookedAt = now;
        var changes = answer.IsDone ? await SeenAsync(pool, sight, answer.Value, now, ct) : await MissedAsync(pool, sight, answer, now, ct);
        await db.SaveChangesAsync(ct);
        await transaction.CommitAsync(ct);
        return changes;
    }

    private async Task<int> MissedAsync(ResourcePool pool, PoolSight sight, EngineAnswer answer, DateTimeOffset now, CancellationToken ct)
    {
        (var isSecond, sight.Fault) = (sight.Fault is not null, answer.Code);
        sight.FaultSince ??= now;
        // Engines begin anew when they are renewed; once is no alarm.
        if (!isSecond || sight.IsTold) { return 0; }
        sight.IsTold = true;
        LogLost(pool.Name, answer.Code, answer.Text);
        await TellAsync(pool, NoticeTone.Warning, "cloud.notice.engine-lost", now, ct, answer.Code);
        db.Ledger.Add(LedgerEntry.Of("cloud.engine-lost", pool.Id, Actor.Platform, now, after: new { pool.Name, fault = answer.Code, since = sight.FaultSince }));
        return 1;
    }

    private async Task<int> SeenAsync(ResourcePool pool, PoolSight sight, EngineDescription seen, DateTimeOffset now, CancellationToken ct)
    {
        var wasTold = sight.IsTold;
        (sight.SeenAt, sight.Product, sight.Version, sight.Fault, sight.FaultSince, sight.IsTold) = (now, Cut(seen.Product, 40), Cut(seen.Version, 100), null, null, false);
        if (wasTold)
        {
            await TellAsync(pool, NoticeTone.Good, "cloud.notice.engine-back", now, ct);
            db.Ledger.Add(LedgerEntry.Of("cloud.engine-back", pool.Id, Actor.Platform, now, after: new { pool.Name }));
        }

        var members = seen.Members.Where(m => HostName().IsMatch(m.Name)).DistinctBy(m => m.Name).ToDictionary(m => m.Name, StringComparer.Ordinal);
        var hosts = await db.CloudHosts.Where(h => h.PoolId == pool.Id).ToListAsync(ct);
        var news = members.Values.Where(m => m.Capacity is not null && hosts.All(h => h.Name != m.Name)).ToList();
        var moved = hosts.Where(h => Follow(h, members.GetValueOrDefault(h.Name)) is { } wish && wish != (h.State, h.Intended)).ToList();
        var loaded = hosts.Where(h => members.GetValueOrDefault(h.Name)?.Capacity is { } capacity && Math.Abs(LoadOf(capacity) - h.Load) >= LoadStep).ToList();
        if (news.Count + moved.Count + loaded.Count == 0) { return wasTold ? 1 : 0; }

        // The clock first, as everybody who changes hosts; then what officers may have changed meanwhile is read again.
        var generation = await HostBook.TickAsync(db, ct);
        foreach (var host in moved.Union(loaded)) { await db.Entry(host).ReloadAsync(ct); }
        var current = await db.ResourcePools.AsNoTracking().SingleAsync(p => p.Id == pool.Id, ct);
        var kinds = await db.ResourceKinds.Where(k => k.IsOnHost).Select(k => k.Code).ToListAsync(ct);
        foreach (var member in news) { Add(current, member, kinds, generation, now); }
        foreach (var host in moved)
        {
            var before = host.State;
            (host.State, host.Intended) = Follow(host, members.GetValueOrDefault(host.Name));
            if (host.State == before) { continue; }
            host.Touch();
            db.Ledger.Add(LedgerEntry.Of("cloud.host-followed", host.Id, Actor.Platform, now, before: new { state = before }, after: new { pool = pool.Id, host.Name, host.State, host.Intended }));
        }

        foreach (var host in loaded) { host.Load = LoadOf(members[host.Name].Capacity); }
        await db.SaveChangesAsync(ct);
        foreach (var host in moved.Union(loaded))
        {
            var (id, isOpen) = (host.Id, host.State == HostState.Online);
            await db.HostInventories.Where(i => i.HostId == id)
                .ExecuteUpdateAsync(set => set.SetProperty(i => i.IsOpen, isOpen).SetProperty(i => i.Generation, generation).SetProperty(i => i.SetGeneration, generation), ct);
        }

        return news.Count + moved.Count + (wasTold ? 1 : 0);
    }

    /// <summary>The state that the engine lets a host have, and the one that it returns to. What an officer took out of service stays so, whatever the engine says.</summary>
    private static (HostState State, HostState? Intended) Follow(CloudHost host, EngineMember? member)
    {
        var wish = host.Intended ?? host.State;
        HostState? allowed = member?.Status switch { MemberStatus.Online => null, MemberStatus.Evacuated => HostState.Evacuating, _ => HostState.Offline };
        return allowed is { } state && wish != HostState.Offline && state != wish ? (state, wish) : (wish, null);
    }

    private void Add(ResourcePool pool, EngineMember member, List<string> kinds, long generation, DateTimeOffset now)
    {
        var host = new CloudHost
        {
            Id = Guid.CreateVersion7(now), PoolId = pool.Id, Name = member.Name, State = HostState.Online, Traits = [], Group = Cut(member.Groups.FirstOrDefault(g => g != "default") ?? "", 100), Load = LoadOf(member.Capacity),
        };
        (host.State, host.Intended) = Follow(host, member);
        (string Kind, long Total)[] totals = [("vcpu", member.Capacity!.Cpus * 1000L), ("memory", member.Capacity.MemoryBytes >> 20), ("disk", member.Capacity.DiskBytes >> 30)];
        db.CloudHosts.Add(host);
        db.HostInventories.AddRange(totals.Where(t => kinds.Contains(t.Kind)).Select(t => new HostInventory
        {
            HostId = host.Id, Kind = t.Kind, Total = t.Total, Reserved = 0, Capacity = pool.CapacityOf(t.Kind, t.Total, 0), IsOpen = host.State == HostState.Online, Generation = generation, SetGeneration = generation,
        }));
        db.Ledger.Add(LedgerEntry.Of("cloud.host-found", host.Id, Actor.Platform, now, after: new { pool = pool.Id, host.Name, host.State, host.Group, inventory = totals.ToDictionary(t => t.Kind, t => t.Total) }));
    }

    private async Task TellAsync(ResourcePool pool, NoticeTone tone, string key, DateTimeOffset now, CancellationToken ct, params string[] more)
    {
        var operators = await db.Organisations.Where(o => o.Kind == OrganisationKind.Operator).Select(o => o.Id).ToListAsync(ct);
        db.Notices.AddRange(operators.Select(o => Notice.Of(o, tone, key, "/work/notices", now, [pool.Name, .. more])));
    }

    private static string Cut(string text, int most) => text.Length <= most ? text : text[..most];

    [GeneratedRegex(@"\A[A-Za-z0-9][A-Za-z0-9._-]{0,99}\z")]
    private static partial Regex HostName();

    [LoggerMessage(LogLevel.Warning, "The engine of pool {Pool} is out of reach: {Code} {Text}")]
    private partial void LogLost(string pool, string code, string text);

    [LoggerMessage(LogLevel.Error, "What was seen of pool {Pool} could not be written; the next look comes again")]
    private partial void LogUnwritten(Exception failure, string pool);
}
