using System.ComponentModel.DataAnnotations;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Kernel;
using Zhengtong.Kernel.Http;
using Zhengtong.Kernel.Identity;
using Zhengtong.OpenData.Publishing;

namespace Zhengtong.OpenData.Reuse;

/// <summary>A comment that everybody reads.</summary>
/// <param name="Id">Its id.</param>
/// <param name="At">When it was written.</param>
/// <param name="By">As what its author spoke.</param>
/// <param name="Name">What the author wants to be called; null for none.</param>
/// <param name="Words">What it says: plain text.</param>
/// <param name="Answer">What the department says to it; null for nothing.</param>
public sealed record CommentSummary(Guid Id, DateTimeOffset At, VoiceKind By, string? Name, string Words, string? Answer);

internal static class ListComments
{
    internal static void Map(IEndpointRouteBuilder group) => group.MapGet("/datasets/{dataset}/comments", Handle).AllowAnonymous().ProducesProblem(400).ProducesProblem(404);

    /// <summary>The comments on a dataset that the department shows, the newest first.</summary>
    /// <response code="200">A page.</response>
    /// <response code="400">kernel.cursor-unknown</response>
    /// <response code="404">open-data.not-found</response>
    internal static async Task<Results<Ok<Page<CommentSummary>>, ProblemHttpResult>> Handle([StringLength(100)] string dataset, [AsParameters] PageQuery page, ZhengtongDb db, Paging paging, CancellationToken ct)
    {
        if (await PublicDatasets.FindAsync(db, dataset, Actor.Visitor, ct) is not { } found) { return OpenDataProblems.NotFound.Because(dataset); }
        var rows = db.DatasetComments.AsNoTracking().Where(c => c.DatasetId == found.Id && c.State == CommentState.Shown);
        return await paging.ReadAsync(rows, page, c => c.At, c => c.Id, c => new CommentSummary(c.Id, c.At, c.By, c.Name, c.Words, c.Answer), descending: true, ct) is { } answer
            ? TypedResults.Ok(answer) : KernelProblems.CursorUnknown.Because();
    }
}
