using Microsoft.EntityFrameworkCore;
using Zhengtong.Kernel.Organisations;

namespace Zhengtong.Kernel.Regions;

/// <summary>The region tree in queries: what <see cref="RegionCode.Covers"/> is in memory.</summary>
internal static class RegionQueries
{
    /// <summary>The region itself and all below it.</summary>
    internal static IQueryable<Region> Within(this IQueryable<Region> regions, RegionCode top) => regions.StartingWith(top.Prefix);

    /// <summary>Regions whose code begins with these digits, found by the key: among 664,000 a pattern would read every one.</summary>
    /// <param name="regions">Regions.</param>
    /// <param name="digits">1 to 12 digits.</param>
    internal static IQueryable<Region> StartingWith(this IQueryable<Region> regions, string digits) =>
        RegionCode.TryParse(digits.PadRight(12, '0'), null, out var first) && RegionCode.TryParse(digits.PadRight(12, '9'), null, out var last)
            ? regions.Where(r => r.Code.CompareTo(first) >= 0 && r.Code.CompareTo(last) <= 0)
            : regions.Where(_ => false);

    /// <summary>Organisations of the region and of all below it.</summary>
    internal static IQueryable<Organisation> Within(this IQueryable<Organisation> organisations, RegionCode top) =>
        organisations.Where(o => EF.Functions.Like((string)(object)o.Region, top.Prefix + "%"));
}
