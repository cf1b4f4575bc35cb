using System.ComponentModel.DataAnnotations;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Kernel.Identity;
using Zhengtong.Kernel.Ledger;

namespace Zhengtong.Cloud.Migration;

/// <summary>Take an existing system out of service without a successor.</summary>
/// <param name="Reason">Why, 2 to 500 characters.</param>
/// <param name="Revision">The revision the caller saw, from 1.</param>
public sealed record RetireLegacySystemRequest([Required, StringLength(500, MinimumLength = 2)] string Reason, [Range(1, int.MaxValue)] int Revision);

internal static class RetireLegacySystem
{
    internal static void Map(IEndpointRouteBuilder group) => group.MapPost("/cloud/migration/systems/{id:guid}/retirement", Handle).Requires(Right.Apply).ProducesProblem(403).ProducesProblem(404).ProducesProblem(409);

    /// <summary>Say that an existing system of the own department was switched off and nothing takes its place.</summary>
    /// <response code="204">Retired, for good; ledger event cloud.legacy-retired.</response>
    /// <response code="404">cloud.legacy-not-found</response>
    /// <response code="409">cloud.legacy-over, cloud.changed-meanwhile</response>
    internal static async Task<Results<NoContent, ProblemHttpResult>> Handle(Guid id, RetireLegacySystemRequest request, Actor actor, ZhengtongDb db, TimeProvider clock, CancellationToken ct)
    {
        var system = await db.LegacySystems.SingleOrDefaultAsync(s => s.Id == id && s.OrganisationId == actor.Organisation, ct);
        if (system is null) { return CloudProblems.LegacyNotFound.Because($"{id}"); }
        if (system.IsOver) { return CloudProblems.LegacyOver.Because(system.Name); }
        if (system.Revision != request.Revision) { return CloudProblems.ChangedMeanwhile.Because(system.Name); }

        var now = clock.GetUtcNow();
        system.Retire(now);
        db.Ledger.Add(LedgerEntry.Of("cloud.legacy-retired", id, actor, now, request.Reason, after: new { system.Name }));
        try { await db.SaveChangesAsync(ct); }
        catch (DbUpdateConcurrencyException) { return CloudProblems.ChangedMeanwhile.Because(system.Name); }
        return TypedResults.NoContent();
    }
}
