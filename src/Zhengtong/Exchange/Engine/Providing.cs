using Zhengtong.Exchange.BackFills;
using Zhengtong.Exchange.Model;
using Zhengtong.Exchange.Quality;
using Zhengtong.Exchange.Reconciliations;
using Zhengtong.Exchange.Timetables;
using Zhengtong.Kernel.Secrets;

namespace Zhengtong.Exchange.Engine;

/// <summary>
/// The provider's half of a delivery: reads behind the last sealed row, asks before each batch whether the agreement still stands, checks, masks, seals, and hands in each
/// batch together with the position behind it, within the hours and the limits of its timetable. The same on the platform, for departments it hosts, and on a department's own node.
/// </summary>
/// <param name="route">What to read and how to seal it.</param>
/// <param name="desk">Where the batches are handed in.</param>
/// <param name="signer">The private half of the route's sealing key.</param>
/// <param name="vault">Seals positions: keys and watermarks are payload, which whoever keeps the position must not read.</param>
/// <param name="pacer">How fast batches left in earlier runs.</param>
/// <param name="clock">Now.</param>
/// <param name="follows">Asked now and then while a stream of changes is followed behind what it held at first: false when the turn is another's. Null to end there.</param>
internal sealed class Providing(ProvidingRoute route, ProviderDesk desk, SealingKey signer, Vault vault, Pacer pacer, TimeProvider clock, Func<bool>? follows = null)
{
    /// <summary>A rest is broken up, so that what was changed meanwhile is seen.</summary>
    private static readonly TimeSpan LongestRest = TimeSpan.FromSeconds(2);

    /// <summary>What was written so long before a source was looked at, that look shows.</summary>
    private static readonly TimeSpan Settling = TimeSpan.FromSeconds(3);

    private readonly BatchSeal seal = new(route.Suite, signer);
    private ProvidingRoute route = route;

    /// <summary>As the run began with it.</summary>
    private Pace pace = Pace.Free;
    private DateTimeOffset begunAt;

    /// <summary>Goes on until nothing is new. When the source can no longer say what changed, the next run copies all rows anew.</summary>
    /// <param name="horizon">What earlier runs saw of the source's open transactions.</param>
    /// <param name="onward">Told the number of each batch once it is handed in; may hold reading back.</param>
    /// <param name="ct">Stops between two batches.</param>
    /// <returns>When to look again; null when the run is paused: as soon as the hours are open.</returns>
    internal async Task<DateTimeOffset?> RunAsync(Horizon horizon, Func<long, CancellationToken, ValueTask> onward, CancellationToken ct)
    {
        (pace, begunAt) = (await desk.FindPaceAsync(ct), clock.GetUtcNow());
        if (pace.ClosedUntil(begunAt) is not null) { return null; }
        route = route with { Reading = pace.Evenly(route.Reading) };
        await using var capture = await ReadAsync(() => route.Source.OpenCaptureAsync(route.Delivery, route.Reading, horizon, steady: false, ct));
        try { return await RunAsync(capture, onward, ct); }
        catch (CaptureLostException lost)
        {
            await desk.StartOverAsync(lost.Reason, ct);
            return Soon;
        }
        catch (RunPausedException) { return null; }
    }

