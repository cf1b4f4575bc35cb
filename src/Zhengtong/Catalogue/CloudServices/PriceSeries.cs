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
}

/// <summary>A price in yuan (CNY) a unit of its meter, over a period; never changed once set.</summary>
internal sealed class ServicePrice
{
    internal required Guid Id { get; init; }

    /// <summary>Yuan a unit, 0 or more, at most 8 decimal places.</summary>
    internal required decimal Amount { get; init; }

    /// <summary>First moment, inclusive.</summary>
    internal required DateTimeOffset ValidFrom { get; init; }

    /// <summary>End, exclusive; null for as long as no other follows.</summary>
    internal DateTimeOffset? ValidUntil { get; init; }

    /// <summary>The document that sets it, 2 to 200 characters.</summary>
    internal required string Source { get; init; }

    /// <summary>Why, when it corrects an earlier price; else null.</summary>
    internal string? Ground { get; init; }

    /// <summary>True within the period, its end excluded.</summary>
    internal bool IsInForceAt(DateTimeOffset moment) => ValidFrom <= moment && (ValidUntil is null || moment < ValidUntil);

    /// <summary>True when the periods share a moment; periods that only touch do not.</summary>
    internal bool Overlaps(DateTimeOffset from, DateTimeOffset? until) => (until is null || ValidFrom < until) && (ValidUntil is null || from < ValidUntil);
}
