using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;
using Zhengtong.Exchange.Model;
using Zhengtong.Kernel;
using Zhengtong.Kernel.Identity;
using Zhengtong.Kernel.Jobs;
using Zhengtong.Kernel.Ledger;

namespace Zhengtong.Exchange.Reconciliations;

/// <summary>Sees that every delivery is reconciled once a day, and runs what waits, one after the other: two full reads at once would only slow each other.</summary>
internal sealed class ReconcileDeliveries(ZhengtongDb db, Reconciling reconciling, TimeProvider clock, IOptions<ExchangeOptions> options) : IReconciler
{
    public string Name => "exchange.reconciliations";

    public TimeSpan Every => TimeSpan.FromSeconds(1);

    public async Task<Pass> ReconcileAsync(CancellationToken ct)
    {
        await ScheduleAsync(ct);
        var waiting = await db.Reconciliations.Where(r => r.ActiveDeliveryId != null).OrderBy(r => r.RequestedAt).Select(r => r.Id).ToListAsync(ct);
        foreach (var id in waiting)
        {
            if (await reconciling.RunAsync(id, ct)) { return Pass.Unfinished(1); }
        }

        return Pass.Settled();
    }

    /// <summary>Once a day in China, from the hour set: of every delivery whose snapshot was over by then.</summary>
    private async Task ScheduleAsync(CancellationToken ct)
    {
        var now = clock.GetUtcNow();
        var day = ChinaTime.DateOf(now);
        var due = ChinaTime.StartOf(day).AddHours(options.Value.ReconcileHour);
        if (options.Value.ReconcileHour < 0 || now < due) { return; }
        var without = await db.Deliveries.Where(d => d.Phase == DeliveryPhase.Changes && d.State != DeliveryState.Stopped && d.SnapshotFinishedAt < due
                && !db.Reconciliations.Any(r => r.DeliveryId == d.Id && (r.Day == day || r.ActiveDeliveryId != null)))
            .Select(d => d.Id).ToListAsync(ct);
        if (without.Count == 0) { return; }
        foreach (var reconciliation in without.Select(d => Reconciliation.Of(d, now, day)))
        {
            db.Reconciliations.Add(reconciliation);
            db.Ledger.Add(LedgerEntry.Of("exchange.reconciliation-requested", reconciliation.Id, Actor.Platform, now, after: new { delivery = reconciliation.DeliveryId, day }));
        }

        try { await db.SaveChangesAsync(ct); }
        catch (DbUpdateException e) when (e.IsUniqueViolation())
        {
            // Somebody asked for one in the same moment; the rest follow at the next look.
            db.ChangeTracker.Clear();
        }
    }
}
