using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Kernel;
using Zhengtong.Kernel.Identity;
using Zhengtong.Kernel.Ledger;

namespace Zhengtong.OpenData.Reuse;

/// <summary>How many voices want it now.</summary>
/// <param name="Votes">From 1.</param>
public sealed record DataRequestVotes(int Votes);

internal static class VoteForRequest
{
    internal static void Map(IEndpointRouteBuilder group) => group.MapPut("/data-requests/{id:guid}/vote", Handle).AllowAnonymous().ProducesProblem(401).ProducesProblem(404).ProducesProblem(409).ProducesProblem(429);

    /// <summary>Say that you want it too. A voice counts once; saying it again changes nothing.</summary>
    /// <response code="200">Counted; ledger event open-data.request-voted.</response>
    /// <response code="401">open-data.key-unknown</response>
    /// <response code="404">open-data.request-not-found</response>
    /// <response code="409">open-data.request-settled</response>
    /// <response code="429">open-data.too-many-writings</response>
    internal static async Task<Results<Ok<DataRequestVotes>, ProblemHttpResult>> Handle(Guid id, HttpContext http, Actor actor, ZhengtongDb db, Voices voices, TimeProvider clock, CancellationToken ct)
    {
        var found = await db.DataRequests.AsNoTracking().SingleOrDefaultAsync(r => r.Id == id && r.State != DataRequestState.Rejected, ct);
        if (found is null) { return OpenDataProblems.RequestNotFound.Because($"{id}"); }
        if (!found.IsOpen) { return OpenDataProblems.RequestSettled.Because(); }
        var (voice, problem) = await Voices.OfAsync(http, actor, db, ct);
        if (voice is null) { return problem!.Because(); }
        var votes = db.DataRequestVotes.Where(v => v.RequestId == id);
        if (await votes.AnyAsync(v => v.Voice == voice.Mark, ct)) { return TypedResults.Ok(new DataRequestVotes(await votes.CountAsync(ct))); }
        if (!voices.MayWrite(http, voice, $"vote {id:N}")) { return OpenDataProblems.TooManyWritings.Because(); }

        var now = clock.GetUtcNow();
        db.DataRequestVotes.Add(new DataRequestVote { RequestId = id, Voice = voice.Mark, At = now });
        db.Ledger.Add(LedgerEntry.Of("open-data.request-voted", id, actor, now, after: new { voice.Kind }));
        try { await db.SaveChangesAsync(ct); }
        // The same voice twice at once: it counts once.
        catch (DbUpdateException e) when (e.IsUniqueViolation()) { }
        return TypedResults.Ok(new DataRequestVotes(await votes.CountAsync(ct)));
    }
}
