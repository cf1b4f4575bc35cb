namespace Zhengtong.Kernel.Regions;

/// <summary>An administrative division 行政区划.</summary>
internal sealed class Region
{
    internal required RegionCode Code { get; init; }

    /// <summary>Official name without its parents, 1 to 100 characters.</summary>
    internal required string Name { get; set; }

    internal required RegionLevel Level { get; init; }

    /// <summary>Null for a province.</summary>
    internal RegionCode? Parent { get; init; }
}
