using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Kernel.Identity;
using Zhengtong.OpenData.Model;

namespace Zhengtong.OpenData.Privacy;

/// <summary>How far the check of a version's content is.</summary>
/// <param name="State">Pending, running or done.</param>
/// <param name="Rows">Rows of all its tables.</param>
/// <param name="RowsRead">Rows read so far.</param>
/// <param name="Blocking">Findings that keep it from being published, so far.</param>
/// <param name="CheckedAt">When it was done; null before.</param>
public sealed record ContentCheckProgress(OpeningCheck State, long Rows, long RowsRead, int Blocking, DateTimeOffset? CheckedAt);

internal static class GetContentCheck
{
    internal static void Map(IEndpointRouteBuilder group) => group.MapGet("/datasets/{id:guid}/versions/{number:int}/content-check", Handle)
        .Requires(Right.ReadWork).ProducesProblem(404);

    /// <summary>See how far the check of a version's content is; for the dataset's own department.</summary>
    /// <param name="id">The dataset.</param>
    /// <param name="number">The version, from 1.</param>
    /// <response code="200">How far it is.</response>
    /// <response code="404">open-data.not-found</response>
    internal static async Task<Results<Ok<ContentCheckProgress>, ProblemHttpResult>> Handle(Guid id, int number, Actor actor, ZhengtongDb db, CancellationToken ct)
    {
        var version = await db.DatasetVersions.AsNoTracking().Where(v => v.DatasetId == id && v.Number == number && db.Datasets.Any(d => d.Id == id && d.PublisherId == actor.Organisation)).SingleOrDefaultAsync(ct);
        if (version is null) { return OpenDataProblems.NotFound.Because($"{id} {number}"); }
        var run = await db.CheckRuns.AsNoTracking().SingleOrDefaultAsync(r => r.VersionId == version.Id && r.ProposedAt == version.ProposedAt, ct);
        var blocking = await db.OpeningFindings.CountAsync(f => f.VersionId == version.Id && f.Severity == FindingSeverity.Blocks && f.OverriddenBy == null, ct);
        var rows = version.Resources.Sum(r => r.Table?.Rows ?? 0);
        return TypedResults.Ok(new ContentCheckProgress(version.Check, rows, version.Check == OpeningCheck.Done ? rows : run?.RowsRead ?? 0, blocking, version.CheckedAt));
    }
}
