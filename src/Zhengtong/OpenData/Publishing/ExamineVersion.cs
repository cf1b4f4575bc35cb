using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Kernel.Identity;
using Zhengtong.Kernel.Ledger;
using Zhengtong.OpenData.Model;

namespace Zhengtong.OpenData.Publishing;

internal static class ExamineVersion
{
    internal static void Map(IEndpointRouteBuilder group) => group.MapPost("/datasets/{id:guid}/draft/examination", Handle)
        .Requires(Right.ExamineOpening).ProducesProblem(403).ProducesProblem(404).ProducesProblem(409);

    /// <summary>Find nothing against opening a proposed version; another person than who proposed it, once its content is checked and no finding blocks it.</summary>
    /// <response code="204">Examined; ledger event open-data.examined.</response>
    /// <response code="403">open-data.person-needed, open-data.same-person, open-data.not-publisher</response>
    /// <response code="404">open-data.not-found</response>
    /// <response code="409">open-data.wrong-state, open-data.check-not-done, open-data.finding-stands, open-data.changed-meanwhile</response>
    internal static async Task<Results<NoContent, ProblemHttpResult>> Handle(Guid id, DatasetVersionSeen request, Actor actor, ZhengtongDb db, TimeProvider clock, CancellationToken ct)
    {
        if (actor.IsProgram) { return OpenDataProblems.PersonNeeded.Because(actor.Name); }
        var (open, problem) = await OpenVersion.FindAsync(db, id, actor, VersionState.Proposed, request.Revision, ct);
        if (open is null) { return problem!; }
        var (dataset, version) = open;
        if (version.ProposedBy == actor.Id) { return OpenDataProblems.SamePerson.Because(actor.Name); }
        if (version.Check != OpeningCheck.Done) { return OpenDataProblems.CheckNotDone.Because(dataset.Title); }
        if (await OpenVersion.IsBlockedAsync(db, version.Id, ct)) { return OpenDataProblems.FindingStands.Because(dataset.Title); }

        var now = clock.GetUtcNow();
        version.Examine(actor.Id, now);
        db.Ledger.Add(LedgerEntry.Of("open-data.examined", dataset.Id, actor, now, after: new { version.Number }));
        try { await db.SaveChangesAsync(ct); }
        catch (DbUpdateConcurrencyException) { return OpenDataProblems.ChangedMeanwhile.Because(dataset.Title); }
        return TypedResults.NoContent();
    }
}
