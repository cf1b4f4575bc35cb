using System.ComponentModel.DataAnnotations;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Cloud.Model;
using Zhengtong.Kernel.Identity;
using Zhengtong.Kernel.Ledger;

namespace Zhengtong.Cloud.Migration;

/// <summary>What an existing system became.</summary>
/// <param name="SystemId">The business system of the own department that does its work now.</param>
/// <param name="Revision">The revision the caller saw, from 1.</param>
public sealed record MarkMigratedRequest(Guid SystemId, [Range(1, int.MaxValue)] int Revision);

internal static class MarkMigrated
{
    internal static void Map(IEndpointRouteBuilder group) => group.MapPost("/cloud/migration/systems/{id:guid}/move", Handle).Requires(Right.Apply).ProducesProblem(403).ProducesProblem(404).ProducesProblem(409);

    /// <summary>Say that an existing system of the own department has moved: a business system with delivered resources does its work.</summary>
    /// <response code="204">Moved, for good; ledger event cloud.legacy-moved.</response>
    /// <response code="404">cloud.legacy-not-found, cloud.system-not-found</response>
    /// <response code="409">cloud.legacy-over, cloud.legacy-nothing-there: the business system has no delivered resource; cloud.changed-meanwhile</response>
    internal static async Task<Results<NoContent, ProblemHttpResult>> Handle(Guid id, MarkMigratedRequest request, Actor actor, ZhengtongDb db, TimeProvider clock, CancellationToken ct)
    {
        var system = await db.LegacySystems.SingleOrDefaultAsync(s => s.Id == id && s.OrganisationId == actor.Organisation, ct);
        if (system is null) { return CloudProblems.LegacyNotFound.Because($"{id}"); }
        var became = await db.BusinessSystems.AsNoTracking().SingleOrDefaultAsync(s => s.Id == request.SystemId && s.OrganisationId == actor.Organisation && s.RetiredAt == null, ct);
        if (became is null) { return CloudProblems.SystemNotFound.Because($"{request.SystemId}"); }
        if (system.IsOver) { return CloudProblems.LegacyOver.Because(system.Name); }
        if (system.Revision != request.Revision) { return CloudProblems.ChangedMeanwhile.Because(system.Name); }
        if (!await db.CloudResources.AnyAsync(r => r.SystemId == became.Id && r.DeliveredAt != null && r.State != CloudResourceState.Removed, ct)) { return CloudProblems.LegacyNothingThere.Because(became.Name); }

        var now = clock.GetUtcNow();
        system.Move(became.Id, now);
        db.Ledger.Add(LedgerEntry.Of("cloud.legacy-moved", id, actor, now, after: new { system.Name, became = became.Id, system.TargetDate }));
        try { await db.SaveChangesAsync(ct); }
        catch (DbUpdateConcurrencyException) { return CloudProblems.ChangedMeanwhile.Because(system.Name); }
        return TypedResults.NoContent();
    }
}
