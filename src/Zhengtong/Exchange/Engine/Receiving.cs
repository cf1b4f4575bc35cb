namespace Zhengtong.Exchange.Engine;

/// <summary>The consumer's half of a delivery: fetches a batch, checks and opens it, applies it once, and gives its counter-receipt. The same on the platform, for
/// departments it hosts, and on a department's own node.</summary>
internal sealed class Receiving : IAsyncDisposable
{
    private readonly ReceivingRoute route;
    private readonly ConsumerDesk desk;
    private readonly Sink sink;
    private readonly Receiver receiver;
    private readonly Growing arrived = new();

    private Receiving(ReceivingRoute route, ConsumerDesk desk, Sink sink, ReceiverKeys keys, TimeProvider clock)
    {
        (this.route, this.desk, this.sink) = (route, desk, sink);
        receiver = new Receiver(route.Terms, route.Delivery, sink, keys, clock);
    }

    /// <summary>Opens the consumer's database.</summary>
    internal static async Task<Receiving> OpenAsync(ReceivingRoute route, ConsumerDesk desk, ReceiverKeys keys, TimeProvider clock, CancellationToken ct) =>
        new(route, desk, await OpenSinkAsync(route, ct), keys, clock);

    /// <summary>Takes every batch that waits; those applied before are only answered again. When the consumer's database no longer holds what it gave its receipt for
    /// (an old backup was restored), or a batch is lost on its way, nothing that waits can be taken: then all rows are copied anew.</summary>
    internal async Task CatchUpAsync(CancellationToken ct)
    {
        // A desk may show only the first of many.
        for (var held = false; ; held = true)
        {
            var waiting = await desk.ListWaitingAsync(ct);
            // A batch that empties the target needs nothing of before.
            if (!held && (waiting.Count == 0 || BatchManifest.Parse(waiting[0].Manifest) is not { Clears: true }) && await desk.FindReceiptedAsync(ct) is { } receipted && !await HoldsAsync(receipted, ct))
            {
                var last = await FindLastAsync(ct);
                await desk.StartOverAsync(new Fault("", "exchange.copy-reason.consumer-behind", $"{receipted.Sequence}", $"{last}"), last, ct);
                return;
            }

            if (waiting.Count == 0) { return; }
            foreach (var batch in waiting)
            {
                try { await TakeAsync(batch, ct); }
                catch (ExchangeFault fault) when (fault.Type == ExchangeProblems.CiphertextLost)
                {
                    await desk.StartOverAsync(new Fault("", "exchange.copy-reason.ciphertext-lost", $"{batch.Sequence}"), await FindLastAsync(ct), ct);
                    return;
                }
            }
        }
    }

    private async Task<bool> HoldsAsync(ReceiptedBatch receipted, CancellationToken ct) =>
        (await Delivering.Explained(route.Target, Side.Target, () => sink.FindAsync(route.Delivery, receipted.Sequence, ct)))?.ManifestDigest == receipted.ManifestDigest;

    private async Task<long> FindLastAsync(CancellationToken ct) => (await Delivering.Explained(route.Target, Side.Target, () => sink.FindLastAsync(route.Delivery, ct)))?.Sequence ?? 0;

    /// <summary>Takes one batch. Safe to repeat at any point: a batch is applied once.</summary>
    internal async Task TakeAsync(long sequence, CancellationToken ct) => await TakeAsync(await desk.FindAsync(sequence, ct), ct);

    private async Task TakeAsync(WaitingBatch batch, CancellationToken ct)
    {
        await desk.GuardAsync(ct);
        var applied = await Delivering.Explained(route.Target, Side.Target, () => receiver.ReceiveAsync(batch.Manifest, batch.Signature, stop => desk.FetchAsync(batch, arrived, stop), ct));
        await desk.RecordAsync(applied, ct);
    }

    /// <summary>Takes nothing, but gives the receipts of those waiting batches that had been applied already.</summary>
    internal static async Task SettleAsync(ReceivingRoute route, ConsumerDesk desk, CancellationToken ct)
    {
        var waiting = await desk.ListWaitingAsync(ct);
        if (waiting.Count == 0) { return; }
        await using var sink = await OpenSinkAsync(route, ct);
        foreach (var batch in waiting)
        {
            var applied = await Delivering.Explained(route.Target, Side.Target, () => sink.FindAsync(route.Delivery, batch.Sequence, ct));
            if (applied is not null && applied.ManifestDigest == Kernel.Secrets.Suite.Parse(route.Terms.Suite).DigestOf(batch.Manifest)) { await desk.RecordAsync(applied, ct); }
        }
    }

    public ValueTask DisposeAsync() => sink.DisposeAsync();

    private static Task<Sink> OpenSinkAsync(ReceivingRoute route, CancellationToken ct) =>
        Delivering.Explained(route.Target, Side.Target, async () => await route.Target.OpenSinkAsync(route.Table, route.Terms.Items, ct));
}
