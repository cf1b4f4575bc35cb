using System.Collections.Concurrent;
using Microsoft.EntityFrameworkCore;
using Npgsql;
using Zhengtong.Cloud.Model;
using Zhengtong.Cloud.Quotas;
using Zhengtong.Kernel;
using Zhengtong.Kernel.Identity;

namespace Zhengtong.Cloud.Placement;

/// <summary>Puts consumers on hosts: the hold on the quota, the place on the host and the record of why are one transaction. Claims that come at once are committed together;
/// each is answered only after its commit. What became of one changes nothing for the others.</summary>
internal sealed partial class Placing(IServiceScopeFactory scopes, TimeProvider clock, ILogger<Placing> logger) : IDisposable
{
    /// <summary>So many claims are committed together.</summary>
    private const int AtOnce = 64;

    private const int MostAttempts = 5;
    private const string Savepoint = "placing";
    private static readonly IReadOnlySet<Guid> None = new HashSet<Guid>();
    private readonly HostView view = new();
    private readonly SemaphoreSlim gate = new(1);
    private readonly ConcurrentQueue<Waiting> queue = new();
    private int pumping;

    public void Dispose() => gate.Dispose();

    /// <summary>Holds and places in a transaction of its own, which it shares with the claims that come at the same time. A caller that stops waiting may find the claim made;
    /// asked again for the same consumer it is answered <see cref="ClaimResult.Already"/>.</summary>
    internal Task<ClaimOutcome> ClaimAsync(ClaimRequest request, Actor actor, CancellationToken ct)
    {
        var waiting = new Waiting(request, actor, new TaskCompletionSource<ClaimOutcome>(TaskCreationOptions.RunContinuationsAsynchronously));
        queue.Enqueue(waiting);
        StartPump();
        return waiting.Answer.Task.WaitAsync(ct);
    }

    /// <summary>Holds and places within the caller's transaction. On a refusal nothing is left behind in it.</summary>
    internal async Task<ClaimOutcome> ClaimWithinAsync(ZhengtongDb db, ClaimRequest request, Actor actor, CancellationToken ct) =>
        (await PlaceAsync(db, [(request, actor)], clock.GetUtcNow(), ct))[0];

    /// <summary>The same for many, each for itself: chosen as if those before it stood already, and most of the time in no more statements than one.</summary>
    internal Task<IReadOnlyList<ClaimOutcome>> ClaimManyWithinAsync(ZhengtongDb db, IReadOnlyList<ClaimRequest> requests, Actor actor, CancellationToken ct) =>
        PlaceAsync(db, [.. requests.Select(r => (r, actor))], clock.GetUtcNow(), ct);

    /// <summary>What would be chosen and why; nothing is held or placed.</summary>
    internal async Task<PlacementExplanation> ExplainAsync(PlacementNeed need, Guid consumer, CancellationToken ct)
    {
        await using var scope = scopes.CreateAsyncScope();
        var db = scope.ServiceProvider.GetRequiredService<ZhengtongDb>();
        var avoided = need.SpreadGroup is { } group ? await db.HostClaims.Where(c => c.ReleasedAt == null && c.SpreadGroup == group).Select(c => c.HostId).ToHashSetAsync(ct) : None;
        var amounts = await HostBook.OnHostAsync(db, Amounts.Of(need.Amounts), ct);
        await gate.WaitAsync(ct);
        try
        {
            await view.RefreshAsync(db, ct);
            return Choosing.Choose(view, need, amounts, consumer, avoided, None);
        }
        finally { gate.Release(); }
    }

