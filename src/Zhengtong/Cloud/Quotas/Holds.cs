using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Storage;
using Zhengtong.Cloud.Model;
using Zhengtong.Cloud.Placement;
using Zhengtong.Kernel;
using Zhengtong.Kernel.Identity;
using Zhengtong.Kernel.Ledger;

namespace Zhengtong.Cloud.Quotas;

/// <summary>Holds on quotas. Every change happens within the transaction that the caller began, so that an approval and its hold are there both or not at all; what was
/// refused leaves nothing behind in it. Conserved at every node: what is held is what is reserved and what is active, never more than the limit, never less than nothing.
/// Asked for again, a change that was made is answered <see cref="HoldResult.Already"/> and counts once.</summary>
internal static class Holds
{
    private const string Savepoint = "holds";
    private const int MostAttempts = 5;

    /// <summary>Reserves amounts for a consumer. What else the caller's context holds is saved with it.</summary>
    /// <exception cref="InvalidOperationException">No transaction was begun.</exception>
    internal static async Task<HoldOutcome> TakeAsync(ZhengtongDb db, HoldRequest request, Actor actor, DateTimeOffset now, CancellationToken ct) =>
        (await TakeManyAsync(db, [request], actor, now, ct))[0];

    /// <summary>Reserves for many consumers in one transaction, each for itself: one that does not fit takes nothing from the others. Together they cost little more than one.</summary>
    /// <returns>One outcome a request, in their order.</returns>
    /// <exception cref="InvalidOperationException">No transaction was begun, or two requests name one consumer.</exception>
    internal static async Task<IReadOnlyList<HoldOutcome>> TakeManyAsync(ZhengtongDb db, IReadOnlyList<HoldRequest> requests, Actor actor, DateTimeOffset now, CancellationToken ct)
    {
        var transaction = Transaction(db);
        if (requests.DistinctBy(r => r.Consumer).Count() < requests.Count) { throw new InvalidOperationException("Two requests name one consumer"); }
        var asked = requests.Select(r => r with { Amounts = Amounts.Of(r.Amounts) }).ToList();
        for (var attempt = 1; ; attempt++)
        {
            var outcomes = new HoldOutcome?[asked.Count];
            var fresh = await SortAsync(db, asked, outcomes, ct);
            await transaction.CreateSavepointAsync(Savepoint, ct);
            var fitting = await FitAsync(db, transaction, fresh, outcomes, ct);
            var taken = fitting.ConvertAll(f => (f.Place, Hold: new Hold
            {
                Id = Guid.CreateVersion7(now), ConsumerId = f.Request.Consumer, NodeId = f.Node.Id, Amounts = f.Request.Amounts, State = HoldState.Reserved,
                ExpiresAt = f.Request.Lifetime is { } lifetime ? now + lifetime : null, CreatedAt = now,
            }, f.Node));
            if (taken.Count == 0)
            {
                // Nothing of the caller's is saved for a refusal.
                await transaction.ReleaseSavepointAsync(Savepoint, ct);
                return outcomes!;
            }

            var added = new List<object>();
            foreach (var (place, hold, node) in taken)
            {
                db.Holds.Add(hold);
                added.Add(hold);
                Record(db, hold, node.Legs(hold.Amounts, 0, 1, 0), HoldStep.Taken, now, added);
                var entry = LedgerEntry.Of("cloud.hold-taken", hold.ConsumerId, actor, now, after: new { node = node.Id, hold.Amounts, hold.ExpiresAt });
                db.Ledger.Add(entry);
                added.Add(entry);
                outcomes[place] = HoldOutcome.Of(HoldResult.Done, hold);
            }

            try
            {
                await db.SaveChangesAsync(ct);
                Forget(db, added);
                await transaction.ReleaseSavepointAsync(Savepoint, ct);
                return outcomes!;
            }
            catch (DbUpdateException e) when (e.IsUniqueViolation() && attempt < MostAttempts)
            {
                // Another took for one of these consumers at the same moment: it is there now.
                Forget(db, added);
                await transaction.RollbackToSavepointAsync(Savepoint, ct);
            }
        }
    }

    /// <summary>What would lack at which level if so much more were held at a node now; empty when it fits. Nothing is held.</summary>
    internal static Task<IReadOnlyList<Shortage>> LackingAsync(ZhengtongDb db, QuotaNode node, IReadOnlyList<ResourceAmount> amounts, CancellationToken ct) =>
        Counters.ShortagesAsync(db, Counters.Of(node.Legs(Amounts.Of(amounts), 0, 1, 0)), ct);

