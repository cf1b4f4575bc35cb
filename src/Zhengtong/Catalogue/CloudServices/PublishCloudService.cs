using System.ComponentModel.DataAnnotations;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Catalogue.Model;
using Zhengtong.Kernel;
using Zhengtong.Kernel.Identity;
using Zhengtong.Kernel.Ledger;

namespace Zhengtong.Catalogue.CloudServices;

/// <summary>Publish the draft of a service.</summary>
/// <param name="Revision">The draft's revision as the caller saw it, from 1.</param>
public sealed record PublishCloudServiceRequest([Range(1, int.MaxValue)] int Revision);

internal static class PublishCloudService
{
    internal static void Map(IEndpointRouteBuilder group) => group.MapPost("/cloud-services/{code}/publication", Handle).Requires(Right.PublishCloudServices).ProducesProblem(403).ProducesProblem(404).ProducesProblem(409);

    /// <summary>Publish the draft of a cloud service; from then on it may be ordered. The version before it goes on for what was ordered under it.</summary>
    /// <response code="204">Published; ledger event catalogue.service-published.</response>
    /// <response code="404">catalogue.service-not-found: there is no draft of it.</response>
    /// <response code="409">catalogue.changed-meanwhile</response>
    internal static async Task<Results<NoContent, ProblemHttpResult>> Handle(string code, PublishCloudServiceRequest request, Actor actor, ZhengtongDb db, TimeProvider clock, CancellationToken ct)
    {
        var service = await db.CloudServices.SingleOrDefaultAsync(s => s.Code == code && s.State == ServiceState.Draft, ct);
        if (service is null) { return CatalogueProblems.ServiceNotFound.Because(code); }
        if (service.Revision != request.Revision) { return CatalogueProblems.ChangedMeanwhile.Because(code); }

        var now = clock.GetUtcNow();
        try
        {
            await using var transaction = await db.Database.BeginTransactionAsync(ct);
            // The one before ends first, for only one may be published.
            if (await db.CloudServices.SingleOrDefaultAsync(s => s.Code == code && s.State == ServiceState.Published, ct) is { } before)
            {
                before.End(ServiceState.Superseded, now);
                await db.SaveChangesAsync(ct);
            }

            service.Publish(now);
            db.Ledger.Add(LedgerEntry.Of("catalogue.service-published", service.Code, actor, now, after: new { service.Version, service.Name }));
            await db.SaveChangesAsync(ct);
            await transaction.CommitAsync(ct);
        }
        catch (Exception e) when (DatabaseErrors.IsLostRace(e)) { return CatalogueProblems.ChangedMeanwhile.Because(code); }

        return TypedResults.NoContent();
    }
}
