using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Cloud.Metering;
using Zhengtong.Kernel;
using Zhengtong.Kernel.Http;
using Zhengtong.Kernel.Identity;

namespace Zhengtong.Cloud.Migration;

/// <summary>A machine room.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Name">Its name.</param>
/// <param name="OrganisationId">Whose it is.</param>
/// <param name="Organisation">Its name.</param>
/// <param name="Systems">Existing systems that still stand in it.</param>
/// <param name="Servers">Physical servers that they occupy.</param>
/// <param name="DeclaredAt">When it was first named.</param>
/// <param name="ClosedAt">When it was closed; null while it is in use.</param>
/// <param name="Revision">To be sent with a change.</param>
public sealed record MachineRoomRow(Guid Id, string Name, Guid OrganisationId, string Organisation, int Systems, int Servers, DateTimeOffset DeclaredAt, DateTimeOffset? ClosedAt, int Revision);

internal static class ListRooms
{
    internal static void Map(IEndpointRouteBuilder group) => group.MapGet("/cloud/migration/rooms", Handle).Requires(Right.ReadWork).ProducesProblem(400).ProducesProblem(403);

    /// <summary>List machine rooms with what still stands in them, the newest first, in the same reach as existing systems.</summary>
    /// <param name="page">Which part of the list.</param>
    /// <response code="200">A page.</response>
    /// <response code="400">kernel.cursor-unknown</response>
    internal static async Task<Results<Ok<Page<MachineRoomRow>>, ProblemHttpResult>> Handle([AsParameters] PageQuery page, Actor actor, ZhengtongDb db, Paging paging, CancellationToken ct)
    {
        var owners = ResourceReach.Organisations(db, actor).Select(o => o.Id);
        var found = await paging.ReadAsync(db.MachineRooms.AsNoTracking().Where(r => owners.Contains(r.OrganisationId)), page, r => r.DeclaredAt, r => r.Id, r => new MachineRoomRow(
            r.Id, r.Name, r.OrganisationId, db.Organisations.Where(o => o.Id == r.OrganisationId).Select(o => o.ShortName).First(),
            db.LegacySystems.Count(s => s.RoomId == r.Id && s.State != MigrationState.Moved && s.State != MigrationState.Retired),
            db.LegacySystems.Where(s => s.RoomId == r.Id && s.State != MigrationState.Moved && s.State != MigrationState.Retired).Sum(s => s.Servers), r.DeclaredAt, r.ClosedAt, r.Revision), descending: true, ct);
        return found is null ? KernelProblems.CursorUnknown.Because() : TypedResults.Ok(found);
    }
}
