using System.ComponentModel.DataAnnotations;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Cloud.Model;
using Zhengtong.Kernel.Identity;
using Zhengtong.Kernel.Ledger;

namespace Zhengtong.Cloud.Resources;

/// <summary>Whether a resource is to run.</summary>
/// <param name="IsOn">True to run, false to stand still.</param>
/// <param name="Revision">The revision the caller saw, from 1; any other than the current one is a conflict.</param>
public sealed record PowerResourceRequest(bool IsOn, [Range(1, int.MaxValue)] int Revision);

/// <summary>Where a resource stands after a change.</summary>
/// <param name="Wish">What it is to be.</param>
/// <param name="State">What it is now.</param>
/// <param name="Revision">To be sent with the next change.</param>
public sealed record ResourceStanding(ResourceWish Wish, CloudResourceState State, int Revision)
{
    internal static ResourceStanding Of(CloudResource resource) => new(resource.Wish, resource.State, resource.Revision);
}

internal static class PowerResource
{
    internal static void Map(IEndpointRouteBuilder group) =>
        group.MapPost("/cloud/resources/{id:guid}/power", Handle).Requires(Right.Apply).ProducesProblem(403).ProducesProblem(404).ProducesProblem(409);

    /// <summary>Say that a resource of the own organisation is to run or to stand still; it follows within seconds. A stopped one keeps its disk, and what is held for it.</summary>
    /// <response code="200">Noted; ledger event cloud.resource-power.</response>
    /// <response code="404">cloud.resource-not-found</response>
    /// <response code="409">cloud.changed-meanwhile, cloud.resource-gone, cloud.act-not-offered: a broker's service and one of people cannot be stopped</response>
    internal static async Task<Results<Ok<ResourceStanding>, ProblemHttpResult>> Handle(
        Guid id, PowerResourceRequest request, Actor actor, ZhengtongDb db, TimeProvider clock, CancellationToken ct)
    {
        if (await ResourceAccess.OwnAsync(db, id, actor, ct) is not { } resource) { return CloudProblems.ResourceNotFound.Because($"{id}"); }
        if (resource.Wish == ResourceWish.Removed) { return CloudProblems.ResourceGone.Because(resource.Number); }
        if (resource.Form is ResourceForm.Brokered or ResourceForm.Attended && !request.IsOn) { return CloudProblems.ActNotOffered.Because(resource.Number); }
        var wish = request.IsOn ? ResourceWish.Running : ResourceWish.Stopped;
        if (resource.Wish == wish) { return TypedResults.Ok(ResourceStanding.Of(resource)); }
        if (resource.Revision != request.Revision) { return CloudProblems.ChangedMeanwhile.Because(resource.Number); }

        var now = clock.GetUtcNow();
        (resource.Wish, resource.NextAt, resource.Attempts) = (wish, now, 0);
        resource.Touch();
        db.Ledger.Add(LedgerEntry.Of("cloud.resource-power", id, actor, now, after: new { resource.Number, wish }));
        try { await db.SaveChangesAsync(ct); }
        catch (DbUpdateConcurrencyException) { return CloudProblems.ChangedMeanwhile.Because(resource.Number); }
        return TypedResults.Ok(ResourceStanding.Of(resource));
    }
}
