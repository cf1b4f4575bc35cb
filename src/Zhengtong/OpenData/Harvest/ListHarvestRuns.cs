using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Kernel;
using Zhengtong.Kernel.Http;
using Zhengtong.Kernel.Identity;
using Zhengtong.OpenData.Model;

namespace Zhengtong.OpenData.Harvest;

/// <summary>Something that happened during a run.</summary>
/// <param name="Code">What, as <c>timeout</c> or <c>no-title</c>.</param>
/// <param name="Identifier">The dataset, as the source calls it; null when it was about a page.</param>
/// <param name="Detail">Data about it.</param>
public sealed record HarvestNoteDetail(string Code, string? Identifier, string? Detail);

/// <summary>A run.</summary>
/// <param name="Id">Its id.</param>
/// <param name="State">Where it stands.</param>
/// <param name="StartedAt">When it began.</param>
/// <param name="EndedAt">When it ended; null while it runs.</param>
/// <param name="Pages">Pages read.</param>
/// <param name="Seen">Datasets that the source had.</param>
/// <param name="Added">Of them new here.</param>
/// <param name="Changed">Of them changed since.</param>
/// <param name="Unchanged">Of them the same as before, and not touched.</param>
/// <param name="Withdrawn">Datasets that the source has no more.</param>
/// <param name="Refused">Datasets that could not be taken.</param>
/// <param name="Fault">Why it failed; null when it did not.</param>
/// <param name="FaultDetail">Data about the failure.</param>
/// <param name="Notes">What happened on the way, at most 100.</param>
public sealed record HarvestRunDetail(
    Guid Id, HarvestState State, DateTimeOffset StartedAt, DateTimeOffset? EndedAt, int Pages, int Seen, int Added, int Changed, int Unchanged, int Withdrawn, int Refused, string? Fault, string? FaultDetail,
    IReadOnlyList<HarvestNoteDetail> Notes);

internal static class ListHarvestRuns
{
    internal static void Map(IEndpointRouteBuilder group) => group.MapGet("/harvest-sources/{id:guid}/runs", Handle).Requires(Right.ManagePortal).ProducesProblem(400).ProducesProblem(403).ProducesProblem(404);

    /// <summary>List the runs of a source with their counts and errors, the latest first.</summary>
    /// <param name="id">The source.</param>
    /// <param name="page">Which part of the list.</param>
    /// <response code="200">A page.</response>
    /// <response code="400">kernel.cursor-unknown</response>
    /// <response code="404">open-data.source-not-found</response>
    internal static async Task<Results<Ok<Page<HarvestRunDetail>>, ProblemHttpResult>> Handle(Guid id, [AsParameters] PageQuery page, ZhengtongDb db, Paging paging, CancellationToken ct)
    {
        if (!await db.HarvestSources.AnyAsync(s => s.Id == id && s.RemovedAt == null, ct)) { return OpenDataProblems.SourceNotFound.Because($"{id}"); }
        var found = await paging.ReadAsync(db.HarvestRuns.AsNoTracking().Where(r => r.SourceId == id), page, r => r.StartedAt, r => r.Id, r => r, descending: true, ct);
        return found is null ? KernelProblems.CursorUnknown.Because() : TypedResults.Ok(new Page<HarvestRunDetail>([.. found.Items.Select(r => new HarvestRunDetail(
            r.Id, r.State, r.StartedAt, r.EndedAt, r.Pages, r.Seen, r.Added, r.Changed, r.Unchanged, r.Withdrawn, r.Refused, r.Fault, r.FaultDetail, [.. r.Notes.Select(n => new HarvestNoteDetail(n.Code, n.Identifier, n.Detail))]))], found.Next, found.Total));
    }
}
