using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Kernel.Identity;

namespace Zhengtong.Cloud.Backups;

/// <summary>When a resource is backed up by itself.</summary>
/// <param name="Hour">Hour of the day in China in which it begins, 0 to 23; null for not at all.</param>
/// <param name="Days">Days that each is kept.</param>
/// <param name="NextAt">When the next one begins; null for never.</param>
public sealed record BackupPlanRow(int? Hour, int Days, DateTimeOffset? NextAt);

internal static class GetBackupPlan
{
    internal static void Map(IEndpointRouteBuilder group) => group.MapGet("/cloud/resources/{id:guid}/backup-plan", Handle).Requires(Right.ReadWork).ProducesProblem(403).ProducesProblem(404);

    /// <summary>Read when a resource of the own department is backed up by itself.</summary>
    /// <response code="200">The plan, or that there is none.</response>
    /// <response code="404">cloud.resource-not-found: or of a form that has no backups.</response>
    internal static async Task<Results<Ok<BackupPlanRow>, ProblemHttpResult>> Handle(Guid id, Actor actor, ZhengtongDb db, CancellationToken ct)
    {
        if (await BackupAccess.FindAsync(db, id, actor, ct) is null) { return CloudProblems.ResourceNotFound.Because($"{id}"); }
        return TypedResults.Ok(await db.BackupPlans.AsNoTracking().Where(p => p.ResourceId == id).Select(p => new BackupPlanRow(p.Hour, p.Days, p.NextAt)).SingleOrDefaultAsync(ct)
            ?? new BackupPlanRow(null, Model.BackupPlan.UsualDays, null));
    }
}