    private async Task<DateTimeOffset> RunAsync(Capture capture, Func<long, CancellationToken, ValueTask> onward, CancellationToken ct)
    {
        var place = await desk.FindPlaceAsync(ct);
        await ReadAsync(async () =>
        {
            await capture.CheckAsync(place, Opened(place.Position), Opened(place.ChangesFrom), ct);
            return place;
        });
        if (place.Phase == DeliveryPhase.Snapshot)
        {
            if (place.ChangesFrom is null)
            {
                if (capture.Keeps) { await desk.KeepAsync(ct); }
                if (await ReadAsync(() => capture.BeginAsync(ct)) is not { } from) { return Soon; }
                var estimate = await ReadAsync(() => capture.EstimateAsync(ct));
                await desk.BeginSnapshotAsync(SealPosition(from), estimate, ct);
            }

            await SealAllAsync(DeliveryPhase.Snapshot, place, CopiedAsync(capture.SnapshotAsync(Opened(place.Position), ct), place.Clears), onward, ct);
            await desk.FinishSnapshotAsync(ct);
            place = await desk.FindPlaceAsync(ct);
        }

        place = await ReleaseAsync(place, onward, ct);
        place = await RepairAsync(place, capture.Source, onward, ct);
        place = await BackFillAsync(place, onward, ct);
        // A run that goes ahead of the hours ends with what was there when it was ordered.
        var following = follows is not null && pace.Terms.AskedAt is null && Cycle <= Following.LongestCycle ? new Following(Cycle, async stop => !follows() || await desk.IsWaitedForAsync(stop), clock) : null;
        if (await ReadAsync(() => capture.ChangesAsync(Opened(place.Position) ?? new Position([]), following, ct)) is not { } changes) { return Soon; }
        await SealAllAsync(DeliveryPhase.Changes, place, changes, onward, ct);
        if (capture.Reached is { } reached) { await desk.ReachAsync(SealPosition(reached), ct); }
        if (await ReadAsync(() => capture.WatchAsync(ct)) is { } watch) { await desk.WatchAsync(watch, ct); }
        if (pace.Terms.AskedAt is { } asked)
        {
            // Rows of the last moments cannot be read yet, nor those behind an open transaction: what was there when the run was ordered is surely seen by one that looks a little later.
            if (begunAt - capture.Lag - asked < Settling) { return Soon; }
            await desk.AnswerAskedAsync(asked, ct);
        }

        // From the beginning of this run: one that took longer is followed at once, and what came meanwhile does not wait as well.
        return begunAt + Cycle;
    }

    /// <summary>The snapshot's rows; when they are copied anew, the first of them, or none, take the place of all that was there.</summary>
    private async IAsyncEnumerable<RowGroup> CopiedAsync(IAsyncEnumerable<RowGroup> snapshot, bool clears)
    {
        await foreach (var group in snapshot)
        {
            yield return group with { Clears = clears };
            clears = false;
        }

        if (clears) { yield return new RowGroup([.. route.Terms.Items.Select(i => new ColumnBuffer(i.Type))], 0, new Position([]), Clears: true); }
    }

    /// <summary>Sends the rows that officers released from quarantine, in batches of their own.</summary>
    private async Task<Place> ReleaseAsync(Place place, Func<long, CancellationToken, ValueTask> onward, CancellationToken ct)
    {
        while (await desk.FindReleasedAsync(route.Reading.BatchRows, ct) is { Count: > 0 } rows)
        {
            await PaceAsync(ct);
            var (passed, aside) = (await GateAsync(ct)).Release(rows);
            var batch = Seal(DeliveryPhase.Repair, place.Sequence + 1, place.ManifestDigest, passed, aside);
            await PublishAsync(batch, ct);
            place = place with { Sequence = batch.Sequence, ManifestDigest = batch.Sealed.ManifestDigest };
            await onward(batch.Sequence, ct);
        }

        return place;
    }

    /// <summary>Sends again what a reconciliation found missing or different, when somebody ordered it.</summary>
    private async Task<Place> RepairAsync(Place from, Source source, Func<long, CancellationToken, ValueTask> onward, CancellationToken ct)
    {
        if (await desk.FindRepairAsync(ct) is not { } repair) { return from; }
        await SealAllAsync(DeliveryPhase.Repair, from, Repairing.RowsAsync(repair, route, source, ct), onward, ct);
        var after = await desk.FindPlaceAsync(ct);
        await desk.FinishRepairAsync(repair, from.Sequence, after.Sequence, ct);
        return after;
    }

    /// <summary>Sends the rows of a range again, when somebody ordered it. They are read beside the stream, which stands still meanwhile; broken off, it goes on behind the last sealed row.</summary>
    private async Task<Place> BackFillAsync(Place from, Func<long, CancellationToken, ValueTask> onward, CancellationToken ct)
    {
        if (await desk.FindBackFillAsync(ct) is not { } order) { return from; }
        string? problem = null;
        try
        {
            await using var source = await ReadAsync(() => route.Source.OpenSourceAsync(order.Narrow(route.Reading), ct));
            if (order.Position is null) { await desk.BeginBackFillAsync(order.Id, await ReadAsync(() => source.EstimateAsync(ct)), ct); }
            await SealAllAsync(DeliveryPhase.Repair, from, source.SnapshotAsync(Opened(order.Position), ct), onward, ct, order.Id);
        }
        // What was ordered and cannot be read must not keep the stream from going on.
        catch (ExchangeFault fault) when (fault.Type == ExchangeProblems.SourceRefused || fault.Type == ExchangeProblems.SourceChanged || fault.Type == ExchangeProblems.QuarantineFull)
        {
            problem = fault.Type.Code;
        }

        await desk.EndBackFillAsync(order.Id, problem, ct);
        return await desk.FindPlaceAsync(ct);
    }

