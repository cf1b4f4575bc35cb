using Microsoft.EntityFrameworkCore;
using Zhengtong.Agreements;
using Zhengtong.Kernel.Identity;
using Zhengtong.Kernel.Ledger;

namespace Zhengtong.Exchange.Quality;

/// <summary>What the platform writes down about quarantine while a delivery runs. What belongs to a batch is added to the save of that batch.</summary>
internal sealed class QuarantineBook(ZhengtongDb db, TimeProvider clock)
{
    private const int Together = 500;

    /// <summary>What the gate starts with.</summary>
    internal async Task<Quarantined> FindAsync(Guid delivery, int most, CancellationToken ct) =>
        new(await Open(db, delivery).Select(q => q.KeyDigest).ToListAsync(ct), most, await Doubted(db, delivery).Select(c => new Doubt(c.Id, c.KeyDigest)).ToListAsync(ct),
            await db.Quarantine.Where(q => q.DeliveryId == delivery && q.State == QuarantineState.Discarded).Select(q => q.KeyDigest).ToListAsync(ct));

    /// <summary>Corrections of a delivery that are under way.</summary>
    internal static IQueryable<Correction> Doubted(ZhengtongDb db, Guid delivery) => db.Corrections.Where(c => c.DeliveryId == delivery && (c.State == CorrectionState.Open || c.State == CorrectionState.Corrected));

    /// <summary>Rows of a delivery that are held back now.</summary>
    internal static IQueryable<QuarantinedRow> Open(ZhengtongDb db, Guid delivery) =>
        db.Quarantine.Where(q => q.DeliveryId == delivery && (q.State == QuarantineState.Waiting || q.State == QuarantineState.Releasing));

    /// <summary>Rows of a delivery that the consumer is not to have now: those held back, and those that were discarded and not mended since.</summary>
    internal static IQueryable<QuarantinedRow> Kept(ZhengtongDb db, Guid delivery) =>
        db.Quarantine.Where(q => q.DeliveryId == delivery && (q.State == QuarantineState.Waiting || q.State == QuarantineState.Releasing || q.State == QuarantineState.Discarded));

    /// <summary>Rows that officers released, the first first.</summary>
    internal async Task<IReadOnlyList<ReleasedRow>> FindReleasedAsync(Guid delivery, int most, CancellationToken ct) => await db.Quarantine.AsNoTracking()
        .Where(q => q.DeliveryId == delivery && q.State == QuarantineState.Releasing && q.Row != null).OrderBy(q => q.At).ThenBy(q => q.Id).Take(most).Select(q => new ReleasedRow(q.Id, q.Row!)).ToListAsync(ct);

    /// <summary>Adds to the coming save what stays behind and what is settled.</summary>
    /// <param name="delivery">The delivery.</param>
    /// <param name="terms">Its agreement.</param>
    /// <param name="aside">What the gate said.</param>
    /// <param name="batch">The batch it belongs to; null when no row of the group passed.</param>
    /// <param name="last">The last batch before.</param>
    /// <param name="ct">Stops the reading.</param>
    internal async Task AddAsync(Guid delivery, AgreementTerms terms, SetAside aside, long? batch, long last, CancellationToken ct)
    {
        if (aside.IsEmpty) { return; }
        var now = clock.GetUtcNow();
        List<QuarantinedRow> older = [];
        if (aside.Clears) { older = await Kept(db, delivery).ToListAsync(ct); }
        else
        {
            foreach (var some in aside.Newer.Chunk(Together)) { older.AddRange(await Kept(db, delivery).Where(q => some.Contains(q.KeyDigest)).ToListAsync(ct)); }
        }

        older.ForEach(q => q.Supersede(now));
        if (older.Count > 0) { db.Ledger.Add(LedgerEntry.Of("exchange.quarantine-superseded", delivery, Actor.Platform, now, after: new { rows = older.Count, batch })); }
        db.Quarantine.AddRange(aside.Rejected.Select(r => QuarantinedRow.Of(delivery, terms.Provider, r, last, now)));
        if (aside.Rejected.Count > 0)
        {
            var reasons = aside.Rejected.SelectMany(r => r.Reasons).CountBy(r => r).Select(r => new { r.Key.Item, r.Key.Fault, rows = r.Value });
            db.Ledger.Add(LedgerEntry.Of("exchange.rows-quarantined", delivery, Actor.Platform, now, after: new { rows = aside.Rejected.Count, reasons, afterBatch = last }));
        }

        if (batch is not { } sequence) { return; }
        foreach (var some in aside.Carried.Chunk(Together))
        {
            foreach (var correction in await Doubted(db, delivery).Where(c => some.Contains(c.Id)).ToListAsync(ct))
            {
                correction.Carry(sequence, now);
                if (correction.State == CorrectionState.Closed) { db.Ledger.Add(LedgerEntry.Of("exchange.correction-closed", correction.Id, Actor.Platform, now, after: new { delivery, batch })); }
            }
        }

        if (aside.Sent.Count == 0) { return; }
        foreach (var some in aside.Sent.Chunk(Together)) { (await db.Quarantine.Where(q => some.Contains(q.Id)).ToListAsync(ct)).ForEach(q => q.Sent(sequence, now)); }
        db.Ledger.Add(LedgerEntry.Of("exchange.quarantine-sent", delivery, Actor.Platform, now, after: new { rows = aside.Sent.Count, batch }));
    }
}
