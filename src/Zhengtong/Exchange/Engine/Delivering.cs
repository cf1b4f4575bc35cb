using System.Collections.Concurrent;
using System.Runtime.ExceptionServices;
using System.Text.Json;
using System.Threading.Channels;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;
using Zhengtong.Agreements;
using Zhengtong.Agreements.Model;
using Zhengtong.Exchange.Model;
using Zhengtong.Exchange.Monitor;
using Zhengtong.Exchange.Nodes;
using Zhengtong.Exchange.Quality;
using Zhengtong.Exchange.Timetables;
using Zhengtong.Kernel;
using Zhengtong.Kernel.Identity;
using Zhengtong.Kernel.Jobs;
using Zhengtong.Kernel.Ledger;
using Zhengtong.Kernel.Secrets;

namespace Zhengtong.Exchange.Engine;

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
    IServiceScopeFactory scopes, JobLeases leases, DepartmentDatabases databases, Relay relay, Vault vault, TimeProvider clock, IOptions<ExchangeOptions> options,
    IOptions<NodeOptions> nodes, ILogger<Delivering> log)
{
    private readonly ConcurrentDictionary<Guid, Pacer> pacers = new();

    /// <summary>True while a running delivery only rests, because its rate is limited.</summary>
    internal bool Rests(Guid id) => pacers.TryGetValue(id, out var pacer) && pacer.Rests;

    /// <summary>Runs the delivery once and records how it ended. The horizon holds what earlier runs in this process saw of the source's open transactions.</summary>
    /// <param name="id">The delivery.</param>
    /// <param name="horizon">What earlier runs saw.</param>
    /// <param name="follows">Whether the run may go on with what changes meanwhile, asked again and again; null when it may not.</param>
    /// <param name="ct">Stops it.</param>
    internal async Task RunAsync(Guid id, Horizon horizon, Func<bool>? follows, CancellationToken ct)
    {
        // One process at a time; should a lease ever be shared by mistake, revision and batch numbers let only one of the two go on.
        await using var lease = await LeaseAsync(id, ct);
        if (lease is null) { return; }
        using var held = CancellationTokenSource.CreateLinkedTokenSource(ct, lease.Lost);
        ProvidingRoute? provider = null;
        try
        {
            await ChangeAsync(id, d => d.Begin(), null, held.Token);
            var halves = await FindHalvesAsync(id, held.Token);
            if (halves.Provider is null && halves.Consumer is null) { return; }
            provider = halves.Provider;
            var next = await DeliverAsync(halves, horizon, follows, held.Token);
            if (provider is not null) { await NoteAsync(provider, held.Token); }
            Action<Delivery> end = next is { } at ? d => d.Rest(at, clock.GetUtcNow()) : d => d.Pause(clock.GetUtcNow());
            await ChangeAsync(scopes, id, end, null, held.Token, patient: halves.Provider is null || halves.Consumer is null);
        }
        catch (AgreementEndedException)
        {
            await EndAsync(id, held.Token);
        }
        catch (OperationCanceledException) when (held.IsCancellationRequested) { }
        catch (DbUpdateConcurrencyException)
        {
            log.LogInformation("Delivery {Delivery} is run by another process", id);
        }
        catch (Exception e) when (!held.IsCancellationRequested)
        {
            await FailAsync(id, await ExplainAsync(provider, e, held.Token), held.Token);
        }
    }

    /// <summary>Notes how the provider's table looks while all is well.</summary>
    private async Task NoteAsync(ProvidingRoute route, CancellationToken ct)
    {
        var isMended = (await ReadAsync(route.Delivery, ct)).Problem == ExchangeProblems.SourceChanged.Code;
        await using var scope = scopes.CreateAsyncScope();
        await Explained(route.Source, Side.Source, async () =>
        {
            await scope.ServiceProvider.GetRequiredService<SeenTables>().NoteAsync(route, isMended, ct);
            return true;
        });
    }

    /// <summary>Adds to the fault that a table no longer fits what became of it and what can be done. Whatever goes wrong with that, the fault itself is told.</summary>
    private async Task<Exception> ExplainAsync(ProvidingRoute? route, Exception failure, CancellationToken ct)
    {
        if (route is null || failure is not ExchangeFault fault || fault.Type != ExchangeProblems.SourceChanged) { return failure; }
        try
        {
            await using var scope = scopes.CreateAsyncScope();
            return await scope.ServiceProvider.GetRequiredService<SeenTables>().ExplainAsync(route, fault, ct);
        }
        catch (Exception e) when (!ct.IsCancellationRequested)
        {
            log.LogInformation("Delivery {Delivery}: what became of the table could not be told: {Cause}", route.Delivery, e.GetType().Name);
            return failure;
        }
    }

    /// <summary>Ends a delivery whose agreement allows none now; nothing while it is run elsewhere, for that run ends it. Batches under way are not handed over; only receipts the consumer
    /// already gave are fetched.</summary>
    internal async Task StopAsync(Guid id, CancellationToken ct)
    {
        // Without it the relay would be swept, and the slot dropped, under the hands of a run in another process.
        await using var lease = await LeaseAsync(id, ct);
        if (lease is null) { return; }
        using var held = CancellationTokenSource.CreateLinkedTokenSource(ct, lease.Lost);
        await EndAsync(id, held.Token);
    }

    private Task<JobLease?> LeaseAsync(Guid id, CancellationToken ct) => leases.TryTakeAsync($"exchange.delivery-{id:N}", ct);

    private async Task EndAsync(Guid id, CancellationToken ct)
    {
        try
        {
            await SettleAsync(id, ct);
            await ForgetAsync(id, ct);
            await ReleaseAsync(id, ct);
            await ChangeAsync(id, d => d.Stop(), d => LedgerEntry.Of("exchange.delivery-stopped", id, Actor.Platform, clock.GetUtcNow(), after: StandOf(d)), ct);
        }
        catch (DbUpdateConcurrencyException) { }
        catch (Exception e) when (!ct.IsCancellationRequested)
        {
            await FailAsync(id, e, ct);
        }
    }

    /// <summary>The halves that are not on a front-end node, each against the platform's own desk. When both are here, the provider's reads and seals the next batch while the
    /// consumer's applies the one before. When to run again; null when the run is paused.</summary>
    private async Task<DateTimeOffset?> DeliverAsync(HostedHalves halves, Horizon horizon, Func<bool>? follows, CancellationToken ct)
    {
        var (id, terms) = (halves.Delivery, halves.Terms);
        var desk = new HostedConsumerDesk(id, terms, scopes, relay);
        // Who seals here fills the relay alone: what no waiting batch names is left of a crash.
        if (halves.Provider is not null) { await relay.SweepAsync(id, [.. (await desk.ListWaitingAsync(ct)).Select(b => b.CiphertextDigest)], ct); }

        using var keys = halves.Consumer is null ? null : await ReceiverKeysAsync(terms, halves.Suite, ct);
        await using var receiving = halves.Consumer is null ? null : await Receiving.OpenAsync(halves.Consumer, desk, keys!, clock, ct);
        if (receiving is not null) { await receiving.CatchUpAsync(ct); }
        if (halves.Provider is null) { return clock.GetUtcNow(); }

        await using var scope = scopes.CreateAsyncScope();
        using var signer = scope.ServiceProvider.GetRequiredService<OrganisationKeys>().OpenSigner(halves.Provider.Seal);
        var providing = new Providing(halves.Provider, new HostedProviderDesk(id, terms, scopes, relay, clock, options.Value), signer, vault, pacers.GetOrAdd(id, _ => new Pacer(clock)), clock, follows);
        if (receiving is null) { return await providing.RunAsync(horizon, (_, stop) => RoomAsync(id, terms, stop), ct); }

        var sealedOnes = Channel.CreateBounded<long>(2);
        DateTimeOffset? next = null;
        await BothAsync(
            async stop =>
            {
                next = await providing.RunAsync(horizon, sealedOnes.Writer.WriteAsync, stop);
                sealedOnes.Writer.Complete();
            },
            async stop =>
            {
                await foreach (var sequence in sealedOnes.Reader.ReadAllAsync(stop)) { await receiving.TakeAsync(sequence, stop); }
            },
            ct);
        return next;
    }

    /// <summary>Holds reading back while too much waits for a consumer's node.</summary>
    private async ValueTask RoomAsync(Guid delivery, AgreementTerms terms, CancellationToken ct)
    {
        while (true)
        {
            await using (var scope = scopes.CreateAsyncScope())
            {
                if (await scope.ServiceProvider.GetRequiredService<ZhengtongDb>().Batches.CountAsync(b => b.DeliveryId == delivery && b.ReceivedAt == null && b.VoidedAt == null, ct) < nodes.Value.MostWaiting) { return; }
            }

            await Task.Delay(TimeSpan.FromSeconds(1), clock, ct);
            await GuardAsync(terms.Id, ct);
        }
    }

    /// <summary>Asks the consumer's database, without handing anything over, which of the waiting batches it had already applied.</summary>
    private async Task SettleAsync(Guid id, CancellationToken ct)
    {
        await using var scope = scopes.CreateAsyncScope();
        var db = scope.ServiceProvider.GetRequiredService<ZhengtongDb>();
        var delivery = await ReadAsync(id, ct);
        if (await scope.ServiceProvider.GetRequiredService<AgreementsLookup>().FindAsync(delivery.AgreementId, ct) is not { } terms) { return; }
        if (await db.Intakes.AsNoTracking().SingleOrDefaultAsync(i => i.AgreementId == delivery.AgreementId, ct) is not { } intake) { return; }
        var target = await db.DataSources.AsNoTracking().SingleAsync(s => s.Id == intake.DataSourceId, ct);
        // A node settles by itself.
        if (target.NodeId is not null) { return; }
        await Receiving.SettleAsync(new ReceivingRoute(id, terms, databases.Open(target), new TableName(intake.Schema, intake.Table)), new HostedConsumerDesk(id, terms, scopes, relay), ct);
    }

    /// <summary>What waits under an agreement that is over for good is of no use to anybody any more.</summary>
    private async Task ForgetAsync(Guid id, CancellationToken ct)
    {
        if (await IsOverAsync(id, ct)) { await relay.SweepAsync(id, [], ct); }
    }

    /// <summary>Gives back what the source keeps for a delivery whose agreement is over for good. While it is only suspended the source goes on keeping it, so that delivery can go on.</summary>
    private async Task ReleaseAsync(Guid id, CancellationToken ct)
    {
        var delivery = await ReadAsync(id, ct);
        if (!delivery.Keeps || !await IsOverAsync(id, ct)) { return; }
        await using var scope = scopes.CreateAsyncScope();
        var db = scope.ServiceProvider.GetRequiredService<ZhengtongDb>();
        var mount = await db.Mounts.AsNoTracking().SingleAsync(m => m.ResourceId == delivery.ResourceId && m.OrganisationId == delivery.ProviderId, ct);
        var source = databases.Open(await db.DataSources.AsNoTracking().SingleAsync(s => s.Id == mount.DataSourceId, ct));
        await Explained(source, Side.Source, async () =>
        {
            await source.ReleaseAsync(id, mount.Capture, ct);
            return true;
        });
        await ChangeAsync(id, d => d.Release(), d => LedgerEntry.Of("exchange.capture-released", id, Actor.Platform, clock.GetUtcNow(), after: new { mount.Capture }), ct);
    }

    private async Task<bool> IsOverAsync(Guid id, CancellationToken ct)
    {
        await using var scope = scopes.CreateAsyncScope();
        var terms = await scope.ServiceProvider.GetRequiredService<AgreementsLookup>().FindAsync((await ReadAsync(id, ct)).AgreementId, ct);
        return terms is null or { State: AgreementState.Revoked or AgreementState.Expired } || terms.Until <= clock.GetUtcNow();
    }

    /// <summary>Asked before each batch: a revoked, suspended or expired agreement stops at once.</summary>
    internal async Task GuardAsync(Guid agreement, CancellationToken ct)
    {
        await using var scope = scopes.CreateAsyncScope();
        await scope.ServiceProvider.GetRequiredService<DeliveryBook>().GuardAsync(agreement, ct);
    }

    /// <summary>The halves that are not on a front-end node.</summary>
    /// <exception cref="AgreementEndedException">The agreement allows no delivery now.</exception>
    internal async Task<HostedHalves> FindHalvesAsync(Guid id, CancellationToken ct)
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

        ProvidingRoute? provider = null;
        if (source.NodeId is null)
        {
            var receive = await services.GetRequiredService<NodeDeliveries>().ReceiveKeyAsync(terms, target.NodeId, suite, ct) ?? throw new ExchangeFault(ExchangeProblems.NodeKeysInvalid, [new Fault("", "exchange.fault.what", suite.Word)]);
            var reading = new Reading(new TableName(mount.Schema, mount.Table), terms.Items, terms.Rows, mount.Capture, mount.WatermarkColumn, options.Value.BatchRows, options.Value.BatchBytes, mount.Encoding);
            provider = new ProvidingRoute(
                id, terms, suite, databases.Open(source), reading, await keys.CurrentAsync(terms.Provider, suite, KeyUse.Seal, ct), receive,
                await services.GetRequiredService<QualitySecrets>().OfAsync(terms.Provider, terms.Consumer, id, ct));
        }

        return new HostedHalves(id, terms, suite, provider, target.NodeId is null ? new ReceivingRoute(id, terms, databases.Open(target), new TableName(intake.Schema, intake.Table)) : null);
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
            all.Where(k => k.OrganisationId == terms.Consumer && k.Use == KeyUse.Receive && k.PrivateKey is not null).ToDictionary(k => k.KeyId, keys.OpenReceiver));
    }

    private async Task<Delivery> ReadAsync(Guid id, CancellationToken ct)
    {
        await using var scope = scopes.CreateAsyncScope();
        return await scope.ServiceProvider.GetRequiredService<ZhengtongDb>().Deliveries.AsNoTracking().SingleAsync(d => d.Id == id, ct);
    }

    /// <summary>Changes the delivery and tells the ledger, in one save.</summary>
    /// <param name="scopes">Gives a database of its own.</param>
    /// <param name="id">The delivery.</param>
    /// <param name="change">What changes.</param>
    /// <param name="tell">The ledger's entry.</param>
    /// <param name="ct">Stops the save.</param>
    /// <param name="patient">True for a delivery whose other half is a front-end node's: that both note something at once is no sign of two processes doing the same.</param>
    internal static async Task ChangeAsync(IServiceScopeFactory scopes, Guid id, Action<Delivery> change, Func<Delivery, LedgerEntry>? tell, CancellationToken ct, bool patient = false)
    {
        for (var tries = 1; ; tries++)
        {
            await using var scope = scopes.CreateAsyncScope();
            var db = scope.ServiceProvider.GetRequiredService<ZhengtongDb>();
            var delivery = await db.Deliveries.SingleAsync(d => d.Id == id, ct);
            change(delivery);
            if (tell is not null) { db.Ledger.Add(tell(delivery)); }
            try
            {
                await db.SaveChangesAsync(ct);
                return;
            }
            catch (DbUpdateConcurrencyException) when (patient && tries < 10) { }
        }
    }

    private Task ChangeAsync(Guid id, Action<Delivery> change, Func<Delivery, LedgerEntry>? tell, CancellationToken ct) => ChangeAsync(scopes, id, change, tell, ct);

    /// <summary>How the ledger tells where a delivery stands.</summary>
    internal static object StandOf(Delivery delivery) => new { delivery.State, delivery.Phase, delivery.Sequence };

    private async Task FailAsync(Guid id, Exception failure, CancellationToken ct)
    {
        // Whatever of the platform's own is full, its database or its folder: people can act on that.
        var fault = failure as ExchangeFault ?? (DatabaseErrors.IsOutOfSpace(failure) ? new ExchangeFault(ExchangeProblems.StoreFull, [], failure) : null);
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
            FailureAccount.Record(db, delivery.AgreementId, delivery.ConsumerId, id, clock.GetUtcNow());
            await db.SaveChangesAsync(ct);
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            log.LogError("Delivery {Delivery}: the failure could not be recorded: {Cause}", id, e.GetType().Name);
        }
    }

    /// <summary>Turns a failure of a department's database into what people can act on; the platform's own failures pass.</summary>
    internal static async Task<T> Explained<T>(DepartmentDatabase database, Side side, Func<Task<T>> act)
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

    /// <summary>Behind which row the hosted provider's half goes on; null before the first.</summary>
    internal Position? OpenPosition(Delivery delivery) => Providing.Open(vault, delivery.Id, delivery.Position);

    /// <summary>How the ledger names a batch.</summary>
    internal static string BatchSubject(Batch batch) => $"{batch.DeliveryId:D}/{batch.Sequence}";
}