    private async Task SealAllAsync(
        DeliveryPhase phase, Place from, IAsyncEnumerable<RowGroup> rows, Func<long, CancellationToken, ValueTask> onward, CancellationToken ct, Guid? backFill = null)
    {
        var (sequence, previous) = (from.Sequence, from.ManifestDigest);
        var gate = await GateAsync(ct);
        await using var groups = rows.GetAsyncEnumerator(ct);
        while (await ReadAsync(async () => await groups.MoveNextAsync()))
        {
            await PaceAsync(ct);
            // The one way out: whatever was read, however it was found, is checked and masked here.
            var (passed, aside) = gate.Pass(groups.Current);
            if (passed is { Rows: 0, Clears: false })
            {
                await desk.SetAsideAsync(aside, phase == DeliveryPhase.Repair ? null : SealPosition(passed.Last), ct);
                continue;
            }

            var batch = Seal(phase, ++sequence, previous, passed, aside, backFill);
            await PublishAsync(batch, ct);
            previous = batch.Sealed.ManifestDigest;
            await onward(sequence, ct);
        }
    }

    /// <summary>Asked before each batch: rests until it may leave, and looks whether any may.</summary>
    /// <exception cref="AgreementEndedException">The agreement allows none any more.</exception>
    /// <exception cref="RunPausedException">The timetable allows none now.</exception>
    private async Task PaceAsync(CancellationToken ct)
    {
        while (true)
        {
            await desk.GuardAsync(ct);
            var now = await desk.FindPaceAsync(ct);
            if (now.ClosedUntil(clock.GetUtcNow()) is not null || !now.HasLimitsOf(pace)) { throw new RunPausedException(); }
            if (pacer.Left(now) is not { Ticks: > 0 } left) { return; }
            await pacer.RestAsync(left < LongestRest ? left : LongestRest, ct);
        }
    }

    private async Task PublishAsync(PublishedBatch batch, CancellationToken ct)
    {
        pacer.Sent(clock.GetTimestamp(), batch.Rows, batch.Sealed.Ciphertext.Length);
        await desk.PublishAsync(batch, ct);
    }

    private PublishedBatch Seal(DeliveryPhase phase, long sequence, string? previous, RowGroup group, SetAside aside, Guid? backFill = null)
    {
        var now = Moment.Of(clock);
        var batch = seal.Seal(group, route.Terms.Items, new BatchManifest(
            BatchManifest.FormatName, route.Delivery, route.Terms.Id, route.Terms.Digest, sequence, previous, phase, group.Rows, null, null,
            BatchColumn.Of(route.Terms.Items), "", route.Suite.Word, now, route.Seal.KeyId, route.Receive.KeyId, "", null, null), route.Receive.PublicKey);
        // A repair goes beside the order of reading; a back-fill has an order of its own.
        return new PublishedBatch(
            sequence, phase, group.Rows, now, batch, phase == DeliveryPhase.Repair ? null : SealPosition(group.Last), aside, backFill is { } id ? new BackFillStep(id, SealPosition(group.Last)) : null);
    }

    private async Task<Gate> GateAsync(CancellationToken ct) => new(route, await desk.FindQuarantineAsync(ct), vault, clock);

    private Task<T> ReadAsync<T>(Func<Task<T>> act) => Delivering.Explained(route.Source, Side.Source, act);

    private TimeSpan Cycle => TimeSpan.FromSeconds(route.Terms.EverySeconds);

    private DateTimeOffset Soon => clock.GetUtcNow() + TimeSpan.FromSeconds(1);

    private Position? Opened(byte[]? position) => Open(vault, route.Delivery, position);

    private byte[] SealPosition(Position position) => vault.Seal(position.ToBytes(), PurposeOf(route.Delivery));

    /// <summary>A position that this vault sealed.</summary>
    internal static Position? Open(Vault vault, Guid delivery, byte[]? position) => position is null ? null : Position.From(vault.Open(position, PurposeOf(delivery)));

    private static string PurposeOf(Guid delivery) => $"position:{delivery}";
}
