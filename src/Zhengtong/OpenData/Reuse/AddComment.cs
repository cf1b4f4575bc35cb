using System.ComponentModel.DataAnnotations;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Kernel.Identity;
using Zhengtong.Kernel.Ledger;
using Zhengtong.OpenData.Model;
using Zhengtong.OpenData.Publishing;

namespace Zhengtong.OpenData.Reuse;

/// <summary>A comment.</summary>
/// <param name="Words">2 to 2,000 characters, plain text.</param>
/// <param name="Name">What to call the author, at most 50 characters; may be left out.</param>
public sealed record AddCommentRequest([Required, StringLength(2000, MinimumLength = 2)] string Words, [StringLength(50)] string? Name);

/// <summary>A comment as it was taken.</summary>
/// <param name="Id">Its id.</param>
/// <param name="State">Waiting until the department has read it.</param>
public sealed record AddCommentResponse(Guid Id, CommentState State);

internal static class AddComment
{
    /// <summary>Comments of one voice that may wait on one dataset.</summary>
    private const int MostOfOne = 5;

    /// <summary>Comments that may wait on one dataset: nobody reads more.</summary>
    private const int MostWaiting = 500;

    internal static void Map(IEndpointRouteBuilder group) => group.MapPost("/datasets/{dataset}/comments", Handle).AllowAnonymous().ProducesProblem(401).ProducesProblem(404).ProducesProblem(409).ProducesProblem(429);

    /// <summary>Comment on a published dataset. The publishing department reads the comment before everybody else does.</summary>
    /// <response code="201">Taken; ledger event open-data.commented.</response>
    /// <response code="401">open-data.key-unknown</response>
    /// <response code="404">open-data.not-found</response>
    /// <response code="409">open-data.wrong-state</response>
    /// <response code="429">open-data.too-many-writings</response>
    internal static async Task<Results<Created<AddCommentResponse>, ProblemHttpResult>> Handle(
        [StringLength(100)] string dataset, AddCommentRequest request, HttpContext http, Actor actor, ZhengtongDb db, Voices voices, TimeProvider clock, CancellationToken ct)
    {
        if (await PublicDatasets.FindAsync(db, dataset, Actor.Visitor, ct) is not { } found) { return OpenDataProblems.NotFound.Because(dataset); }
        if (found.State != DatasetState.Published) { return OpenDataProblems.WrongState.Because(found.Title); }
        var (voice, problem) = await Voices.OfAsync(http, actor, db, ct);
        if (voice is null) { return problem!.Because(); }
        if (!voices.MayWrite(http, voice)) { return OpenDataProblems.TooManyWritings.Because(); }
        var waiting = db.DatasetComments.Where(c => c.DatasetId == found.Id && c.State == CommentState.Waiting);
        if (await waiting.CountAsync(c => c.Voice == voice.Mark, ct) >= MostOfOne || await waiting.CountAsync(ct) >= MostWaiting) { return OpenDataProblems.TooManyWritings.Because(); }

        var now = clock.GetUtcNow();
        var comment = new DatasetComment { Id = Guid.CreateVersion7(now), DatasetId = found.Id, Voice = voice.Mark, By = voice.Kind, Name = Plain.OrNull(request.Name), Words = request.Words.Trim(), At = now };
        db.DatasetComments.Add(comment);
        db.Ledger.Add(LedgerEntry.Of("open-data.commented", found.Id, actor, now, after: new { comment = comment.Id, voice.Kind, length = comment.Words.Length }));
        await db.SaveChangesAsync(ct);
        return TypedResults.Created($"/api/v1/datasets/{found.Id}/comments", new AddCommentResponse(comment.Id, comment.State));
    }
}