    /// <summary>Begins to move a consumer to another host, within the caller's transaction: until the move is ended both hosts count. Answers <see cref="ClaimResult.NoHost"/> with the reasons
    /// when no other host fits, and <see cref="ClaimResult.Already"/> while it moves.</summary>
    internal async Task<ClaimOutcome> BeginMoveAsync(ZhengtongDb db, Guid consumer, PlacementNeed need, CancellationToken ct)
    {
        var claims = await db.HostClaims.AsNoTracking().Where(c => c.ConsumerId == consumer && c.ReleasedAt == null).OrderBy(c => c.CreatedAt).ToListAsync(ct);
        if (claims.Count == 0) { return new ClaimOutcome(ClaimResult.NotHeld, null, null, null); }
        if (claims.Count > 1) { return new ClaimOutcome(ClaimResult.Already, claims[^1], null, null); }
        var (claim, now, left) = (claims[0], clock.GetUtcNow(), new HashSet<Guid> { claims[0].HostId });
        // Two who move one consumer at once: the second finds another revision.
        var revision = claim.Revision + 1;
        if (await db.HostClaims.Where(c => c.Id == claim.Id && c.Revision == claim.Revision).ExecuteUpdateAsync(set => set.SetProperty(c => c.Revision, revision), ct) == 0)
        {
            return new ClaimOutcome(ClaimResult.Already, claim, null, null);
        }

        var asked = need with { Amounts = claim.Amounts, SpreadGroup = claim.SpreadGroup };
        var transaction = db.Database.CurrentTransaction!;
        await transaction.CreateSavepointAsync(Savepoint, ct);
        for (var attempt = 1; ; attempt++)
        {
            var plan = (await PlanAsync([(consumer, asked, left)], ct))[0];
            if (plan.Explanation.Chosen is not { } chosen) { return new ClaimOutcome(ClaimResult.NoHost, null, null, plan.Explanation); }
            if (await StandAsync(db, [(consumer, asked, plan)], now, ct) is [var made]) { return new ClaimOutcome(ClaimResult.Placed, made, null, plan.Explanation); }
            await transaction.RollbackToSavepointAsync(Savepoint, ct);
            left.Add(chosen.HostId);
            if (attempt >= MostAttempts) { return new ClaimOutcome(ClaimResult.NoHost, null, null, plan.Explanation with { Chosen = null }); }
        }
    }

    /// <summary>Ends a move within the caller's transaction; false when the consumer does not move.</summary>
    /// <param name="db">The database.</param>
    /// <param name="consumer">What moves.</param>
    /// <param name="isDone">True when it stands on the new host; false when it stays on the old one.</param>
    /// <param name="ct">Stops it.</param>
    internal async Task<bool> EndMoveAsync(ZhengtongDb db, Guid consumer, bool isDone, CancellationToken ct)
    {
        var claims = await db.HostClaims.AsNoTracking().Where(c => c.ConsumerId == consumer && c.ReleasedAt == null).OrderBy(c => c.CreatedAt).ThenBy(c => c.Id).ToListAsync(ct);
        return claims.Count > 1 && await HostBook.ReleaseAsync(db, isDone ? claims[0] : claims[^1], clock.GetUtcNow(), ct);
    }

    private void StartPump()
    {
        if (Interlocked.CompareExchange(ref pumping, 1, 0) == 0) { _ = Task.Run(PumpAsync); }
    }

    private async Task PumpAsync()
    {
        while (true)
        {
            var (batch, again) = (new List<Waiting>(AtOnce), new List<Waiting>());
            while (batch.Count < AtOnce && queue.TryDequeue(out var one))
            {
                // One consumer is asked for once in a transaction; the second is answered from what the first left.
                if (batch.Any(w => w.Request.Consumer == one.Request.Consumer)) { again.Add(one); }
                else { batch.Add(one); }
            }

            foreach (var one in again) { queue.Enqueue(one); }
            if (batch.Count > 0)
            {
                await CommitAsync(batch);
                continue;
            }

            Volatile.Write(ref pumping, 0);
            // Whoever came between the last look and this line found the pump at work.
            if (queue.IsEmpty || Interlocked.CompareExchange(ref pumping, 1, 0) != 0) { return; }
        }
    }

