using System.ComponentModel.DataAnnotations;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Kernel;
using Zhengtong.Kernel.Identity;
using Zhengtong.Kernel.Ledger;

namespace Zhengtong.OpenData.Reuse;

/// <summary>Whether everybody reads a comment.</summary>
/// <param name="Show">True shows it, false keeps it back.</param>
/// <param name="Reason">Why it is kept back, 2 to 500 characters; not needed to show it.</param>
/// <param name="Answer">What the department says to it, for everybody; at most 2,000 characters; may be left out.</param>
/// <param name="Revision">The revision of the comment that the caller saw.</param>
public sealed record DecideCommentRequest(bool Show, [StringLength(500)] string? Reason, [StringLength(2000)] string? Answer, [Range(1, int.MaxValue)] int Revision);

internal static class DecideComment
{
    internal static void Map(IEndpointRouteBuilder group) => group.MapPost("/dataset-comments/{id:guid}/decision", Handle).Requires(Right.OpenData).ProducesProblem(400).ProducesProblem(403).ProducesProblem(404).ProducesProblem(409);

    /// <summary>Show a comment on a dataset of the caller's department to everybody, with an answer or without, or keep it back on a ground. May be decided again.</summary>
    /// <response code="204">Decided; ledger event open-data.comment-shown or open-data.comment-hidden.</response>
    /// <response code="400">kernel.invalid</response>
    /// <response code="404">open-data.comment-not-found</response>
    /// <response code="409">open-data.changed-meanwhile</response>
    internal static async Task<Results<NoContent, ProblemHttpResult>> Handle(Guid id, DecideCommentRequest request, Actor actor, ZhengtongDb db, TimeProvider clock, CancellationToken ct)
    {
        var comment = await db.DatasetComments.SingleOrDefaultAsync(c => c.Id == id && db.Datasets.Any(d => d.Id == c.DatasetId && d.PublisherId == actor.Organisation), ct);
        if (comment is null) { return OpenDataProblems.CommentNotFound.Because($"{id}"); }
        if (!request.Show && Plain.OrNull(request.Reason) is not { Length: >= 2 }) { return KernelProblems.Invalid.For(new Dictionary<string, string[]> { ["reason"] = [Text.Of("open-data.reuse.reason-missing")] }); }
        if (comment.Revision != request.Revision) { return OpenDataProblems.ChangedMeanwhile.Because(); }

        var now = clock.GetUtcNow();
        var before = comment.State;
        if (request.Show) { comment.Show(actor.Id, Plain.OrNull(request.Answer), now); }
        else { comment.Hide(actor.Id, request.Reason!.Trim(), now); }

        db.Ledger.Add(LedgerEntry.Of(request.Show ? "open-data.comment-shown" : "open-data.comment-hidden", comment.DatasetId, actor, now, request.Show ? null : request.Reason!.Trim(),
            new { state = before }, new { comment = id, answered = comment.Answer is not null }));
        try { await db.SaveChangesAsync(ct); }
        catch (DbUpdateConcurrencyException) { return OpenDataProblems.ChangedMeanwhile.Because(); }
        return TypedResults.NoContent();
    }
}
