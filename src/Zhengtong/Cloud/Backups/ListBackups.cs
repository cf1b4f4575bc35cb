using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Cloud.Model;
using Zhengtong.Kernel;
using Zhengtong.Kernel.Http;
using Zhengtong.Kernel.Identity;

namespace Zhengtong.Cloud.Backups;

/// <summary>A backup of a resource.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Name">Its name.</param>
/// <param name="IsScheduled">True when the plan asked for it.</param>
/// <param name="Length">Bytes of the archive, without those of data volumes: of an instance a tar file, compressed; of a database in pg_dump's custom format.</param>
/// <param name="Source">Product and version of the engine, or version of the server, that it was taken from; empty when unknown.</param>
/// <param name="At">When it was taken.</param>
/// <param name="ExpiresAt">When it goes by itself; null for not while its resource is there. The newest that the plan made stays beyond it until another is there.</param>
/// <param name="Volumes">The data volumes in it, each an archive of its own.</param>
public sealed record BackupRow(Guid Id, string Name, bool IsScheduled, long Length, string Source, DateTimeOffset At, DateTimeOffset? ExpiresAt, IReadOnlyList<BackupVolumeRow> Volumes)
{
    internal static BackupRow Of(ResourceBackup b) => new(b.Id, b.Name, b.IsScheduled, b.Length, b.Source, b.At, b.ExpiresAt, [.. b.Volumes.Select(v => new BackupVolumeRow(v.Name, v.Size, v.Path, v.Length))]);
}

/// <summary>A data volume in a backup.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Size">Its size, GiB.</param>
/// <param name="Path">Where it was mounted.</param>
/// <param name="Length">Bytes of its archive, a tar file, compressed.</param>
public sealed record BackupVolumeRow(string Name, int Size, string Path, long Length);

internal static class ListBackups
{
    internal static void Map(IEndpointRouteBuilder group) => group.MapGet("/cloud/resources/{id:guid}/backups", Handle).Requires(Right.ReadWork).ProducesProblem(400).ProducesProblem(403).ProducesProblem(404);

    /// <summary>List the backups of an instance, site or database of the own department, the newest first; those of a removed one too, until they expire.</summary>
    /// <param name="id">The resource.</param>
    /// <param name="page">Which part of the list.</param>
    /// <response code="200">A page of backups.</response>
    /// <response code="400">kernel.cursor-unknown</response>
    /// <response code="404">cloud.resource-not-found: or of a form that has no backups.</response>
    internal static async Task<Results<Ok<Page<BackupRow>>, ProblemHttpResult>> Handle(Guid id, [AsParameters] PageQuery page, Actor actor, ZhengtongDb db, Paging paging, CancellationToken ct)
    {
        if (await BackupAccess.FindAsync(db, id, actor, ct) is null) { return CloudProblems.ResourceNotFound.Because($"{id}"); }
        return await paging.ReadAsync(db.ResourceBackups.AsNoTracking().Where(b => b.ResourceId == id), page, b => b.At, b => b.Id,
            b => BackupRow.Of(b), descending: true, ct) is { } read ? TypedResults.Ok(read) : KernelProblems.CursorUnknown.Because();
    }
}
