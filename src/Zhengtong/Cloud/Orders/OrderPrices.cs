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

    /// <summary>Units in a month of a resource that runs all the time.</summary>
    private static decimal Quantity(string meter, IReadOnlyList<ResourceAmount> amounts) => meter switch
    {
        ServiceMeters.Once => 0,
        ServiceMeters.Month => 1,
        _ => ServiceMeters.Counts(meter, isRunning: true) ? Hours * ServiceMeters.Hour(meter, amounts.Get) : 0,
    };

    /// <summary>Prices in force of a plan, by meter.</summary>
    internal static IReadOnlyDictionary<string, decimal> Of(this IReadOnlyList<PriceCard> prices, string service, string plan) =>
        prices.Where(p => p.ServiceCode == service && p.PlanCode == plan).ToDictionary(p => p.Meter, p => p.Amount, StringComparer.Ordinal);
}
