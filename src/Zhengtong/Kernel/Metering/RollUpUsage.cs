using Microsoft.EntityFrameworkCore;
using Zhengtong.Kernel.Jobs;

namespace Zhengtong.Kernel.Metering;

/// <summary>Adds usage records to the sums of their hour and day. A record is added and marked in one transaction, so each counts exactly once, after any crash,
/// however late it comes.</summary>
internal sealed class RollUpUsage(ZhengtongDb db) : IReconciler
{
    private const int Batch = 2_000;

    public string Name => "kernel.usage-roll-up";

    public TimeSpan Every => TimeSpan.FromSeconds(10);

    public async Task<Pass> ReconcileAsync(CancellationToken ct)
    {
        var records = await db.Usage.AsNoTracking().Where(u => !u.IsRolledUp).OrderBy(u => u.Id).Take(Batch).ToListAsync(ct);
        if (records.Count == 0) { return Pass.Settled(); }

        await using var transaction = await db.Database.BeginTransactionAsync(ct);
        var ids = records.ConvertAll(r => r.Id);
        var marked = await db.Usage.Where(u => ids.Contains(u.Id) && !u.IsRolledUp).ExecuteUpdateAsync(s => s.SetProperty(u => u.IsRolledUp, true), ct);
        if (marked != records.Count) { throw new DbUpdateConcurrencyException("Another run rolled up the same records; this one steps back"); }

        foreach (var period in Enum.GetValues<RollUpPeriod>())
        {
            foreach (var use in records.GroupBy(r => (StartsAt: UsageRollUp.StartOf(period, r.At), r.Meter, r.Unit, r.OrganisationId, AgreementId: r.AgreementId ?? Guid.Empty)))
            {
                var (startsAt, meter, unit, organisation, agreement) = use.Key;
                var sum = await db.UsageRollUps.FindAsync([period, startsAt, meter, organisation, agreement, unit], ct);
                if (sum is null)
                {
                    sum = new UsageRollUp { Period = period, StartsAt = startsAt, Meter = meter, Unit = unit, OrganisationId = organisation, AgreementId = agreement };
                    db.UsageRollUps.Add(sum);
                }

                checked
                {
                    foreach (var record in use) { sum.Quantity += record.Quantity; }
                }

                sum.Records += use.Count();
            }
        }

        await db.SaveChangesAsync(ct);
        await transaction.CommitAsync(ct);
        return new Pass(records.Count, More: records.Count == Batch);
    }
}
