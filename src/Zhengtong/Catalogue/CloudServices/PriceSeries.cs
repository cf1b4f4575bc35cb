namespace Zhengtong.Catalogue.CloudServices;

/// <summary>All prices of one plan and one meter: the unit within which validity never overlaps. Its revision is the concurrency token, so that of two prices set at once
/// one is refused whatever their dates; a unique index on plan and meter holds for the first.</summary>
internal sealed class PriceSeries
{
    internal required Guid Id { get; init; }

    /// <summary>Code of the cloud service; prices go on from one version of it to the next.</summary>
    internal required string ServiceCode { get; init; }

    /// <summary>Code of the plan within the service.</summary>
    internal required string PlanCode { get; init; }

    /// <summary>What is counted: <c>vcpu-hour</c>, <c>gib-hour</c>, <c>instance-month</c>, <c>one-time</c>.</summary>
    internal required string Meter { get; init; }

    /// <summary>From 1; grows with each price.</summary>
    internal int Revision { get; private set; } = 1;

    internal List<ServicePrice> Prices { get; init; } = [];

    /// <summary>The price in force at a moment, or null when there is none.</summary>
    internal ServicePrice? At(DateTimeOffset moment) => Prices.SingleOrDefault(p => p.IsInForceAt(moment));

    /// <summary>The prices that a new one would overlap; empty when it fits.</summary>
    internal IReadOnlyList<ServicePrice> OverlappedBy(DateTimeOffset from, DateTimeOffset? until) => [.. Prices.Where(p => p.Overlaps(from, until)).OrderBy(p => p.ValidFrom)];

    /// <summary>Adds a price that overlaps none.</summary>
    /// <exception cref="InvalidOperationException">It overlaps one, or ends before it begins: the caller asks <see cref="OverlappedBy"/> first.</exception>
    internal void Add(ServicePrice price)
    {
        if (price.ValidUntil <= price.ValidFrom || OverlappedBy(price.ValidFrom, price.ValidUntil).Count > 0) { throw new InvalidOperationException("The price does not fit"); }
        Prices.Add(price);
        Revision++;
    }

    /// <summary>Adds a price that comes after all others; one without an end that began before ends where this begins. The prices that it cannot follow, and then nothing is changed; empty when it was added.</summary>
    internal IReadOnlyList<ServicePrice> Follow(ServicePrice price)
    {
        var open = Prices.SingleOrDefault(p => p.ValidUntil is null && p.ValidFrom < price.ValidFrom);
        if (OverlappedBy(price.ValidFrom, price.ValidUntil).Where(p => p != open).ToList() is { Count: > 0 } others) { return others; }
        if (open is not null) { open.ValidUntil = price.ValidFrom; }
        Add(price);
        return [];
    }

    /// <summary>Adds a price that takes the place of whatever was set for its period: what was set before it ends, what was set beyond it goes on. A price that is replaced as a whole keeps its row with an empty period,
    /// so that a bill that names it still finds it.</summary>
    /// <param name="price">The correction, with its ground.</param>
    /// <param name="now">Gives the ids of what goes on beyond it.</param>
    internal void Correct(ServicePrice price, DateTimeOffset now)
    {
        foreach (var old in OverlappedBy(price.ValidFrom, price.ValidUntil))
        {
            var end = old.ValidUntil;
            old.ValidUntil = old.ValidFrom < price.ValidFrom ? price.ValidFrom : old.ValidFrom;
            if (price.ValidUntil is { } until && (end is null || end > until))
            {
                Prices.Add(new ServicePrice { Id = Guid.CreateVersion7(now), Amount = old.Amount, ValidFrom = until, ValidUntil = end, Source = old.Source, Ground = old.Ground });
            }
        }

        Add(price);
    }
}

/// <summary>A price in yuan (CNY) a unit of its meter, over a period. Its amount never changes; its end does, when another follows or corrects it.</summary>
internal sealed class ServicePrice
{
    internal required Guid Id { get; init; }

    /// <summary>Yuan a unit, 0 or more, at most 8 decimal places.</summary>
    internal required decimal Amount { get; init; }

    /// <summary>First moment, inclusive.</summary>
    internal required DateTimeOffset ValidFrom { get; init; }

    /// <summary>End, exclusive; null for as long as no other follows.</summary>
    internal DateTimeOffset? ValidUntil { get; set; }

    /// <summary>The document that sets it, 2 to 200 characters.</summary>
    internal required string Source { get; init; }

    /// <summary>Why, when it corrects an earlier price; else null.</summary>
    internal string? Ground { get; init; }

    /// <summary>True within the period, its end excluded.</summary>
    internal bool IsInForceAt(DateTimeOffset moment) => ValidFrom <= moment && (ValidUntil is null || moment < ValidUntil);

    /// <summary>True when the periods share a moment; periods that only touch do not, nor does one that is empty.</summary>
    internal bool Overlaps(DateTimeOffset from, DateTimeOffset? until) => ValidUntil != ValidFrom && (until is null || ValidFrom < until) && (ValidUntil is null || from < ValidUntil);
}
