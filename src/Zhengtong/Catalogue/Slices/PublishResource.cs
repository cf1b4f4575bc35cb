using System.ComponentModel.DataAnnotations;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Catalogue.Model;
using Zhengtong.Kernel.Identity;
using Zhengtong.Kernel.Ledger;

namespace Zhengtong.Catalogue.Slices;

/// <summary>What the provider sends to publish.</summary>
/// <param name="Revision">The revision the caller saw, from 1; any other than the current one is a conflict.</param>
public sealed record PublishResourceRequest([Range(1, int.MaxValue)] int Revision);

internal static class PublishResource
{
    internal static void Map(IEndpointRouteBuilder group) => group.MapPost("/resources/{id:guid}/publication", Handle)
        .Requires(Right.Catalogue).ProducesProblem(403).ProducesProblem(404).ProducesProblem(409);

    /// <summary>Publish a draft: every department finds it and may apply.</summary>
    /// <response code="204">Published; ledger event catalogue.published.</response>
    /// <response code="403">catalogue.not-provider</response>
    /// <response code="404">catalogue.not-found</response>
    /// <response code="409">catalogue.not-draft, catalogue.changed-meanwhile</response>
    internal static async Task<Results<NoContent, ProblemHttpResult>> Handle(
        Guid id, PublishResourceRequest request, Actor actor, ZhengtongDb db, TimeProvider clock, CancellationToken ct)
    {
        var resource = await db.Resources.SingleOrDefaultAsync(r => r.Id == id, ct);
        if (resource is null || !resource.IsVisibleTo(actor.Organisation)) { return CatalogueProblems.NotFound.Because($"{id}"); }
        if (resource.ProviderId != actor.Organisation) { return CatalogueProblems.NotProvider.Because(resource.Name); }
        if (resource.State != ResourceState.Draft) { return CatalogueProblems.NotDraft.Because(resource.Name); }
        if (resource.Revision != request.Revision) { return CatalogueProblems.ChangedMeanwhile.Because(resource.Name); }

        var now = clock.GetUtcNow();
        resource.Publish(now);
        db.Ledger.Add(LedgerEntry.Of("catalogue.published", resource.Id, actor, now, after: new { resource.Code, resource.Revision }));
        try { await db.SaveChangesAsync(ct); }
        catch (DbUpdateConcurrencyException) { return CatalogueProblems.ChangedMeanwhile.Because(resource.Name); }
        return TypedResults.NoContent();
    }
}
