using Zhengtong.Catalogue;
using Zhengtong.Cloud.Model;

namespace Zhengtong.Cloud.Orders;

/// <summary>What something costs a month, for those who decide; what is billed is measured.</summary>
internal static class OrderPrices
{
    /// <summary>Hours of a month, on average over a year.</summary>
    private const int Hours = 730;

    /// <summary>Yuan a month, rounded to cents: each meter's price times what it counts. Null where a meter of the plan has no price; a meter that is paid once counts nothing.</summary>
    internal static decimal? Monthly(IReadOnlyList<string> meters, IReadOnlyList<ResourceAmount> amounts, IReadOnlyDictionary<string, decimal> prices)
    {
        var sum = 0m;
        foreach (var meter in meters)
        {
            if (!prices.TryGetValue(meter, out var price)) { return null; }
            sum += price * Quantity(meter, amounts);
        }

        return Math.Round(sum, 2, MidpointRounding.AwayFromZero);
    }

    /// <summary>Units a month of a meter: <c>vcpu-hour</c> counts cores, <c>memory-gib-hour</c> and <c>disk-gib-hour</c> (or <c>gib-hour</c>) GiB, any other <c>KIND-hour</c> and <c>KIND-month</c> what is held of the kind and at least one.</summary>
    internal static decimal Quantity(string meter, IReadOnlyList<ResourceAmount> amounts)
    {
        var times = meter.EndsWith("-hour", StringComparison.Ordinal) ? Hours : meter.EndsWith("-month", StringComparison.Ordinal) ? 1 : 0;
        var what = times == 0 ? "" : meter[..meter.LastIndexOf('-')];
        return times * what switch
        {
            "" => 0,
            "vcpu" => amounts.Get("vcpu") / 1000m,
            "memory-gib" or "memory" => amounts.Get("memory") / 1024m,
            "disk-gib" or "disk" or "gib" => amounts.Get("disk"),
            _ => Math.Max(1, amounts.Get(what)),
        };
    }

    /// <summary>Prices in force of a plan, by meter.</summary>
    internal static IReadOnlyDictionary<string, decimal> Of(this IReadOnlyList<PriceCard> prices, string service, string plan) =>
        prices.Where(p => p.ServiceCode == service && p.PlanCode == plan).ToDictionary(p => p.Meter, p => p.Amount, StringComparer.Ordinal);
}
