using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Kernel;
using Zhengtong.Kernel.Http;
using Zhengtong.Kernel.Identity;
using Zhengtong.OpenData.Model;

namespace Zhengtong.OpenData.Publishing;

/// <summary>A version in a list.</summary>
/// <param name="Id">Permanent id.</param>
/// <param name="Number">From 1.</param>
/// <param name="State">Where it stands.</param>
/// <param name="ChangeNote">What changed and why.</param>
/// <param name="CreatedAt">When it was begun.</param>
/// <param name="PublishedAt">When it was published.</param>
public sealed record DatasetVersionRow(Guid Id, int Number, VersionState State, string ChangeNote, DateTimeOffset CreatedAt, DateTimeOffset? PublishedAt);

internal static class ListVersions
{
    internal static void Map(IEndpointRouteBuilder group) => group.MapGet("/datasets/{dataset}/versions", Handle).AllowAnonymous().ProducesProblem(404);

    /// <summary>The versions of a dataset, the newest first; those under way for the publisher alone.</summary>
    /// <response code="200">A page.</response>
    /// <response code="400">kernel.cursor-unknown</response>
    /// <response code="404">open-data.not-found</response>
    internal static async Task<Results<Ok<Page<DatasetVersionRow>>, ProblemHttpResult>> Handle(string dataset, [AsParameters] PageQuery page, Actor actor, ZhengtongDb db, Paging paging, CancellationToken ct)
    {
        if (await PublicDatasets.FindAsync(db, dataset, actor, ct) is not { } found) { return OpenDataProblems.NotFound.Because(dataset); }
        var all = found.IsOwn(actor);
        var rows = db.DatasetVersions.AsNoTracking().Where(v => v.DatasetId == found.Id && (all || v.State == VersionState.Published));
        return await paging.ReadAsync(rows, page, v => v.Number, v => v.Id, v => new DatasetVersionRow(v.Id, v.Number, v.State, v.ChangeNote, v.CreatedAt, v.PublishedAt), descending: true, ct) is { } answer
            ? TypedResults.Ok(answer) : KernelProblems.CursorUnknown.Because();
    }
}
