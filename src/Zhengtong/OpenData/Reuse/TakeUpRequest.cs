using System.ComponentModel.DataAnnotations;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Kernel.Identity;
using Zhengtong.Kernel.Ledger;

namespace Zhengtong.OpenData.Reuse;

/// <summary>The request as the caller saw it.</summary>
/// <param name="Revision">Its revision.</param>
public sealed record DataRequestSeen([Range(1, int.MaxValue)] int Revision);

internal static class TakeUpRequest
{
    internal static void Map(IEndpointRouteBuilder group) => group.MapPost("/data-requests/{id:guid}/taking-up", Handle).Requires(Right.OpenData).ProducesProblem(403).ProducesProblem(404).ProducesProblem(409);

    /// <summary>Take up a request that came to the caller's department: from now on everybody reads what it says. The clock does not move.</summary>
    /// <response code="204">Taken up; ledger event open-data.request-taken-up.</response>
    /// <response code="404">open-data.request-not-found</response>
    /// <response code="409">open-data.request-settled, open-data.changed-meanwhile</response>
    internal static async Task<Results<NoContent, ProblemHttpResult>> Handle(Guid id, DataRequestSeen request, Actor actor, ZhengtongDb db, TimeProvider clock, CancellationToken ct)
    {
        var (found, problem) = await OwnRequest.FindAsync(db, id, request.Revision, actor, ct);
        if (found is null) { return problem!; }
        if (found.State != DataRequestState.Received) { return OpenDataProblems.ChangedMeanwhile.Because(found.Title); }

        found.TakeUp();
        db.Ledger.Add(LedgerEntry.Of("open-data.request-taken-up", id, actor, clock.GetUtcNow()));
        try { await db.SaveChangesAsync(ct); }
        catch (DbUpdateConcurrencyException) { return OpenDataProblems.ChangedMeanwhile.Because(found.Title); }
        return TypedResults.NoContent();
    }
}
