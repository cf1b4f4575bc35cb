using System.Text.Json;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Agreements;
using Zhengtong.Exchange.BackFills;
using Zhengtong.Exchange.Model;
using Zhengtong.Exchange.Quality;
using Zhengtong.Kernel.Identity;
using Zhengtong.Kernel.Ledger;
using Zhengtong.Kernel.Secrets;

namespace Zhengtong.Exchange.Engine;

/// <summary>What the platform writes down about batches, wherever the two halves of the delivery are at work.</summary>
internal sealed class DeliveryBook(ZhengtongDb db, AgreementsLookup agreements, QuarantineBook quarantine, BackFilling backFills, Relay relay, TimeProvider clock)
{
    /// <summary>Asked before each batch: a revoked, suspended or expired agreement stops at once.</summary>
    /// <exception cref="AgreementEndedException">It allows no delivery now.</exception>
    internal async Task<AgreementTerms> GuardAsync(Guid agreement, CancellationToken ct)
    {
        var terms = await agreements.FindAsync(agreement, ct);
        return terms is not null && terms.AllowsDelivery(clock.GetUtcNow()) ? terms : throw new AgreementEndedException(terms);
    }

    /// <summary>Records a batch, whose ciphertext lies in the relay, together with the position behind it and with what stays behind in quarantine. Before the save the batch does not exist; after it, it will arrive.</summary>
    /// <exception cref="DbUpdateConcurrencyException">It is not the next one, or another process was first.</exception>
    internal async Task SealedAsync(Guid id, AgreementTerms terms, PublishedBatch batch, CancellationToken ct)
    {
        var delivery = await db.Deliveries.SingleAsync(d => d.Id == id, ct);
        if (delivery.Sequence != batch.Sequence - 1) { throw new DbUpdateConcurrencyException($"Batch {batch.Sequence} was sealed by another process"); }
        // All rows are to be copied anew since the batch was begun: only one that empties the target may come now.
        if (delivery.Clears && BatchManifest.Parse(batch.Sealed.Manifest) is not { Clears: true }) { throw new DbUpdateConcurrencyException($"Batch {batch.Sequence} was sealed for a target that is copied anew"); }
        var record = new Batch
        {
            DeliveryId = id,
            Sequence = batch.Sequence,
            Phase = batch.Phase,
            Rows = batch.Rows,
            Manifest = batch.Sealed.Manifest,
            ManifestDigest = batch.Sealed.ManifestDigest,
            Signature = batch.Sealed.Signature,
            CiphertextDigest = batch.Sealed.CiphertextDigest,
            Bytes = batch.Sealed.Ciphertext.Length,
            SealedAt = batch.SealedAt,
        };
        db.Batches.Add(record);
        delivery.Sealed(batch.Sequence, record.ManifestDigest, batch.Position ?? delivery.Position);
        // When it was sealed the manifest says; a front-end node may have kept it for long.
        db.Ledger.Add(LedgerEntry.Of("exchange.batch-sealed", Delivering.BatchSubject(record), Actor.Platform, clock.GetUtcNow(),
            after: new { record.Sequence, record.Phase, record.Rows, record.ManifestDigest, record.Signature, agreement = terms.Id }));
        await quarantine.AddAsync(id, terms, batch.Aside, batch.Sequence, batch.Sequence - 1, ct);
        if (batch.Step is { } step) { await backFills.AdvanceAsync(step, batch.Sequence, batch.Rows, ct); }
        await db.SaveChangesAsync(ct);
    }

    /// <summary>Records what stays behind where no row of a group is left to seal, together with the position behind the group.</summary>
    internal async Task<long> SetAsideAsync(Guid id, AgreementTerms terms, SetAside aside, byte[]? position, CancellationToken ct)
    {
        var delivery = await db.Deliveries.SingleAsync(d => d.Id == id, ct);
        if (position is not null) { delivery.Reach(position); }
        await quarantine.AddAsync(id, terms, aside, null, delivery.Sequence, ct);
        await db.SaveChangesAsync(ct);
        return delivery.Sequence;
    }

    /// <summary>Notes how much log the source keeps for a delivery; that it is too much is told once, until it is less again.</summary>
    internal async Task<bool> WatchAsync(Guid id, LogWatch watch, long alarmBytes, CancellationToken ct)
    {
        var delivery = await db.Deliveries.SingleAsync(d => d.Id == id, ct);
        var now = clock.GetUtcNow();
        var isAlarm = watch.BehindBytes >= alarmBytes || watch.Status is "unreserved" or "lost";
        if (isAlarm && delivery.LogAlarmAt is null) { db.Ledger.Add(LedgerEntry.Of("exchange.log-alarm", id, Actor.Platform, now, after: new { watch.BehindBytes, watch.Status, alarmBytes })); }
        delivery.Watch(watch.BehindBytes, watch.Status, isAlarm, now);
        await db.SaveChangesAsync(ct);
        return isAlarm;
    }

