using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Kernel;
using Zhengtong.Kernel.Http;
using Zhengtong.Kernel.Identity;

namespace Zhengtong.Cloud.Databases;

/// <summary>A backup of a database.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Name">Its name: what a restore names.</param>
/// <param name="IsScheduled">True when the schedule asked for it.</param>
/// <param name="Length">Bytes of the archive, in pg_dump's custom format.</param>
/// <param name="ServerVersion">Version of the server that it was taken from.</param>
/// <param name="At">When it was taken.</param>
/// <param name="ExpiresAt">When it goes by itself; null while its database is there.</param>
public sealed record DatabaseBackupRow(Guid Id, string Name, bool IsScheduled, long Length, string ServerVersion, DateTimeOffset At, DateTimeOffset? ExpiresAt);

internal static class ListDatabaseBackups
{
    internal static void Map(IEndpointRouteBuilder group) => group.MapGet("/cloud/resources/{id:guid}/database-backups", Handle).Requires(Right.ReadWork).ProducesProblem(400).ProducesProblem(403).ProducesProblem(404);

    /// <summary>List the backups of a database of the own department, the newest first; those of a removed database too, until they expire.</summary>
    /// <param name="id">The resource.</param>
    /// <param name="page">Which part of the list.</param>
    /// <response code="200">A page of backups.</response>
    /// <response code="400">kernel.cursor-unknown</response>
    /// <response code="404">cloud.database-not-found</response>
    internal static async Task<Results<Ok<Page<DatabaseBackupRow>>, ProblemHttpResult>> Handle(Guid id, [AsParameters] PageQuery page, Actor actor, ZhengtongDb db, Paging paging, CancellationToken ct)
    {
        if (!await db.CloudResources.AnyAsync(r => r.Id == id && r.OrganisationId == actor.Organisation && r.Form == Model.ResourceForm.Database, ct)) { return CloudProblems.DatabaseNotFound.Because($"{id}"); }
        return await paging.ReadAsync(db.DatabaseBackups.AsNoTracking().Where(b => b.ResourceId == id), page, b => b.At, b => b.Id,
            b => new DatabaseBackupRow(b.Id, b.Name, b.IsScheduled, b.Length, b.ServerVersion, b.At, b.ExpiresAt), descending: true, ct) is { } read ? TypedResults.Ok(read) : KernelProblems.CursorUnknown.Because();
    }
}
