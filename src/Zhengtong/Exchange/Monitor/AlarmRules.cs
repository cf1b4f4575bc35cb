using Zhengtong.Catalogue.Model;

namespace Zhengtong.Exchange.Monitor;

/// <summary>A reason for an alarm, as found at one moment.</summary>
internal sealed record AlarmFinding(AlarmKind Kind, string Subject, Guid? AgreementId, Guid ProviderId, Guid ConsumerId, string Name, long Figure, long Limit)
{
    /// <summary>Tells open alarms apart.</summary>
    internal string Key => $"{Kind}:{Subject}";
}

/// <summary>When a flow, a key or a certificate is a reason for an alarm. Only figures and time come in, so that each rule can be tried by itself.</summary>
internal static class AlarmRules
{
    internal static IEnumerable<AlarmFinding> Of(Flow flow, MonitorOptions options, DateTimeOffset now)
    {
        if (flow.WaitingSince is { } since)
        {
            var most = flow.Kind == DeliveryKind.File ? options.FileLagHours * 3600L : options.LagSeconds;
            if (Seconds(now - since) is var lag && lag > most) { yield return Found(AlarmKind.Lag, lag, most); }
        }

        if (flow.Cycle is { } cycle)
        {
            var most = Math.Max(options.SilentSeconds, options.SilentCycles * Seconds(cycle));
            if (Seconds(now - flow.AliveAt) is var silent && silent > most) { yield return Found(AlarmKind.Silence, silent, most); }
        }

        if (flow.FailedRuns >= options.FailedRuns) { yield return Found(AlarmKind.Failures, flow.FailedRuns, options.FailedRuns); }
        else if (flow.Kind == DeliveryKind.Api && flow.FailuresInHour >= options.FailedCalls) { yield return Found(AlarmKind.Failures, flow.FailuresInHour, options.FailedCalls); }

        if (flow.QuotaPerDay is { } quota)
        {
            // Rounded up, so that a quota of 1 is not almost used before it is.
            var most = ((quota * options.QuotaPercent) + 99) / 100;
            if (flow.QuotaUsed >= most) { yield return Found(AlarmKind.Quota, flow.QuotaUsed, most); }
        }

        AlarmFinding Found(AlarmKind kind, long figure, long limit) =>
            new(kind, $"agreement:{flow.AgreementId:D}", flow.AgreementId, flow.ProviderId, flow.ConsumerId, $"{flow.ResourceName} {flow.Number}", figure, limit);
    }

    /// <summary>A key of an organisation, or a certificate that the platform relies on.</summary>
    /// <param name="subject"><c>key:id</c> or <c>certificate:name</c>.</param>
    /// <param name="name">As people name it.</param>
    /// <param name="holder">Whose it is.</param>
    /// <param name="end">When it ends; null never.</param>
    /// <param name="options">The settings.</param>
    /// <param name="now">The moment.</param>
    internal static AlarmFinding? OfKey(string subject, string name, Guid holder, DateTimeOffset? end, MonitorOptions options, DateTimeOffset now)
    {
        if (end is not { } last) { return null; }
        var left = (long)Math.Floor((last - now).TotalDays);
        return left < options.KeyWarningDays ? new AlarmFinding(AlarmKind.Key, subject, null, holder, holder, name, left, options.KeyWarningDays) : null;
    }

    private static long Seconds(TimeSpan span) => (long)span.TotalSeconds;
}
