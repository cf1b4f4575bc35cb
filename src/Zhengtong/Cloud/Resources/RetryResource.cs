using System.ComponentModel.DataAnnotations;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Cloud.Attended;
using Zhengtong.Cloud.Brokers;
using Zhengtong.Cloud.Model;
using Zhengtong.Kernel.Identity;
using Zhengtong.Kernel.Ledger;

namespace Zhengtong.Cloud.Resources;

/// <summary>Another attempt.</summary>
/// <param name="Anew">True makes a resource that is gone anew, empty, in the place of the old one; false only tries again.</param>
/// <param name="Reason">Why, 2 to 500 characters; the ledger keeps it.</param>
/// <param name="Revision">The revision the caller saw, from 1; any other than the current one is a conflict.</param>
public sealed record RetryResourceRequest(bool Anew, [Required, StringLength(500, MinimumLength = 2)] string Reason, [Range(1, int.MaxValue)] int Revision);

internal static class RetryResource
{
    internal static void Map(IEndpointRouteBuilder group) =>
        group.MapPost("/cloud/resources/{id:guid}/retries", Handle).Requires(Right.Apply).ProducesProblem(403).ProducesProblem(404).ProducesProblem(409);

    /// <summary>Try again what failed or was lost, once its cause is gone. What was on a lost resource does not come back by that.</summary>
    /// <response code="200">It is tried; ledger event cloud.resource-retried.</response>
    /// <response code="404">cloud.resource-not-found</response>
    /// <response code="409">cloud.changed-meanwhile, cloud.resource-gone, cloud.resource-not-troubled, cloud.resource-replaced</response>
    internal static async Task<Results<Ok<ResourceStanding>, ProblemHttpResult>> Handle(
        Guid id, RetryResourceRequest request, Actor actor, ZhengtongDb db, TimeProvider clock, CancellationToken ct)
    {
        if (await ResourceAccess.OwnAsync(db, id, actor, ct) is not { } resource) { return CloudProblems.ResourceNotFound.Because($"{id}"); }
        if (resource.IsGone) { return CloudProblems.ResourceGone.Because(resource.Number); }
        if (resource.Revision != request.Revision) { return CloudProblems.ChangedMeanwhile.Because(resource.Number); }
        if (resource.State is not (CloudResourceState.Failed or CloudResourceState.Lost)) { return CloudProblems.ResourceNotTroubled.Because(resource.Number); }

        // Of one grant at most one stands at a time.
        var root = resource.RootId ?? id;
        if (await db.CloudResources.AnyAsync(r => r.Id != id && (r.Id == root || r.RootId == root) && r.Wish != ResourceWish.Removed && r.State != CloudResourceState.Lost && r.State != CloudResourceState.Failed, ct))
        {
            return CloudProblems.ResourceReplaced.Because(resource.Number);
        }

        var now = clock.GetUtcNow();
        // Only while nobody has seen it is another made in its place; until then the billed span ended when it was lost.
        if (request.Anew && resource is { State: CloudResourceState.Lost, Problem: "gone" }) { (resource.DeliveredAt, resource.BackupId) = (null, null); }
        (resource.State, resource.Problem, resource.Attempts, resource.NextAt) = (CloudResourceState.Changing, null, 0, now);
        resource.Touch();
        if (resource.Form == ResourceForm.Brokered) { await BrokeredChange.RetryAsync(db, resource, request.Anew, now, ct); }
        if (resource.Form == ResourceForm.Attended) { await AttendedFulfilment.AskAgainAsync(db, resource, now, ct); }
        db.Ledger.Add(LedgerEntry.Of("cloud.resource-retried", id, actor, now, request.Reason, after: new { resource.Number, request.Anew }));
        try { await db.SaveChangesAsync(ct); }
        catch (DbUpdateConcurrencyException) { return CloudProblems.ChangedMeanwhile.Because(resource.Number); }
        return TypedResults.Ok(ResourceStanding.Of(resource));
    }
}
