using System.Runtime.ExceptionServices;
using System.Text.Json;
using System.Threading.Channels;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;
using Zhengtong.Agreements;
using Zhengtong.Agreements.Model;
using Zhengtong.Exchange.Model;
using Zhengtong.Kernel.Identity;
using Zhengtong.Kernel.Jobs;
using Zhengtong.Kernel.Ledger;
using Zhengtong.Kernel.Secrets;

namespace Zhengtong.Exchange.Engine;

/// <summary>The agreement allows no delivery any more: the run ends before its next batch.</summary>
internal sealed class AgreementEndedException(AgreementTerms? terms) : Exception($"Agreement {terms?.Number} is {terms?.State}");

/// <summary>Everything one run of a delivery needs, read at its start.</summary>
internal sealed record Route(
    Guid Delivery, AgreementTerms Terms, DepartmentDatabase Source, Reading Reading, DepartmentDatabase Target, TableName TargetTable,
    Suite Suite, OrganisationKey ProviderSeal, OrganisationKey ConsumerReceive);

/// <summary>
/// One run of one delivery. It takes up where the last one stopped, whatever stopped it:
/// <list type="number">
/// <item>Batches that were sealed but not receipted are handed to the consumer again; one that was applied before is only answered again.</item>
/// <item>Reading goes on behind the last sealed row: the rest of the snapshot, then the changes.</item>
/// <item>Each batch is sealed, put into the relay, and recorded with the new position in one save; then handed over; then receipted in one save.</item>
/// </list>
/// Reading and sealing of the next batch run while the consumer applies the one before; at most two wait between them.
/// </summary>
internal sealed class Delivering(
    IServiceScopeFactory scopes, JobLeases leases, DepartmentDatabases databases, Relay relay, Vault vault, TimeProvider clock, IOptions<ExchangeOptions> options, ILogger<Delivering> log)
{
    /// <summary>Runs the delivery once and records how it ended. The horizon holds what earlier runs in this process saw of the source's open transactions.</summary>
    internal async Task RunAsync(Guid id, Horizon horizon, CancellationToken ct)
    {
        // One process at a time; should a lease ever be shared by mistake, revision and batch numbers let only one of the two go on.
        await using var lease = await leases.TryTakeAsync($"exchange.delivery-{id:N}", ct);
        if (lease is null) { return; }
        using var held = CancellationTokenSource.CreateLinkedTokenSource(ct, lease.Lost);
        try
        {
            await ChangeAsync(id, d => d.Begin(), null, held.Token);
            var route = await FindRouteAsync(id, held.Token);
            var next = await DeliverAsync(route, horizon, held.Token);
            await ChangeAsync(id, d => d.Rest(next), null, held.Token);
        }
        catch (AgreementEndedException)
        {
            await StopAsync(id, held.Token);
        }
        catch (OperationCanceledException) when (held.IsCancellationRequested) { }
        catch (DbUpdateConcurrencyException)
        {
            log.LogInformation("Delivery {Delivery} is run by another process", id);
        }
        catch (Exception e) when (!held.IsCancellationRequested)
        {
            await FailAsync(id, e, held.Token);
        }
    }

    /// <summary>Ends a delivery whose agreement allows none now. Batches under way are not handed over; only receipts the consumer already gave are fetched.</summary>
    internal async Task StopAsync(Guid id, CancellationToken ct)
    {
        try
        {
            await using var scope = scopes.CreateAsyncScope();
            var waiting = await WaitingAsync(scope.ServiceProvider.GetRequiredService<ZhengtongDb>(), id, ct);
            if (waiting.Count > 0) { await SettleAsync(id, waiting, ct); }
            await ForgetAsync(scope.ServiceProvider, id, ct);
            await ChangeAsync(id, d => d.Stop(), d => LedgerEntry.Of("exchange.delivery-stopped", id, Actor.Platform, clock.GetUtcNow(), after: Place(d)), ct);
        }
        catch (DbUpdateConcurrencyException) { }
        catch (Exception e) when (!ct.IsCancellationRequested)
        {
            await FailAsync(id, e, ct);
        }
    }

    private async Task<DateTimeOffset> DeliverAsync(Route route, Horizon horizon, CancellationToken ct)
    {
        using var keys = await ReceiverKeysAsync(route.Terms, route.Suite, ct);
        await using var sink = await Explained(route.Target, Side.Target, async () => await route.Target.OpenSinkAsync(route.TargetTable, route.Terms.Items, ct));
        var receiver = new Receiver(route.Terms, route.Delivery, sink, keys, clock);
        var arrived = new Growing();

        List<Batch> waiting;
        await using (var scope = scopes.CreateAsyncScope()) { waiting = await WaitingAsync(scope.ServiceProvider.GetRequiredService<ZhengtongDb>(), route.Delivery, ct); }
        await relay.SweepAsync(route.Delivery, [.. waiting.Select(b => b.CiphertextDigest)], ct);
        foreach (var batch in waiting) { await HandOverAsync(route, receiver, batch.Sequence, arrived, ct); }

        var sealedOnes = Channel.CreateBounded<long>(2);
        var next = clock.GetUtcNow();
        await BothAsync(
            async stop =>
            {
                next = await SealAsync(route, horizon, sealedOnes.Writer, stop);
                sealedOnes.Writer.Complete();
            },
            async stop =>
            {
                await foreach (var sequence in sealedOnes.Reader.ReadAllAsync(stop)) { await HandOverAsync(route, receiver, sequence, arrived, stop); }
            },
            ct);
        return next;
    }

    /// <summary>The provider's side: reads, seals, and passes on; returns when to look again.</summary>
    private async Task<DateTimeOffset> SealAsync(Route route, Horizon horizon, ChannelWriter<long> onward, CancellationToken ct)
    {
        await using var scope = scopes.CreateAsyncScope();
        using var signer = scope.ServiceProvider.GetRequiredService<OrganisationKeys>().OpenSigner(route.ProviderSeal);
        var seal = new BatchSeal(route.Suite, signer);
        await using var source = await Explained(route.Source, Side.Source, async () => await route.Source.OpenSourceAsync(route.Reading, ct));

        var delivery = await ReadAsync(route.Delivery, ct);
        if (delivery.Phase == DeliveryPhase.Snapshot)
        {
            if (delivery.ChangesFrom is null)
            {
                if (await Explained(route.Source, Side.Source, () => source.AdvanceAsync(horizon, ct)) is not { } from) { return Soon; }
                var estimate = await Explained(route.Source, Side.Source, () => source.EstimateAsync(ct));
                var position = SealPosition(route.Delivery, new Position(from.Value is null ? [] : [from.Value]));
                await ChangeAsync(route.Delivery, d => d.BeginSnapshot(position, estimate), null, ct);
            }

            await SealAllAsync(route, seal, DeliveryPhase.Snapshot, delivery, source.SnapshotAsync(OpenPosition(delivery), ct), onward, ct);
            await ChangeAsync(route.Delivery, d => d.FinishSnapshot(clock.GetUtcNow()), d => LedgerEntry.Of("exchange.snapshot-finished", d.Id, Actor.Platform, clock.GetUtcNow(), after: Place(d)), ct);
            delivery = await ReadAsync(route.Delivery, ct);
        }

        if (await Explained(route.Source, Side.Source, () => source.AdvanceAsync(horizon, ct)) is not { } until) { return Soon; }
        await SealAllAsync(route, seal, DeliveryPhase.Changes, delivery, source.ChangesAsync(OpenPosition(delivery) ?? new Position([]), until, ct), onward, ct);
        return clock.GetUtcNow() + TimeSpan.FromSeconds(route.Terms.EverySeconds);
    }

    private async Task SealAllAsync(Route route, BatchSeal seal, DeliveryPhase phase, Delivery from, IAsyncEnumerable<RowGroup> rows, ChannelWriter<long> onward, CancellationToken ct)
    {
        var sequence = from.Sequence;
        await using var groups = rows.GetAsyncEnumerator(ct);
        while (await Explained(route.Source, Side.Source, async () => await groups.MoveNextAsync()))
        {
            await SealOneAsync(route, seal, phase, ++sequence, groups.Current, ct);
            await onward.WriteAsync(sequence, ct);
        }
    }

    /// <summary>Seals one batch, puts it into the relay, and records it together with the position behind it. Before the save the batch does not exist;
    /// after it, it will arrive.</summary>
    private async Task SealOneAsync(Route route, BatchSeal seal, DeliveryPhase phase, long sequence, RowGroup group, CancellationToken ct)
    {
        await GuardAsync(route.Terms.Id, ct);
        await using var scope = scopes.CreateAsyncScope();
        var db = scope.ServiceProvider.GetRequiredService<ZhengtongDb>();
        var delivery = await db.Deliveries.SingleAsync(d => d.Id == route.Delivery, ct);
        if (delivery.Sequence != sequence - 1) { throw new DbUpdateConcurrencyException($"Batch {sequence} was sealed by another process"); }
        var now = Moment.Of(clock);
        var batch = seal.Seal(group, route.Terms.Items, new BatchManifest(
            BatchManifest.FormatName, route.Delivery, route.Terms.Id, route.Terms.Digest, sequence, delivery.ManifestDigest, phase, group.Rows,
            BatchColumn.Of(route.Terms.Items), "", route.Suite.Word, now, route.ProviderSeal.KeyId, route.ConsumerReceive.KeyId, "", null, null), route.ConsumerReceive.PublicKey);
        var record = new Batch
        {
            DeliveryId = route.Delivery,
            Sequence = sequence,
            Phase = phase,
            Rows = group.Rows,
            Manifest = batch.Manifest,
            ManifestDigest = batch.ManifestDigest,
            Signature = batch.Signature,
            CiphertextDigest = batch.CiphertextDigest,
            Bytes = batch.Ciphertext.Length,
            SealedAt = now,
        };
        await relay.StoreAsync(route.Delivery, record.CiphertextDigest, batch.Ciphertext, ct);
        db.Batches.Add(record);
        delivery.Sealed(sequence, record.ManifestDigest, SealPosition(route.Delivery, group.Last));
        db.Ledger.Add(LedgerEntry.Of("exchange.batch-sealed", BatchSubject(record), Actor.Platform, now,
            after: new { record.Sequence, record.Phase, record.Rows, record.ManifestDigest, record.Signature, agreement = route.Terms.Id }));
        await db.SaveChangesAsync(ct);
    }

    /// <summary>Hands one batch to the consumer and records its receipt. Safe to repeat at any point: the consumer applies a batch once.</summary>
    private async Task HandOverAsync(Route route, Receiver receiver, long sequence, Growing arrived, CancellationToken ct)
    {
        await GuardAsync(route.Terms.Id, ct);
        await using var scope = scopes.CreateAsyncScope();
        var db = scope.ServiceProvider.GetRequiredService<ZhengtongDb>();
        var batch = await db.Batches.SingleAsync(b => b.DeliveryId == route.Delivery && b.Sequence == sequence, ct);
        var applied = await Explained(route.Target, Side.Target, () => receiver.ReceiveAsync(
            batch.Manifest, batch.Signature, stop => relay.FetchAsync(route.Delivery, batch.CiphertextDigest, arrived, stop), ct));
        await ReceiptAsync(db, batch, applied, route.Terms, ct);
    }

    /// <summary>Counter-receipt, ledger entry, metering and the delivery's counters, in one transaction.</summary>
    private async Task ReceiptAsync(ZhengtongDb db, Batch batch, AppliedBatch applied, AgreementTerms terms, CancellationToken ct)
    {
        var now = clock.GetUtcNow();
        batch.Receive(applied.CounterReceipt, applied.Signature, now);
        db.Ledger.Add(LedgerEntry.Of("exchange.batch-received", BatchSubject(batch), Actor.Platform, now,
            after: new { batch.Sequence, batch.Rows, batch.ManifestDigest, receiptDigest = Suite.Parse(terms.Suite).DigestOf(applied.CounterReceipt), applied.Signature, agreement = terms.Id }));
        DeliveryAccount.Record(db, terms, batch, now);
        await using var transaction = await db.Database.BeginTransactionAsync(ct);
        await db.SaveChangesAsync(ct);
        await db.Deliveries.Where(d => d.Id == batch.DeliveryId).ExecuteUpdateAsync(set => set
            .SetProperty(d => d.RowsReceived, d => d.RowsReceived + batch.Rows)
            .SetProperty(d => d.BatchesReceived, d => d.BatchesReceived + 1)
            .SetProperty(d => d.BytesReceived, d => d.BytesReceived + batch.Bytes)
            .SetProperty(d => d.LastReceivedAt, now), ct);
        await transaction.CommitAsync(ct);
        await relay.RemoveAsync(batch.DeliveryId, batch.CiphertextDigest, ct);
    }

    /// <summary>Asks the consumer's database, without handing anything over, which of the waiting batches it had already applied.</summary>
    private async Task SettleAsync(Guid id, List<Batch> waiting, CancellationToken ct)
    {
        await using var scope = scopes.CreateAsyncScope();
        var db = scope.ServiceProvider.GetRequiredService<ZhengtongDb>();
        var delivery = await ReadAsync(id, ct);
        if (await scope.ServiceProvider.GetRequiredService<AgreementsLookup>().FindAsync(delivery.AgreementId, ct) is not { } terms) { return; }
        if (await db.Intakes.AsNoTracking().SingleOrDefaultAsync(i => i.AgreementId == delivery.AgreementId, ct) is not { } intake) { return; }
        var target = databases.Open(await db.DataSources.AsNoTracking().SingleAsync(s => s.Id == intake.DataSourceId, ct));
        await using var sink = await Explained(target, Side.Target, async () => await target.OpenSinkAsync(new TableName(intake.Schema, intake.Table), terms.Items, ct));
        foreach (var batch in waiting)
        {
            if (await Explained(target, Side.Target, () => sink.FindAsync(id, batch.Sequence, ct)) is { } applied && applied.ManifestDigest == batch.ManifestDigest)
            {
                db.Batches.Attach(batch);
                await ReceiptAsync(db, batch, applied, terms, ct);
            }
        }
    }

    /// <summary>What waits under an agreement that is over for good is of no use to anybody any more.</summary>
    private async Task ForgetAsync(IServiceProvider services, Guid id, CancellationToken ct)
    {
        var terms = await services.GetRequiredService<AgreementsLookup>().FindAsync((await ReadAsync(id, ct)).AgreementId, ct);
        if (terms is null or { State: AgreementState.Revoked or AgreementState.Expired } || terms.Until <= clock.GetUtcNow()) { await relay.SweepAsync(id, [], ct); }
    }

    /// <summary>Asked before each batch: a revoked, suspended or expired agreement stops at once.</summary>
    private async Task GuardAsync(Guid agreement, CancellationToken ct)
    {
        await using var scope = scopes.CreateAsyncScope();
        var terms = await scope.ServiceProvider.GetRequiredService<AgreementsLookup>().FindAsync(agreement, ct);
        if (terms is null || !terms.AllowsDelivery(clock.GetUtcNow())) { throw new AgreementEndedException(terms); }
    }

    private async Task<Route> FindRouteAsync(Guid id, CancellationToken ct)
    {
        await using var scope = scopes.CreateAsyncScope();
        var services = scope.ServiceProvider;
        var db = services.GetRequiredService<ZhengtongDb>();
        var keys = services.GetRequiredService<OrganisationKeys>();
        var delivery = await ReadAsync(id, ct);
        var terms = await services.GetRequiredService<AgreementsLookup>().FindAsync(delivery.AgreementId, ct);
        if (terms is null || !terms.AllowsDelivery(clock.GetUtcNow())) { throw new AgreementEndedException(terms); }
        var mount = await db.Mounts.AsNoTracking().SingleOrDefaultAsync(m => m.ResourceId == terms.ResourceId && m.OrganisationId == terms.Provider, ct)
            ?? throw new ExchangeFault(ExchangeProblems.NotMounted, []);
        var intake = await db.Intakes.AsNoTracking().SingleOrDefaultAsync(i => i.AgreementId == terms.Id && i.OrganisationId == terms.Consumer, ct)
            ?? throw new ExchangeFault(ExchangeProblems.NoIntake, []);
        var suite = Suite.Find(terms.Suite) ?? throw new ExchangeFault(ExchangeProblems.ProofBroken, [new Fault("", "exchange.fault.what", "suite")]);
        var source = await db.DataSources.AsNoTracking().SingleAsync(s => s.Id == mount.DataSourceId && s.OrganisationId == terms.Provider, ct);
        var target = await db.DataSources.AsNoTracking().SingleAsync(s => s.Id == intake.DataSourceId && s.OrganisationId == terms.Consumer, ct);
        return new Route(
            id, terms, databases.Open(source),
            new Reading(new TableName(mount.Schema, mount.Table), terms.Items, terms.Rows, mount.WatermarkColumn, options.Value.BatchRows, options.Value.BatchBytes),
            databases.Open(target), new TableName(intake.Schema, intake.Table),
            suite, await keys.CurrentAsync(terms.Provider, suite, KeyUse.Seal, ct), await keys.CurrentAsync(terms.Consumer, suite, KeyUse.Receive, ct));
    }

    private async Task<ReceiverKeys> ReceiverKeysAsync(AgreementTerms terms, Suite suite, CancellationToken ct)
    {
        await using var scope = scopes.CreateAsyncScope();
        var keys = scope.ServiceProvider.GetRequiredService<OrganisationKeys>();
        var own = await keys.CurrentAsync(terms.Consumer, suite, KeyUse.Seal, ct);
        var all = await scope.ServiceProvider.GetRequiredService<ZhengtongDb>().OrganisationKeys.AsNoTracking()
            .Where(k => k.Suite == suite.Name && (k.OrganisationId == terms.Provider || k.OrganisationId == terms.Consumer)).ToListAsync(ct);
        return new ReceiverKeys(
            [.. all.Where(k => k.OrganisationId == terms.Provider && k.Use == KeyUse.Seal)], own, keys.OpenSigner(own),
            all.Where(k => k.OrganisationId == terms.Consumer && k.Use == KeyUse.Receive).ToDictionary(k => k.KeyId, keys.OpenReceiver));
    }

    private async Task<Delivery> ReadAsync(Guid id, CancellationToken ct)
    {
        await using var scope = scopes.CreateAsyncScope();
        return await scope.ServiceProvider.GetRequiredService<ZhengtongDb>().Deliveries.AsNoTracking().SingleAsync(d => d.Id == id, ct);
    }

    /// <summary>Changes the delivery and tells the ledger, in one save.</summary>
    private async Task ChangeAsync(Guid id, Action<Delivery> change, Func<Delivery, LedgerEntry>? tell, CancellationToken ct)
    {
        await using var scope = scopes.CreateAsyncScope();
        var db = scope.ServiceProvider.GetRequiredService<ZhengtongDb>();
        var delivery = await db.Deliveries.SingleAsync(d => d.Id == id, ct);
        change(delivery);
        if (tell is not null) { db.Ledger.Add(tell(delivery)); }
        await db.SaveChangesAsync(ct);
    }

    private static object Place(Delivery delivery) => new { delivery.State, delivery.Phase, delivery.Sequence };

    private async Task FailAsync(Guid id, Exception failure, CancellationToken ct)
    {
        var fault = failure as ExchangeFault;
        var code = (fault?.Type ?? ExchangeProblems.Internal).Code;
        var faults = fault?.Faults ?? [new Fault("", "exchange.fault.what", failure.GetType().Name)];
        // Messages of databases and of libraries may quote values of rows: neither the log nor the database gets them.
        log.LogWarning("Delivery {Delivery} failed: {Code} {Faults} {Cause} {Stack}", id, code, faults, (failure.InnerException ?? failure).GetType().Name, failure.StackTrace);
        try
        {
            await using var scope = scopes.CreateAsyncScope();
            var db = scope.ServiceProvider.GetRequiredService<ZhengtongDb>();
            var delivery = await db.Deliveries.SingleAsync(d => d.Id == id, ct);
            // A fault that lasts is told once, not at each attempt.
            if (delivery.Problem != code) { db.Ledger.Add(LedgerEntry.Of("exchange.delivery-failed", id, Actor.Platform, clock.GetUtcNow(), after: new { code, faults })); }
            delivery.Fail(code, JsonSerializer.Serialize(faults), clock.GetUtcNow());
            await db.SaveChangesAsync(ct);
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            log.LogError("Delivery {Delivery}: the failure could not be recorded: {Cause}", id, e.GetType().Name);
        }
    }

    /// <summary>Turns a failure of a department's database into what people can act on; the platform's own failures pass.</summary>
    private static async Task<T> Explained<T>(DepartmentDatabase database, Side side, Func<Task<T>> act)
    {
        try { return await act(); }
        catch (Exception e) when (e is not ExchangeFault and not OperationCanceledException && database.Explain(e, side) is { } fault) { throw fault; }
    }

    /// <summary>Runs both to the end, or until one fails: then the other is cancelled, and the first failure is the reason for both.</summary>
    private static async Task BothAsync(Func<CancellationToken, Task> one, Func<CancellationToken, Task> other, CancellationToken ct)
    {
        using var both = CancellationTokenSource.CreateLinkedTokenSource(ct);
        Exception? reason = null;
        await Task.WhenAll(Task.Run(() => GuardedAsync(one), CancellationToken.None), Task.Run(() => GuardedAsync(other), CancellationToken.None));
        if (reason is not null) { ExceptionDispatchInfo.Throw(reason); }

        async Task GuardedAsync(Func<CancellationToken, Task> act)
        {
            try { await act(both.Token); }
            catch (Exception e)
            {
                Interlocked.CompareExchange(ref reason, e, null);
                await both.CancelAsync();
            }
        }
    }

    private DateTimeOffset Soon => clock.GetUtcNow() + TimeSpan.FromSeconds(1);

    private byte[] SealPosition(Guid delivery, Position position) => vault.Seal(position.ToBytes(), $"position:{delivery}");

    private Position? OpenPosition(Delivery delivery) => delivery.Position is null ? null : Position.From(vault.Open(delivery.Position, $"position:{delivery.Id}"));

    private static Task<List<Batch>> WaitingAsync(ZhengtongDb db, Guid delivery, CancellationToken ct) =>
        db.Batches.AsNoTracking().Where(b => b.DeliveryId == delivery && b.ReceivedAt == null).OrderBy(b => b.Sequence).ToListAsync(ct);

    /// <summary>How the ledger names a batch.</summary>
    internal static string BatchSubject(Batch batch) => $"{batch.DeliveryId:D}/{batch.Sequence}";
}
