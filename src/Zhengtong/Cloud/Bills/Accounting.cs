using Microsoft.EntityFrameworkCore;
using Zhengtong.Catalogue;
using Zhengtong.Cloud.Model;

namespace Zhengtong.Cloud.Bills;

/// <summary>What a bill holds when it is counted.</summary>
/// <param name="Lines">Its lines in their order, without what rounds.</param>
/// <param name="Corrections">Those that wait for this bill, in the order of their lines at the end.</param>
/// <param name="Unpriced">Time without a price.</param>
/// <param name="Resources">How many resources were there in the month.</param>
internal sealed record BillCount(IReadOnlyList<BillLine> Lines, IReadOnlyList<BillCorrection> Corrections, IReadOnlyList<Unpriced> Unpriced, int Resources)
{
    internal decimal Total => Lines.Sum(l => l.Cost);
}

/// <summary>Counts bills from the stretches of time of resources and the prices in force: always anew, so that a draft is never out of step.</summary>
internal static class Accounting
{
    /// <summary>Resources that were there at some time of the month.</summary>
    internal static IQueryable<CloudResource> During(ZhengtongDb db, BillMonth month)
    {
        var (from, until) = (month.From, month.Until);
        return db.CloudResources.AsNoTracking().Where(r => r.DeliveredAt != null && r.DeliveredAt < until && (r.RemovedAt == null || r.RemovedAt > from));
    }

    /// <summary>Counts what a department, or a project of it, owes for a month.</summary>
    internal static async Task<BillCount> CountAsync(ZhengtongDb db, Bill bill, DateTimeOffset now, CancellationToken ct)
    {
        var month = BillMonth.Of(bill.Month);
        var (from, until) = (month.From, month.Until);
        var resources = (await During(db, month).Where(r => r.OrganisationId == bill.OrganisationId && r.NodeId == bill.NodeId).ToListAsync(ct)).OrderBy(r => r.Number, StringComparer.Ordinal).ToList();
        var prices = (await CloudPriceLookup.OfAsync(db, [.. resources.Select(r => r.ServiceCode).Distinct()], from, until, ct)).ToLookup(p => p.ServiceCode);
        var (lines, unpriced) = (new List<BillLine>(), new List<Unpriced>());
        foreach (var some in resources.Chunk(500))
        {
            var ids = some.Select(r => r.Id).ToList();
            var spans = (await db.ResourceSpans.AsNoTracking().Where(s => ids.Contains(s.ResourceId) && s.From < until && (s.Until == null || s.Until >= from)).OrderBy(s => s.From).ToListAsync(ct)).ToLookup(s => s.ResourceId);
            var firsts = await db.ResourceSpans.Where(s => ids.Contains(s.ResourceId)).GroupBy(s => s.ResourceId).Select(g => new { g.Key, First = g.Min(s => s.From) }).ToDictionaryAsync(g => g.Key, g => g.First, ct);
            foreach (var resource in some)
            {
                var (charges, without) = Charging.Of(resource, [.. spans[resource.Id]], prices[resource.ServiceCode].ToLookup(p => p.PlanCode), month, firsts.GetValueOrDefault(resource.Id), now);
                unpriced.AddRange(without);
                foreach (var charge in charges.OrderBy(c => c.Meter, StringComparer.Ordinal).ThenBy(c => c.From)) { lines.Add(Line(bill, lines.Count + 1, charge, now)); }
            }
        }

        var corrections = await WaitingAsync(db, bill, ct);
        foreach (var (correction, wrong) in corrections)
        {
            lines.Add(new BillLine
            {
                Id = Guid.CreateVersion7(now), BillId = bill.Id, Position = lines.Count + 1, Category = wrong.Category, Corrects = wrong.Id, ResourceId = wrong.ResourceId, ServiceCode = wrong.ServiceCode, PlanCode = wrong.PlanCode,
                Meter = wrong.Meter, PriceId = wrong.PriceId, UnitPrice = wrong.UnitPrice, Quantity = correction.Difference, Cost = wrong.UnitPrice!.Value * correction.Difference, From = wrong.From, Until = wrong.Until,
            });
        }

        return new BillCount(lines, [.. corrections.Select(c => c.Correction)], unpriced, resources.Count);
    }

    /// <summary>The lines of a bill as it stands: those that were written when it was closed, or counted now.</summary>
    internal static async Task<BillCount> ReadAsync(ZhengtongDb db, Bill bill, DateTimeOffset now, CancellationToken ct)
    {
        if (bill.State == BillState.Draft) { return await CountAsync(db, bill, now, ct); }
        var lines = await db.BillLines.AsNoTracking().Where(l => l.BillId == bill.Id).OrderBy(l => l.Position).ToListAsync(ct);
        return new BillCount(lines, [], [], bill.Resources);
    }

    /// <summary>What brings a sum to whole fen; null when it is whole.</summary>
    internal static BillLine? Rounding(Bill bill, BillCount count, DateTimeOffset now)
    {
        var month = BillMonth.Of(bill.Month);
        var difference = decimal.Round(count.Total, 2, MidpointRounding.ToEven) - count.Total;
        return difference == 0 ? null
            : new BillLine { Id = Guid.CreateVersion7(now), BillId = bill.Id, Position = count.Lines.Count + 1, Category = ChargeCategory.Adjustment, Cost = difference, From = month.From, Until = month.Until };
    }

    private static BillLine Line(Bill bill, int position, Charge charge, DateTimeOffset now) => new()
    {
        Id = Guid.CreateVersion7(now), BillId = bill.Id, Position = position, Category = charge.IsOnce ? ChargeCategory.Purchase : ChargeCategory.Usage, ResourceId = charge.ResourceId, ServiceCode = charge.ServiceCode,
        PlanCode = charge.PlanCode, Meter = charge.Meter, PriceId = charge.PriceId, UnitPrice = charge.UnitPrice, Quantity = charge.Quantity, Cost = charge.Cost, From = charge.From, Until = charge.Until,
    };

    private static async Task<IReadOnlyList<(BillCorrection Correction, BillLine Wrong)>> WaitingAsync(ZhengtongDb db, Bill bill, CancellationToken ct)
    {
        var waiting = await db.BillCorrections.Where(c => c.BilledIn == null && c.OrganisationId == bill.OrganisationId && c.NodeId == bill.NodeId && c.Month < bill.Month).OrderBy(c => c.AskedAt).ThenBy(c => c.Id).ToListAsync(ct);
        var ids = waiting.ConvertAll(c => c.LineId);
        var wrong = await db.BillLines.AsNoTracking().Where(l => ids.Contains(l.Id)).ToDictionaryAsync(l => l.Id, ct);
        return [.. waiting.Select(c => (c, wrong[c.LineId]))];
    }
}
