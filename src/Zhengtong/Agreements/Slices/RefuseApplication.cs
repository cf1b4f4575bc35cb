using System.ComponentModel.DataAnnotations;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Agreements.Model;
using Zhengtong.Agreements.Reviews;
using Zhengtong.Kernel;
using Zhengtong.Kernel.Identity;
using Zhengtong.Kernel.Ledger;

namespace Zhengtong.Agreements.Slices;

/// <summary>What the provider sends to refuse.</summary>
/// <param name="Ground">The kind of ground.</param>
/// <param name="Reason">The ground in words, 5 to 500 characters: the article, the document, or what is sensitive. The applicant reads it.</param>
/// <param name="Revision">The revision the caller saw, from 1.</param>
public sealed record RefuseApplicationRequest(
    RefusalGround Ground, [Required, StringLength(500, MinimumLength = 5)] string Reason, [Range(1, int.MaxValue)] int Revision);

internal static class RefuseApplication
{
    internal static void Map(IEndpointRouteBuilder group) => group.MapPost("/applications/{id:guid}/refusal", Handle)
        .Requires(Right.Confirm).ProducesProblem(403).ProducesProblem(404).ProducesProblem(409);

    /// <summary>Refuse an application with ground and reason.</summary>
    /// <response code="204">Refused; ledger event agreements.refused.</response>
    /// <response code="403">agreements.not-provider</response>
    /// <response code="404">agreements.application-not-found</response>
    /// <response code="409">agreements.not-submitted, agreements.changed-meanwhile</response>
    internal static async Task<Results<NoContent, ProblemHttpResult>> Handle(
        Guid id, RefuseApplicationRequest request, Actor actor, ZhengtongDb db, TimeProvider clock, CancellationToken ct)
    {
        var application = await db.Applications.SingleOrDefaultAsync(a => a.Id == id, ct);
        if (application is null || !application.HasParty(actor.Organisation)) { return AgreementsProblems.ApplicationNotFound.Because($"{id}"); }
        if (application.ProviderId != actor.Organisation) { return AgreementsProblems.NotProvider.Because(application.Number); }
        if (application.State != ApplicationState.Submitted) { return AgreementsProblems.NotSubmitted.Because(application.Number); }
        if (application.Revision != request.Revision) { return AgreementsProblems.ChangedMeanwhile.Because(application.Number); }

        var now = clock.GetUtcNow();
        application.Decide(ApplicationState.Refused, actor.Id, now, request.Reason, request.Ground);
        db.Ledger.Add(LedgerEntry.Of("agreements.refused", application.Id, actor, now, request.Reason, after: new { request.Ground }));
        await ReviewDesk.EndAsync(db, ApplicationReview.Kind, id, withdrawn: false, ApplicationReview.CodeOf(request.Ground), request.Reason, actor, now, ct);
        try { await db.SaveChangesAsync(ct); }
        catch (Exception e) when (DatabaseErrors.IsLostRace(e)) { return AgreementsProblems.ChangedMeanwhile.Because(application.Number); }
        return TypedResults.NoContent();
    }
}
