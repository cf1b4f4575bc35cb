using Microsoft.EntityFrameworkCore;
using Zhengtong.Kernel.Organisations;

namespace Zhengtong.Kernel.Regions;

/// <summary>The region tree in queries: what <see cref="RegionCode.Covers"/> is in memory.</summary>
internal static class RegionQueries
{
    /// <summary>The region itself and all below it.</summary>
    internal static IQueryable<Region> Within(this IQueryable<Region> regions, RegionCode top) =>
        regions.Where(r => EF.Functions.Like((string)(object)r.Code, top.Prefix + "%"));

    /// <summary>Organisations of the region and of all below it.</summary>
    internal static IQueryable<Organisation> Within(this IQueryable<Organisation> organisations, RegionCode top) =>
        organisations.Where(o => EF.Functions.Like((string)(object)o.Region, top.Prefix + "%"));
}
