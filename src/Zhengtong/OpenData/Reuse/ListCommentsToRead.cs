using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Kernel;
using Zhengtong.Kernel.Http;
using Zhengtong.Kernel.Identity;

namespace Zhengtong.OpenData.Reuse;

/// <summary>A comment as the publishing department sees it.</summary>
/// <param name="Id">Its id.</param>
/// <param name="DatasetName">Last part of the dataset's address.</param>
/// <param name="DatasetTitle">What the dataset is called.</param>
/// <param name="State">Where it stands.</param>
/// <param name="At">When it was written.</param>
/// <param name="By">As what its author spoke.</param>
/// <param name="Name">What the author wants to be called.</param>
/// <param name="Words">What it says.</param>
/// <param name="HiddenBecause">Why it is not shown.</param>
/// <param name="Answer">What the department says to it.</param>
/// <param name="Revision">To be named when deciding.</param>
public sealed record CommentRow(Guid Id, string DatasetName, string DatasetTitle, CommentState State, DateTimeOffset At, VoiceKind By, string? Name, string Words, string? HiddenBecause, string? Answer, int Revision);

internal static class ListCommentsToRead
{
    internal static void Map(IEndpointRouteBuilder group) => group.MapGet("/dataset-comments", Handle).Requires(Right.ReadWork).ProducesProblem(400).ProducesProblem(403);

    /// <summary>The comments on the datasets of the caller's department, the oldest first.</summary>
    /// <param name="state">Only those in this state.</param>
    /// <param name="page">Which part of the list.</param>
    /// <response code="200">A page.</response>
    /// <response code="400">kernel.cursor-unknown</response>
    internal static async Task<Results<Ok<Page<CommentRow>>, ProblemHttpResult>> Handle(Choice<CommentState>? state, [AsParameters] PageQuery page, Actor actor, ZhengtongDb db, Paging paging, CancellationToken ct)
    {
        var rows = Of(db, actor);
        if (state?.Value is { } wanted) { rows = rows.Where(c => c.State == wanted); }
        var answer = await paging.ReadAsync(rows, page, c => c.At, c => c.Id, c => new CommentRow(
            c.Id, db.Datasets.Where(d => d.Id == c.DatasetId).Select(d => d.Name).First(), db.Datasets.Where(d => d.Id == c.DatasetId).Select(d => d.Title).First(),
            c.State, c.At, c.By, c.Name, c.Words, c.HiddenBecause, c.Answer, c.Revision), descending: false, ct);
        return answer is null ? KernelProblems.CursorUnknown.Because() : TypedResults.Ok(answer);
    }

    /// <summary>The comments on the datasets of the actor's department.</summary>
    internal static IQueryable<DatasetComment> Of(ZhengtongDb db, Actor actor) => db.DatasetComments.AsNoTracking().Where(c => db.Datasets.Any(d => d.Id == c.DatasetId && d.PublisherId == actor.Organisation));
}
