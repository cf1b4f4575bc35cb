using System.ComponentModel.DataAnnotations;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Catalogue;
using Zhengtong.Kernel;
using Zhengtong.Kernel.Http;
using Zhengtong.Kernel.Identity;
using Zhengtong.Kernel.Ledger;
using Zhengtong.OpenData.Model;

namespace Zhengtong.OpenData.Publishing;

/// <summary>A draft as it shall be.</summary>
/// <param name="Description">What the dataset says of itself.</param>
/// <param name="ChangeNote">What changed and why, for the public; at most 1,000 characters, may be empty.</param>
/// <param name="Resources">Every file of the draft, in the order they shall have; nothing leaves them as they are.</param>
public sealed record ReviseDraftRequest(
    [Required] DatasetDescriptionBody Description, [Required(AllowEmptyStrings = true), StringLength(1000)] string ChangeNote, [MaxLength(200)] IReadOnlyList<ReviseDraftResource>? Resources = null);

/// <summary>A file of the draft.</summary>
/// <param name="Id">Which.</param>
/// <param name="Name">1 to 200 characters.</param>
/// <param name="Description">At most 2,000 characters; may be empty.</param>
public sealed record ReviseDraftResource(Guid Id, [Required, StringLength(200, MinimumLength = 1)] string Name, [Required(AllowEmptyStrings = true), StringLength(2000)] string Description);

internal static class ReviseDraft
{
    internal static void Map(IEndpointRouteBuilder group) => group.MapPut("/datasets/{id:guid}/draft", Handle)
        .Requires(Right.OpenData).ProducesProblem(403).ProducesProblem(404).ProducesProblem(409).ProducesProblem(412).ProducesProblem(428);

    /// <summary>Rewrite the draft of a dataset: description, change note, order and names of its files. Name the revision of the version seen in If-Match.</summary>
    /// <response code="204">Revised; ledger event open-data.draft-revised.</response>
    /// <response code="400">open-data.invalid</response>
    /// <response code="403">open-data.not-publisher</response>
    /// <response code="404">open-data.not-found</response>
    /// <response code="409">open-data.wrong-state, open-data.changed-meanwhile</response>
    /// <response code="412">kernel.changed-meanwhile</response>
    /// <response code="428">kernel.precondition-needed</response>
    internal static async Task<Results<NoContent, ProblemHttpResult>> Handle(
        Guid id, ReviseDraftRequest request, HttpContext http, Actor actor, ZhengtongDb db, CatalogueLookup catalogue, TimeProvider clock, CancellationToken ct)
    {
        var (open, problem) = await OpenVersion.FindAsync(db, id, actor, ct);
        if (open is null) { return problem!; }
        var (dataset, version) = open;
        if (version.State != VersionState.Draft) { return OpenDataProblems.WrongState.Because(dataset.Title); }
        if (http.PreconditionFails(version.Revision) is { } failed) { return failed; }
        return await ReviseAsync(request, dataset, version, actor, db, catalogue, clock, ct) is { } refused ? refused : TypedResults.NoContent();
    }

    /// <summary>The same for a draft at hand; null when it is done.</summary>
    internal static async Task<ProblemHttpResult?> ReviseAsync(
        ReviseDraftRequest request, Dataset dataset, DatasetVersion version, Actor actor, ZhengtongDb db, CatalogueLookup catalogue, TimeProvider clock, CancellationToken ct)
    {
        var resource = dataset.ResourceId is { } from ? await catalogue.FindAsync(from, ct) : null;
        var faults = DescriptionRules.FaultsOf(request.Description, resource);
        var present = version.Resources.ToDictionary(r => r.Id);
        if (request.Resources is { } wanted && (wanted.Count != present.Count || wanted.Select(r => r.Id).Distinct().Count(present.ContainsKey) != present.Count))
        {
            faults["resources"] = [Text.Of("open-data.publishing.resources-differ")];
        }

        if (faults.Count > 0) { return OpenDataProblems.Invalid.For(faults); }

        var now = clock.GetUtcNow();
        var description = request.Description.ToDescription();
        version.Draft(description, [.. request.Resources?.Select(r => present[r.Id] with { Name = r.Name, Description = r.Description }) ?? version.Resources], request.ChangeNote);
        if (dataset.Current == 0) { dataset.Describe(description); }
        db.Ledger.Add(LedgerEntry.Of("open-data.draft-revised", dataset.Id, actor, now, after: new { version.Number, description.Title, description.OpenAttribute, resources = version.Resources.Select(r => r.Name) }));
        try { await db.SaveChangesAsync(ct); }
        catch (DbUpdateConcurrencyException) { return OpenDataProblems.ChangedMeanwhile.Because(dataset.Title); }
        return null;
    }
}
