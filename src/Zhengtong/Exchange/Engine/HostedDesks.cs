using Microsoft.EntityFrameworkCore;
using Zhengtong.Agreements;
using Zhengtong.Exchange.BackFills;
using Zhengtong.Exchange.Model;
using Zhengtong.Exchange.Quality;
using Zhengtong.Exchange.Reconciliations;
using Zhengtong.Exchange.Timetables;
using Zhengtong.Kernel.Identity;
using Zhengtong.Kernel.Ledger;

namespace Zhengtong.Exchange.Engine;

/// <summary>The provider's desk in the platform's own process: its database and its relay.</summary>
internal sealed class HostedProviderDesk(Guid delivery, AgreementTerms terms, IServiceScopeFactory scopes, Relay relay, TimeProvider clock, ExchangeOptions options) : ProviderDesk
{
    internal override Task<Place> FindPlaceAsync(CancellationToken ct) => InScopeAsync(async services =>
        await services.GetRequiredService<ZhengtongDb>().Deliveries.AsNoTracking().Where(d => d.Id == delivery)
            .Select(d => new Place(d.Phase, d.Sequence, d.ManifestDigest, d.Position, d.ChangesFrom, d.Clears)).SingleAsync(ct));

    internal override Task GuardAsync(CancellationToken ct) => InScopeAsync(services => services.GetRequiredService<DeliveryBook>().GuardAsync(terms.Id, ct));

    internal override Task<Pace> FindPaceAsync(CancellationToken ct) => InScopeAsync(services => services.GetRequiredService<TimetableBook>().FindAsync(delivery, ct));

    internal override Task<bool> IsWaitedForAsync(CancellationToken ct) => InScopeAsync(services =>
    {
        var db = services.GetRequiredService<ZhengtongDb>();
        return db.Deliveries.AnyAsync(d => d.Id == delivery
            && (d.Orders != d.OrdersBegun || db.Reconciliations.Any(r => r.DeliveryId == delivery && (r.State == ReconciliationState.Queued || r.State == ReconciliationState.Running))), ct);
    });

    // Past the revision on purpose: an order that came meanwhile is another moment, and stays.
    internal override Task AnswerAskedAsync(DateTimeOffset asked, CancellationToken ct) => InScopeAsync(services =>
        services.GetRequiredService<ZhengtongDb>().Deliveries.Where(d => d.Id == delivery && d.AskedAt == asked).ExecuteUpdateAsync(set => set.SetProperty(d => d.AskedAt, (DateTimeOffset?)null), ct));

    internal override Task BeginSnapshotAsync(byte[] changesFrom, long estimatedRows, CancellationToken ct) => ChangeAsync(d => d.BeginSnapshot(changesFrom, estimatedRows), null, ct);

    internal override Task KeepAsync(CancellationToken ct) => ChangeAsync(d => d.Keep(), null, ct);

    internal override Task ReachAsync(byte[] position, CancellationToken ct) => ChangeAsync(d => d.Reach(position), null, ct);

    internal override Task WatchAsync(LogWatch watch, CancellationToken ct) => InScopeAsync(services => services.GetRequiredService<DeliveryBook>().WatchAsync(delivery, watch, options.LogAlarmBytes, ct));

    internal override Task StartOverAsync(Fault reason, CancellationToken ct) => ChangeAsync(
        d => d.StartOver(System.Text.Json.JsonSerializer.Serialize(reason)),
        d => LedgerEntry.Of("exchange.copy-begun-anew", d.Id, Actor.Platform, clock.GetUtcNow(), after: new { reason = reason.Key, d.Sequence }), ct);

    internal override Task FinishSnapshotAsync(CancellationToken ct) => ChangeAsync(
        d => d.FinishSnapshot(clock.GetUtcNow()), d => LedgerEntry.Of("exchange.snapshot-finished", d.Id, Actor.Platform, clock.GetUtcNow(), after: Delivering.StandOf(d)), ct);

    internal override async Task PublishAsync(PublishedBatch batch, CancellationToken ct)
    {
        await relay.StoreAsync(delivery, batch.Sealed.CiphertextDigest, batch.Sealed.Ciphertext, ct);
        await InScopeAsync(async services =>
        {
            await services.GetRequiredService<DeliveryBook>().SealedAsync(delivery, terms, batch, ct);
            return batch.Sequence;
        });
    }

