using System.ComponentModel.DataAnnotations;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Kernel;
using Zhengtong.Kernel.Identity;
using Zhengtong.Kernel.Ledger;

namespace Zhengtong.Cloud.Migration;

/// <summary>By when an existing system moves.</summary>
/// <param name="TargetDate">The day, in China, from today; at most ten years ahead.</param>
/// <param name="Revision">The revision the caller saw, from 1.</param>
public sealed record PlanMigrationRequest(DateOnly TargetDate, [Range(1, int.MaxValue)] int Revision);

internal static class PlanMigration
{
    private const int MostYears = 10;

    internal static void Map(IEndpointRouteBuilder group) => group.MapPut("/cloud/migration/systems/{id:guid}/plan", Handle).Requires(Right.Apply).ProducesProblem(403).ProducesProblem(404).ProducesProblem(409);

    /// <summary>Say by when an existing system of the own department moves into the common cloud; may be said anew until it has.</summary>
    /// <response code="204">Planned; ledger event cloud.legacy-planned.</response>
    /// <response code="400">cloud.invalid</response>
    /// <response code="404">cloud.legacy-not-found</response>
    /// <response code="409">cloud.legacy-over, cloud.changed-meanwhile</response>
    internal static async Task<Results<NoContent, ProblemHttpResult>> Handle(Guid id, PlanMigrationRequest request, Actor actor, ZhengtongDb db, TimeProvider clock, CancellationToken ct)
    {
        var now = clock.GetUtcNow();
        var today = ChinaTime.DateOf(now);
        if (request.TargetDate < today || request.TargetDate > today.AddYears(MostYears)) { return CloudProblems.Invalid.For(new Dictionary<string, string[]> { ["targetDate"] = [Text.Of("cloud.migration.target-wrong", MostYears)] }); }
        var system = await db.LegacySystems.SingleOrDefaultAsync(s => s.Id == id && s.OrganisationId == actor.Organisation, ct);
        if (system is null) { return CloudProblems.LegacyNotFound.Because($"{id}"); }
        if (system.IsOver) { return CloudProblems.LegacyOver.Because(system.Name); }
        if (system.Revision != request.Revision) { return CloudProblems.ChangedMeanwhile.Because(system.Name); }

        var before = new { system.TargetDate };
        system.Plan(request.TargetDate);
        db.Ledger.Add(LedgerEntry.Of("cloud.legacy-planned", id, actor, now, before: before, after: new { system.Name, system.TargetDate }));
        try { await db.SaveChangesAsync(ct); }
        catch (DbUpdateConcurrencyException) { return CloudProblems.ChangedMeanwhile.Because(system.Name); }
        return TypedResults.NoContent();
    }
}