    /// <summary>Counter-receipt, ledger entry, metering and the delivery's counters, in one transaction; then the ciphertext is of no use any more. Repeated, it changes nothing.</summary>
    internal async Task ReceivedAsync(AppliedBatch applied, AgreementTerms terms, CancellationToken ct)
    {
        var given = db.Batches.Where(b => b.DeliveryId == applied.Delivery && b.Sequence == applied.Sequence);
        var batch = await given.AsNoTracking().SingleAsync(ct);
        // A clock that was set back must not put a receipt before the batch that it answers.
        var now = Moment.NotBefore(batch.SealedAt, clock.GetUtcNow());
        await using var transaction = await db.Database.BeginTransactionAsync(ct);
        // A node that heard no answer gives its receipt again, perhaps while the first is still at work: of two at once one is counted.
        if (await given.Where(b => b.ReceivedAt == null).ExecuteUpdateAsync(
            set => set.SetProperty(b => b.CounterReceipt, applied.CounterReceipt).SetProperty(b => b.CounterSignature, applied.Signature).SetProperty(b => b.ReceivedAt, now), ct) > 0)
        {
            db.Ledger.Add(LedgerEntry.Of("exchange.batch-received", Delivering.BatchSubject(batch), Actor.Platform, now,
                after: new { batch.Sequence, batch.Rows, batch.ManifestDigest, receiptDigest = Suite.Parse(terms.Suite).DigestOf(applied.CounterReceipt), applied.Signature, agreement = terms.Id }));
            DeliveryAccount.Record(db, terms, batch, now);
            await db.SaveChangesAsync(ct);
            await db.Deliveries.Where(d => d.Id == batch.DeliveryId).ExecuteUpdateAsync(set => set
                .SetProperty(d => d.RowsReceived, d => d.RowsReceived + batch.Rows)
                .SetProperty(d => d.BatchesReceived, d => d.BatchesReceived + 1)
                .SetProperty(d => d.BytesReceived, d => d.BytesReceived + batch.Bytes)
                .SetProperty(d => d.LastReceivedAt, now)
                .SetProperty(d => d.Failures, 0), ct);
        }

        await transaction.CommitAsync(ct);
        await relay.RemoveAsync(batch.DeliveryId, batch.CiphertextDigest, ct);
    }

    /// <summary>The last batch that the consumer gave its receipt for; null before the first, and while all rows are to be copied anew: then it need not hold it.</summary>
    internal async Task<ReceiptedBatch?> FindReceiptedAsync(Guid delivery, CancellationToken ct) =>
        await db.Batches.AsNoTracking().Where(b => b.DeliveryId == delivery && b.ReceivedAt != null && db.Deliveries.Any(d => d.Id == delivery && !d.Clears)).OrderByDescending(b => b.Sequence)
            .Select(b => new ReceiptedBatch(b.Sequence, b.ManifestDigest)).FirstOrDefaultAsync(ct);

    /// <summary>The consumer can never take what waits for it: those batches are given up and all rows are copied anew, in one save.</summary>
    /// <param name="id">The delivery.</param>
    /// <param name="reason">Why, as people read it.</param>
    /// <param name="held">Sequence of the last batch that the consumer's database holds; 0 for none.</param>
    /// <param name="ct">Stops the save.</param>
    internal async Task StartOverAsync(Guid id, Fault reason, long held, CancellationToken ct)
    {
        var delivery = await db.Deliveries.SingleAsync(d => d.Id == id, ct);
        var waiting = await db.Batches.Where(b => b.DeliveryId == id && b.ReceivedAt == null && b.VoidedAt == null).OrderBy(b => b.Sequence).ToListAsync(ct);
        var now = clock.GetUtcNow();
        foreach (var batch in waiting) { batch.Void(now); }
        if (waiting.Count > 0)
        {
            db.Ledger.Add(LedgerEntry.Of("exchange.batches-voided", id, Actor.Platform, now, after: new { reason = reason.Key, held, first = waiting[0].Sequence, last = waiting[^1].Sequence, waiting.Count }));
        }

        delivery.StartOver(JsonSerializer.Serialize(reason));
        db.Ledger.Add(LedgerEntry.Of("exchange.copy-begun-anew", id, Actor.Platform, now, after: new { reason = reason.Key, delivery.Sequence, held }));
        await db.SaveChangesAsync(ct);
    }

    /// <summary>Batches that still are to get a counter-receipt, in order.</summary>
    internal async Task<IReadOnlyList<WaitingBatch>> ListWaitingAsync(Guid delivery, CancellationToken ct) =>
        await db.Batches.AsNoTracking().Where(b => b.DeliveryId == delivery && b.ReceivedAt == null && b.VoidedAt == null).OrderBy(b => b.Sequence)
            .Select(b => new WaitingBatch(b.Sequence, b.Manifest, b.Signature, b.CiphertextDigest)).ToListAsync(ct);
}