    /// <summary>What was reserved is there now.</summary>
    internal static Task<HoldOutcome> ActivateAsync(ZhengtongDb db, Guid consumer, Actor actor, DateTimeOffset now, CancellationToken ct) =>
        ChangeAsync(db, consumer, async hold => hold switch
        {
            { State: HoldState.Released } => Step.Of(HoldResult.Released),
            { State: HoldState.Active } => Step.Of(HoldResult.Already),
            { MovingTo: not null } => Step.Of(HoldResult.Moving),
            _ when hold.ExpiresAt <= now => Step.Of(HoldResult.Expired),
            _ => new Step(hold with { State = HoldState.Active }, HoldStep.Activated, (await NodeAsync(db, hold.NodeId, ct)).Legs(hold.Amounts, 0, -1, 1)),
        }, LedgerEntry.Of("cloud.hold-activated", consumer, actor, now), now, ct);

    /// <summary>Other amounts for a hold, at its nodes and on its host alike: all of them change, or none.</summary>
    internal static Task<HoldOutcome> ResizeAsync(ZhengtongDb db, Guid consumer, IReadOnlyList<ResourceAmount> amounts, Actor actor, DateTimeOffset now, CancellationToken ct)
    {
        var wanted = Amounts.Of(amounts);
        return ChangeAsync(db, consumer, async hold =>
        {
            if (hold.State == HoldState.Released) { return Step.Of(HoldResult.Released); }
            if (hold.MovingTo is not null) { return Step.Of(HoldResult.Moving); }
            if (hold.Amounts.SequenceEqual(wanted)) { return Step.Of(HoldResult.Already); }
            if (hold.State == HoldState.Reserved && hold.ExpiresAt <= now) { return Step.Of(HoldResult.Expired); }
            var node = await NodeAsync(db, hold.NodeId, ct);
            var legs = Amounts.Between(hold.Amounts, wanted).Select(c => hold.State == HoldState.Reserved ? new Leg(node, 0, c.Kind, c.Change, 0) : new Leg(node, 0, c.Kind, 0, c.Change));
            return new Step(hold with { Amounts = wanted }, HoldStep.Resized, [.. legs]);
        }, LedgerEntry.Of("cloud.hold-resized", consumer, actor, now, after: new { amounts = wanted }), now, ct);
    }

    /// <summary>Lets a reservation live longer, or for ever.</summary>
    internal static Task<HoldOutcome> ExtendAsync(ZhengtongDb db, Guid consumer, DateTimeOffset? until, Actor actor, DateTimeOffset now, CancellationToken ct) =>
        ChangeAsync(db, consumer, hold => Task.FromResult(hold switch
        {
            { State: HoldState.Released } => Step.Of(HoldResult.Released),
            { State: HoldState.Active } => Step.Of(HoldResult.Already),
            _ when hold.ExpiresAt <= now => Step.Of(HoldResult.Expired),
            _ => new Step(hold with { ExpiresAt = until }, null, []),
        }), LedgerEntry.Of("cloud.hold-extended", consumer, actor, now, after: new { until }), now, ct);

    /// <summary>Gives everything back, once: at every node, at both ends of a move, and on the host.</summary>
    internal static Task<HoldOutcome> ReleaseAsync(ZhengtongDb db, Guid consumer, string reason, Actor actor, DateTimeOffset now, CancellationToken ct) =>
        ChangeAsync(db, consumer, hold => hold.State == HoldState.Released ? Task.FromResult(Step.Of(HoldResult.Already)) : LeavingAsync(db, hold, HoldStep.Released, now, ct),
            LedgerEntry.Of("cloud.hold-released", consumer, actor, now, reason), now, ct);

    /// <summary>Gives a reservation back whose lifetime is over; does nothing to one that was activated or extended meanwhile.</summary>
    internal static Task<HoldOutcome> ExpireAsync(ZhengtongDb db, Guid consumer, DateTimeOffset now, CancellationToken ct) =>
        ChangeAsync(db, consumer, hold => hold.State != HoldState.Reserved || !(hold.ExpiresAt <= now) ? Task.FromResult(Step.Of(HoldResult.Already)) : LeavingAsync(db, hold, HoldStep.Expired, now, ct),
            LedgerEntry.Of("cloud.hold-expired", consumer, Actor.Platform, now), now, ct);

