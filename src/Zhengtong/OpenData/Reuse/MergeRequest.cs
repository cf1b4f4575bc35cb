using System.ComponentModel.DataAnnotations;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Kernel;
using Zhengtong.Kernel.Identity;
using Zhengtong.Kernel.Ledger;

namespace Zhengtong.OpenData.Reuse;

/// <summary>Which request says the same.</summary>
/// <param name="Into">Where it goes on: another request of the same kind that everybody reads, or that is still to be answered by the caller's department.</param>
/// <param name="Revision">The revision of the request that ends, as the caller saw it.</param>
public sealed record MergeRequestRequest(Guid Into, [Range(1, int.MaxValue)] int Revision);

internal static class MergeRequest
{
    internal static void Map(IEndpointRouteBuilder group) => group.MapPost("/data-requests/{id:guid}/merging", Handle).Requires(Right.OpenData).ProducesProblem(400).ProducesProblem(403).ProducesProblem(404).ProducesProblem(409);

    /// <summary>End a request as the same as another: its votes go there, each voice once.</summary>
    /// <response code="204">Merged; ledger event open-data.request-merged.</response>
    /// <response code="400">kernel.invalid: not a request it can be merged into.</response>
    /// <response code="404">open-data.request-not-found</response>
    /// <response code="409">open-data.request-settled, open-data.changed-meanwhile</response>
    internal static async Task<Results<NoContent, ProblemHttpResult>> Handle(Guid id, MergeRequestRequest request, Actor actor, ZhengtongDb db, TimeProvider clock, CancellationToken ct)
    {
        var (found, problem) = await OwnRequest.FindAsync(db, id, request.Revision, actor, ct);
        if (found is null) { return problem!; }
        var into = await db.DataRequests.SingleOrDefaultAsync(r => r.Id == request.Into && r.Id != id && r.Kind == found.Kind, ct);
        if (into is null || into.State is DataRequestState.Rejected or DataRequestState.Merged || (!into.IsPublic && into.DepartmentId != actor.Organisation))
        {
            return KernelProblems.Invalid.For(new Dictionary<string, string[]> { ["into"] = [Text.Of("open-data.reuse.into-unknown")] });
        }

        var now = clock.GetUtcNow();
        var voices = await db.DataRequestVotes.Where(v => v.RequestId == id && !db.DataRequestVotes.Any(o => o.RequestId == into.Id && o.Voice == v.Voice)).Select(v => v.Voice).ToListAsync(ct);
        found.Merge(into.Id, actor.Id, now);
        into.Join();
        db.DataRequestVotes.AddRange(voices.Select(v => new DataRequestVote { RequestId = into.Id, Voice = v, At = now }));
        db.Ledger.Add(LedgerEntry.Of("open-data.request-merged", id, actor, now, after: new { into = into.Id, votes = voices.Count }));
        try { await db.SaveChangesAsync(ct); }
        catch (DbUpdateConcurrencyException) { return OpenDataProblems.ChangedMeanwhile.Because(found.Title); }
        catch (DbUpdateException e) when (e.IsUniqueViolation()) { return OpenDataProblems.ChangedMeanwhile.Because(found.Title); }
        return TypedResults.NoContent();
    }
}
