using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Kernel;
using Zhengtong.Kernel.Http;
using Zhengtong.Kernel.Identity;
using Zhengtong.OpenData.Model;

namespace Zhengtong.OpenData.Harvest;

/// <summary>A line of the conflict report.</summary>
/// <param name="Id">Of the line; another after the next run.</param>
/// <param name="Kind">What does not fit.</param>
/// <param name="SourceId">The source.</param>
/// <param name="Source">Its name.</param>
/// <param name="Identifier">The dataset, as the source calls it.</param>
/// <param name="Title">Its title, as far as there is one.</param>
/// <param name="HarvestedId">The harvested dataset; null when it was not taken.</param>
/// <param name="OtherHarvestedId">The one it collides with; null when there is none.</param>
/// <param name="OtherSource">Name of the other's source; null when there is none.</param>
/// <param name="DatasetId">Our own dataset that it collides with; null when there is none.</param>
/// <param name="Faults">Codes of what is wrong with its metadata, as <c>no-licence</c>.</param>
/// <param name="FoundAt">When it was found.</param>
public sealed record HarvestConflictRow(
    Guid Id, HarvestConflictKind Kind, Guid SourceId, string Source, string Identifier, string Title, Guid? HarvestedId, Guid? OtherHarvestedId, string? OtherSource, Guid? DatasetId, IReadOnlyList<string> Faults, DateTimeOffset FoundAt);

internal static class ListHarvestConflicts
{
    internal static void Map(IEndpointRouteBuilder group) => group.MapGet("/harvest-conflicts", Handle).Requires(Right.ManagePortal).ProducesProblem(400).ProducesProblem(403);

    /// <summary>List what does not fit together: the same identifier or title twice, what the source changed after it was corrected here, and incomplete or wrong metadata. The latest found first.</summary>
    /// <param name="kind">Only this kind.</param>
    /// <param name="source">Only lines of this source.</param>
    /// <param name="page">Which part of the list.</param>
    /// <response code="200">A page.</response>
    /// <response code="400">kernel.cursor-unknown</response>
    internal static async Task<Results<Ok<Page<HarvestConflictRow>>, ProblemHttpResult>> Handle(Choice<HarvestConflictKind>? kind, Guid? source, [AsParameters] PageQuery page, ZhengtongDb db, Paging paging, CancellationToken ct)
    {
        var wanted = db.HarvestConflicts.AsNoTracking();
        if (kind?.Value is { } only) { wanted = wanted.Where(c => c.Kind == only); }
        if (source is not null) { wanted = wanted.Where(c => c.SourceId == source || c.OtherSourceId == source); }
        var found = await paging.ReadAsync(wanted, page, c => c.FoundAt, c => c.Id, c => new
        {
            Conflict = c,
            Source = db.HarvestSources.Where(s => s.Id == c.SourceId).Select(s => s.Name).First(),
            Other = db.HarvestSources.Where(s => s.Id == c.OtherSourceId).Select(s => s.Name).FirstOrDefault(),
        }, descending: true, ct);
        return found is null ? KernelProblems.CursorUnknown.Because() : TypedResults.Ok(new Page<HarvestConflictRow>([.. found.Items.Select(f => new HarvestConflictRow(
            f.Conflict.Id, f.Conflict.Kind, f.Conflict.SourceId, f.Source, f.Conflict.Identifier, f.Conflict.Title, f.Conflict.HarvestedId, f.Conflict.OtherHarvestedId, f.Other, f.Conflict.DatasetId,
            f.Conflict.Detail.Split(' ', StringSplitOptions.RemoveEmptyEntries), f.Conflict.FoundAt))], found.Next, found.Total));
    }
}
