using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Cloud.Model;
using Zhengtong.Kernel;
using Zhengtong.Kernel.Http;
using Zhengtong.Kernel.Identity;

namespace Zhengtong.Cloud.Pools;

internal static class ListPools
{
    internal static void Map(IEndpointRouteBuilder group) => group.MapGet("/cloud/pools", Handle).Requires(Right.SeePools).ProducesProblem(400).ProducesProblem(403);

    /// <summary>List the resource pools, by name, with what their hosts have.</summary>
    /// <param name="zone">Only pools of this network.</param>
    /// <param name="page">Which part of the list.</param>
    /// <response code="200">A page of pools.</response>
    /// <response code="400">kernel.cursor-unknown</response>
    internal static async Task<Results<Ok<Page<PoolRow>>, ProblemHttpResult>> Handle(Choice<NetworkZone>? zone, [AsParameters] PageQuery page, ZhengtongDb db, Paging paging, CancellationToken ct)
    {
        var pools = db.ResourcePools.AsNoTracking();
        if (zone is { } one) { pools = pools.Where(p => p.Zone == one.Value); }
        return await paging.ReadAsync(pools, page, p => p.Name, p => p.Id, p => p, descending: false, ct) is { } read
            ? TypedResults.Ok(new Page<PoolRow>(await PoolRows.ShowAsync(db, read.Items, ct), read.Next, read.Total)) : KernelProblems.CursorUnknown.Because();
    }
}
