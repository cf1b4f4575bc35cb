using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Catalogue;
using Zhengtong.Kernel.Identity;

namespace Zhengtong.Exchange.Files;

/// <summary>A file as its provider sees it in a list.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Name">Its name.</param>
/// <param name="Length">Its bytes; null while the uploader has not said.</param>
/// <param name="Offset">Bytes that arrived.</param>
/// <param name="State">Where it stands.</param>
/// <param name="Check">What the search for malware came to; null before.</param>
/// <param name="Finding">What was found; null when nothing was.</param>
/// <param name="Problem">Code of what keeps the check waiting; null when nothing does.</param>
/// <param name="Recipients">How many have been given it.</param>
/// <param name="Confirmed">How many of them gave their receipt.</param>
/// <param name="Failed">How many of them named a wrong digest last.</param>
/// <param name="CreatedAt">When the upload began.</param>
/// <param name="PublishedAt">When the recipients could fetch it; null until then.</param>
public sealed record FileSummary(
    Guid Id, string Name, long? Length, long Offset, FileState State, ContentCheck? Check, string? Finding, string? Problem, int Recipients, int Confirmed, int Failed,
    DateTimeOffset CreatedAt, DateTimeOffset? PublishedAt);

/// <summary>Files of a resource, the newest first, and how long they are kept.</summary>
/// <param name="ResourceName">The information resource.</param>
/// <param name="KeepDays">Days after publication for which a file stays when all have confirmed it.</param>
/// <param name="LatestDays">Days after publication after which it goes in any case.</param>
/// <param name="Items">At most 200.</param>
public sealed record ListResourceFilesResponse(string ResourceName, int KeepDays, int LatestDays, IReadOnlyList<FileSummary> Items);

internal static class ListResourceFiles
{
    internal static void Map(IEndpointRouteBuilder group) => group.MapGet("/resources/{id:guid}/files", Handle).Requires(Right.ReadWork).ProducesProblem(403).ProducesProblem(404);

    /// <summary>List the files of an information resource of the caller's department, the newest first; at most 200.</summary>
    /// <response code="200">The files.</response>
    /// <response code="403">exchange.not-provider</response>
    /// <response code="404">exchange.resource-unknown</response>
    internal static async Task<Results<Ok<ListResourceFilesResponse>, ProblemHttpResult>> Handle(
        Guid id, Actor actor, ZhengtongDb db, CatalogueLookup catalogue, Microsoft.Extensions.Options.IOptions<FilesOptions> options, CancellationToken ct)
    {
        if (await catalogue.FindAsync(id, ct) is not { } resource) { return ExchangeProblems.ResourceUnknown.Because($"{id}"); }
        if (resource.ProviderId != actor.Organisation) { return ExchangeProblems.NotProvider.Because(resource.Name); }
        var retention = await db.FileRetentions.AsNoTracking().SingleOrDefaultAsync(r => r.ResourceId == id, ct);
        return TypedResults.Ok(new ListResourceFilesResponse(
            resource.Name, retention?.KeepDays ?? options.Value.KeepDays, retention?.LatestDays ?? options.Value.LatestDays, await Summaries(db, db.ExchangedFiles.Where(f => f.ResourceId == id)).Take(200).ToListAsync(ct)));
    }

    internal static IQueryable<FileSummary> Summaries(ZhengtongDb db, IQueryable<ExchangedFile> files) =>
        files.AsNoTracking().OrderByDescending(f => f.CreatedAt).ThenByDescending(f => f.Id).Select(f => new FileSummary(
            f.Id, f.Name, f.Length, f.Offset, f.State, f.Check, f.Finding, f.Problem,
            db.FileRecipients.Count(r => r.FileId == f.Id),
            db.FileRecipients.Count(r => r.FileId == f.Id && r.State == RecipientState.DownloadConfirmed),
            db.FileRecipients.Count(r => r.FileId == f.Id && r.State == RecipientState.DownloadFailed),
            f.CreatedAt, f.PublishedAt));
}
