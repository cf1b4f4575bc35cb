using System.ComponentModel.DataAnnotations;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Catalogue;
using Zhengtong.Catalogue.Model;
using Zhengtong.Kernel;
using Zhengtong.Kernel.Http;
using Zhengtong.Kernel.Identity;
using Zhengtong.Kernel.Ledger;
using Zhengtong.OpenData.Model;

namespace Zhengtong.OpenData.Publishing;

/// <summary>A new dataset of the caller's department.</summary>
/// <param name="Name">Last part of its address: 2 to 100 of <c>a-z 0-9 - _</c>, unique on the platform.</param>
/// <param name="ResourceId">The catalogued information resource it is opened from; nothing for what was never catalogued.</param>
/// <param name="Description">What it says of itself.</param>
public sealed record CreateDatasetRequest([Required, StringLength(100, MinimumLength = 2)] string Name, Guid? ResourceId, [Required] DatasetDescriptionBody Description);

/// <summary>The dataset as created.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Name">Last part of its address.</param>
/// <param name="VersionId">Id of its first version, a draft.</param>
/// <param name="Number">1.</param>
/// <param name="Revision">Of the draft: 1.</param>
public sealed record CreateDatasetResponse(Guid Id, string Name, Guid VersionId, int Number, int Revision);

internal static class CreateDataset
{
    internal static void Map(IEndpointRouteBuilder group) => group.MapPost("/datasets", Handle).Requires(Right.OpenData).ProducesProblem(403).ProducesProblem(404).Idempotent();

    /// <summary>Begin a dataset with an empty draft of its first version. From an information resource only what its sharing type allows: what is shared on application is opened at most on
    /// application, what is not shared is not opened.</summary>
    /// <response code="201">Created; ledger event open-data.created.</response>
    /// <response code="400">open-data.invalid</response>
    /// <response code="404">open-data.resource-not-found</response>
    /// <response code="409">open-data.name-taken</response>
    internal static async Task<Results<Created<CreateDatasetResponse>, ProblemHttpResult>> Handle(
        CreateDatasetRequest request, Actor actor, ZhengtongDb db, CatalogueLookup catalogue, TimeProvider clock, CancellationToken ct)
    {
        ResourceCard? resource = null;
        if (request.ResourceId is { } from)
        {
            resource = await catalogue.FindAsync(from, ct);
            if (resource is null || resource.ProviderId != actor.Organisation || resource.State != ResourceState.Published) { return OpenDataProblems.ResourceNotFound.Because($"{from}"); }
        }

        var faults = DescriptionRules.FaultsOf(request.Description, resource);
        if (!DescriptionRules.IsName(request.Name)) { faults["name"] = [Text.Of("open-data.publishing.name-shape")]; }
        if (faults.Count > 0) { return OpenDataProblems.Invalid.For(faults); }
        if (await db.Datasets.AnyAsync(d => d.Name == request.Name, ct)) { return OpenDataProblems.NameTaken.Because(request.Name); }

        var now = clock.GetUtcNow();
        var description = request.Description.ToDescription();
        var dataset = new Dataset { Id = Guid.CreateVersion7(now), Name = request.Name, PublisherId = actor.Organisation, ResourceId = request.ResourceId, Description = description, CreatedAt = now, ModifiedAt = now };
        dataset.Describe(description);
        var version = new DatasetVersion { Id = Guid.CreateVersion7(now), DatasetId = dataset.Id, Number = 1, Description = description, Resources = [], CreatedAt = now };
        db.Datasets.Add(dataset);
        db.DatasetVersions.Add(version);
        db.Ledger.Add(LedgerEntry.Of("open-data.created", dataset.Id, actor, now, after: new { dataset.Name, dataset.Title, dataset.OpenAttribute, resource = dataset.ResourceId }));
        try { await db.SaveChangesAsync(ct); }
        catch (DbUpdateException e) when (e.IsUniqueViolation()) { return OpenDataProblems.NameTaken.Because(request.Name); }
        return TypedResults.Created($"/api/v1/datasets/{dataset.Id}", new CreateDatasetResponse(dataset.Id, dataset.Name, version.Id, version.Number, version.Revision));
    }
}
