using Microsoft.EntityFrameworkCore;

namespace Zhengtong.Catalogue;

/// <summary>What other modules may read of a price: yuan a unit of the meter within a period.</summary>
/// <param name="Id">The price, a version of what the plan costs.</param>
/// <param name="ServiceCode">Code of the cloud service.</param>
/// <param name="PlanCode">Code of its plan.</param>
/// <param name="Meter">What is counted.</param>
/// <param name="Amount">Yuan a unit.</param>
/// <param name="ValidFrom">First moment, inclusive.</param>
/// <param name="ValidUntil">End, exclusive; null for as long as no other follows.</param>
/// <param name="Source">The document that sets it.</param>
internal sealed record PriceCard(Guid Id, string ServiceCode, string PlanCode, string Meter, decimal Amount, DateTimeOffset ValidFrom, DateTimeOffset? ValidUntil, string Source);

/// <summary>What other modules may ask of prices.</summary>
internal static class CloudPriceLookup
{
    /// <summary>The prices in force at a moment of these services; a meter without a price is left out.</summary>
    internal static Task<IReadOnlyList<PriceCard>> AtAsync(ZhengtongDb db, IReadOnlyCollection<string> services, DateTimeOffset at, CancellationToken ct) => OfAsync(db, services, at, at.AddMicroseconds(1), ct);   // no database counts less

    /// <summary>Every price of these services that is in force at some time in the period, by service, plan, meter and time.</summary>
    internal static async Task<IReadOnlyList<PriceCard>> OfAsync(ZhengtongDb db, IReadOnlyCollection<string> services, DateTimeOffset from, DateTimeOffset until, CancellationToken ct)
    {
        var found = await db.PriceSeries.AsNoTracking().Where(s => services.Contains(s.ServiceCode)).SelectMany(s => s.Prices, (s, p) => new { s.ServiceCode, s.PlanCode, s.Meter, Price = p })
            .Where(p => p.Price.ValidFrom < until && (p.Price.ValidUntil == null || p.Price.ValidUntil > from))
            .Select(p => new PriceCard(p.Price.Id, p.ServiceCode, p.PlanCode, p.Meter, p.Price.Amount, p.Price.ValidFrom, p.Price.ValidUntil, p.Price.Source)).ToListAsync(ct);
        return [.. found.OrderBy(p => p.ServiceCode, StringComparer.Ordinal).ThenBy(p => p.PlanCode, StringComparer.Ordinal).ThenBy(p => p.Meter, StringComparer.Ordinal).ThenBy(p => p.ValidFrom)];
    }
}