    /// <summary>Begins to move a hold to another node: until the move is finished or cancelled both ends count, the nodes above both once.</summary>
    internal static Task<HoldOutcome> BeginMoveAsync(ZhengtongDb db, Guid consumer, Guid target, Actor actor, DateTimeOffset now, CancellationToken ct) =>
        ChangeAsync(db, consumer, async hold =>
        {
            if (hold.State == HoldState.Released) { return Step.Of(HoldResult.Released); }
            if (hold.MovingTo == target || (hold.MovingTo is null && hold.NodeId == target)) { return Step.Of(HoldResult.Already); }
            if (hold.MovingTo is not null) { return Step.Of(HoldResult.Moving); }
            if (await FindAsync(db, target, ct) is not { } to) { return Step.Of(HoldResult.NodeUnknown); }
            return new Step(hold with { MovingTo = target }, HoldStep.MoveBegun, to.Legs(hold.Amounts, Shared(await NodeAsync(db, hold.NodeId, ct), to), 1, 0));
        }, LedgerEntry.Of("cloud.hold-move-begun", consumer, actor, now, after: new { node = target }), now, ct);

    /// <summary>Ends a move: only the new end counts.</summary>
    internal static Task<HoldOutcome> FinishMoveAsync(ZhengtongDb db, Guid consumer, Actor actor, DateTimeOffset now, CancellationToken ct) =>
        ChangeAsync(db, consumer, async hold =>
        {
            if (hold.State == HoldState.Released) { return Step.Of(HoldResult.Released); }
            if (hold.MovingTo is not { } target) { return Step.Of(HoldResult.NotMoving); }
            var (from, to) = (await NodeAsync(db, hold.NodeId, ct), await NodeAsync(db, target, ct));
            var (reserved, active) = Sign(hold);
            return new Step(hold with { NodeId = target, MovingTo = null }, HoldStep.MoveFinished,
                [.. from.Legs(hold.Amounts, 0, -reserved, -active), .. to.Legs(hold.Amounts, Shared(from, to), -1, 0), .. to.Legs(hold.Amounts, 0, reserved, active)]);
        }, LedgerEntry.Of("cloud.hold-move-finished", consumer, actor, now), now, ct);

    /// <summary>Gives a move up: only the old end counts.</summary>
    internal static Task<HoldOutcome> CancelMoveAsync(ZhengtongDb db, Guid consumer, Actor actor, DateTimeOffset now, CancellationToken ct) =>
        ChangeAsync(db, consumer, async hold =>
        {
            if (hold.State == HoldState.Released) { return Step.Of(HoldResult.Released); }
            if (hold.MovingTo is not { } target) { return Step.Of(HoldResult.Already); }
            var (from, to) = (await NodeAsync(db, hold.NodeId, ct), await NodeAsync(db, target, ct));
            return new Step(hold with { MovingTo = null }, HoldStep.MoveCancelled, to.Legs(hold.Amounts, Shared(from, to), -1, 0));
        }, LedgerEntry.Of("cloud.hold-move-cancelled", consumer, actor, now), now, ct);

    /// <summary>The consumer's hold as it is, or null.</summary>
    internal static Task<Hold?> FindHoldAsync(ZhengtongDb db, Guid consumer, CancellationToken ct) => db.Holds.AsNoTracking().SingleOrDefaultAsync(h => h.ConsumerId == consumer, ct);

    private static IDbContextTransaction Transaction(ZhengtongDb db) =>
        db.Database.CurrentTransaction ?? throw new InvalidOperationException("A hold changes within the transaction of what it is for: begin one");

