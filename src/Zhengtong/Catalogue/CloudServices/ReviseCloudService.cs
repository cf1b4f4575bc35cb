using System.ComponentModel.DataAnnotations;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Catalogue.Model;
using Zhengtong.Kernel.Http;
using Zhengtong.Kernel.Identity;
using Zhengtong.Kernel.Ledger;

namespace Zhengtong.Catalogue.CloudServices;

/// <summary>A draft as it is to be.</summary>
/// <param name="Service">What it is.</param>
public sealed record ReviseCloudServiceRequest([Required] CloudServiceText Service);

internal static class ReviseCloudService
{
    internal static void Map(IEndpointRouteBuilder group) => group.MapPut("/cloud-services/{code}/draft", Handle)
        .Requires(Right.DraftCloudServices).ProducesProblem(403).ProducesProblem(404).ProducesProblem(409).ProducesProblem(412).ProducesProblem(428);

    /// <summary>Change the draft of a cloud service; name the revision seen in If-Match.</summary>
    /// <response code="204">Changed; ledger event catalogue.service-revised.</response>
    /// <response code="400">catalogue.service-invalid</response>
    /// <response code="404">catalogue.service-not-found: the caller's organisation has no draft of it.</response>
    /// <response code="409">catalogue.changed-meanwhile</response>
    /// <response code="412">kernel.changed-meanwhile</response>
    /// <response code="428">kernel.precondition-needed</response>
    internal static async Task<Results<NoContent, ProblemHttpResult>> Handle(
        string code, ReviseCloudServiceRequest request, HttpContext http, Actor actor, ZhengtongDb db, TimeProvider clock, CancellationToken ct)
    {
        var service = await db.CloudServices.SingleOrDefaultAsync(s => s.Code == code && s.State == ServiceState.Draft && s.ProviderId == actor.Organisation, ct);
        if (service is null) { return CatalogueProblems.ServiceNotFound.Because(code); }
        if (http.PreconditionFails(service.Revision) is { } failed) { return failed; }
        if (DraftCloudService.Faults(request.Service, "service.") is { Count: > 0 } faults) { return CatalogueProblems.ServiceInvalid.For(faults); }

        var (before, text) = (DraftCloudService.Told(service), request.Service);
        (service.Name, service.Category, service.Layer, service.Summary, service.Level, service.Form, service.Plans) =
            (text.Name, text.Category, text.Layer, text.Summary, DraftCloudService.LevelOf(text), text.Form, DraftCloudService.PlansOf(text));
        service.Touch();
        db.Ledger.Add(LedgerEntry.Of("catalogue.service-revised", service.Code, actor, clock.GetUtcNow(), before: before, after: DraftCloudService.Told(service)));
        try { await db.SaveChangesAsync(ct); }
        catch (DbUpdateConcurrencyException) { return CatalogueProblems.ChangedMeanwhile.Because(code); }
        return TypedResults.NoContent();
    }
}
