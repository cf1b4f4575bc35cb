using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Kernel;
using Zhengtong.Kernel.Http;
using Zhengtong.Kernel.Identity;
using Zhengtong.OpenData.Model;

namespace Zhengtong.OpenData.Publishing;

/// <summary>What the check of a version's content found.</summary>
/// <param name="Id">Its id.</param>
/// <param name="ResourceId">The file; null when it concerns the version.</param>
/// <param name="Column">The column, when it is about one.</param>
/// <param name="Kind">What it is.</param>
/// <param name="Severity">How much it weighs.</param>
/// <param name="Cells">How many cells hold it.</param>
/// <param name="Share">Share of the cells with a value, 0 to 1.</param>
/// <param name="Sample">One of them, masked.</param>
/// <param name="Detail">More.</param>
/// <param name="FoundAt">When.</param>
/// <param name="OverriddenBy">Name of the examiner who let it pass.</param>
/// <param name="OverriddenAt">When it was let pass.</param>
/// <param name="Ground">Why.</param>
/// <param name="LegalBasis">The law or rule that allows it.</param>
public sealed record FindingDetail(
    Guid Id, Guid? ResourceId, string? Column, string Kind, FindingSeverity Severity, long Cells, double Share, string? Sample, string? Detail, DateTimeOffset FoundAt,
    string? OverriddenBy, DateTimeOffset? OverriddenAt, string? Ground, string? LegalBasis)
{
    /// <summary>True while it keeps the version from being published.</summary>
    internal bool Stands => Severity == FindingSeverity.Blocks && OverriddenAt is null;
}

internal static class ListFindings
{
    internal static void Map(IEndpointRouteBuilder group) => group.MapGet("/datasets/{id:guid}/versions/{number:int}/findings", Handle).Requires(Right.ReadWork).ProducesProblem(403).ProducesProblem(404);

    /// <summary>What the check found in a version of the caller's department, in the order it was found.</summary>
    /// <response code="200">A page.</response>
    /// <response code="400">kernel.cursor-unknown</response>
    /// <response code="403">open-data.not-publisher</response>
    /// <response code="404">open-data.not-found, open-data.version-not-found</response>
    internal static async Task<Results<Ok<Page<FindingDetail>>, ProblemHttpResult>> Handle(Guid id, int number, [AsParameters] PageQuery page, Actor actor, ZhengtongDb db, Paging paging, CancellationToken ct)
    {
        var (dataset, problem) = await OpenVersion.FindOwnAsync(db, id, actor, ct);
        if (dataset is null) { return problem!; }
        var version = await db.DatasetVersions.Where(v => v.DatasetId == id && v.Number == number).Select(v => (Guid?)v.Id).SingleOrDefaultAsync(ct);
        if (version is null) { return OpenDataProblems.VersionNotFound.Because($"{number}"); }
        var rows = db.OpeningFindings.AsNoTracking().Where(f => f.VersionId == version);
        return await paging.ReadAsync(rows, page, f => f.FoundAt, f => f.Id, f => new FindingDetail(f.Id, f.ResourceId, f.Column, f.Kind, f.Severity, f.Cells, f.Share, f.Sample, f.Detail, f.FoundAt,
                db.Users.Where(u => u.Id == f.OverriddenBy).Select(u => u.UserName).FirstOrDefault(), f.OverriddenAt, f.Ground, f.LegalBasis), descending: false, ct) is { } answer
            ? TypedResults.Ok(answer) : KernelProblems.CursorUnknown.Because();
    }
}
