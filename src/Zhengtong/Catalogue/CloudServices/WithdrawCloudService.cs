using System.ComponentModel.DataAnnotations;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Catalogue.Model;
using Zhengtong.Kernel.Identity;
using Zhengtong.Kernel.Ledger;

namespace Zhengtong.Catalogue.CloudServices;

/// <summary>Take a service off.</summary>
/// <param name="Reason">Why, 2 to 500 characters.</param>
/// <param name="Revision">The published version's revision as the caller saw it, from 1.</param>
public sealed record WithdrawCloudServiceRequest([Required, StringLength(500, MinimumLength = 2)] string Reason, [Range(1, int.MaxValue)] int Revision);

internal static class WithdrawCloudService
{
    internal static void Map(IEndpointRouteBuilder group) => group.MapPost("/cloud-services/{code}/withdrawal", Handle).Requires(Right.PublishCloudServices).ProducesProblem(403).ProducesProblem(404).ProducesProblem(409);

    /// <summary>Take the published version of a cloud service off; nothing more is ordered or granted under it, what was delivered goes on.</summary>
    /// <response code="204">Taken off; ledger event catalogue.service-withdrawn.</response>
    /// <response code="404">catalogue.service-not-found: it is not published.</response>
    /// <response code="409">catalogue.changed-meanwhile</response>
    internal static async Task<Results<NoContent, ProblemHttpResult>> Handle(string code, WithdrawCloudServiceRequest request, Actor actor, ZhengtongDb db, TimeProvider clock, CancellationToken ct)
    {
        var service = await db.CloudServices.SingleOrDefaultAsync(s => s.Code == code && s.State == ServiceState.Published, ct);
        if (service is null) { return CatalogueProblems.ServiceNotFound.Because(code); }
        if (service.Revision != request.Revision) { return CatalogueProblems.ChangedMeanwhile.Because(code); }

        var now = clock.GetUtcNow();
        service.End(ServiceState.Withdrawn, now);
        db.Ledger.Add(LedgerEntry.Of("catalogue.service-withdrawn", service.Code, actor, now, request.Reason, after: new { service.Version }));
        try { await db.SaveChangesAsync(ct); }
        catch (DbUpdateConcurrencyException) { return CatalogueProblems.ChangedMeanwhile.Because(code); }
        return TypedResults.NoContent();
    }
}
