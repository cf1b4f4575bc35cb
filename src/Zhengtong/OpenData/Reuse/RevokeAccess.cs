using System.ComponentModel.DataAnnotations;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Kernel.Identity;
using Zhengtong.Kernel.Ledger;

namespace Zhengtong.OpenData.Reuse;

/// <summary>Why a grant is taken back.</summary>
/// <param name="Ground">2 to 500 characters; the applicant reads it.</param>
/// <param name="Revision">The revision of the application that the caller saw.</param>
public sealed record RevokeAccessRequest([Required, StringLength(500, MinimumLength = 2)] string Ground, [Range(1, int.MaxValue)] int Revision);

internal static class RevokeAccess
{
    internal static void Map(IEndpointRouteBuilder group) => group.MapPost("/access-applications/{id:guid}/revocation", Handle).Requires(Right.OpenData).ProducesProblem(403).ProducesProblem(404).ProducesProblem(409);

    /// <summary>Take back what was granted: the key reads nothing more from its next call on.</summary>
    /// <response code="204">Taken back; ledger event open-data.access-revoked.</response>
    /// <response code="403">open-data.person-needed</response>
    /// <response code="404">open-data.access-not-found</response>
    /// <response code="409">open-data.access-decided: it is not granted; open-data.changed-meanwhile</response>
    internal static async Task<Results<NoContent, ProblemHttpResult>> Handle(Guid id, RevokeAccessRequest request, Actor actor, ZhengtongDb db, TimeProvider clock, CancellationToken ct)
    {
        if (actor.IsProgram) { return OpenDataProblems.PersonNeeded.Because(actor.Name); }
        var (found, problem) = await DecideAccess.FindAsync(db, id, request.Revision, AccessState.Granted, actor, ct);
        if (found is null) { return problem!; }

        var now = clock.GetUtcNow();
        found.Revoke(actor.Id, request.Ground.Trim(), now);
        var dataset = await db.Datasets.AsNoTracking().Where(d => d.Id == found.DatasetId).Select(d => new { d.Name, d.Title }).SingleAsync(ct);
        db.KeyNotices.Add(KeyNotice.Of(found.KeyId, "open-data.reuse.notice-revoked", $"/dataset/{dataset.Name}", now, dataset.Title, found.Ground!));
        db.Ledger.Add(LedgerEntry.Of("open-data.access-revoked", id, actor, now, found.Ground, after: new { dataset = found.DatasetId, key = found.KeyId }));
        try { await db.SaveChangesAsync(ct); }
        catch (DbUpdateConcurrencyException) { return OpenDataProblems.ChangedMeanwhile.Because(); }
        return TypedResults.NoContent();
    }
}