    /// <summary>Answers the requests of consumers that hold already or name no node; returns the rest.</summary>
    private static async Task<List<(int Place, HoldRequest Request, QuotaNode Node)>> SortAsync(ZhengtongDb db, List<HoldRequest> asked, HoldOutcome?[] outcomes, CancellationToken ct)
    {
        var (consumers, ids) = (asked.ConvertAll(r => r.Consumer), asked.Select(r => r.Node).Distinct().ToList());
        var there = await db.Holds.AsNoTracking().Where(h => consumers.Contains(h.ConsumerId)).ToDictionaryAsync(h => h.ConsumerId, ct);
        var nodes = await db.QuotaNodes.AsNoTracking().Where(n => ids.Contains(n.Id)).ToDictionaryAsync(n => n.Id, ct);
        var fresh = new List<(int, HoldRequest, QuotaNode)>();
        foreach (var (place, request) in asked.Index())
        {
            if (there.GetValueOrDefault(request.Consumer) is { } hold)
            {
                outcomes[place] = HoldOutcome.Of(hold.State == HoldState.Released ? HoldResult.Released
                    : hold.NodeId == request.Node && hold.Amounts.SequenceEqual(request.Amounts) ? HoldResult.Already : HoldResult.Differs, hold);
            }
            else if (nodes.GetValueOrDefault(request.Node) is { } node) { fresh.Add((place, request, node)); }
            else { outcomes[place] = HoldOutcome.Of(HoldResult.NodeUnknown); }
        }

        return fresh;
    }

    /// <summary>Counts what fits: all at once when all does, else each for itself, in their order. The savepoint stands before.</summary>
    private static async Task<List<(int Place, HoldRequest Request, QuotaNode Node)>> FitAsync(
        ZhengtongDb db, IDbContextTransaction transaction, List<(int Place, HoldRequest Request, QuotaNode Node)> fresh, HoldOutcome?[] outcomes, CancellationToken ct)
    {
        if (await Counters.TryChangeAsync(db, Counters.Of(fresh.SelectMany(f => f.Node.Legs(f.Request.Amounts, 0, 1, 0))), ct)) { return fresh; }
        await transaction.RollbackToSavepointAsync(Savepoint, ct);
        var fitting = new List<(int, HoldRequest, QuotaNode)>();
        foreach (var one in fresh)
        {
            var shortages = await AddOneAsync(db, transaction, Counters.Of(one.Node.Legs(one.Request.Amounts, 0, 1, 0)), ct);
            if (shortages.Count == 0) { fitting.Add(one); }
            else { outcomes[one.Place] = new HoldOutcome(HoldResult.Exceeded, null, shortages); }
        }

        return fitting;
    }

    /// <summary>Makes the changes, or leaves everything as it was and says what lacks.</summary>
    private static async Task<IReadOnlyList<Shortage>> AddOneAsync(ZhengtongDb db, IDbContextTransaction transaction, IReadOnlyList<CounterChange> changes, CancellationToken ct)
    {
        const string Own = "holds_one";
        await transaction.CreateSavepointAsync(Own, ct);
        for (var attempt = 1; ; attempt++)
        {
            if (await Counters.TryChangeAsync(db, changes, ct))
            {
                await transaction.ReleaseSavepointAsync(Own, ct);
                return [];
            }

            await transaction.RollbackToSavepointAsync(Own, ct);
            var opened = await Counters.OpenAsync(db, changes, ct);
            var shortages = await Counters.ShortagesAsync(db, changes, ct);
            if (shortages.Count > 0)
            {
                await transaction.ReleaseSavepointAsync(Own, ct);
                return shortages;
            }

            // Between the statement and the question something was given back; who is passed by so often is told to come again.
            if (!opened && attempt >= MostAttempts) { throw new TimeoutException("The quota changes faster than it can be asked"); }
            if (opened)
            {
                await transaction.ReleaseSavepointAsync(Own, ct);
                await transaction.CreateSavepointAsync(Own, ct);
            }
        }
    }

