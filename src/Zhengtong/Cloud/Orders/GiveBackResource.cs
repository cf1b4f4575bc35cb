using System.ComponentModel.DataAnnotations;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Cloud.Model;
using Zhengtong.Kernel;
using Zhengtong.Kernel.Identity;
using Zhengtong.Kernel.Ledger;

namespace Zhengtong.Cloud.Orders;

/// <summary>Give a resource back.</summary>
/// <param name="Reason">Why, 2 to 500 characters.</param>
public sealed record GiveBackResourceRequest([Required, StringLength(500, MinimumLength = 2)] string Reason);

internal static class GiveBackResource
{
    private const int MostAttempts = 5;

    internal static void Map(IEndpointRouteBuilder group) => group.MapPost("/cloud/resources/{id:guid}/return", Handle).Requires(Right.Apply).ProducesProblem(403).ProducesProblem(404).ProducesProblem(409);

    /// <summary>Give a resource of the own department back, for good: it is removed at its engine, then what it held is released. Nobody need agree.</summary>
    /// <response code="204">It is being removed; ledger event cloud.resource-returned.</response>
    /// <response code="404">cloud.resource-not-found</response>
    /// <response code="409">cloud.resource-gone: it is, or is being removed already; cloud.changed-meanwhile</response>
    internal static async Task<Results<NoContent, ProblemHttpResult>> Handle(Guid id, GiveBackResourceRequest request, Actor actor, ZhengtongDb db, TimeProvider clock, CancellationToken ct)
    {
        for (var attempt = 1; ; attempt++)
        {
            var resource = await db.CloudResources.SingleOrDefaultAsync(r => r.Id == id && r.OrganisationId == actor.Organisation, ct);
            if (resource is null) { return CloudProblems.ResourceNotFound.Because($"{id}"); }
            if (resource.IsGone || resource.Wish == ResourceWish.Removed) { return CloudProblems.ResourceGone.Because(resource.Number); }

            var now = clock.GetUtcNow();
            (resource.Wish, resource.NextAt, resource.Attempts) = (ResourceWish.Removed, now, 0);
            resource.Touch();
            db.Ledger.Add(LedgerEntry.Of("cloud.resource-returned", resource.Id, actor, now, request.Reason, after: new { resource.Number, resource.Name }));
            try
            {
                await db.SaveChangesAsync(ct);
                return TypedResults.NoContent();
            }
            catch (Exception e) when (DatabaseErrors.IsLostRace(e))
            {
                // The delivery wrote down what it saw meanwhile; what is wished does not depend on that.
                db.ChangeTracker.Clear();
                if (attempt >= MostAttempts) { return CloudProblems.ChangedMeanwhile.Because(resource.Number); }
            }
        }
    }
}
