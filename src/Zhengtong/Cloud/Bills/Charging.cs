using System.Globalization;
using Zhengtong.Catalogue;
using Zhengtong.Cloud.Model;
using Zhengtong.Kernel;

namespace Zhengtong.Cloud.Bills;

/// <summary>A month of accounts, in China.</summary>
internal readonly record struct BillMonth
{
    private BillMonth(DateOnly first) => First = first;

    internal DateOnly First { get; }

    internal DateTimeOffset From => ChinaTime.StartOf(First);

    /// <summary>End, exclusive.</summary>
    internal DateTimeOffset Until => ChinaTime.StartOf(First.AddMonths(1));

    internal BillMonth Next => new(First.AddMonths(1));

    internal static BillMonth Of(DateTimeOffset at) => Of(ChinaTime.DateOf(at));

    internal static BillMonth Of(DateOnly day) => new(new DateOnly(day.Year, day.Month, 1));

    /// <summary><c>2026-11</c>.</summary>
    internal static BillMonth? Parse(string? text) => DateOnly.TryParseExact($"{text}-01", "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out var day) ? Of(day) : null;

    public override string ToString() => First.ToString("yyyy-MM", CultureInfo.InvariantCulture);
}

/// <summary>What is charged of a resource: a meter over a stretch of time at one price. Cost is price times quantity, exactly.</summary>
/// <param name="ResourceId">The resource.</param>
/// <param name="ServiceCode">Its service.</param>
/// <param name="PlanCode">The plan that it stood under.</param>
/// <param name="Meter">What is counted.</param>
/// <param name="PriceId">The price, a version.</param>
/// <param name="UnitPrice">Yuan a unit.</param>
/// <param name="From">Beginning.</param>
/// <param name="Until">End, exclusive.</param>
/// <param name="Quantity">Units, at most 8 decimal places.</param>
internal sealed record Charge(Guid ResourceId, string ServiceCode, string PlanCode, string Meter, Guid PriceId, decimal UnitPrice, DateTimeOffset From, DateTimeOffset Until, decimal Quantity)
{
    internal decimal Cost => UnitPrice * Quantity;

    internal bool IsOnce => Meter == ServiceMeters.Once;
}

/// <summary>Time of a resource for which no price is set: what is not known is not billed, and keeps the bill from being closed.</summary>
/// <param name="ResourceId">The resource.</param>
/// <param name="PlanCode">Its plan.</param>
/// <param name="Meter">The meter whose price ends; null when the plan has no price at all, or one that is not known here.</param>
/// <param name="From">Beginning.</param>
/// <param name="Until">End, exclusive.</param>
internal sealed record Unpriced(Guid ResourceId, string PlanCode, string? Meter, DateTimeOffset From, DateTimeOffset Until);

/// <summary>Stretches of time and prices make charges: pure. Split where a price, the month or the resource changes.</summary>
internal static class Charging
{
    /// <summary>What a resource is charged for in a month.</summary>
    /// <param name="resource">The resource.</param>
    /// <param name="spans">Its stretches of time, in order.</param>
    /// <param name="prices">Prices of its service, by plan and meter.</param>
    /// <param name="month">The month.</param>
    /// <param name="first">When it was first there: what is paid once falls to that moment.</param>
    /// <param name="now">What lasts is counted up to here.</param>
    internal static (IReadOnlyList<Charge> Charges, IReadOnlyList<Unpriced> Unpriced) Of(
        CloudResource resource, IReadOnlyList<ResourceSpan> spans, ILookup<string, PriceCard> prices, BillMonth month, DateTimeOffset first, DateTimeOffset now)
    {
        var (charges, unpriced) = (new List<Charge>(), new List<Unpriced>());
        var (end, length) = (month.Until < now ? month.Until : now, month.Until - month.From);
        foreach (var span in spans)
        {
            var (from, until) = (Later(span.From, month.From), Earlier(span.Until ?? end, end));
            var isFirst = span.From == first && span.From >= month.From && span.From < month.Until;
            if (from >= until && !(isFirst && span.From <= now)) { continue; }
            var meters = prices[span.PlanCode].GroupBy(p => p.Meter, StringComparer.Ordinal).ToList();
            if (from < until && !meters.Exists(m => ServiceMeters.IsKnown(m.Key))) { unpriced.Add(new Unpriced(resource.Id, span.PlanCode, null, from, until)); }
            foreach (var meter in meters)
            {
                if (!ServiceMeters.IsKnown(meter.Key)) { unpriced.Add(new Unpriced(resource.Id, span.PlanCode, null, from, until)); }
                else if (meter.Key == ServiceMeters.Once)
                {
                    if (isFirst && meter.FirstOrDefault(p => IsInForce(p, span.From)) is { } once) { charges.Add(new Charge(resource.Id, once.ServiceCode, span.PlanCode, meter.Key, once.Id, once.Amount, span.From, span.From, 1)); }
                }
                else if (from < until && ServiceMeters.Counts(meter.Key, span.IsRunning)) { Meter(resource, span, [.. meter.OrderBy(p => p.ValidFrom)], from, until, length, charges, unpriced); }
            }
        }

        return (charges, unpriced);
    }

    private static void Meter(CloudResource resource, ResourceSpan span, List<PriceCard> prices, DateTimeOffset from, DateTimeOffset until, TimeSpan month, List<Charge> charges, List<Unpriced> unpriced)
    {
        var at = from;
        foreach (var price in prices.Where(p => p.ValidFrom < until && (p.ValidUntil is null || p.ValidUntil > from)))
        {
            var (begins, ends) = (Later(price.ValidFrom, from), Earlier(price.ValidUntil ?? until, until));
            if (begins > at) { unpriced.Add(new Unpriced(resource.Id, span.PlanCode, price.Meter, at, begins)); }
            var quantity = Quantity(price.Meter, span.Amounts, ends - begins, month);
            if (quantity > 0) { charges.Add(new Charge(resource.Id, price.ServiceCode, span.PlanCode, price.Meter, price.Id, price.Amount, begins, ends, quantity)); }
            at = ends;
        }

        if (at < until) { unpriced.Add(new Unpriced(resource.Id, span.PlanCode, prices[0].Meter, at, until)); }
    }

    /// <summary>Units in so much time, rounded to 8 places.</summary>
    private static decimal Quantity(string meter, IReadOnlyList<ResourceAmount> amounts, TimeSpan time, TimeSpan month) =>
        decimal.Round(meter == ServiceMeters.Month ? time.Ticks / (decimal)month.Ticks : ServiceMeters.Hour(meter, amounts.Get) * time.Ticks / TimeSpan.TicksPerHour, 8, MidpointRounding.ToEven);

    private static bool IsInForce(PriceCard price, DateTimeOffset at) => price.ValidFrom <= at && (price.ValidUntil is null || at < price.ValidUntil);

    private static DateTimeOffset Later(DateTimeOffset a, DateTimeOffset b) => a > b ? a : b;

    private static DateTimeOffset Earlier(DateTimeOffset a, DateTimeOffset b) => a < b ? a : b;
}
