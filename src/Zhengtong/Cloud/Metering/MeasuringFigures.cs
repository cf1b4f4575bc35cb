using Microsoft.EntityFrameworkCore;
using Zhengtong.Cloud.Bills;
using Zhengtong.Cloud.Savings;
using Zhengtong.Kernel;
using Zhengtong.Kernel.Metering;

namespace Zhengtong.Cloud.Metering;

/// <summary>What the cockpit and the pilots ask of what is measured.</summary>
internal static class MeasuringFigures
{
    /// <summary>Processor used of what resources have, in thousandths, over the closed days of the time.</summary>
    internal static async Task<IndicatorValue> CpuAsync(ZhengtongDb db, IndicatorQuestion question, CancellationToken ct)
    {
        var organisations = question.OrganisationsOf(db);
        var (from, to) = (ChinaTime.DateOf(question.From), ChinaTime.DateOf(question.To));
        // Summed where the days are: a year of them is one row a resource.
        var found = await db.MeterDays.Where(d => d.Day >= from && d.Day < to && d.Figures.Covered > 0).GroupBy(d => d.ResourceId)
            .Select(g => new { Id = g.Key, Used = g.Sum(d => (long)d.Figures.CpuMean * d.Figures.Covered), Minutes = g.Sum(d => (long)d.Figures.Covered) })
            .Join(db.CloudResources.Where(r => organisations.Contains(r.OrganisationId)), d => d.Id, r => r.Id, (d, r) => new { d.Used, d.Minutes, r.Amounts }).ToListAsync(ct);
        var (used, had) = (found.Sum(f => (decimal)f.Used), found.Sum(f => (decimal)Model.Amounts.Get(f.Amounts, "vcpu") * f.Minutes));
        var inputs = new Dictionary<string, decimal> { ["used-core-minutes"] = used / 1000, ["had-core-minutes"] = had / 1000 };
        return new IndicatorValue(had == 0 ? null : decimal.Round(used * 1000 / had, 1), inputs);
    }

    /// <summary>Yuan of the bills of the months that begin in the time, drafts as last counted.</summary>
    internal static async Task<IndicatorValue> CostAsync(ZhengtongDb db, IndicatorQuestion question, CancellationToken ct)
    {
        var organisations = question.OrganisationsOf(db);
        var (from, to) = (ChinaTime.DateOf(question.From), ChinaTime.DateOf(question.To));
        var bills = await db.Bills.Where(b => b.Month >= from && b.Month < to && organisations.Contains(b.OrganisationId)).Select(b => new { b.Total, b.State }).ToListAsync(ct);
        return bills.Count == 0 ? new IndicatorValue(null, new Dictionary<string, decimal>())
            : new IndicatorValue(bills.Sum(b => b.Total), new Dictionary<string, decimal> { ["closed"] = bills.Where(b => b.State == BillState.Closed).Sum(b => b.Total), ["draft"] = bills.Where(b => b.State == BillState.Draft).Sum(b => b.Total) });
    }

    /// <summary>Yuan saved in the year that the time ends in, up to that end.</summary>
    internal static async Task<IndicatorValue> SavedAsync(ZhengtongDb db, IndicatorQuestion question, CancellationToken ct)
    {
        var last = question.To.AddTicks(-1);
        return await ReadSavings.CountAsync(db, ChinaTime.DateOf(last).Year, question.OrganisationsOf(db), question.To, ct) is { Departments.Count: > 0 } savings
            ? new IndicatorValue(savings.Total.Saved, new Dictionary<string, decimal> { ["avoided"] = savings.Total.Avoided, ["platform-cost"] = savings.Total.PlatformCost, ["servers"] = savings.Total.Servers, ["method"] = savings.Method })
            : new IndicatorValue(null, new Dictionary<string, decimal>());
    }
}
