using Microsoft.EntityFrameworkCore;
using Zhengtong.Cloud.Model;
using Zhengtong.Kernel.Metering;

namespace Zhengtong.Cloud.Quotas;

/// <summary>Processor that departments hold now, in thousandths of a core: what is approved and what is there.</summary>
internal static class QuotaFigure
{
    internal static async Task<IndicatorValue> ReadAsync(ZhengtongDb db, IndicatorQuestion question, CancellationToken ct)
    {
        var organisations = question.OrganisationsOf(db);
        var sums = await db.QuotaCounters.Where(c => c.Kind == "vcpu" && db.QuotaNodes.Any(n => n.Id == c.NodeId && n.Level == QuotaLevel.Department && organisations.Contains(n.OrganisationId!.Value)))
            .GroupBy(_ => 1).Select(g => new { Reserved = g.Sum(c => c.Reserved), Active = g.Sum(c => c.Active) }).SingleOrDefaultAsync(ct);
        return sums is null ? new IndicatorValue(null, new Dictionary<string, decimal>())
            : new IndicatorValue(sums.Reserved + sums.Active, new Dictionary<string, decimal> { ["reserved"] = sums.Reserved, ["active"] = sums.Active });
    }
}
