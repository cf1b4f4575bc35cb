using Microsoft.EntityFrameworkCore;
using Zhengtong.Kernel.Regions;

namespace Zhengtong.Kernel.Metering;

/// <summary>What an indicator is asked for.</summary>
/// <param name="From">Beginning, included.</param>
/// <param name="To">End, excluded.</param>
/// <param name="Organisation">Only this organisation; null for all in the region.</param>
/// <param name="Region">Only organisations of this region and below; null for all.</param>
internal sealed record IndicatorQuestion(DateTimeOffset From, DateTimeOffset To, Guid? Organisation = null, RegionCode? Region = null)
{
    /// <summary>Ids of the organisations asked for, to join or filter by.</summary>
    internal IQueryable<Guid> OrganisationsOf(ZhengtongDb db)
    {
        var all = db.Organisations.AsQueryable();
        if (Organisation is { } one) { all = all.Where(o => o.Id == one); }
        if (Region is { } region) { all = all.Within(region); }
        return all.Select(o => o.Id);
    }
}

/// <summary>An answer with what it was computed from, so that it can be computed again.</summary>
/// <param name="Value">Null when there is nothing to compute it from, which is not zero.</param>
/// <param name="Inputs">The figures it was computed from, by name.</param>
internal sealed record IndicatorValue(decimal? Value, IReadOnlyDictionary<string, decimal> Inputs)
{
    internal static IndicatorValue Of(decimal value) => new(value, new Dictionary<string, decimal>());
}

/// <summary>A figure that the platform measures: nobody types it in.</summary>
/// <param name="Name">Module, dot, what: <c>exchange.rows-delivered</c>. Its title is the text key <c>module.indicator.what</c>.</param>
/// <param name="Unit">Unit of the value: <c>row</c>, <c>byte</c>, <c>percent</c>.</param>
/// <param name="Period">The shortest period it makes sense for.</param>
/// <param name="Source">Text key of where it comes from and how it is computed.</param>
/// <param name="Query">Computes it.</param>
internal sealed record Indicator(string Name, string Unit, RollUpPeriod Period, string Source, Func<ZhengtongDb, IndicatorQuestion, CancellationToken, Task<IndicatorValue>> Query)
{
    /// <summary>Raised whenever the formula changes, so that an old figure is not compared with a new one unseen.</summary>
    internal int Version { get; init; } = 1;

    internal string TitleKey => Name.Insert(Name.IndexOf('.', StringComparison.Ordinal), ".indicator");
}

/// <summary>An indicator read.</summary>
internal sealed record IndicatorReading(Indicator Indicator, IndicatorQuestion Question, IndicatorValue Answer, DateTimeOffset ReadAt);

/// <summary>Every indicator that the modules registered, read by name: the cockpit and the pilots know no module's tables.</summary>
internal sealed class Indicators
{
    private readonly ZhengtongDb db;
    private readonly TimeProvider clock;
    private readonly SortedDictionary<string, Indicator> all = new(StringComparer.Ordinal);

    public Indicators(IEnumerable<Indicator> registered, ZhengtongDb db, TimeProvider clock)
    {
        (this.db, this.clock) = (db, clock);
        foreach (var indicator in registered) { all.Add(indicator.Name, indicator); }
    }

    /// <summary>All, by name.</summary>
    internal IReadOnlyCollection<Indicator> All => all.Values;

    /// <summary>The indicator's value now for what is asked; null when no indicator has that name.</summary>
    internal async Task<IndicatorReading?> ReadAsync(string name, IndicatorQuestion question, CancellationToken ct) =>
        all.TryGetValue(name, out var indicator) ? new IndicatorReading(indicator, question, await indicator.Query(db, question, ct), clock.GetUtcNow()) : null;
}

internal static class IndicatorRegistration
{
    /// <summary>Registers an indicator. Two of one name are an error at start-up.</summary>
    internal static void AddIndicator(
        this IServiceCollection services, string name, string unit, RollUpPeriod period, string source, Func<ZhengtongDb, IndicatorQuestion, CancellationToken, Task<IndicatorValue>> query) =>
        services.AddSingleton(new Indicator(name, unit, period, source, query));

    /// <summary>Registers an indicator that is the sum of a meter's use.</summary>
    internal static void AddMeteredIndicator(this IServiceCollection services, string name, string unit, string meter, string source) =>
        services.AddIndicator(name, unit, RollUpPeriod.Hour, source, async (db, question, ct) =>
        {
            // Whole days from the days' sums, the rest from the hours'.
            var isDays = UsageRollUp.StartOf(RollUpPeriod.Day, question.From) == question.From && UsageRollUp.StartOf(RollUpPeriod.Day, question.To) == question.To;
            var sums = db.UsageRollUps.Where(u => u.Meter == meter && u.Unit == unit && u.Period == (isDays ? RollUpPeriod.Day : RollUpPeriod.Hour) && u.StartsAt >= question.From && u.StartsAt < question.To);
            if (question.Organisation is not null || question.Region is not null)
            {
                var organisations = question.OrganisationsOf(db);
                sums = sums.Where(u => organisations.Contains(u.OrganisationId));
            }

            return IndicatorValue.Of(await sums.SumAsync(u => u.Quantity, ct));
        });
}
