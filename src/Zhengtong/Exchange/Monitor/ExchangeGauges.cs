using System.Diagnostics.Metrics;

namespace Zhengtong.Exchange.Monitor;

/// <summary>The exchange as Prometheus sees it: what the last look of the monitor found, for each agreement by its number. Labels name agreements, kinds and nothing of people;
/// figures that are no longer kept fresh by this process are not shown.</summary>
internal sealed class ExchangeGauges
{
    internal const string MeterName = "Zhengtong.Exchange";

    /// <summary>Most agreements shown one by one, by number; so many series at most an instance gives.</summary>
    private const int Most = 2_000;

    /// <summary>After so long another process looks.</summary>
    private static readonly TimeSpan Fresh = TimeSpan.FromMinutes(3);

    private readonly TimeProvider clock;
    private Look look = new([], [], DateTimeOffset.MinValue);

    public ExchangeGauges(IMeterFactory meters, TimeProvider clock)
    {
        this.clock = clock;
        var meter = meters.Create(MeterName);
        meter.CreateObservableGauge("zhengtong.exchange.agreements", () => Now().Flows.CountBy(f => f.Kind).Select(k => Of(k.Value, ("kind", Word(k.Key)))), null, "Agreements in force.");
        meter.CreateObservableCounter("zhengtong.exchange.delivered", () => Each(f => f.UnitsToday), null, "Rows, files or calls that arrived since midnight in China; starts again then.");
        meter.CreateObservableCounter("zhengtong.exchange.delivered_bytes", () => Each(f => f.BytesToday), "By", "Bytes that arrived since midnight in China; starts again then.");
        meter.CreateObservableCounter("zhengtong.exchange.failures", () => Each(f => f.FailuresToday), null, "Failed runs, calls and confirmations since midnight in China; starts again then.");
        meter.CreateObservableGauge("zhengtong.exchange.lag", () => Each(f => f.WaitingSince is { } since ? Math.Max(0, (Now().At - since).TotalSeconds) : 0), "s", "Age of the oldest batch or file without a receipt.");
        meter.CreateObservableGauge("zhengtong.exchange.last_success", () => Each(f => f.LastSuccessAt?.ToUnixTimeSeconds()), "s", "Unix time of the last success.");
        meter.CreateObservableGauge("zhengtong.exchange.quota_left", () => Each(f => f.QuotaLeft), null, "Calls left today.");
        meter.CreateObservableGauge("zhengtong.exchange.alarms", () => Enum.GetValues<AlarmKind>().Select(kind => Of(Now().Alarms.Count(a => a.Kind == kind), ("kind", Word(kind)))), null, "Open alarms.");
    }

    /// <summary>Takes in what a look of the monitor found.</summary>
    internal void Show(IReadOnlyList<Flow> flows, IReadOnlyList<Alarm> alarms, DateTimeOffset now) => look = new Look([.. flows.Take(Most)], alarms, now);

    private Look Now() => clock.GetUtcNow() - look.At < Fresh ? look : new Look([], [], look.At);

    private IEnumerable<Measurement<double>> Each(Func<Flow, double?> figure)
    {
        foreach (var flow in Now().Flows)
        {
            if (figure(flow) is { } value) { yield return Of(value, ("agreement", flow.Number), ("kind", Word(flow.Kind))); }
        }
    }

    private static Measurement<double> Of(double value, params ReadOnlySpan<(string Name, string Value)> labels)
    {
        var tags = new KeyValuePair<string, object?>[labels.Length];
        for (var n = 0; n < labels.Length; n++) { tags[n] = new(labels[n].Name, labels[n].Value); }
        return new Measurement<double>(value, tags);
    }

    private static string Word<T>(T value) where T : struct, Enum => value.ToString().ToLowerInvariant();

    private sealed record Look(IReadOnlyList<Flow> Flows, IReadOnlyList<Alarm> Alarms, DateTimeOffset At);
}
