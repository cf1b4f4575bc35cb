using System.ComponentModel.DataAnnotations;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Kernel;
using Zhengtong.Kernel.Identity;
using Zhengtong.Kernel.Ledger;
using Zhengtong.OpenData.Publishing;

namespace Zhengtong.OpenData.Reuse;

/// <summary>How a request ends.</summary>
public enum RequestOutcome
{
    /// <summary>It is done.</summary>
    Done,
    /// <summary>It is not done, on a ground that everybody reads.</summary>
    Declined,
    /// <summary>It is no request: nobody else ever reads it.</summary>
    Rejected,
}

/// <summary>The answer to a request.</summary>
/// <param name="Outcome">How it ends.</param>
/// <param name="Words">The answer or the ground, 2 to 4,000 characters; everybody reads it, but for what is rejected.</param>
/// <param name="Dataset">Id or name of the published dataset that it leads to; may be left out.</param>
/// <param name="Revision">The revision of the request that the caller saw.</param>
public sealed record AnswerRequestRequest(RequestOutcome Outcome, [Required, StringLength(4000, MinimumLength = 2)] string Words, [StringLength(100)] string? Dataset, [Range(1, int.MaxValue)] int Revision);

internal static class AnswerRequest
{
    internal static void Map(IEndpointRouteBuilder group) => group.MapPost("/data-requests/{id:guid}/answer", Handle).Requires(Right.OpenData).ProducesProblem(400).ProducesProblem(403).ProducesProblem(404).ProducesProblem(409);

    /// <summary>Answer a request whose turn is the caller's department: done, with the dataset it leads to; declined on a ground; or rejected as no request at all.</summary>
    /// <response code="204">Answered; ledger event open-data.request-answered.</response>
    /// <response code="400">kernel.invalid: no such public dataset.</response>
    /// <response code="404">open-data.request-not-found</response>
    /// <response code="409">open-data.request-settled, open-data.changed-meanwhile</response>
    internal static async Task<Results<NoContent, ProblemHttpResult>> Handle(Guid id, AnswerRequestRequest request, Actor actor, ZhengtongDb db, TimeProvider clock, CancellationToken ct)
    {
        var (found, problem) = await OwnRequest.FindAsync(db, id, request.Revision, actor, ct);
        if (found is null) { return problem!; }
        Guid? dataset = null;
        if (Plain.OrNull(request.Dataset) is { } named)
        {
            dataset = (await PublicDatasets.FindAsync(db, named, Actor.Visitor, ct))?.Id;
            if (dataset is null) { return KernelProblems.Invalid.For(new Dictionary<string, string[]> { ["dataset"] = [Text.Of("open-data.reuse.dataset-unknown")] }); }
        }

        var now = clock.GetUtcNow();
        var before = found.State;
        found.Settle(request.Outcome switch { RequestOutcome.Done => DataRequestState.Answered, RequestOutcome.Declined => DataRequestState.Declined, _ => DataRequestState.Rejected }, request.Words.Trim(), dataset, actor.Id, now);
        db.Ledger.Add(LedgerEntry.Of("open-data.request-answered", id, actor, now, before: new { state = before }, after: new { found.State, dataset, late = found.AnsweredOn > found.DueOn }));
        try { await db.SaveChangesAsync(ct); }
        catch (DbUpdateConcurrencyException) { return OpenDataProblems.ChangedMeanwhile.Because(found.Title); }
        return TypedResults.NoContent();
    }
}
