using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Cloud.Model;
using Zhengtong.Kernel.Identity;

namespace Zhengtong.Cloud.Placement;

/// <summary>A consumer's place on a host.</summary>
/// <param name="Consumer">What stands there.</param>
/// <param name="Pool">Name of the pool.</param>
/// <param name="Host">Name of the host.</param>
/// <param name="Amounts">What it has there.</param>
/// <param name="CreatedAt">When it was placed.</param>
/// <param name="ReleasedAt">When it was given back; null while it stands there.</param>
/// <param name="Explanation">Why there, and why not elsewhere.</param>
public sealed record PlacementDetail(Guid Consumer, string Pool, string Host, IReadOnlyList<ResourceAmount> Amounts, DateTimeOffset CreatedAt, DateTimeOffset? ReleasedAt, PlacementExplanation Explanation);

internal static class GetPlacement
{
    internal static void Map(IEndpointRouteBuilder group) => group.MapGet("/cloud/placements/{consumer:guid}", Handle).Requires(Right.SeePools).ProducesProblem(403).ProducesProblem(404);

    /// <summary>Read where a consumer stands and stood, with the record of why, the newest first; while it moves, both hosts.</summary>
    /// <response code="200">Its places.</response>
    /// <response code="404">cloud.placement-not-found</response>
    internal static async Task<Results<Ok<IReadOnlyList<PlacementDetail>>, ProblemHttpResult>> Handle(Guid consumer, ZhengtongDb db, CancellationToken ct)
    {
        var found = await db.HostClaims.AsNoTracking().Where(c => c.ConsumerId == consumer)
            .Join(db.PlacementRecords, c => c.Id, r => r.ClaimId, (c, r) => new { Claim = c, r.Explanation })
            .Join(db.CloudHosts, f => f.Claim.HostId, h => h.Id, (f, h) => new { f.Claim, f.Explanation, Host = h.Name })
            .Join(db.ResourcePools, f => f.Claim.PoolId, p => p.Id, (f, p) => new { f.Claim, f.Explanation, f.Host, Pool = p.Name })
            .OrderByDescending(f => f.Claim.CreatedAt).Take(100).ToListAsync(ct);
        if (found.Count == 0) { return CloudProblems.PlacementNotFound.Because($"{consumer}"); }
        return TypedResults.Ok<IReadOnlyList<PlacementDetail>>([.. found.Select(f => new PlacementDetail(consumer, f.Pool, f.Host, f.Claim.Amounts, f.Claim.CreatedAt, f.Claim.ReleasedAt, f.Explanation))]);
    }
}
