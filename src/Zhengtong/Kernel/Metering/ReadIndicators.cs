using Microsoft.AspNetCore.Http.HttpResults;
using Zhengtong.Kernel.Identity;
using Zhengtong.Kernel.Regions;

namespace Zhengtong.Kernel.Metering;

/// <summary>A figure the platform measured.</summary>
/// <param name="Name">Its stable name.</param>
/// <param name="Title">Its title in the reader's language.</param>
/// <param name="Unit">Unit of the value.</param>
/// <param name="From">Beginning of the period, included.</param>
/// <param name="To">End of the period, excluded.</param>
/// <param name="Value">The value; null when there is nothing to compute it from.</param>
/// <param name="Inputs">The figures it was computed from.</param>
/// <param name="Source">Where it comes from and how it is computed, in the reader's language.</param>
/// <param name="Version">Version of the formula, from 1.</param>
/// <param name="ReadAt">When it was computed.</param>
public sealed record IndicatorResponse(
    string Name, string Title, string Unit, DateTimeOffset From, DateTimeOffset To, decimal? Value, IReadOnlyDictionary<string, decimal> Inputs, string Source, int Version, DateTimeOffset ReadAt);

internal static class ReadIndicators
{
    internal static void Map(IEndpointRouteBuilder group) => group.MapGet("/indicators", Handle).Requires(Right.ReadWork).ProducesProblem(403).ProducesProblem(404);

    /// <summary>Read indicators for a period: of the caller's organisation, or of an organisation or region in reach.</summary>
    /// <param name="name">Only this one; all when left out.</param>
    /// <param name="from">Beginning, included; default 30 days before <paramref name="to"/>.</param>
    /// <param name="to">End, excluded; default now.</param>
    /// <param name="organisation">An organisation in reach.</param>
    /// <param name="region">A region in reach; its organisations and those below.</param>
    /// <response code="200">The readings, by name.</response>
    /// <response code="403">kernel.out-of-reach</response>
    /// <response code="404">kernel.indicator-unknown</response>
    internal static async Task<Results<Ok<IReadOnlyList<IndicatorResponse>>, ProblemHttpResult>> Handle(
        string? name, DateTimeOffset? from, DateTimeOffset? to, Guid? organisation, RegionCode? region, Actor actor, Indicators indicators, ZhengtongDb db, TimeProvider clock, CancellationToken ct)
    {
        if (await FiguresReach.RefusalAsync(actor, organisation, region, db, ct) is { } refusal) { return refusal; }
        var names = name is null ? [.. indicators.All.Select(i => i.Name)] : new[] { name };
        var end = (to ?? clock.GetUtcNow()).ToUniversalTime();
        var start = (from ?? end.AddDays(-30)).ToUniversalTime();
        var question = new IndicatorQuestion(start, end, region is null ? organisation ?? actor.Organisation : organisation, region);
        var readings = new List<IndicatorResponse>();
        foreach (var asked in names)
        {
            if (await indicators.ReadAsync(asked, question, ct) is not { } reading) { return KernelProblems.IndicatorUnknown.Because(asked); }
            readings.Add(new IndicatorResponse(reading.Indicator.Name, Text.Of(reading.Indicator.TitleKey), reading.Indicator.Unit, start, end,
                reading.Answer.Value, reading.Answer.Inputs, Text.Of(reading.Indicator.Source), reading.Indicator.Version, reading.ReadAt));
        }

        return TypedResults.Ok<IReadOnlyList<IndicatorResponse>>(readings);
    }
}
