using System.Text.Json;
using Zhengtong.Agreements;
using Zhengtong.Exchange.BackFills;
using Zhengtong.Exchange.Engine;
using Zhengtong.Exchange.Quality;
using Zhengtong.Exchange.Reconciliations;
using Zhengtong.Exchange.Timetables;
using Zhengtong.Kernel;
using Zhengtong.Kernel.Calendar;

namespace Zhengtong.Exchange.Nodes.Machine;

/// <summary>The provider's desk on a node: its own queue. So the half works on while the platform is away; what it handed in here leaves for the platform when that answers.</summary>
/// <param name="half">What the half has to do, as far as the node knows.</param>
/// <param name="queue">The node's memory.</param>
/// <param name="room">Throws while there is no room for another batch.</param>
/// <param name="repair">Finds the repair that was ordered.</param>
/// <param name="backFill">Finds the back-fill that was ordered.</param>
/// <param name="clock">Now.</param>
internal sealed class QueueDesk(
    Half half, NodeQueue queue, Func<CancellationToken, Task> room, Func<CancellationToken, Task<Repair?>> repair, Func<CancellationToken, Task<BackFillOrder?>> backFill, TimeProvider clock) : ProviderDesk
{
    private readonly Guid delivery = half.Task.Id;

    internal override async Task<Place> FindPlaceAsync(CancellationToken ct) =>
        await queue.FindPlaceAsync(delivery, ct) ?? throw new InvalidOperationException("The half has not begun here");

    /// <summary>By the last good configuration; the platform asks again before it takes a batch.</summary>
    internal override async Task GuardAsync(CancellationToken ct)
    {
        half.Guard(clock.GetUtcNow());
        await room(ct);
    }

    /// <summary>Likewise.</summary>
    internal override Task<Pace> FindPaceAsync(CancellationToken ct) => Task.FromResult(half.Pace);

    internal override Task<bool> IsWaitedForAsync(CancellationToken ct) => Task.FromResult(half.IsAsked);

    internal override Task AnswerAskedAsync(DateTimeOffset asked, CancellationToken ct)
    {
        half.AnsweredAt = asked;
        return Task.CompletedTask;
    }

    internal override Task BeginSnapshotAsync(byte[] changesFrom, long estimatedRows, CancellationToken ct) => queue.BeginSnapshotAsync(delivery, changesFrom, estimatedRows, ct);

    internal override Task KeepAsync(CancellationToken ct) => queue.KeepAsync(delivery, ct);

    internal override Task ReachAsync(byte[] position, CancellationToken ct) => queue.ReachAsync(delivery, position, ct);

    internal override Task WatchAsync(LogWatch watch, CancellationToken ct)
    {
        half.Watched = watch;
        return Task.CompletedTask;
    }

    internal override Task StartOverAsync(Fault reason, CancellationToken ct) => queue.StartOverAsync(delivery, JsonSerializer.Serialize(new NodeFault(reason.Key, reason.Arguments), CanonicalJson.Options), ct);

    internal override Task FinishSnapshotAsync(CancellationToken ct) => queue.FinishSnapshotAsync(delivery, ct);

    internal override Task PublishAsync(PublishedBatch batch, CancellationToken ct) =>
        // Taken back, as the last good configuration says: no further batch of it is sealed.
        batch.Step is { } step && half.Task.BackFill != step.BackFill ? throw new RunPausedException() : queue.PublishAsync(delivery, batch, ct);

    internal override async Task<Quarantined> FindQuarantineAsync(CancellationToken ct)
    {
        var task = half.Task;
        return new Quarantined(
            await queue.HeldKeysAsync(delivery, ct), task.MostQuarantined, task.Doubts?.Corrections ?? [], DoubtSecret: task.Doubts is { } doubts ? Convert.FromBase64String(doubts.Secret) : null);
    }

    internal override Task SetAsideAsync(SetAside aside, byte[]? position, CancellationToken ct) => queue.SetAsideAsync(delivery, aside, position, ct);

    /// <summary>As the last good configuration orders.</summary>
    internal override Task<IReadOnlyList<ReleasedRow>> FindReleasedAsync(int most, CancellationToken ct) => queue.FindHeldAsync(delivery, half.Task.Released, most, ct);

    internal override Task<Repair?> FindRepairAsync(CancellationToken ct) => repair(ct);

    internal override Task FinishRepairAsync(Repair repair, long before, long last, CancellationToken ct) => queue.FinishRepairAsync(delivery, new NodeRepairedRequest(repair.Reconciliation, before, last), ct);

    internal override Task<BackFillOrder?> FindBackFillAsync(CancellationToken ct) => backFill(ct);

    internal override Task BeginBackFillAsync(Guid backFill, long estimatedRows, CancellationToken ct) => queue.BeginBackFillAsync(delivery, backFill, estimatedRows, ct);

    internal override Task EndBackFillAsync(Guid backFill, string? problem, CancellationToken ct) => queue.EndBackFillAsync(delivery, backFill, problem, ct);
}

