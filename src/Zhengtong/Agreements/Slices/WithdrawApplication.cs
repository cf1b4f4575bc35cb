using System.ComponentModel.DataAnnotations;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Agreements.Model;
using Zhengtong.Agreements.Reviews;
using Zhengtong.Kernel;
using Zhengtong.Kernel.Identity;
using Zhengtong.Kernel.Ledger;

namespace Zhengtong.Agreements.Slices;

/// <summary>What the applicant sends to take an application back.</summary>
/// <param name="Reason">Why, 2 to 500 characters.</param>
/// <param name="Revision">The revision the caller saw, from 1.</param>
public sealed record WithdrawApplicationRequest([Required, StringLength(500, MinimumLength = 2)] string Reason, [Range(1, int.MaxValue)] int Revision);

internal static class WithdrawApplication
{
    internal static void Map(IEndpointRouteBuilder group) => group.MapPost("/applications/{id:guid}/withdrawal", Handle)
        .Requires(Right.Apply).ProducesProblem(403).ProducesProblem(404).ProducesProblem(409);

    /// <summary>Take an application back before it is decided.</summary>
    /// <response code="204">Withdrawn; ledger event agreements.application-withdrawn.</response>
    /// <response code="403">agreements.not-applicant</response>
    /// <response code="404">agreements.application-not-found</response>
    /// <response code="409">agreements.not-submitted, agreements.changed-meanwhile</response>
    internal static async Task<Results<NoContent, ProblemHttpResult>> Handle(
        Guid id, WithdrawApplicationRequest request, Actor actor, ZhengtongDb db, TimeProvider clock, CancellationToken ct)
    {
        var application = await db.Applications.SingleOrDefaultAsync(a => a.Id == id, ct);
        if (application is null || !application.HasParty(actor.Organisation)) { return AgreementsProblems.ApplicationNotFound.Because($"{id}"); }
        if (application.ApplicantId != actor.Organisation) { return AgreementsProblems.NotApplicant.Because(application.Number); }
        if (application.State != ApplicationState.Submitted) { return AgreementsProblems.NotSubmitted.Because(application.Number); }
        if (application.Revision != request.Revision) { return AgreementsProblems.ChangedMeanwhile.Because(application.Number); }

        var now = clock.GetUtcNow();
        application.Decide(ApplicationState.Withdrawn, actor.Id, now, request.Reason);
        db.Ledger.Add(LedgerEntry.Of("agreements.application-withdrawn", application.Id, actor, now, request.Reason));
        await ReviewDesk.EndAsync(db, ApplicationReview.Kind, id, withdrawn: true, null, request.Reason, actor, now, ct);
        try { await db.SaveChangesAsync(ct); }
        catch (Exception e) when (DatabaseErrors.IsLostRace(e)) { return AgreementsProblems.ChangedMeanwhile.Because(application.Number); }
        return TypedResults.NoContent();
    }
}
