using System.ComponentModel.DataAnnotations;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Kernel.Identity;
using Zhengtong.Kernel.Ledger;

namespace Zhengtong.Cloud.Migration;

/// <summary>Close a machine room.</summary>
/// <param name="Ground">On what ground, 2 to 500 characters.</param>
/// <param name="Revision">The revision the caller saw, from 1.</param>
public sealed record CloseRoomRequest([Required, StringLength(500, MinimumLength = 2)] string Ground, [Range(1, int.MaxValue)] int Revision);

internal static class CloseRoom
{
    internal static void Map(IEndpointRouteBuilder group) => group.MapPost("/cloud/migration/rooms/{id:guid}/closing", Handle).Requires(Right.Apply).ProducesProblem(403).ProducesProblem(404).ProducesProblem(409);

    /// <summary>Say that a machine room 机房 of the own department is closed: whatever stood in it has moved or ended.</summary>
    /// <response code="204">Closed, for good; ledger event cloud.room-closed.</response>
    /// <response code="404">cloud.room-not-found</response>
    /// <response code="409">cloud.room-closed, cloud.room-in-use, cloud.changed-meanwhile</response>
    internal static async Task<Results<NoContent, ProblemHttpResult>> Handle(Guid id, CloseRoomRequest request, Actor actor, ZhengtongDb db, TimeProvider clock, CancellationToken ct)
    {
        var room = await db.MachineRooms.SingleOrDefaultAsync(r => r.Id == id && r.OrganisationId == actor.Organisation, ct);
        if (room is null) { return CloudProblems.RoomNotFound.Because($"{id}"); }
        if (room.ClosedAt is not null) { return CloudProblems.RoomClosed.Because(room.Name); }
        if (room.Revision != request.Revision) { return CloudProblems.ChangedMeanwhile.Because(room.Name); }
        if (await db.LegacySystems.AnyAsync(s => s.RoomId == id && s.State != MigrationState.Moved && s.State != MigrationState.Retired, ct)) { return CloudProblems.RoomInUse.Because(room.Name); }

        var now = clock.GetUtcNow();
        room.Close(now);
        db.Ledger.Add(LedgerEntry.Of("cloud.room-closed", id, actor, now, request.Ground, after: new { room.Name }));
        try { await db.SaveChangesAsync(ct); }
        catch (DbUpdateConcurrencyException) { return CloudProblems.ChangedMeanwhile.Because(room.Name); }
        return TypedResults.NoContent();
    }
}
