using System.Security.Cryptography;
using Microsoft.AspNetCore.Http.HttpResults;
using Zhengtong.Cloud.Model;
using Zhengtong.Kernel.Http;
using Zhengtong.Kernel.Identity;
using Zhengtong.Kernel.Ledger;

namespace Zhengtong.Cloud.Backups;

internal static class DownloadBackup
{
    internal static void Map(IEndpointRouteBuilder group) => group.MapGet("/cloud/resources/{id:guid}/backups/{backup:guid}/content", Handle)
        .Requires(Right.Apply).ProducesProblem(403).ProducesProblem(404).ProducesProblem(409).Produces(200, contentType: "application/octet-stream").RequireRateLimiting(RateLimits.Downloads).DisableRequestTimeout();

    /// <summary>Download a backup of a resource of the own department, in the clear: of an instance the archive that LXD imports, of a database that which pg_restore reads. Bytes that were altered end the download before its end.</summary>
    /// <response code="200">The archive; ledger event cloud.backup-downloaded.</response>
    /// <response code="404">cloud.backup-not-found</response>
    /// <response code="409">cloud.secret-lost</response>
    internal static async Task<Results<FileStreamHttpResult, ProblemHttpResult>> Handle(Guid id, Guid backup, Actor actor, ZhengtongDb db, BackupStore store, TimeProvider clock, CancellationToken ct)
    {
        if (await BackupAccess.FindAsync(db, id, backup, actor, ct) is not var (found, resource)) { return CloudProblems.BackupNotFound.Because($"{backup}"); }
        BackupStream? content;
        try { content = await store.OpenAsync(found, ct); }
        catch (CryptographicException) { return CloudProblems.SecretLost.Because(); }
        if (content is null) { return CloudProblems.BackupNotFound.Because($"{backup}"); }

        db.Ledger.Add(LedgerEntry.Of("cloud.backup-downloaded", id, actor, clock.GetUtcNow(), after: new { backup, found.Name, found.Length }));
        await db.SaveChangesAsync(ct);
        return TypedResults.Stream(content, "application/octet-stream", $"{found.Name}.{(resource.Form == ResourceForm.Database ? "dump" : "tar.gz")}", found.At);
    }
}