    internal override Task<Quarantined> FindQuarantineAsync(CancellationToken ct) => InScopeAsync(services => services.GetRequiredService<QuarantineBook>().FindAsync(delivery, options.MostQuarantined, ct));

    internal override Task SetAsideAsync(SetAside aside, byte[]? position, CancellationToken ct) => InScopeAsync(services => services.GetRequiredService<DeliveryBook>().SetAsideAsync(delivery, terms, aside, position, ct));

    internal override Task<IReadOnlyList<ReleasedRow>> FindReleasedAsync(int most, CancellationToken ct) => InScopeAsync(services => services.GetRequiredService<QuarantineBook>().FindReleasedAsync(delivery, most, ct));

    internal override Task<Repair?> FindRepairAsync(CancellationToken ct) => InScopeAsync(services => services.GetRequiredService<Repairing>().FindAsync(delivery, terms, ct));

    internal override Task FinishRepairAsync(Repair repair, long before, long last, CancellationToken ct) => InScopeAsync(async services =>
    {
        await services.GetRequiredService<Repairing>().FinishAsync(repair.Reconciliation, before, last, ct);
        return last;
    });

    internal override Task<BackFillOrder?> FindBackFillAsync(CancellationToken ct) => InScopeAsync(services => services.GetRequiredService<BackFilling>().FindAsync(delivery, ct));

    internal override Task BeginBackFillAsync(Guid backFill, long estimatedRows, CancellationToken ct) =>
        InScopeAsync(services => services.GetRequiredService<BackFilling>().BeginAsync(backFill, estimatedRows, ct));

    internal override Task EndBackFillAsync(Guid backFill, string? problem, CancellationToken ct) => InScopeAsync(services => services.GetRequiredService<BackFilling>().EndAsync(backFill, problem, ct));

    private Task ChangeAsync(Action<Delivery> change, Func<Delivery, LedgerEntry>? tell, CancellationToken ct) => Delivering.ChangeAsync(scopes, delivery, change, tell, ct);

    private async Task<T> InScopeAsync<T>(Func<IServiceProvider, Task<T>> act)
    {
        await using var scope = scopes.CreateAsyncScope();
        return await act(scope.ServiceProvider);
    }
}

/// <summary>The consumer's desk in the platform's own process: its database and its relay.</summary>
internal sealed class HostedConsumerDesk(Guid delivery, AgreementTerms terms, IServiceScopeFactory scopes, Relay relay) : ConsumerDesk
{
    internal override Task GuardAsync(CancellationToken ct) => InScopeAsync(book => book.GuardAsync(terms.Id, ct));

    internal override Task<ReceiptedBatch?> FindReceiptedAsync(CancellationToken ct) => InScopeAsync(book => book.FindReceiptedAsync(delivery, ct));

    internal override Task StartOverAsync(Fault reason, long held, CancellationToken ct) => InScopeAsync(async book =>
    {
        await book.StartOverAsync(delivery, reason, held, ct);
        return held;
    });

    internal override Task<IReadOnlyList<WaitingBatch>> ListWaitingAsync(CancellationToken ct) => InScopeAsync(book => book.ListWaitingAsync(delivery, ct));

    internal override async Task<WaitingBatch> FindAsync(long sequence, CancellationToken ct)
    {
        await using var scope = scopes.CreateAsyncScope();
        return WaitingBatch.Of(await scope.ServiceProvider.GetRequiredService<ZhengtongDb>().Batches.AsNoTracking().SingleAsync(b => b.DeliveryId == delivery && b.Sequence == sequence, ct));
    }

    internal override Task<ReadOnlyMemory<byte>?> FetchAsync(WaitingBatch batch, Growing into, CancellationToken ct) => relay.FetchAsync(delivery, batch.CiphertextDigest, into, ct);

    internal override Task RecordAsync(AppliedBatch applied, CancellationToken ct) => InScopeAsync(async book =>
    {
        await book.ReceivedAsync(applied, terms, ct);
        return applied.Sequence;
    });

    private async Task<T> InScopeAsync<T>(Func<DeliveryBook, Task<T>> act)
    {
        await using var scope = scopes.CreateAsyncScope();
        return await act(scope.ServiceProvider.GetRequiredService<DeliveryBook>());
    }
}
