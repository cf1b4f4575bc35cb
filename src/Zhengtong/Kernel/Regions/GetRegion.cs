using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Kernel.Http;
using Zhengtong.Kernel.Identity;

namespace Zhengtong.Kernel.Regions;

/// <summary>A region with its place in the tree.</summary>
/// <param name="Code">Its code: 6 digits down to the county, 12 below.</param>
/// <param name="Name">Its name without those above it.</param>
/// <param name="FullName">Its name behind those of the regions above it.</param>
/// <param name="Level">Its level.</param>
/// <param name="Path">The regions above it, from the province.</param>
/// <param name="Below">How many regions of each lower level lie in it.</param>
/// <param name="Organisations">How many organisations belong to it or to a region in it.</param>
/// <param name="IsOurs">True when an administrator of this platform added or renamed it.</param>
/// <param name="Revision">To be sent with a change.</param>
public sealed record RegionDetail(
    string Code, string Name, string FullName, RegionLevel Level, IReadOnlyList<RegionStep> Path, IReadOnlyList<RegionCount> Below, int Organisations, bool IsOurs, int Revision) : IRevisioned;

/// <summary>A region above another.</summary>
/// <param name="Code">Its code.</param>
/// <param name="Name">Its name.</param>
public sealed record RegionStep(string Code, string Name);

/// <summary>How many regions of a level.</summary>
/// <param name="Level">The level.</param>
/// <param name="Count">How many, at least 1.</param>
public sealed record RegionCount(RegionLevel Level, int Count);

internal static class GetRegion
{
    internal static void Map(IEndpointRouteBuilder group) => group.MapGet("/regions/{code}", Handle).RequiresSignIn().ProducesProblem(404);

    /// <summary>Read a region with the regions above it and how much lies in it.</summary>
    /// <param name="code">Its code: 2, 4, 6, 9 or 12 digits.</param>
    /// <response code="200">The region.</response>
    /// <response code="404">kernel.region-not-found</response>
    internal static async Task<Results<Ok<RegionDetail>, ProblemHttpResult>> Handle(RegionCode code, ZhengtongDb db, CancellationToken ct)
    {
        var region = await db.Regions.AsNoTracking().SingleOrDefaultAsync(r => r.Code == code, ct);
        if (region is null) { return KernelProblems.RegionNotFound.Because(code.ToString()); }

        var path = RegionNames.PathOf(code).SkipLast(1).ToList();
        var names = await RegionTable.FindAsync(db, path, ct);
        var below = await db.Regions.Within(code).Where(r => r.Code != code).GroupBy(r => r.Level).Select(g => new { Level = g.Key, Count = g.Count() }).ToListAsync(ct);
        return TypedResults.Ok(new RegionDetail(
            code.ToString(), region.Name, (await RegionNames.FullAsync(db, [code], ct))[code], region.Level,
            [.. path.Where(names.ContainsKey).Select(p => new RegionStep(p.ToString(), names[p].Name))],
            [.. below.OrderBy(b => b.Level).Select(b => new RegionCount(b.Level, b.Count))],
            await db.Organisations.Within(code).CountAsync(ct), region.IsOurs, region.Revision));
    }
}
