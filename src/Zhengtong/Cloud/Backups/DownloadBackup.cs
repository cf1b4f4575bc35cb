using System.ComponentModel.DataAnnotations;
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

    /// <summary>Download a backup of a resource of the own department, in the clear: of an instance the archive that LXD imports, and of each data volume one of its own; of a database that which pg_restore reads. Bytes that were altered end the download before its end.</summary>
    /// <param name="id">The resource.</param>
    /// <param name="backup">The backup.</param>
    /// <param name="volume">Name of a data volume in it; null for the instance, site or database itself.</param>
    /// <response code="200">The archive; ledger event cloud.backup-downloaded.</response>
    /// <response code="404">cloud.backup-not-found</response>
    /// <response code="409">cloud.secret-lost</response>
    internal static async Task<Results<FileStreamHttpResult, ProblemHttpResult>> Handle(Guid id, Guid backup, Actor actor, ZhengtongDb db, BackupStore store, TimeProvider clock, CancellationToken ct,
        [StringLength(20, MinimumLength = 1)] string? volume = null)
    {
        if (await BackupAccess.FindAsync(db, id, backup, actor, ct) is not var (found, resource)) { return CloudProblems.BackupNotFound.Because($"{backup}"); }
        var part = volume is null ? null : found.Volumes.FirstOrDefault(v => v.Name == volume);
        if (volume is not null && part is null) { return CloudProblems.BackupNotFound.Because(volume); }
        BackupStream? content;
        try { content = part is null ? await store.OpenAsync(found, ct) : await store.OpenAsync(part, ct); }
        catch (CryptographicException) { return CloudProblems.SecretLost.Because(); }
        if (content is null) { return CloudProblems.BackupNotFound.Because($"{backup}"); }

        db.Ledger.Add(LedgerEntry.Of("cloud.backup-downloaded", id, actor, clock.GetUtcNow(), after: new { backup, found.Name, volume, length = part?.Length ?? found.Length }));
        await db.SaveChangesAsync(ct);
        return TypedResults.Stream(content, "application/octet-stream", $"{found.Name}{(part is null ? "" : $".{part.Name}")}.{(resource.Form == ResourceForm.Database ? "dump" : "tar.gz")}", found.At);
    }
}
