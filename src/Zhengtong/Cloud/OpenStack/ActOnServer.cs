using System.Text.Json;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Catalogue;
using Zhengtong.Cloud.Model;
using Zhengtong.Cloud.Orders;
using Zhengtong.Cloud.Resources;
using Zhengtong.Kernel;
using Zhengtong.Kernel.Calendar;
using Zhengtong.Kernel.Identity;
using Zhengtong.Kernel.Jobs;
using Zhengtong.Kernel.Secrets;

namespace Zhengtong.Cloud.OpenStack;

internal static class ActOnServer
{
    internal static void Map(IEndpointRouteBuilder group) => group.MapPost("/servers/{id}/action", Handle);

    /// <summary>Start, stop or restart an instance, or ask for another size: <c>os-start</c>, <c>os-stop</c>, <c>reboot</c>, <c>resize</c>. Another size is an order to change the resource, submitted at once: where nobody need agree it is
    /// so when this answers, else the server's task is <c>review</c> until it is decided. There is nothing to confirm or to take back.</summary>
    internal static async Task<Results<StatusCodeHttpResult, OpenStackRefusal>> Handle(
        string id, HttpContext http, Actor actor, ZhengtongDb db, CloudServiceLookup services, OrganisationKeys keys, WorkingCalendar calendar, OrderGrant grant, Reconcilers reconcilers, TimeProvider clock, CancellationToken ct)
    {
        if (!actor.May(Right.Apply)) { return OpenStackRefusal.Of(KernelProblems.Forbidden.Because()); }
        var (project, outside) = await Projects.ScopedAsync(http, actor, db, ct);
        if (project is null) { return outside!; }
        if (await OpenStackBody.ReadAsync(http, ct) is not { } body || body.EnumerateObject().Select(p => p.Name).Take(2).ToList() is not [var act]) { return OpenStackRefusal.BadRequest(Text.Of("cloud.openstack.body")); }
        if (act is "confirmResize" or "revertResize") { return OpenStackRefusal.Conflict(Text.Of("cloud.openstack.nothing-to-confirm")); }
        if (act is not ("os-start" or "os-stop" or "reboot" or "resize")) { return OpenStackRefusal.BadRequest(Text.Of("cloud.openstack.unoffered", act.Length <= 60 ? act : act[..60])); }
        if (await Servers.FindAsync(db, project.Id, id, ct) is not { } server) { return OpenStackRefusal.NotFound(id); }
        if (server.ResourceId is not { } resource) { return OpenStackRefusal.Conflict(Text.Of("cloud.openstack.not-there")); }

        if (act == "resize") { return await ResizeAsync(resource, body, actor, db, services, keys, calendar, grant, clock, ct); }
        var answer = act == "reboot"
            ? (await AskTask.Handle(resource, new AskTaskRequest(ResourceTaskKind.Restart, null), actor, db, reconcilers, clock, ct)).Result
            : (await PowerResource.Handle(resource, new PowerResourceRequest(act == "os-start", server.Revision), actor, db, clock, ct)).Result;
        return answer is ProblemHttpResult problem ? OpenStackRefusal.Of(problem) : TypedResults.StatusCode(202);
    }

    private static async Task<Results<StatusCodeHttpResult, OpenStackRefusal>> ResizeAsync(
        Guid id, JsonElement body, Actor actor, ZhengtongDb db, CloudServiceLookup services, OrganisationKeys keys, WorkingCalendar calendar, OrderGrant grant, TimeProvider clock, CancellationToken ct)
    {
        var resource = await db.CloudResources.AsNoTracking().SingleAsync(r => r.Id == id, ct);
        var wanted = body.TextAt("resize", "flavorRef")?.Split('/')[^1];
        if ((await Offers.FlavorsAsync(services, ct)).FirstOrDefault(f => f.Id == wanted) is not { } flavor) { return OpenStackRefusal.BadRequest(Text.Of("cloud.openstack.flavor")); }
        if (flavor.Service.Code != resource.ServiceCode) { return OpenStackRefusal.BadRequest(Text.Of("cloud.openstack.other-service", resource.ServiceCode)); }
        if ((flavor.Plan.Amounts.FirstOrDefault(a => a.Kind == "disk")?.Least ?? 0) < resource.Amounts.Get("disk")) { return OpenStackRefusal.BadRequest(Text.Of("cloud.openstack.disk-shrinks")); }

        var amounts = flavor.Plan.Amounts.Select(a => new ResourceAmount(a.Kind, a.Least)).ToList();
        var drafted = await DraftResourceChange.Handle(id, new DraftResourceChangeRequest(amounts, null, Text.Of("cloud.openstack.resized", wanted), flavor.Plan.Code), actor, db, services, clock, ct);
        if (drafted.Result is not Created<CloudOrderDrafted> { Value: { } order }) { return OpenStackRefusal.Of((ProblemHttpResult)drafted.Result); }
        var submitted = await SubmitCloudOrder.Handle(order.Id, new SubmitCloudOrderRequest(order.Revision), actor, db, services, keys, calendar, grant, clock, ct);
        if (submitted.Result is ProblemHttpResult refusal)
        {
            // Who orders by program finds no drafts again.
            await WithdrawCloudOrder.Handle(order.Id, new WithdrawCloudOrderRequest(refusal.ProblemDetails.Title!, order.Revision), actor, db, clock, ct);
            return OpenStackRefusal.Of(refusal);
        }

        return TypedResults.StatusCode(202);
    }
}
