using Zhengtong.Catalogue.Model;
using Zhengtong.Kernel.Http;
using Zhengtong.Kernel.Identity;
using Zhengtong.Web.Components;

namespace Zhengtong.Exchange.Monitor;

/// <summary>What the monitor's address asks for: which flows, in which order.</summary>
internal sealed class FlowFilter(Listing list)
{
    private static readonly StringComparison Ignoring = StringComparison.CurrentCultureIgnoreCase;

    internal static FlowFilter Of(string uri) => new(Listing.Of(uri));

    /// <summary>The flows under the filter, and when they were read.</summary>
    internal async Task<(IReadOnlyList<FlowSummary> Flows, DateTimeOffset At)> ReadAsync(Actor actor, ZhengtongDb db, FlowReading flows, TimeProvider clock, CancellationToken ct)
    {
        var read = (await ListFlows.Handle(list.Choice<DeliveryKind>("kind") is { } kind ? new Choice<DeliveryKind>(kind) : null, actor, db, flows, clock, ct)).Value!;
        var text = list["text"];
        IEnumerable<FlowSummary> found = read.Items;
        if (text.Length > 0) { found = found.Where(f => new[] { f.Provider, f.ProviderShortName, f.Consumer, f.ConsumerShortName, f.ResourceName, f.Number }.Any(s => s.Contains(text, Ignoring))); }
        if (list["only"] == "alarms") { found = found.Where(f => f.Alarms.Count > 0); }
        found = list.Sort switch
        {
            "rate" => found.OrderBy(f => f.UnitsPerMinute),
            "today" => found.OrderBy(f => f.UnitsToday),
            "lag" => found.OrderBy(f => f.LagSeconds ?? -1),
            "failures" => found.OrderBy(f => f.FailuresToday),
            "success" => found.OrderBy(f => f.LastSuccessAt ?? DateTimeOffset.MinValue),
            "quota" => found.OrderBy(f => f.QuotaLeft ?? long.MaxValue),
            _ => found,
        };
        return (list.Descending ? [.. found.Reverse()] : [.. found], read.At);
    }
}
