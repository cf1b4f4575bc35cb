using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Kernel.Identity;
using Zhengtong.Kernel.Ledger;

namespace Zhengtong.Cloud.Backups;

internal static class DeleteBackup
{
    internal static void Map(IEndpointRouteBuilder group) => group.MapDelete("/cloud/resources/{id:guid}/backups/{backup:guid}", Handle).Requires(Right.Apply).ProducesProblem(403).ProducesProblem(404).ProducesProblem(409);

    /// <summary>Remove a backup of a resource of the own department before its time.</summary>
    /// <response code="204">Gone; ledger event cloud.backup-deleted.</response>
    /// <response code="404">cloud.backup-not-found</response>
    /// <response code="409">cloud.backup-needed, cloud.changed-meanwhile</response>
    internal static async Task<Results<NoContent, ProblemHttpResult>> Handle(Guid id, Guid backup, Actor actor, ZhengtongDb db, TimeProvider clock, CancellationToken ct)
    {
        if (await BackupAccess.FindAsync(db, id, backup, actor, ct) is not var (found, _)) { return CloudProblems.BackupNotFound.Because($"{backup}"); }
        if (await BackupStore.Needed(db, db.ResourceBackups.Where(b => b.Id == backup)).AnyAsync(ct)) { return CloudProblems.BackupNeeded.Because(found.Name); }

        db.Ledger.Add(LedgerEntry.Of("cloud.backup-deleted", id, actor, clock.GetUtcNow(), before: new { backup, found.Name, length = found.WholeLength, found.At }));
        try { await BackupStore.ForgetAsync(db, [found], ct); }
        catch (DbUpdateConcurrencyException) { return CloudProblems.ChangedMeanwhile.Because(found.Name); }
        return TypedResults.NoContent();
    }
}
