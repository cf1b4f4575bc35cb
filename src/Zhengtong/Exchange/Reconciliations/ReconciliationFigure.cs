using Microsoft.EntityFrameworkCore;
using Zhengtong.Kernel.Metering;

namespace Zhengtong.Exchange.Reconciliations;

/// <summary>The indicator of how well deliveries agree: rows that differed in the last finished reconciliation of each delivery within the period.</summary>
internal static class ReconciliationFigure
{
    internal const string Name = "exchange.reconciliation-differences";

    /// <summary>For an organisation or region: deliveries to and from it. Null when nothing was reconciled.</summary>
    internal static async Task<IndicatorValue> ReadAsync(ZhengtongDb db, IndicatorQuestion question, CancellationToken ct)
    {
        var (from, to) = (question.From, question.To);
        var finished = db.Reconciliations.AsNoTracking().Where(r => r.State == ReconciliationState.Finished && r.FinishedAt >= from && r.FinishedAt < to);
        if (question.Organisation is not null || question.Region is not null)
        {
            var organisations = question.OrganisationsOf(db);
            finished = finished.Where(r => db.Deliveries.Any(d => d.Id == r.DeliveryId && (organisations.Contains(d.ProviderId) || organisations.Contains(d.ConsumerId))));
        }

        var last = finished.Where(r => !db.Reconciliations.Any(o => o.DeliveryId == r.DeliveryId && o.State == ReconciliationState.Finished && o.FinishedAt < to && o.FinishedAt > r.FinishedAt));
        var deliveries = await last.CountAsync(ct);
        if (deliveries == 0) { return new IndicatorValue(null, new Dictionary<string, decimal>()); }
        var differences = await last.SumAsync(r => r.Missing + r.Extra + r.Different, ct);
        return new IndicatorValue(differences, new Dictionary<string, decimal> { ["deliveries"] = deliveries });
    }
}