/// <summary>The consumer's desk on a node: the platform, over its line. The node keeps nothing of its own: what was applied, and its receipt, stand in the department's database,
/// saved with the rows.</summary>
internal sealed class LineDesk(Half half, PlatformLine line, TimeProvider clock) : ConsumerDesk
{
    private readonly Guid delivery = half.Task.Id;

    /// <summary>What waits and what was receipted last come in one answer.</summary>
    private NodeBatches? latest;

    internal override Task GuardAsync(CancellationToken ct)
    {
        half.Guard(clock.GetUtcNow());
        return Task.CompletedTask;
    }

    internal override async Task<IReadOnlyList<WaitingBatch>> ListWaitingAsync(CancellationToken ct) => (latest = await line.BatchesAsync(delivery, ct)).Batches;

    internal override async Task<ReceiptedBatch?> FindReceiptedAsync(CancellationToken ct) => (latest ??= await line.BatchesAsync(delivery, ct)).Receipted;

    internal override Task StartOverAsync(Fault reason, long held, CancellationToken ct) => line.GiveUpAsync(delivery, new NodeGiveUpRequest(new NodeFault(reason.Key, reason.Arguments), held), ct);

    internal override async Task<WaitingBatch> FindAsync(long sequence, CancellationToken ct) => (await line.BatchesAsync(delivery, ct)).Batches.Single(b => b.Sequence == sequence);

    internal override async Task<ReadOnlyMemory<byte>?> FetchAsync(WaitingBatch batch, Growing into, CancellationToken ct)
    {
        if (BatchManifest.Parse(batch.Manifest)?.CiphertextLength is not { } length || length is < 1 or > int.MaxValue) { return null; }
        try { return await line.FetchAsync(delivery, batch.Sequence, length, into, ct); }
        catch (PlatformRefusedException refused) when (refused.Code == ExchangeProblems.CiphertextLost.Code) { return null; }
    }

    internal override async Task RecordAsync(AppliedBatch applied, CancellationToken ct)
    {
        await line.GiveReceiptAsync(delivery, applied.Sequence, new NodeReceiptRequest(applied.CounterReceipt, applied.Signature), ct);
        half.Failures = 0;
    }
}

/// <summary>One half of a delivery on this node, and how it goes.</summary>
internal sealed class Half(NodeDelivery task, TimeProvider clock)
{
    private NodeDelivery current = task;

    /// <summary>As the last good configuration says.</summary>
    internal NodeDelivery Task { get => Volatile.Read(ref current); set => Volatile.Write(ref current, value); }

    /// <summary>False when the configuration no longer names it.</summary>
    internal bool IsWanted { get; set; } = true;

    internal DateTimeOffset Next { get; set; }

    /// <summary>Failed runs since the last one that got on.</summary>
    internal int Failures { get; set; }

    /// <summary>Code of what keeps it; null when nothing does.</summary>
    internal string? Problem { get; set; }

    internal IReadOnlyList<Fault> Faults { get; set; } = [];

    /// <summary>As consumer: batches wait for it at the platform.</summary>
    internal bool HasWaiting { get; set; } = true;

    /// <summary>As consumer: the agreement allows nothing, and every batch that had been applied is answered.</summary>
    internal bool IsSettled { get; set; }

    /// <summary>As provider: the platform ordered something that does not wait until the half is due.</summary>
    internal bool IsAsked { get; set; }

    /// <summary>As provider: the platform knows another order of batches than this node; it begins anew.</summary>
    internal bool BeginsAnew { get; set; }

    /// <summary>The calendar of the last good configuration.</summary>
    internal WorkingDays Calendar { get; set; } = Timetables.Pace.NoCalendar;

    /// <summary>Of the ordered run that was done last: the configuration still names it.</summary>
    internal DateTimeOffset? AnsweredAt { get; set; }

    /// <summary>When and how fast it may read.</summary>
    internal Pace Pace => new(Task.Pace is { } terms ? terms with { AskedAt = terms.AskedAt == AnsweredAt ? null : terms.AskedAt } : PaceTerms.Free, Calendar);

    internal Pacer Pacer { get; } = new(clock);

    internal LogWatch? Watched { get; set; }

    internal Horizon Horizon { get; } = new(clock);

    internal Task? Running { get; set; }

    internal AgreementTerms Terms => Task.Terms;

    /// <summary>The batch that empties the target is handed in. A configuration that comes in this moment is not lost.</summary>
    internal void EndAnew()
    {
        for (var seen = Task; seen.Anew; seen = Task)
        {
            if (ReferenceEquals(Interlocked.CompareExchange(ref current, seen with { Anew = false }, seen), seen)) { return; }
        }
    }

    /// <exception cref="AgreementEndedException">Nothing may flow now.</exception>
    internal void Guard(DateTimeOffset now)
    {
        if (!IsWanted || BeginsAnew || !Terms.AllowsDelivery(now)) { throw new AgreementEndedException(Terms); }
    }
}
