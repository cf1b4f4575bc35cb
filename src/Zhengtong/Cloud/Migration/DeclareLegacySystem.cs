using System.ComponentModel.DataAnnotations;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Kernel;
using Zhengtong.Kernel.Http;
using Zhengtong.Kernel.Identity;
using Zhengtong.Kernel.Ledger;

namespace Zhengtong.Cloud.Migration;

/// <summary>An existing system of the caller's department.</summary>
/// <param name="Name">2 to 100 characters, unique within the department.</param>
/// <param name="Purpose">What it is for, 2 to 500 characters.</param>
/// <param name="Room">The room that it stands in, 2 to 100 characters; a name not known yet is a new room.</param>
/// <param name="Servers">Physical servers that it occupies, 0 to 10,000.</param>
public sealed record DeclareLegacySystemRequest(
    [Required, StringLength(100, MinimumLength = 2)] string Name, [Required, StringLength(500, MinimumLength = 2)] string Purpose, [Required, StringLength(100, MinimumLength = 2)] string Room, [Range(0, 10_000)] int Servers);

/// <summary>The system that was declared.</summary>
/// <param name="Id">Its id.</param>
/// <param name="RoomId">Its room's id.</param>
public sealed record LegacySystemDeclared(Guid Id, Guid RoomId);

internal static class DeclareLegacySystem
{
    internal static void Map(IEndpointRouteBuilder group) => group.MapPost("/cloud/migration/systems", Handle).Requires(Right.Apply).Idempotent().ProducesProblem(403).ProducesProblem(409);

    /// <summary>Declare an existing system 既有系统 of the own department that does not stand in the common cloud, with the room that it stands in.</summary>
    /// <response code="201">Declared; ledger event cloud.legacy-declared.</response>
    /// <response code="409">cloud.legacy-taken, cloud.room-closed, cloud.changed-meanwhile</response>
    internal static async Task<Results<Created<LegacySystemDeclared>, ProblemHttpResult>> Handle(DeclareLegacySystemRequest request, Actor actor, ZhengtongDb db, TimeProvider clock, CancellationToken ct)
    {
        if (await db.LegacySystems.AnyAsync(s => s.OrganisationId == actor.Organisation && s.Name == request.Name, ct)) { return CloudProblems.LegacyTaken.Because(request.Name); }
        var room = await db.MachineRooms.SingleOrDefaultAsync(r => r.OrganisationId == actor.Organisation && r.Name == request.Room, ct);
        if (room is { ClosedAt: not null }) { return CloudProblems.RoomClosed.Because(room.Name); }

        var now = clock.GetUtcNow();
        if (room is null)
        {
            room = new MachineRoom { Id = Guid.CreateVersion7(now), OrganisationId = actor.Organisation, Name = request.Room, DeclaredAt = now };
            db.MachineRooms.Add(room);
        }
        else { room.Touch(); }

        var system = new LegacySystem { Id = Guid.CreateVersion7(now), OrganisationId = actor.Organisation, Name = request.Name, Purpose = request.Purpose, RoomId = room.Id, Servers = request.Servers, DeclaredAt = now };
        db.LegacySystems.Add(system);
        db.Ledger.Add(LedgerEntry.Of("cloud.legacy-declared", system.Id, actor, now, after: new { system.Name, system.Purpose, room = room.Name, system.Servers }));
        try { await db.SaveChangesAsync(ct); }
        // The room was closed, or a colleague declared the same system or room at the same moment.
        catch (Exception e) when (DatabaseErrors.IsLostRace(e)) { return CloudProblems.ChangedMeanwhile.Because(room.Name); }
        return TypedResults.Created($"/api/v1/cloud/migration/systems/{system.Id}", new LegacySystemDeclared(system.Id, room.Id));
    }
}
