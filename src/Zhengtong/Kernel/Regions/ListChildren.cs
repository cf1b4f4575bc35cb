using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Kernel.Http;
using Zhengtong.Kernel.Identity;

namespace Zhengtong.Kernel.Regions;

internal static class ListChildren
{
    internal static void Map(IEndpointRouteBuilder group) => group.MapGet("/regions/{code}/children", Handle).RequiresSignIn().ProducesProblem(404);

    /// <summary>List the regions directly below one, by code.</summary>
    /// <param name="code">The region above: 2, 4, 6, 9 or 12 digits.</param>
    /// <param name="page">Which part of the list.</param>
    /// <param name="db">The database.</param>
    /// <param name="paging">Reads by cursor.</param>
    /// <param name="ct">Stops it.</param>
    /// <response code="200">A page of regions.</response>
    /// <response code="400">kernel.cursor-unknown</response>
    /// <response code="404">kernel.region-not-found</response>
    internal static async Task<Results<Ok<Page<RegionRow>>, ProblemHttpResult>> Handle(RegionCode code, [AsParameters] PageQuery page, ZhengtongDb db, Paging paging, CancellationToken ct)
    {
        if (!await db.Regions.AnyAsync(r => r.Code == code, ct)) { return KernelProblems.RegionNotFound.Because(code.ToString()); }
        return await SearchRegions.ReadAsync(SearchRegions.Rows(db, null, null, null, code), page, db, paging, ct) is { } read ? TypedResults.Ok(read) : KernelProblems.CursorUnknown.Because();
    }
}
