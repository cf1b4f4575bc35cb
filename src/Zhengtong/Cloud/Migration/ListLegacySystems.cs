using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Cloud.Metering;
using Zhengtong.Kernel;
using Zhengtong.Kernel.Http;
using Zhengtong.Kernel.Identity;

namespace Zhengtong.Cloud.Migration;

/// <summary>An existing system in the list.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Name">Its name.</param>
/// <param name="Purpose">What it is for.</param>
/// <param name="OrganisationId">Whose it is.</param>
/// <param name="Organisation">Its name.</param>
/// <param name="RoomId">The room that it stands in, or stood in.</param>
/// <param name="Room">The room's name.</param>
/// <param name="Servers">Physical servers.</param>
/// <param name="State">How far it is.</param>
/// <param name="TargetDate">By when it moves.</param>
/// <param name="IsLate">True when that day is over and it has not.</param>
/// <param name="SystemId">The business system that it became.</param>
/// <param name="System">That system's name.</param>
/// <param name="DeclaredAt">When it was declared.</param>
/// <param name="EndedAt">When it was moved or retired.</param>
/// <param name="Revision">To be sent with a change.</param>
public sealed record LegacySystemRow(
    Guid Id, string Name, string Purpose, Guid OrganisationId, string Organisation, Guid RoomId, string Room, int Servers, MigrationState State, DateOnly? TargetDate, bool IsLate, Guid? SystemId, string? System,
    DateTimeOffset DeclaredAt, DateTimeOffset? EndedAt, int Revision);

internal static class ListLegacySystems
{
    internal static void Map(IEndpointRouteBuilder group) => group.MapGet("/cloud/migration/systems", Handle).Requires(Right.ReadWork).ProducesProblem(400).ProducesProblem(403);

    /// <summary>List existing systems and how far they are on their way into the common cloud, the newest first: the own organisation's; of the region and below for the authority, all for the operator.</summary>
    /// <param name="q">Only those whose name begins with this, at most 60 characters.</param>
    /// <param name="state">Only those in this state.</param>
    /// <param name="room">Only those of this room.</param>
    /// <param name="organisation">Only those of this organisation.</param>
    /// <param name="page">Which part of the list.</param>
    /// <response code="200">A page.</response>
    /// <response code="400">kernel.cursor-unknown</response>
    internal static async Task<Results<Ok<Page<LegacySystemRow>>, ProblemHttpResult>> Handle(
        string? q, Choice<MigrationState>? state, Guid? room, Guid? organisation, [AsParameters] PageQuery page, Actor actor, ZhengtongDb db, Paging paging, TimeProvider clock, CancellationToken ct)
    {
        var owners = ResourceReach.Organisations(db, actor).Select(o => o.Id);
        var wanted = db.LegacySystems.AsNoTracking().Where(s => owners.Contains(s.OrganisationId));
        if (q is { Length: > 0 and <= 60 }) { wanted = wanted.Where(s => s.Name.StartsWith(q)); }
        if (state is { } one) { wanted = wanted.Where(s => s.State == one.Value); }
        if (room is { } place) { wanted = wanted.Where(s => s.RoomId == place); }
        if (organisation is { } owner) { wanted = wanted.Where(s => s.OrganisationId == owner); }
        var today = ChinaTime.DateOf(clock.GetUtcNow());
        var found = await paging.ReadAsync(wanted, page, s => s.DeclaredAt, s => s.Id, s => new LegacySystemRow(
            s.Id, s.Name, s.Purpose, s.OrganisationId, db.Organisations.Where(o => o.Id == s.OrganisationId).Select(o => o.ShortName).First(), s.RoomId, db.MachineRooms.Where(r => r.Id == s.RoomId).Select(r => r.Name).First(), s.Servers, s.State,
            s.TargetDate, s.TargetDate < today && s.State == MigrationState.Planned, s.SystemId, db.BusinessSystems.Where(b => b.Id == s.SystemId).Select(b => b.Name).FirstOrDefault(), s.DeclaredAt, s.EndedAt, s.Revision), descending: true, ct);
        return found is null ? KernelProblems.CursorUnknown.Because() : TypedResults.Ok(found);
    }
}
