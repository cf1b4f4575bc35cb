namespace Zhengtong.Catalogue;

/// <summary>Meters by which a plan may be priced; offers, estimates and bills know the same. Those with <c>-stopped</c> count while a resource is stopped; of the others the disk, its months and what is paid once count then too, all else only while it runs.</summary>
internal static class ServiceMeters
{
    /// <summary>Paid once, when the resource is first there.</summary>
    internal const string Once = "one-time";

    /// <summary>The resource for a month, a part of one by its share.</summary>
    internal const string Month = "instance-month";

    private const string Disk = "gib-disk-hour";
    private const string Stopped = "-stopped";

    /// <summary>The meter, the kind of resource it counts (null counts the resource itself), how many of the kind make a unit, and what a unit is as FOCUS writes it.</summary>
    private static readonly Dictionary<string, (string? Kind, int Per, string Unit)> Hourly = new(StringComparer.Ordinal)
    {
        ["instance-hour"] = (null, 1, "Instance-Hours"),
        ["vcpu-hour"] = ("vcpu", 1000, "Core-Hours"),
        ["gib-memory-hour"] = ("memory", 1024, "GiB-Hours"),
        [Disk] = ("disk", 1, "GiB-Hours"),
        ["database-hour"] = ("database", 1, "Database-Hours"),
        ["address-hour"] = ("address", 1, "Address-Hours"),
    };

    /// <summary>All of them without those for stopped resources, for whoever must choose.</summary>
    internal static IEnumerable<string> All => [Once, Month, .. Hourly.Keys];

    internal static bool IsKnown(string meter) => meter is Once or Month || Hourly.ContainsKey(Plain(meter));

    /// <summary>What one unit is, as FOCUS writes it.</summary>
    internal static string UnitOf(string meter) => meter switch { Once => "Purchases", Month => "Instance-Months", _ => Hourly[Plain(meter)].Unit };

    /// <summary>True when the meter counts in such a stretch of time.</summary>
    internal static bool Counts(string meter, bool isRunning) => meter is Month or Disk || meter.EndsWith(Stopped, StringComparison.Ordinal) != isRunning;

    /// <summary>Units of an hourly meter in an hour of a resource, given how much it has of a kind.</summary>
    internal static decimal Hour(string meter, Func<string, long> has) => Hourly[Plain(meter)] is var (kind, per, _) && kind is not null ? has(kind) / (decimal)per : 1;

    private static string Plain(string meter) => meter.EndsWith(Stopped, StringComparison.Ordinal) ? meter[..^Stopped.Length] : meter;
}
