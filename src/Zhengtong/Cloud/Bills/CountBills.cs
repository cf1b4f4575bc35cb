using Microsoft.EntityFrameworkCore;
using Zhengtong.Kernel;
using Zhengtong.Kernel.Jobs;

namespace Zhengtong.Cloud.Bills;

/// <summary>Counts the drafts of this month and of the month before each night, so that the list of bills needs no counting. What is closed is left alone.</summary>
internal sealed class CountBills(ZhengtongDb db, TimeProvider clock) : IReconciler
{
    public string Name => "cloud.bills";

    public TimeSpan Every => TimeSpan.FromDays(1);

    public string Cron => "0 20 2 * * ?";

    public async Task<Pass> ReconcileAsync(CancellationToken ct)
    {
        var now = clock.GetUtcNow();
        var (month, counted) = (BillMonth.Of(now), 0L);
        counted += await CountAsync(db, BillMonth.Of(month.First.AddMonths(-1)), now, ct);
        counted += await CountAsync(db, month, now, ct);
        return Pass.Settled(counted);
    }

    /// <summary>Counts every draft of a month, new ones too.</summary>
    /// <returns>How many came to something else than before.</returns>
    internal static async Task<int> CountAsync(ZhengtongDb db, BillMonth month, DateTimeOffset now, CancellationToken ct)
    {
        var first = month.First;
        var owners = await Accounting.During(db, month).Select(r => new { r.OrganisationId, r.NodeId, r.Region }).Distinct().ToListAsync(ct);
        var waiting = await db.BillCorrections.Where(c => c.BilledIn == null && c.Month < first).Select(c => new { c.OrganisationId, c.NodeId }).Distinct().ToListAsync(ct);
        var regions = await db.Organisations.Select(o => new { o.Id, o.Region }).ToDictionaryAsync(o => o.Id, o => o.Region, ct);
        var changed = 0;
        foreach (var (organisation, node) in owners.Select(o => (o.OrganisationId, o.NodeId)).Union(waiting.Select(w => (w.OrganisationId, w.NodeId))).OrderBy(o => o.OrganisationId).ThenBy(o => o.NodeId))
        {
            try
            {
                var bill = await db.Bills.SingleOrDefaultAsync(b => b.Month == first && b.OrganisationId == organisation && b.NodeId == node, ct);
                if (bill?.State == BillState.Closed) { continue; }
                if (bill is null) { db.Bills.Add(bill = new Bill { Id = Guid.CreateVersion7(now), Month = first, OrganisationId = organisation, NodeId = node, Region = regions[organisation], CountedAt = now }); }
                var count = await Accounting.CountAsync(db, bill, now, ct);
                if (bill.Total != count.Total || bill.Resources != count.Resources || bill.UnpricedCount != count.Unpriced.Count) { changed++; }
                (bill.Total, bill.Resources, bill.UnpricedCount, bill.CountedAt) = (count.Total, count.Resources, count.Unpriced.Count, now);
                bill.Touch();
                await db.SaveChangesAsync(ct);
            }
            // Closed meanwhile, or counted by another: theirs stands.
            catch (DbUpdateException e) when (DatabaseErrors.IsLostRace(e)) { }
            db.ChangeTracker.Clear();
        }

        return changed;
    }
}
