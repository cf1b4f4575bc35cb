using System.ComponentModel.DataAnnotations;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Kernel;
using Zhengtong.Kernel.Identity;
using Zhengtong.Kernel.Ledger;
using Zhengtong.OpenData.Model;

namespace Zhengtong.OpenData.Publishing;

/// <summary>Why a version goes back to be worked on.</summary>
/// <param name="Reason">2 to 500 characters; those who prepare it read it and the ledger keeps it.</param>
/// <param name="Revision">The revision of the version that the caller saw; steps of the check of its content since are no conflict.</param>
public sealed record ReturnVersionRequest([Required, StringLength(500, MinimumLength = 2)] string Reason, [Range(1, int.MaxValue)] int Revision);

internal static class ReturnVersion
{
    private const int MostAttempts = 3;

    internal static void Map(IEndpointRouteBuilder group) => group.MapPost("/datasets/{id:guid}/draft/return", Handle)
        .Requires(Right.ReadWork).ProducesProblem(403).ProducesProblem(404).ProducesProblem(409);

    /// <summary>Give a version back to be worked on: an examiner or who prepares it while it waits for the examination, the leader while it waits for the approval.</summary>
    /// <response code="204">Returned; ledger event open-data.returned.</response>
    /// <response code="403">open-data.person-needed, open-data.not-publisher, kernel.forbidden</response>
    /// <response code="404">open-data.not-found</response>
    /// <response code="409">open-data.wrong-state, open-data.changed-meanwhile</response>
    internal static async Task<Results<NoContent, ProblemHttpResult>> Handle(Guid id, ReturnVersionRequest request, Actor actor, ZhengtongDb db, TimeProvider clock, CancellationToken ct)
    {
        if (actor.IsProgram) { return OpenDataProblems.PersonNeeded.Because(actor.Name); }
        // The check of its content, which nobody sees at work, saves at most twice between: what the caller saw is still so, and is looked at again.
        for (var attempt = 1; ; attempt++)
        {
            var (open, problem) = await OpenVersion.FindAsync(db, id, actor, ct);
            if (open is null) { return problem!; }
            var (dataset, version) = open;
            if (!MayReturn(actor, version.State)) { return version.State == VersionState.Draft ? OpenDataProblems.WrongState.Because(dataset.Title) : KernelProblems.Forbidden.Because(); }
            if (!version.IsAsSeen(request.Revision)) { return OpenDataProblems.ChangedMeanwhile.Because(dataset.Title); }

            var before = version.State;
            version.Return(request.Reason);
            db.Ledger.Add(LedgerEntry.Of("open-data.returned", dataset.Id, actor, clock.GetUtcNow(), request.Reason, before: new { version.Number, State = before }));
            try
            {
                await db.SaveChangesAsync(ct);
                return TypedResults.NoContent();
            }
            catch (DbUpdateConcurrencyException) when (attempt < MostAttempts) { db.ChangeTracker.Clear(); }
            catch (DbUpdateConcurrencyException) { return OpenDataProblems.ChangedMeanwhile.Because(dataset.Title); }
        }
    }

    /// <summary>Whose turn it is to give it back.</summary>
    internal static bool MayReturn(Actor actor, VersionState state) => state switch
    {
        VersionState.Proposed => actor.May(Right.ExamineOpening) || actor.May(Right.OpenData),
        VersionState.Examined => actor.May(Right.ApproveOpening),
        _ => false,
    };
}
