using System.ComponentModel.DataAnnotations;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Kernel;
using Zhengtong.Kernel.Http;
using Zhengtong.Kernel.Identity;
using Zhengtong.Kernel.Ledger;

namespace Zhengtong.Cloud.Reclaim;

/// <summary>A resource that is not to be reclaimed for a time.</summary>
/// <param name="ResourceId">The resource.</param>
/// <param name="Until">The last day, today or later, at most a year ahead.</param>
/// <param name="Reason">Why, 2 to 500 characters.</param>
public sealed record ExcludeFromReclaimRequest(Guid ResourceId, DateOnly Until, [Required, StringLength(500, MinimumLength = 2)] string Reason);

/// <summary>The exclusion.</summary>
/// <param name="Id">Its id.</param>
public sealed record ReclaimExcluded(Guid Id);

internal static class ExcludeFromReclaim
{
    internal static void Map(IEndpointRouteBuilder group) => group.MapPost("/cloud/reclaim-exclusions", Handle).Requires(Right.ManagePools).ProducesProblem(403).ProducesProblem(404).Idempotent();

    /// <summary>Exclude a resource from being reclaimed until a day; one under way is withdrawn by the next round.</summary>
    /// <response code="201">Excluded; ledger event cloud.reclaim-excluded.</response>
    /// <response code="400">cloud.invalid</response>
    /// <response code="404">cloud.resource-unknown</response>
    internal static async Task<Results<Created<ReclaimExcluded>, ProblemHttpResult>> Handle(ExcludeFromReclaimRequest request, Actor actor, ZhengtongDb db, TimeProvider clock, CancellationToken ct)
    {
        var now = clock.GetUtcNow();
        var today = ChinaTime.DateOf(now);
        if (!await db.CloudResources.AnyAsync(r => r.Id == request.ResourceId, ct)) { return CloudProblems.ResourceUnknown.Because($"{request.ResourceId}"); }
        if (request.Until < today || request.Until > today.AddYears(1)) { return CloudProblems.Invalid.For(new Dictionary<string, string[]> { ["until"] = [Text.Of("cloud.reclaim.until")] }); }
        var exclusion = new ReclaimExclusion { Id = Guid.CreateVersion7(now), ResourceId = request.ResourceId, Until = request.Until, Reason = request.Reason, SetAt = now, SetBy = actor.Id };
        db.ReclaimExclusions.Add(exclusion);
        db.Ledger.Add(LedgerEntry.Of("cloud.reclaim-excluded", request.ResourceId, actor, now, request.Reason, after: new { until = request.Until.ToString("yyyy-MM-dd", System.Globalization.CultureInfo.InvariantCulture) }));
        await db.SaveChangesAsync(ct);
        return TypedResults.Created($"/api/v1/cloud/usage/{request.ResourceId}", new ReclaimExcluded(exclusion.Id));
    }
}
