using Microsoft.AspNetCore.Http.HttpResults;
using Zhengtong.Cloud.Model;
using Zhengtong.Cloud.Resources;
using Zhengtong.Kernel;
using Zhengtong.Kernel.Identity;
using Zhengtong.Kernel.Jobs;

namespace Zhengtong.Cloud.OpenStack;

internal static class ActOnServer
{
    internal static void Map(IEndpointRouteBuilder group) => group.MapPost("/servers/{id}/action", Handle);

    /// <summary>Start, stop or restart an instance: <c>os-start</c>, <c>os-stop</c>, <c>reboot</c>. Another size is a change of the order and asked for at the platform.</summary>
    internal static async Task<Results<StatusCodeHttpResult, OpenStackRefusal>> Handle(string id, HttpContext http, Actor actor, ZhengtongDb db, Reconcilers reconcilers, TimeProvider clock, CancellationToken ct)
    {
        if (!actor.May(Right.Apply)) { return OpenStackRefusal.Of(KernelProblems.Forbidden.Because()); }
        var (project, outside) = await Projects.ScopedAsync(http, actor, db, ct);
        if (project is null) { return outside!; }
        if (await OpenStackBody.ReadAsync(http, ct) is not { } body || body.EnumerateObject().Select(p => p.Name).Take(2).ToList() is not [var act]) { return OpenStackRefusal.BadRequest(Text.Of("cloud.openstack.body")); }
        if (act is not ("os-start" or "os-stop" or "reboot")) { return OpenStackRefusal.BadRequest(Text.Of("cloud.openstack.unoffered", act.Length <= 60 ? act : act[..60])); }
        if (await Servers.FindAsync(db, project.Id, id, ct) is not { } server) { return OpenStackRefusal.NotFound(id); }
        if (server.ResourceId is not { } resource) { return OpenStackRefusal.Conflict(Text.Of("cloud.openstack.not-there")); }

        var answer = act == "reboot"
            ? (await AskTask.Handle(resource, new AskTaskRequest(ResourceTaskKind.Restart, null), actor, db, reconcilers, clock, ct)).Result
            : (await PowerResource.Handle(resource, new PowerResourceRequest(act == "os-start", server.Revision), actor, db, reconcilers, clock, ct)).Result;
        return answer is ProblemHttpResult problem ? OpenStackRefusal.Of(problem) : TypedResults.StatusCode(202);
    }
}
