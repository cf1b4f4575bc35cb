using System.ComponentModel.DataAnnotations;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Agreements.Model;
using Zhengtong.Agreements.Reviews;
using Zhengtong.Catalogue;
using Zhengtong.Catalogue.Model;
using Zhengtong.Kernel;
using Zhengtong.Kernel.Http;
using Zhengtong.Kernel.Identity;
using Zhengtong.Kernel.Ledger;
using Zhengtong.Kernel.Secrets;

namespace Zhengtong.Agreements.Slices;

/// <summary>What the provider sends to confirm.</summary>
/// <param name="Revision">The revision the caller saw, from 1; any other than the current one is a conflict.</param>
public sealed record ConfirmApplicationRequest([Range(1, int.MaxValue)] int Revision);

/// <summary>The agreement that was drawn up.</summary>
/// <param name="AgreementId">Its id.</param>
/// <param name="Number">As people name it: XS-2026-000001.</param>
/// <param name="Digest">Lower-case hex digest of the document that both sides now seal: SHA-256 or SM3, by its suite.</param>
public sealed record ConfirmApplicationResponse(Guid AgreementId, string Number, string Digest);

internal static class ConfirmApplication
{
    internal static void Map(IEndpointRouteBuilder group) => group.MapPost("/applications/{id:guid}/confirmation", Handle)
        .Requires(Right.Confirm).Idempotent().ProducesProblem(403).ProducesProblem(404).ProducesProblem(409);

    /// <summary>Confirm an application; the agreement is drawn up and awaits both seals.</summary>
    /// <response code="201">Drawn up; ledger event agreements.confirmed.</response>
    /// <response code="403">agreements.not-provider</response>
    /// <response code="404">agreements.application-not-found</response>
    /// <response code="409">agreements.not-submitted, agreements.changed-meanwhile, agreements.resource-changed, agreements.period-over, agreements.review-not-granted</response>
    internal static async Task<Results<Created<ConfirmApplicationResponse>, ProblemHttpResult>> Handle(
        Guid id, ConfirmApplicationRequest request, Actor actor, ZhengtongDb db, CatalogueLookup catalogue, TimeProvider clock, CancellationToken ct)
    {
        var now = clock.GetUtcNow();
        var application = await db.Applications.SingleOrDefaultAsync(a => a.Id == id, ct);
        if (application is null || !application.HasParty(actor.Organisation)) { return AgreementsProblems.ApplicationNotFound.Because($"{id}"); }
        if (application.ProviderId != actor.Organisation) { return AgreementsProblems.NotProvider.Because(application.Number); }
        if (application.State != ApplicationState.Submitted) { return AgreementsProblems.NotSubmitted.Because(application.Number); }
        if (application.Revision != request.Revision) { return AgreementsProblems.ChangedMeanwhile.Because(application.Number); }
        if (await ReviewDesk.FindAsync(db, ApplicationReview.Kind, id, ct) is { State: not ReviewState.Granted }) { return AgreementsProblems.ReviewNotGranted.Because(application.Number); }
        if (application.Until <= now) { return AgreementsProblems.PeriodOver.Because(application.Number); }
        var resource = await catalogue.FindAsync(application.ResourceId, ct);
        if (resource is not { State: ResourceState.Published } || resource.Revision != application.ResourceRevision) { return AgreementsProblems.ResourceChanged.Because(application.ResourceName); }

        var agreement = await DrawUpAsync(application, resource, db, now, ct);
        application.Decide(ApplicationState.Confirmed, actor.Id, now);
        db.Agreements.Add(agreement);
        db.Ledger.Add(LedgerEntry.Of("agreements.confirmed", application.Id, actor, now, after: new { agreement.Id, agreement.Number, agreement.Digest }));
        try { await db.SaveChangesAsync(ct); }
        catch (DbUpdateConcurrencyException) { return AgreementsProblems.ChangedMeanwhile.Because(application.Number); }
        catch (DbUpdateException e) when (e.IsUniqueViolation()) { return AgreementsProblems.ChangedMeanwhile.Because(application.Number); }
        return TypedResults.Created($"/api/v1/agreements/{agreement.Id}", new ConfirmApplicationResponse(agreement.Id, agreement.Number, agreement.Digest));
    }

    private static async Task<Agreement> DrawUpAsync(Application application, ResourceCard resource, ZhengtongDb db, DateTimeOffset now, CancellationToken ct)
    {
        Guid[] ids = [application.ProviderId, application.ApplicantId];
        var parties = await db.Organisations.Where(o => ids.Contains(o.Id)).ToDictionaryAsync(o => o.Id, o => new AgreementParty(o.Id, o.CreditCode.Value, o.Name), ct);
        return Agreement.DrawUp(application.Id, new AgreementDocument(
            AgreementDocument.CurrentFormat, Guid.CreateVersion7(now), await DocumentNumbers.NextAsync(db, "XS", ChinaTime.DateOf(now), ct),
            new AgreementResource(resource.Id, resource.Code, resource.Name, resource.Revision),
            parties[application.ProviderId], parties[application.ApplicantId],
            [.. resource.Items.Where(i => application.Columns.Contains(i.Column)).Select(i => new AgreedItem(i.Name, i.Column, i.Type, i.Length, i.IsKey, i.Mask, i.MaskKeep, i.Check, i.Codes.Count == 0 ? null : i.Codes))],
            application.Rows, application.Purpose, application.LegalGround, application.EverySeconds,
            From: ChinaTime.StartOf(ChinaTime.DateOf(now)), application.Until, Suite.Of(application.Suite).Word, application.Kind,
            [.. resource.Operations.Where(o => application.Operations.Contains(o.Name)).Select(o => new AgreedOperation(o.Method, o.Path))], application.Limits), now);
    }
}
