using System.ComponentModel.DataAnnotations;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Kernel.Identity;

namespace Zhengtong.Cloud.Reclaim;

/// <summary>The operator's decision on an objection.</summary>
/// <param name="Uphold">True: the resource stays with its department, and runs again when it was stopped. False: the reclaim goes on.</param>
/// <param name="Answer">Why, 2 to 500 characters; the department reads it and the ledger keeps it.</param>
public sealed record DecideReclaimRequest(bool Uphold, [Required, StringLength(500, MinimumLength = 2)] string Answer);

internal static class DecideReclaim
{
    internal static void Map(IEndpointRouteBuilder group) => group.MapPost("/cloud/reclaims/{id:guid}/decision", Handle).Requires(Right.ManagePools).ProducesProblem(403).ProducesProblem(404).ProducesProblem(409);

    /// <summary>Decide on a department's objection.</summary>
    /// <response code="204">Decided; ledger event cloud.reclaim-moved. The department is told.</response>
    /// <response code="404">cloud.reclaim-not-found</response>
    /// <response code="409">cloud.reclaim-moved-on, cloud.changed-meanwhile</response>
    internal static async Task<Results<NoContent, ProblemHttpResult>> Handle(Guid id, DecideReclaimRequest request, Actor actor, ZhengtongDb db, TimeProvider clock, CancellationToken ct)
    {
        var reclaim = await db.Reclaims.SingleOrDefaultAsync(r => r.Id == id, ct);
        if (reclaim is null) { return CloudProblems.ReclaimNotFound.Because($"{id}"); }
        var (now, before) = (clock.GetUtcNow(), reclaim.State);
        if (reclaim.Decide(request.Uphold, request.Answer, now) is not { } act) { return CloudProblems.ReclaimMovedOn.Because($"{reclaim.State}"); }
        var resource = await db.CloudResources.SingleAsync(r => r.Id == reclaim.ResourceId, ct);
        ReclaimIdle.Do(act, resource, now);
        db.Ledger.Add(ReclaimIdle.Moved(reclaim, before, actor, now, request.Answer));
        db.Notices.Add(ReclaimIdle.Told(reclaim, resource, request.Uphold ? "cloud.notice.reclaim-withdrawn" : "cloud.notice.reclaim-overruled", now));
        try { await db.SaveChangesAsync(ct); }
        catch (DbUpdateConcurrencyException) { return CloudProblems.ChangedMeanwhile.Because($"{id}"); }
        return TypedResults.NoContent();
    }
}
