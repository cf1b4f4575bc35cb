using System.ComponentModel.DataAnnotations;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Kernel.Identity;
using Zhengtong.Kernel.Ledger;
using Zhengtong.Kernel.Notices;

namespace Zhengtong.OpenData.Reuse;

/// <summary>Why a request is unsuitable.</summary>
/// <param name="Reason">2 to 500 characters; the department and who asked read it, the public does not.</param>
/// <param name="Revision">The revision of the request that the caller saw.</param>
public sealed record CloseRequestRequest([Required, StringLength(500, MinimumLength = 2)] string Reason, [Range(1, int.MaxValue)] int Revision);

internal static class CloseRequest
{
    internal static void Map(IEndpointRouteBuilder group) => group.MapPost("/data-requests/{id:guid}/closing", Handle).Requires(Right.ManagePortal).ProducesProblem(403).ProducesProblem(404).ProducesProblem(409);

    /// <summary>Close a request or correction as unsuitable, whichever department's turn it is: advertising, abuse, nonsense. Nobody outside reads it any more. For whoever manages the portal; the
    /// department whose turn it was is told.</summary>
    /// <response code="204">Closed; ledger event open-data.request-closed.</response>
    /// <response code="404">open-data.request-not-found</response>
    /// <response code="409">open-data.request-settled, open-data.changed-meanwhile</response>
    internal static async Task<Results<NoContent, ProblemHttpResult>> Handle(Guid id, CloseRequestRequest request, Actor actor, ZhengtongDb db, TimeProvider clock, CancellationToken ct)
    {
        if (await db.DataRequests.SingleOrDefaultAsync(r => r.Id == id, ct) is not { } found) { return OpenDataProblems.RequestNotFound.Because($"{id}"); }
        if (!found.IsOpen) { return OpenDataProblems.RequestSettled.Because(); }
        if (found.Revision != request.Revision) { return OpenDataProblems.ChangedMeanwhile.Because(found.Title); }

        var (now, before, reason) = (clock.GetUtcNow(), found.State, request.Reason.Trim());
        found.Settle(DataRequestState.Rejected, reason, null, actor.Id, now);
        if (found.DepartmentId != actor.Organisation) { db.Notices.Add(Notice.Of(found.DepartmentId, NoticeTone.Info, "open-data.reuse.notice.closed", $"/work/open-data/requests/{id}", now, reason)); }
        db.Ledger.Add(LedgerEntry.Of("open-data.request-closed", id, actor, now, reason, new { state = before }, new { found.State, department = found.DepartmentId }));
        try { await db.SaveChangesAsync(ct); }
        catch (DbUpdateConcurrencyException) { return OpenDataProblems.ChangedMeanwhile.Because(found.Title); }
        return TypedResults.NoContent();
    }
}
