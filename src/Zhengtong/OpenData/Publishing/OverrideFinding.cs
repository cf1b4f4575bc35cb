using System.ComponentModel.DataAnnotations;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Kernel.Identity;
using Zhengtong.Kernel.Ledger;
using Zhengtong.OpenData.Model;

namespace Zhengtong.OpenData.Publishing;

/// <summary>Why a finding may pass.</summary>
/// <param name="Ground">2 to 500 characters; the ledger keeps it.</param>
/// <param name="LegalBasis">The law or rule that allows it, 2 to 300 characters.</param>
/// <param name="Revision">The revision of the version that the caller saw.</param>
public sealed record OverrideFindingRequest(
    [Required, StringLength(500, MinimumLength = 2)] string Ground, [Required, StringLength(300, MinimumLength = 2)] string LegalBasis, [Range(1, int.MaxValue)] int Revision);

internal static class OverrideFinding
{
    internal static void Map(IEndpointRouteBuilder group) => group.MapPost("/datasets/{id:guid}/draft/findings/{finding:guid}/override", Handle)
        .Requires(Right.ExamineOpening).ProducesProblem(403).ProducesProblem(404).ProducesProblem(409);

    /// <summary>Let a blocking finding of a proposed version pass, on a recorded ground; another person than who proposed it.</summary>
    /// <response code="204">Overridden; ledger event open-data.finding-overridden.</response>
    /// <response code="403">open-data.person-needed, open-data.same-person, open-data.not-publisher</response>
    /// <response code="404">open-data.not-found, open-data.finding-not-found</response>
    /// <response code="409">open-data.wrong-state, open-data.check-not-done, open-data.finding-settled, open-data.changed-meanwhile</response>
    internal static async Task<Results<NoContent, ProblemHttpResult>> Handle(Guid id, Guid finding, OverrideFindingRequest request, Actor actor, ZhengtongDb db, TimeProvider clock, CancellationToken ct)
    {
        if (actor.IsProgram) { return OpenDataProblems.PersonNeeded.Because(actor.Name); }
        var (open, problem) = await OpenVersion.FindAsync(db, id, actor, VersionState.Proposed, request.Revision, ct);
        if (open is null) { return problem!; }
        var (dataset, version) = open;
        if (version.ProposedBy == actor.Id) { return OpenDataProblems.SamePerson.Because(actor.Name); }
        if (version.Check != OpeningCheck.Done) { return OpenDataProblems.CheckNotDone.Because(dataset.Title); }
        var found = await db.OpeningFindings.SingleOrDefaultAsync(f => f.Id == finding && f.VersionId == version.Id, ct);
        if (found is null) { return OpenDataProblems.FindingNotFound.Because($"{finding}"); }
        if (!found.Stands) { return OpenDataProblems.FindingSettled.Because(found.Kind); }

        var now = clock.GetUtcNow();
        found.Override(actor.Id, request.Ground, request.LegalBasis, now);
        db.Ledger.Add(LedgerEntry.Of("open-data.finding-overridden", dataset.Id, actor, now, request.Ground,
            after: new { version.Number, found.Kind, resource = found.ResourceId, found.Column, found.Cells, content = found.Content?.Value, request.LegalBasis }));
        try { await db.SaveChangesAsync(ct); }
        catch (DbUpdateConcurrencyException) { return OpenDataProblems.ChangedMeanwhile.Because(dataset.Title); }
        return TypedResults.NoContent();
    }
}
