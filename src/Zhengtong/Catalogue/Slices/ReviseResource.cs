using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Catalogue.Model;
using Zhengtong.Kernel;
using Zhengtong.Kernel.Http;
using Zhengtong.Kernel.Identity;
using Zhengtong.Kernel.Ledger;

namespace Zhengtong.Catalogue.Slices;

internal static class ReviseResource
{
    internal static void Map(IEndpointRouteBuilder group) => group.MapPut("/resources/{id:guid}", Handle)
        .Requires(Right.Catalogue).ProducesProblem(403).ProducesProblem(404).ProducesProblem(409).ProducesProblem(412).ProducesProblem(428);

    /// <summary>Rewrite a draft of the caller's department; name the revision seen in If-Match.</summary>
    /// <response code="204">Revised; ledger event catalogue.revised.</response>
    /// <response code="400">catalogue.invalid</response>
    /// <response code="403">catalogue.not-provider</response>
    /// <response code="404">catalogue.not-found</response>
    /// <response code="409">catalogue.not-draft, catalogue.name-taken, catalogue.changed-meanwhile</response>
    /// <response code="412">kernel.changed-meanwhile</response>
    /// <response code="428">kernel.precondition-needed</response>
    internal static async Task<Results<NoContent, ProblemHttpResult>> Handle(
        Guid id, RegisterResourceRequest request, HttpContext http, Actor actor, ZhengtongDb db, TimeProvider clock, CancellationToken ct)
    {
        var resource = await db.Resources.SingleOrDefaultAsync(r => r.Id == id, ct);
        if (resource is null || !resource.IsVisibleTo(actor.Organisation)) { return CatalogueProblems.NotFound.Because($"{id}"); }
        if (resource.ProviderId != actor.Organisation) { return CatalogueProblems.NotProvider.Because(resource.Name); }
        if (resource.State != ResourceState.Draft) { return CatalogueProblems.NotDraft.Because(resource.Name); }
        if (http.PreconditionFails(resource.Revision) is { } failed) { return failed; }
        if (RegisterResource.Faults(request) is { Count: > 0 } faults) { return CatalogueProblems.Invalid.For(faults); }

        var now = clock.GetUtcNow();
        var before = new { resource.Name, resource.SharingType, items = resource.Items.OrderBy(i => i.Position).Select(i => i.Column).ToList() };
        resource.Revise(request.Name, request.Abstract, request.Kind ?? DeliveryKind.Table, RegisterResource.OperationsOf(request), request.SharingType, request.SharingCondition, request.UpdateCycle, RegisterResource.ItemsOf(request, now));
        await DescribeAsync(db, id, request.OpenApi, ct);
        await CatalogueSearch.PutAsync(db, resource, ct);
        db.Ledger.Add(LedgerEntry.Of("catalogue.revised", id, actor, now, before: before, after: new { request.Name, request.SharingType, items = request.Items.Select(i => i.Column) }));
        try { await db.SaveChangesAsync(ct); }
        catch (DbUpdateConcurrencyException) { return CatalogueProblems.ChangedMeanwhile.Because(resource.Name); }
        catch (DbUpdateException e) when (e.IsUniqueViolation()) { return CatalogueProblems.NameTaken.Because(request.Name); }
        return TypedResults.NoContent();
    }

    private static async Task DescribeAsync(ZhengtongDb db, Guid id, string? text, CancellationToken ct)
    {
        var description = await db.ServiceDescriptions.SingleOrDefaultAsync(d => d.ResourceId == id, ct);
        if (text is null) { if (description is not null) { db.ServiceDescriptions.Remove(description); } }
        else if (description is null) { db.ServiceDescriptions.Add(new ServiceDescription { ResourceId = id, Text = text }); }
        else { description.Text = text; }
    }
}