    /// <summary>One change of one hold: the row first, whose revision lets one of two act, then the counters, then the host, then what is written about it.</summary>
    private static async Task<HoldOutcome> ChangeAsync(ZhengtongDb db, Guid consumer, Func<Hold, Task<Step>> decide, LedgerEntry entry, DateTimeOffset now, CancellationToken ct)
    {
        var transaction = Transaction(db);
        for (var attempt = 1; ; attempt++)
        {
            if (await FindHoldAsync(db, consumer, ct) is not { } hold) { return HoldOutcome.Of(HoldResult.Unknown); }
            var step = await decide(hold);
            if (step.After is null) { return HoldOutcome.Of(step.Result, hold); }
            var after = step.After with { Revision = hold.Revision + 1 };
            await transaction.CreateSavepointAsync(Savepoint, ct);
            var (node, moving, amounts, state, expires, released, revision) = (after.NodeId, after.MovingTo, after.Amounts, after.State, after.ExpiresAt, after.ReleasedAt, after.Revision);
            var changed = await db.Holds.Where(h => h.Id == hold.Id && h.Revision == hold.Revision).ExecuteUpdateAsync(set => set
                .SetProperty(h => h.NodeId, node).SetProperty(h => h.MovingTo, moving).SetProperty(h => h.Amounts, amounts).SetProperty(h => h.State, state)
                .SetProperty(h => h.ExpiresAt, expires).SetProperty(h => h.ReleasedAt, released).SetProperty(h => h.Revision, revision), ct);
            if (changed == 0)
            {
                await transaction.ReleaseSavepointAsync(Savepoint, ct);
                if (attempt >= MostAttempts) { throw new TimeoutException("The hold changes faster than it can be read"); }
                continue;
            }

            var shortages = await AddOneAsync(db, transaction, Counters.Of(step.Legs), ct);
            var full = shortages.Count > 0 ? null : await HostBook.FollowAsync(db, hold, after, now, ct);
            if (shortages.Count > 0 || full is not null)
            {
                await transaction.RollbackToSavepointAsync(Savepoint, ct);
                return new HoldOutcome(HoldResult.Exceeded, hold, full is null ? shortages : await HostBook.LackingAsync(db, full, ct));
            }

            var added = new List<object> { entry };
            if (step.Name is { } name) { Record(db, hold, step.Legs, name, now, added); }
            db.Ledger.Add(entry);
            await db.SaveChangesAsync(ct);
            Forget(db, added);
            await transaction.ReleaseSavepointAsync(Savepoint, ct);
            return HoldOutcome.Of(HoldResult.Done, after);
        }
    }

    private static async Task<Step> LeavingAsync(ZhengtongDb db, Hold hold, HoldStep name, DateTimeOffset now, CancellationToken ct)
    {
        var from = await NodeAsync(db, hold.NodeId, ct);
        var (reserved, active) = Sign(hold);
        List<Leg> legs = [.. from.Legs(hold.Amounts, 0, -reserved, -active)];
        if (hold.MovingTo is { } target)
        {
            var to = await NodeAsync(db, target, ct);
            legs.AddRange(to.Legs(hold.Amounts, Shared(from, to), -1, 0));
        }

        return new Step(hold with { State = HoldState.Released, MovingTo = null, ReleasedAt = now }, name, legs);
    }

    private static void Record(ZhengtongDb db, Hold hold, IEnumerable<Leg> legs, HoldStep step, DateTimeOffset now, List<object> added)
    {
        foreach (var leg in legs)
        {
            var movement = new HoldMovement
            {
                Id = Guid.CreateVersion7(now), HoldId = hold.Id, NodeId = leg.Leaf.Id, FromDepth = leg.FromDepth, Kind = leg.Kind, Reserved = leg.Reserved, Active = leg.Active, Step = step, At = now,
            };
            db.HoldMovements.Add(movement);
            added.Add(movement);
        }
    }

    /// <summary>Holds change by statements: a tracked copy would be old at once.</summary>
    private static void Forget(ZhengtongDb db, List<object> added)
    {
        foreach (var row in added) { db.Entry(row).State = EntityState.Detached; }
    }

    private static Task<QuotaNode?> FindAsync(ZhengtongDb db, Guid id, CancellationToken ct) => db.QuotaNodes.AsNoTracking().SingleOrDefaultAsync(n => n.Id == id, ct);

    private static async Task<QuotaNode> NodeAsync(ZhengtongDb db, Guid id, CancellationToken ct) => (await FindAsync(db, id, ct))!;

    private static (int Reserved, int Active) Sign(Hold hold) => hold.State == HoldState.Active ? (0, 1) : (1, 0);

    /// <summary>How many nodes from the root on both ways share.</summary>
    private static int Shared(QuotaNode one, QuotaNode other) => one.Line.Zip(other.Line).TakeWhile(p => p.First == p.Second).Count();

    private static IReadOnlyList<Leg> Legs(this QuotaNode node, IReadOnlyList<ResourceAmount> amounts, int fromDepth, int reserved, int active) =>
        [.. amounts.Select(a => new Leg(node, fromDepth, a.Kind, reserved * a.Amount, active * a.Amount))];

    /// <summary>What a change comes to: the hold afterwards with what is counted, or why there is nothing to change.</summary>
    private sealed record Step(Hold? After, HoldStep? Name, IReadOnlyList<Leg> Legs)
    {
        internal HoldResult Result { get; private init; }

        internal static Step Of(HoldResult result) => new(null, null, []) { Result = result };
    }
}
