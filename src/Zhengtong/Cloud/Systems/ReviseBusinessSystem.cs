using System.ComponentModel.DataAnnotations;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Cloud.Model;
using Zhengtong.Kernel;
using Zhengtong.Kernel.Http;
using Zhengtong.Kernel.Identity;
using Zhengtong.Kernel.Ledger;

namespace Zhengtong.Cloud.Systems;

/// <summary>A business system as it is to be.</summary>
/// <param name="Name">2 to 100 characters, unique within the department.</param>
/// <param name="Purpose">What it is for, 2 to 500 characters.</param>
/// <param name="Protection">等保 level, 1 to 5.</param>
/// <param name="ProtectionRecord">Number of the record of that grading, at most 100 characters; null while it has none.</param>
/// <param name="Zone">The network that it stands in.</param>
public sealed record ReviseBusinessSystemRequest(
    [Required, StringLength(100, MinimumLength = 2)] string Name, [Required, StringLength(500, MinimumLength = 2)] string Purpose, [Range(1, 5)] int Protection,
    [StringLength(100, MinimumLength = 1)] string? ProtectionRecord, NetworkZone Zone);

internal static class ReviseBusinessSystem
{
    internal static void Map(IEndpointRouteBuilder group) => group.MapPut("/cloud/systems/{id:guid}", Handle)
        .Requires(Right.Apply).ProducesProblem(403).ProducesProblem(404).ProducesProblem(409).ProducesProblem(412).ProducesProblem(428);

    /// <summary>Change a business system of the own department; name the revision seen in If-Match. What stands in its network keeps it there, and what stands keeps its level from rising above that of its place.</summary>
    /// <response code="204">Changed; ledger event cloud.system-revised.</response>
    /// <response code="404">cloud.system-not-found</response>
    /// <response code="409">cloud.system-taken, cloud.system-retired, cloud.system-in-use: it has resources or open orders, and neither network nor level may change; cloud.changed-meanwhile</response>
    /// <response code="412">kernel.changed-meanwhile</response>
    /// <response code="428">kernel.precondition-needed</response>
    internal static async Task<Results<NoContent, ProblemHttpResult>> Handle(
        Guid id, ReviseBusinessSystemRequest request, HttpContext http, Actor actor, ZhengtongDb db, TimeProvider clock, CancellationToken ct)
    {
        var system = await db.BusinessSystems.SingleOrDefaultAsync(s => s.Id == id && s.OrganisationId == actor.Organisation, ct);
        if (system is null) { return CloudProblems.SystemNotFound.Because($"{id}"); }
        if (http.PreconditionFails(system.Revision) is { } failed) { return failed; }
        if (system.RetiredAt is not null) { return CloudProblems.SystemRetired.Because(system.Name); }
        if ((system.Zone != request.Zone || system.Protection != request.Protection) && await IsUsedAsync(db, id, ct)) { return CloudProblems.SystemInUse.Because(system.Name); }

        var before = RegisterBusinessSystem.Told(system);
        (system.Name, system.Purpose, system.Protection, system.ProtectionRecord, system.Zone) = (request.Name, request.Purpose, request.Protection, request.ProtectionRecord, request.Zone);
        system.Touch();
        db.Ledger.Add(LedgerEntry.Of("cloud.system-revised", system.Id, actor, clock.GetUtcNow(), before: before, after: RegisterBusinessSystem.Told(system)));
        try { await db.SaveChangesAsync(ct); }
        catch (DbUpdateConcurrencyException) { return CloudProblems.ChangedMeanwhile.Because(request.Name); }
        catch (DbUpdateException e) when (e.IsUniqueViolation()) { return CloudProblems.SystemTaken.Because(request.Name); }
        return TypedResults.NoContent();
    }

    /// <summary>True while the system has resources that are not gone, or an order waits.</summary>
    internal static async Task<bool> IsUsedAsync(ZhengtongDb db, Guid system, CancellationToken ct) =>
        await db.CloudResources.AnyAsync(r => r.SystemId == system && r.State != CloudResourceState.Removed, ct) || await db.CloudOrders.AnyAsync(o => o.SystemId == system && o.State == OrderState.Submitted, ct);
}
