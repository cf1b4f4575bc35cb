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

    /// <summary>True when an administrator added or renamed it: the program's data and imports leave its name alone.</summary>
    internal bool IsOurs { get; set; }

    /// <summary>From 1; grows with each change.</summary>
    internal int Revision { get; set; } = 1;

    /// <summary>An administrator gives it another name.</summary>
    internal void Rename(string name) => (Name, IsOurs, Revision) = (name, true, Revision + 1);
}