    /// <summary>Commits a batch; when that fails, each claim for itself, so that one that cannot be done keeps no other.</summary>
    private async Task CommitAsync(List<Waiting> batch)
    {
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                await using var scope = scopes.CreateAsyncScope();
                var db = scope.ServiceProvider.GetRequiredService<ZhengtongDb>();
                await using var transaction = await db.Database.BeginTransactionAsync();
                var outcomes = await PlaceAsync(db, batch.ConvertAll(w => (w.Request, w.Actor)), clock.GetUtcNow(), CancellationToken.None);
                await transaction.CommitAsync();
                foreach (var (place, waiting) in batch.Index()) { waiting.Answer.TrySetResult(outcomes[place]); }
                return;
            }
            catch (Exception e) when (attempt < MostAttempts && IsPassing(e))
            {
                LogAgain(e, batch.Count);
            }
            catch (Exception) when (batch.Count > 1)
            {
                foreach (var one in batch) { await CommitAsync([one]); }
                return;
            }
            catch (Exception e)
            {
                batch[0].Answer.TrySetException(e);
                return;
            }
        }
    }

    /// <summary>True for what happens because others work at the same time.</summary>
    private static bool IsPassing(Exception failure) => failure switch
    {
        PostgresException e => e.SqlState is PostgresErrorCodes.DeadlockDetected or PostgresErrorCodes.SerializationFailure,
        _ => failure.InnerException is { } cause && IsPassing(cause),
    };

    /// <summary>Holds and places within the transaction that is begun: all together when nothing comes between, else each for itself.</summary>
    private async Task<IReadOnlyList<ClaimOutcome>> PlaceAsync(ZhengtongDb db, IReadOnlyList<(ClaimRequest Request, Actor Actor)> asked, DateTimeOffset now, CancellationToken ct)
    {
        var transaction = db.Database.CurrentTransaction ?? throw new InvalidOperationException("A claim is made within a transaction: begin one");
        await transaction.CreateSavepointAsync(Savepoint, ct);
        var plans = await PlanAsync([.. asked.Select(a => (a.Request.Consumer, a.Request.Need, None))], ct);
        if (await TryPlaceAsync(db, asked, plans, now, ct) is { } all)
        {
            await transaction.ReleaseSavepointAsync(Savepoint, ct);
            return all;
        }

        await transaction.RollbackToSavepointAsync(Savepoint, ct);
        var outcomes = new List<ClaimOutcome>();
        foreach (var one in asked)
        {
            var left = new HashSet<Guid>();
            for (var attempt = 1; ; attempt++)
            {
                await transaction.CreateSavepointAsync(Savepoint, ct);
                var plan = (await PlanAsync([(one.Request.Consumer, one.Request.Need, left)], ct))[0];
                if (await TryPlaceAsync(db, [one], [plan], now, ct) is [var outcome])
                {
                    await transaction.ReleaseSavepointAsync(Savepoint, ct);
                    outcomes.Add(outcome);
                    break;
                }

                // Somebody took the place since it was looked at: another one.
                await transaction.RollbackToSavepointAsync(Savepoint, ct);
                await transaction.ReleaseSavepointAsync(Savepoint, ct);
                if (plan.Explanation.Chosen is { } chosen) { left.Add(chosen.HostId); }
                if (attempt < MostAttempts) { continue; }
                outcomes.Add(new ClaimOutcome(ClaimResult.NoHost, null, null, plan.Explanation with { Chosen = null }));
                break;
            }
        }

        return outcomes;
    }

    /// <summary>Null when a host turned out to be taken: the caller goes back to its savepoint.</summary>
    private static async Task<IReadOnlyList<ClaimOutcome>?> TryPlaceAsync(
        ZhengtongDb db, IReadOnlyList<(ClaimRequest Request, Actor Actor)> asked, IReadOnlyList<Plan> plans, DateTimeOffset now, CancellationToken ct)
    {
        var outcomes = new ClaimOutcome?[asked.Count];
        foreach (var (place, plan) in plans.Index().Where(p => p.Item.Explanation.Chosen is null)) { outcomes[place] = new ClaimOutcome(ClaimResult.NoHost, null, null, plan.Explanation); }
        // What stands already stands, though nothing more would fit.
        var standing = await StandingAsync(db, [.. asked.Select(a => a.Request.Consumer)], ct);
        var fitting = Enumerable.Range(0, asked.Count).Where(n => outcomes[n] is null || standing.ContainsKey(asked[n].Request.Consumer)).ToList();
        var holds = new HoldOutcome[asked.Count];
        // Each holds in the name of who asked; most come from one.
        foreach (var group in fitting.GroupBy(n => asked[n].Actor))
        {
            var taken = await Holds.TakeManyAsync(db, [.. group.Select(n => new HoldRequest(asked[n].Request.Consumer, asked[n].Request.Node, asked[n].Request.Need.Amounts, asked[n].Request.Lifetime))], group.Key, now, ct);
            foreach (var (at, n) in group.Index()) { holds[n] = taken[at]; }
        }

        foreach (var n in fitting.Where(n => holds[n].Result != HoldResult.Done))
        {
            outcomes[n] = holds[n].Result == HoldResult.Already && standing.GetValueOrDefault(asked[n].Request.Consumer) is { } stands
                ? new ClaimOutcome(ClaimResult.Already, stands, holds[n], null)
                : holds[n].Result == HoldResult.Already ? outcomes[n] : new ClaimOutcome(ClaimResult.NotHeld, null, holds[n], plans[n].Explanation);
        }

        var open = fitting.Where(n => outcomes[n] is null).ToList();
        if (await StandAsync(db, [.. open.Select(n => (asked[n].Request.Consumer, asked[n].Request.Need, plans[n]))], now, ct) is not { } claims) { return null; }
        foreach (var (at, n) in open.Index()) { outcomes[n] = new ClaimOutcome(ClaimResult.Placed, claims[at], holds[n], plans[n].Explanation); }
        return outcomes!;
    }

    private static async Task<Dictionary<Guid, HostClaim>> StandingAsync(ZhengtongDb db, List<Guid> consumers, CancellationToken ct) =>
        (await db.HostClaims.AsNoTracking().Where(c => consumers.Contains(c.ConsumerId) && c.ReleasedAt == null).ToListAsync(ct)).GroupBy(c => c.ConsumerId).ToDictionary(g => g.Key, g => g.MaxBy(c => c.CreatedAt)!);

    /// <summary>Allocates and writes the claims with their records; null when a host is full, closed, or has one of the group by now.</summary>
    private static async Task<IReadOnlyList<HostClaim>?> StandAsync(ZhengtongDb db, IReadOnlyList<(Guid Consumer, PlacementNeed Need, Plan Plan)> open, DateTimeOffset now, CancellationToken ct)
    {
        if (open.Count == 0) { return []; }
        if (!await HostBook.TryChangeAsync(db, HostBook.Of(open.SelectMany(o => o.Plan.Amounts.Select(a => new HostChange(o.Plan.Explanation.Chosen!.HostId, a.Kind, a.Amount)))), ct)) { return null; }
        var (claims, added) = (new List<HostClaim>(), new List<object>());
        foreach (var (consumer, need, plan) in open)
        {
            var chosen = plan.Explanation.Chosen!;
            var claim = new HostClaim { Id = Guid.CreateVersion7(now), ConsumerId = consumer, PoolId = chosen.PoolId, HostId = chosen.HostId, Amounts = plan.Amounts, SpreadGroup = need.SpreadGroup, CreatedAt = now };
            claims.Add(claim);
            added.AddRange([claim, new PlacementRecord { ClaimId = claim.Id, ConsumerId = consumer, At = now, Explanation = plan.Explanation }]);
        }

        db.AddRange(added);
        try { await db.SaveChangesAsync(ct); }
        catch (DbUpdateException e) when (e.IsUniqueViolation()) { claims.Clear(); }
        foreach (var row in added) { db.Entry(row).State = EntityState.Detached; }
        return claims.Count > 0 ? claims : null;
    }

    /// <summary>Chooses for each, as if those before it stood already. The view is read beside the transaction: what that writes is not committed yet.</summary>
    private async Task<IReadOnlyList<Plan>> PlanAsync(IReadOnlyList<(Guid Consumer, PlacementNeed Need, IReadOnlySet<Guid> Left)> asked, CancellationToken ct)
    {
        await using var scope = scopes.CreateAsyncScope();
        var db = scope.ServiceProvider.GetRequiredService<ZhengtongDb>();
        var names = asked.Select(a => a.Need.SpreadGroup).OfType<string>().Distinct().ToList();
        var groups = names.ToDictionary(n => n, _ => new HashSet<Guid>(), StringComparer.Ordinal);
        if (names.Count > 0)
        {
            foreach (var there in await db.HostClaims.Where(c => c.ReleasedAt == null && names.Contains(c.SpreadGroup!)).Select(c => new { c.SpreadGroup, c.HostId }).ToListAsync(ct)) { groups[there.SpreadGroup!].Add(there.HostId); }
        }

        var onHost = await db.ResourceKinds.Where(k => k.IsOnHost).Select(k => k.Code).ToHashSetAsync(ct);
        var tried = new List<(ViewHost Host, int Number, long Amount)>();
        await gate.WaitAsync(ct);
        try
        {
            await view.RefreshAsync(db, ct);
            var plans = new List<Plan>();
            foreach (var (consumer, need, left) in asked)
            {
                var group = need.SpreadGroup is { } name ? groups[name] : null;
                var amounts = Amounts.Of(need.Amounts).Where(a => onHost.Contains(a.Kind)).ToList();
                var explanation = Choosing.Choose(view, need, amounts, consumer, group ?? None, left);
                plans.Add(new Plan(explanation, amounts));
                if (explanation.Chosen is not { } chosen) { continue; }
                group?.Add(chosen.HostId);
                var host = view.HostOf(chosen.HostId);
                foreach (var amount in amounts)
                {
                    var number = view.NumberOf(amount.Kind)!.Value;
                    host.Used[number] += amount.Amount;
                    tried.Add((host, number, amount.Amount));
                }
            }

            return plans;
        }
        finally
        {
            // The database says what was taken, when it is.
            foreach (var (host, number, amount) in tried) { host.Used[number] -= amount; }
            gate.Release();
        }
    }

    [LoggerMessage(LogLevel.Warning, "A batch of {Claims} claims came across another; it is made again")]
    private partial void LogAgain(Exception failure, int claims);

    /// <param name="Explanation">Where it goes and why.</param>
    /// <param name="Amounts">Of the kinds that hosts give.</param>
    private sealed record Plan(PlacementExplanation Explanation, IReadOnlyList<ResourceAmount> Amounts);

    private sealed record Waiting(ClaimRequest Request, Actor Actor, TaskCompletionSource<ClaimOutcome> Answer);
}
