using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Kernel;
using Zhengtong.Kernel.Http;
using Zhengtong.Kernel.Identity;
using Zhengtong.Kernel.Ledger;
using Zhengtong.OpenData.Model;

namespace Zhengtong.OpenData.Publishing;

/// <summary>The new draft.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Number">One above the published version's.</param>
/// <param name="Revision">1.</param>
public sealed record NewVersionResponse(Guid Id, int Number, int Revision);

internal static class NewVersion
{
    internal static void Map(IEndpointRouteBuilder group) => group.MapPost("/datasets/{id:guid}/versions", Handle)
        .Requires(Right.OpenData).ProducesProblem(403).ProducesProblem(404).Idempotent();

    /// <summary>Begin the next version of a dataset, with the description and the files of the published one.</summary>
    /// <response code="201">Begun; ledger event open-data.version-begun.</response>
    /// <response code="403">open-data.not-publisher</response>
    /// <response code="404">open-data.not-found</response>
    /// <response code="409">open-data.draft-exists</response>
    internal static async Task<Results<Created<NewVersionResponse>, ProblemHttpResult>> Handle(Guid id, Actor actor, ZhengtongDb db, TimeProvider clock, CancellationToken ct)
    {
        var (dataset, problem) = await OpenVersion.FindOwnAsync(db, id, actor, ct);
        if (dataset is null) { return problem!; }
        if (await db.DatasetVersions.AnyAsync(v => v.DatasetId == id && v.State != VersionState.Published, ct)) { return OpenDataProblems.DraftExists.Because(dataset.Title); }

        var now = clock.GetUtcNow();
        var before = await db.DatasetVersions.AsNoTracking().SingleAsync(v => v.Id == dataset.CurrentVersionId, ct);
        var version = new DatasetVersion { Id = Guid.CreateVersion7(now), DatasetId = id, Number = before.Number + 1, Description = before.Description, Resources = before.Resources, CreatedAt = now };
        db.DatasetVersions.Add(version);
        await VersionObjects.ReferAsync(db, version, now, ct);
        db.Ledger.Add(LedgerEntry.Of("open-data.version-begun", id, actor, now, after: new { version.Number }));
        try { await db.SaveChangesAsync(ct); }
        catch (DbUpdateException e) when (e.IsUniqueViolation()) { return OpenDataProblems.DraftExists.Because(dataset.Title); }
        return TypedResults.Created($"/api/v1/datasets/{id}/versions/{version.Number}", new NewVersionResponse(version.Id, version.Number, version.Revision));
    }
}
