using System.Security.Cryptography;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Kernel.Http;
using Zhengtong.Kernel.Identity;
using Zhengtong.Kernel.Ledger;
using Zhengtong.Kernel.Objects;
using Zhengtong.Kernel.Secrets;

namespace Zhengtong.Cloud.Databases;

internal static class DownloadDatabaseBackup
{
    internal static void Map(IEndpointRouteBuilder group) => group.MapGet("/cloud/resources/{id:guid}/database-backups/{backup:guid}/content", Handle)
        .Requires(Right.Apply).ProducesProblem(403).ProducesProblem(404).ProducesProblem(409).Produces(200, contentType: "application/octet-stream").RequireRateLimiting(RateLimits.Downloads).DisableRequestTimeout();

    /// <summary>Download a backup of a database of the own department: the archive as pg_dump wrote it, for pg_restore. Bytes that were altered end the download before its end.</summary>
    /// <response code="200">The archive; ledger event cloud.database-backup-downloaded.</response>
    /// <response code="404">cloud.backup-not-found</response>
    /// <response code="409">cloud.secret-lost</response>
    internal static async Task<Results<FileStreamHttpResult, ProblemHttpResult>> Handle(Guid id, Guid backup, Actor actor, ZhengtongDb db, ObjectStore objects, Vault vault, TimeProvider clock, CancellationToken ct)
    {
        var found = await db.DatabaseBackups.AsNoTracking().Where(b => b.Id == backup && b.ResourceId == id && db.CloudResources.Any(r => r.Id == id && r.OrganisationId == actor.Organisation)).SingleOrDefaultAsync(ct);
        if (found is null) { return CloudProblems.BackupNotFound.Because($"{backup}"); }
        Stream? content;
        try { content = await DatabaseFulfilment.OpenBackupAsync(objects, vault, found, ct); }
        catch (CryptographicException) { return CloudProblems.SecretLost.Because(); }
        if (content is null) { return CloudProblems.BackupNotFound.Because($"{backup}"); }

        db.Ledger.Add(LedgerEntry.Of("cloud.database-backup-downloaded", id, actor, clock.GetUtcNow(), after: new { backup, found.Name, found.Length }));
        await db.SaveChangesAsync(ct);
        return TypedResults.Stream(content, "application/octet-stream", $"{found.Name}.dump", found.At);
    }
}
