using Microsoft.AspNetCore.Http.HttpResults;
using Zhengtong.Cloud.Model;
using Zhengtong.Cloud.Orders;
using Zhengtong.Kernel;
using Zhengtong.Kernel.Identity;

namespace Zhengtong.Cloud.OpenStack;

internal static class DeleteServer
{
    internal static void Map(IEndpointRouteBuilder group) => group.MapDelete("/servers/{id}", Handle);

    /// <summary>Give an instance back, or take back the order of one that is not decided yet.</summary>
    internal static async Task<Results<NoContent, OpenStackRefusal>> Handle(string id, HttpContext http, Actor actor, ZhengtongDb db, TimeProvider clock, CancellationToken ct)
    {
        if (!actor.May(Right.Apply)) { return OpenStackRefusal.Of(KernelProblems.Forbidden.Because()); }
        var (project, outside) = await Projects.ScopedAsync(http, actor, db, ct);
        if (project is null) { return outside!; }
        if (await Servers.FindAsync(db, project.Id, id, ct) is not { Refusal: null } server) { return OpenStackRefusal.NotFound(id); }
        // A second call while the first is being followed is no fault.
        if (server is { ResourceId: not null, Wish: ResourceWish.Removed }) { return TypedResults.NoContent(); }

        var reason = Text.Of("cloud.openstack.deleted");
        var answer = server.ResourceId is { } resource
            ? (await GiveBackResource.Handle(resource, new GiveBackResourceRequest(reason), actor, db, clock, ct)).Result
            : (await WithdrawCloudOrder.Handle(server.OrderId, new WithdrawCloudOrderRequest(reason, server.Revision), actor, db, clock, ct)).Result;
        return answer is ProblemHttpResult problem ? OpenStackRefusal.Of(problem) : TypedResults.NoContent();
    }
}
