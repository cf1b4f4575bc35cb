using System.ComponentModel.DataAnnotations;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Kernel.Identity;
using Zhengtong.Kernel.Ledger;

namespace Zhengtong.Cloud.Systems;

/// <summary>Take a system out of service.</summary>
/// <param name="Reason">Why, 2 to 500 characters.</param>
/// <param name="Revision">The revision the caller saw, from 1.</param>
public sealed record RetireBusinessSystemRequest([Required, StringLength(500, MinimumLength = 2)] string Reason, [Range(1, int.MaxValue)] int Revision);

internal static class RetireBusinessSystem
{
    internal static void Map(IEndpointRouteBuilder group) => group.MapPost("/cloud/systems/{id:guid}/retirement", Handle).Requires(Right.Apply).ProducesProblem(403).ProducesProblem(404).ProducesProblem(409);

    /// <summary>Take a business system out of service, for good; nothing more is ordered for it.</summary>
    /// <response code="204">Retired; ledger event cloud.system-retired.</response>
    /// <response code="404">cloud.system-not-found</response>
    /// <response code="409">cloud.system-retired, cloud.system-in-use: give its resources back first; cloud.changed-meanwhile</response>
    internal static async Task<Results<NoContent, ProblemHttpResult>> Handle(Guid id, RetireBusinessSystemRequest request, Actor actor, ZhengtongDb db, TimeProvider clock, CancellationToken ct)
    {
        var system = await db.BusinessSystems.SingleOrDefaultAsync(s => s.Id == id && s.OrganisationId == actor.Organisation, ct);
        if (system is null) { return CloudProblems.SystemNotFound.Because($"{id}"); }
        if (system.RetiredAt is not null) { return CloudProblems.SystemRetired.Because(system.Name); }
        if (system.Revision != request.Revision) { return CloudProblems.ChangedMeanwhile.Because(system.Name); }
        if (await ReviseBusinessSystem.IsUsedAsync(db, id, ct)) { return CloudProblems.SystemInUse.Because(system.Name); }

        var now = clock.GetUtcNow();
        system.RetiredAt = now;
        system.Touch();
        db.Ledger.Add(LedgerEntry.Of("cloud.system-retired", system.Id, actor, now, request.Reason, after: new { system.Name }));
        try { await db.SaveChangesAsync(ct); }
        catch (DbUpdateConcurrencyException) { return CloudProblems.ChangedMeanwhile.Because(system.Name); }
        return TypedResults.NoContent();
    }
}
