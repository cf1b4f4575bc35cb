using System.ComponentModel.DataAnnotations;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Kernel.Identity;
using Zhengtong.Kernel.Ledger;

namespace Zhengtong.Cloud.Databases;

/// <summary>How often a database is backed up by itself.</summary>
/// <param name="Hours">Hours from one to the next, 1 to 720; null for none.</param>
/// <param name="Kept">How many of those are kept, 1 to 365; backups that somebody asked for are not counted.</param>
public sealed record SetDatabaseBackupsRequest([Range(1, 720)] int? Hours, [Range(1, 365)] int Kept);

internal static class SetDatabaseBackups
{
    internal static void Map(IEndpointRouteBuilder group) => group.MapPut("/cloud/resources/{id:guid}/database-backup-plan", Handle).Requires(Right.Apply).ProducesProblem(403).ProducesProblem(404).ProducesProblem(409);

    /// <summary>Say how often a database of the own department is backed up, and how many backups are kept. The first follows within a minute.</summary>
    /// <response code="204">Set; ledger event cloud.database-backups-set.</response>
    /// <response code="404">cloud.database-not-found</response>
    /// <response code="409">cloud.changed-meanwhile</response>
    internal static async Task<Results<NoContent, ProblemHttpResult>> Handle(Guid id, SetDatabaseBackupsRequest request, Actor actor, ZhengtongDb db, TimeProvider clock, CancellationToken ct)
    {
        var found = await ShowDatabaseCredentials.FindAsync(db, id, actor, ct);
        if (found is not var (resource, row, _)) { return CloudProblems.DatabaseNotFound.Because($"{id}"); }

        var (now, before) = (clock.GetUtcNow(), new { hours = row.BackUpHours, kept = row.BackupsKept });
        (row.BackUpHours, row.BackupsKept, row.NextBackupAt) = (request.Hours, request.Kept, request.Hours is null ? null : now);
        row.Touch();
        db.Ledger.Add(LedgerEntry.Of("cloud.database-backups-set", id, actor, now, before: before, after: new { hours = row.BackUpHours, kept = row.BackupsKept }));
        try { await db.SaveChangesAsync(ct); }
        catch (DbUpdateConcurrencyException) { return CloudProblems.ChangedMeanwhile.Because(resource.Name); }
        return TypedResults.NoContent();
    }
}
