using Zhengtong.Kernel.Metering;

namespace Zhengtong.Exchange.Monitor;

/// <summary>The one place where a failure becomes a figure: runs of deliveries that broke off, calls that a service failed, files whose digest was wrong. In the same
/// save as what failed, so that it is counted once and its hours and days are summed like all that was delivered.</summary>
internal static class FailureAccount
{
    internal const string Failures = "exchange.failures";

    internal static void Record(ZhengtongDb db, Guid agreement, Guid consumer, object subject, DateTimeOffset now, long count = 1) =>
        db.Usage.Add(UsageRecord.Of(Failures, "failure", count, subject, consumer, now, agreement));
}
