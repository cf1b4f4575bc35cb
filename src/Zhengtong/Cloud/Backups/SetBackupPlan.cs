using System.ComponentModel.DataAnnotations;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Cloud.Model;
using Zhengtong.Kernel;
using Zhengtong.Kernel.Identity;
using Zhengtong.Kernel.Ledger;

namespace Zhengtong.Cloud.Backups;

/// <summary>When a resource is backed up by itself.</summary>
/// <param name="Hour">Hour of the day in China in which it begins, 0 to 23; null for not at all.</param>
/// <param name="Days">Days that each is kept, 1 to 365; the newest stays until another is there. Backups that somebody asked for stay until they are removed.</param>
public sealed record SetBackupPlanRequest([Range(0, 23)] int? Hour, [Range(1, 365)] int Days);

internal static class SetBackupPlan
{
    internal static void Map(IEndpointRouteBuilder group) => group.MapPut("/cloud/resources/{id:guid}/backup-plan", Handle).Requires(Right.Apply).ProducesProblem(403).ProducesProblem(404).ProducesProblem(409);

    /// <summary>Say at which hour of each day a resource of the own department is backed up by itself, and for how many days each backup is kept. What was made before is kept by the new number.</summary>
    /// <response code="204">Set; ledger event cloud.backup-plan-set.</response>
    /// <response code="404">cloud.resource-not-found: or of a form that has no backups.</response>
    /// <response code="409">cloud.resource-gone, cloud.changed-meanwhile</response>
    internal static async Task<Results<NoContent, ProblemHttpResult>> Handle(Guid id, SetBackupPlanRequest request, Actor actor, ZhengtongDb db, TimeProvider clock, CancellationToken ct)
    {
        if (await BackupAccess.FindAsync(db, id, actor, ct) is not { } resource) { return CloudProblems.ResourceNotFound.Because($"{id}"); }
        if (resource.Wish == ResourceWish.Removed || resource.IsGone) { return CloudProblems.ResourceGone.Because(resource.Number); }

        var now = clock.GetUtcNow();
        var plan = await db.BackupPlans.SingleOrDefaultAsync(p => p.ResourceId == id, ct);
        var before = new { hour = plan?.Hour, days = plan?.Days };
        if (request.Hour is not { } hour)
        {
            if (plan is not null) { db.BackupPlans.Remove(plan); }
        }
        else
        {
            if (plan is null) { db.BackupPlans.Add(plan = new BackupPlan { ResourceId = id, Hour = hour, Days = request.Days, NextAt = now }); }
            else { plan.Touch(); }
            (plan.Hour, plan.Days) = (hour, request.Days);
            plan.NextAt = plan.After(now);
            foreach (var made in await db.ResourceBackups.Where(b => b.ResourceId == id && b.IsScheduled).ToListAsync(ct)) { made.ExpiresAt = made.At.AddDays(request.Days); }
        }

        db.Ledger.Add(LedgerEntry.Of("cloud.backup-plan-set", id, actor, now, before: before, after: new { hour = request.Hour, days = request.Days }));
        try { await db.SaveChangesAsync(ct); }
        catch (Exception e) when (DatabaseErrors.IsLostRace(e)) { return CloudProblems.ChangedMeanwhile.Because(resource.Number); }
        return TypedResults.NoContent();
    }
}
