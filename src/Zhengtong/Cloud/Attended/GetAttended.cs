using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Cloud.Model;
using Zhengtong.Kernel.Identity;

namespace Zhengtong.Cloud.Attended;

/// <summary>A service of people, and what its provider needs to know to attend to it.</summary>
/// <param name="Service">How it stands.</param>
/// <param name="OrderId">The order under which it was granted.</param>
/// <param name="Order">Its number.</param>
/// <param name="Ground">On what ground it was ordered.</param>
/// <param name="Purpose">What the business system is for.</param>
/// <param name="Zone">The network of the business system.</param>
/// <param name="Protection">Its level of protection 等保, 1 to 5.</param>
public sealed record AttendedDetail(AttendedRow Service, Guid OrderId, string Order, string Ground, string Purpose, NetworkZone Zone, int Protection);

internal static class GetAttended
{
    internal static void Map(IEndpointRouteBuilder group) => group.MapGet("/cloud/attended-services/{id:guid}", Handle).Requires(Right.DraftCloudServices).ProducesProblem(403).ProducesProblem(404);

    /// <summary>Read a service of people that the own organisation provides, by its resource.</summary>
    /// <response code="200">The service.</response>
    /// <response code="404">cloud.attended-not-found</response>
    internal static async Task<Results<Ok<AttendedDetail>, ProblemHttpResult>> Handle(Guid id, Actor actor, ZhengtongDb db, CancellationToken ct)
    {
        if (await ListAttended.Own(db, actor).SingleOrDefaultAsync(a => a.Resource.Id == id, ct) is not { } found) { return CloudProblems.AttendedNotFound.Because($"{id}"); }
        return TypedResults.Ok(new AttendedDetail(ListAttended.RowOf(found), found.Order.Id, found.Order.Number, found.Order.Ground, found.System.Purpose, found.Resource.Zone, found.Resource.Protection));
    }
}
