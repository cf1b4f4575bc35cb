using System.ComponentModel.DataAnnotations;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Kernel.Identity;

namespace Zhengtong.Cloud.Reclaim;

/// <summary>A department's objection.</summary>
/// <param name="Reason">Why the resource is needed, 2 to 500 characters; the ledger keeps it.</param>
public sealed record ObjectToReclaimRequest([Required, StringLength(500, MinimumLength = 2)] string Reason);

internal static class ObjectToReclaim
{
    internal static void Map(IEndpointRouteBuilder group) => group.MapPost("/cloud/reclaims/{id:guid}/objection", Handle).Requires(Right.Apply).ProducesProblem(403).ProducesProblem(404).ProducesProblem(409);

    /// <summary>Object to the reclaiming of a resource of the own organisation: once, within the time of the notice or while the stopped resource is kept. Nothing moves on until the operator has decided.</summary>
    /// <response code="204">Objected; ledger event cloud.reclaim-moved.</response>
    /// <response code="404">cloud.reclaim-not-found</response>
    /// <response code="409">cloud.reclaim-moved-on, cloud.changed-meanwhile</response>
    internal static async Task<Results<NoContent, ProblemHttpResult>> Handle(Guid id, ObjectToReclaimRequest request, Actor actor, ZhengtongDb db, TimeProvider clock, CancellationToken ct)
    {
        var reclaim = await db.Reclaims.SingleOrDefaultAsync(r => r.Id == id && r.OrganisationId == actor.Organisation && r.NoticedAt != null, ct);
        if (reclaim is null) { return CloudProblems.ReclaimNotFound.Because($"{id}"); }
        var (now, before) = (clock.GetUtcNow(), reclaim.State);
        if (!reclaim.Object(request.Reason, now)) { return CloudProblems.ReclaimMovedOn.Because($"{reclaim.State}"); }
        db.Ledger.Add(ReclaimIdle.Moved(reclaim, before, actor, now, request.Reason));
        try { await db.SaveChangesAsync(ct); }
        catch (DbUpdateConcurrencyException) { return CloudProblems.ChangedMeanwhile.Because($"{id}"); }
        return TypedResults.NoContent();
    }
}
