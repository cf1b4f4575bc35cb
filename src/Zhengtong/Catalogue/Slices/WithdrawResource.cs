using System.ComponentModel.DataAnnotations;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Catalogue.Model;
using Zhengtong.Kernel.Identity;
using Zhengtong.Kernel.Ledger;

namespace Zhengtong.Catalogue.Slices;

/// <summary>What the provider sends to withdraw.</summary>
/// <param name="Reason">Why, 2 to 500 characters.</param>
/// <param name="Revision">The revision the caller saw, from 1.</param>
public sealed record WithdrawResourceRequest([Required, StringLength(500, MinimumLength = 2)] string Reason, [Range(1, int.MaxValue)] int Revision);

internal static class WithdrawResource
{
    internal static void Map(IEndpointRouteBuilder group) => group.MapPost("/resources/{id:guid}/withdrawal", Handle)
        .Requires(Right.Catalogue).ProducesProblem(403).ProducesProblem(404).ProducesProblem(409);

    /// <summary>Withdraw a published resource: no new applications; agreements in force go on.</summary>
    /// <response code="204">Withdrawn; ledger event catalogue.withdrawn.</response>
    /// <response code="403">catalogue.not-provider</response>
    /// <response code="404">catalogue.not-found</response>
    /// <response code="409">catalogue.not-published, catalogue.changed-meanwhile</response>
    internal static async Task<Results<NoContent, ProblemHttpResult>> Handle(
        Guid id, WithdrawResourceRequest request, Actor actor, ZhengtongDb db, TimeProvider clock, CancellationToken ct)
    {
        var resource = await db.Resources.SingleOrDefaultAsync(r => r.Id == id, ct);
        if (resource is null || !resource.IsVisibleTo(actor.Organisation)) { return CatalogueProblems.NotFound.Because($"{id}"); }
        if (resource.ProviderId != actor.Organisation) { return CatalogueProblems.NotProvider.Because(resource.Name); }
        if (resource.State != ResourceState.Published) { return CatalogueProblems.NotPublished.Because(resource.Name); }
        if (resource.Revision != request.Revision) { return CatalogueProblems.ChangedMeanwhile.Because(resource.Name); }

        resource.Withdraw();
        db.Ledger.Add(LedgerEntry.Of("catalogue.withdrawn", resource.Id, actor, clock.GetUtcNow(), request.Reason, before: ResourceState.Published));
        try { await db.SaveChangesAsync(ct); }
        catch (DbUpdateConcurrencyException) { return CatalogueProblems.ChangedMeanwhile.Because(resource.Name); }
        return TypedResults.NoContent();
    }
}
