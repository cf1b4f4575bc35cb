using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Cloud.Model;
using Zhengtong.Cloud.Orders;
using Zhengtong.Kernel;
using Zhengtong.Kernel.Jobs;

namespace Zhengtong.Cloud.Osb;

internal static class DeprovisionOsbInstance
{
    internal const string Operation = "deprovision";

    internal static void Map(IEndpointRouteBuilder group) => group.MapDelete("/service_instances/{instance}", Handle);

    /// <summary>Give an instance back. An order that is not decided is withdrawn; what was granted is removed, and what it held is released then.</summary>
    internal static async Task<OsbAnswer> Handle(string instance, HttpContext http, ZhengtongDb db, Reconcilers reconcilers, TimeProvider clock, CancellationToken ct)
    {
        var caller = OsbCaller.Of(http);
        var known = await OsbStanding.FindAsync(db, caller, instance, ct);
        if (Names(http, known?.Instance) is { } wrong) { return wrong; }
        if (known is null or { State: OsbState.Gone }) { return OsbAnswer.Nothing(410); }
        if (known.Resource is not { } resource)
        {
            if (known.Order.IsOpen)
            {
                var withdrawn = await WithdrawCloudOrder.Handle(known.Order.Id, new WithdrawCloudOrderRequest(Text.Of("cloud.osb.given-back"), known.Order.Revision), caller.Actor, db, clock, ct);
                // It was decided in this moment.
                if (withdrawn.Result is ProblemHttpResult) { return OsbAnswer.Refuse(422, "ConcurrencyError", Text.Of("cloud.osb.changing")); }
            }

            await db.OsbInstances.Where(i => i.Id == known.Instance.Id).ExecuteDeleteAsync(ct);
            return OsbAnswer.Ok(new { });
        }

        if (!OsbRequests.Waits(http)) { return ProvisionOsbInstance.AsyncRequired(); }
        if (known.State != OsbState.Removing)
        {
            var given = await GiveBackResource.Handle(resource.Id, new GiveBackResourceRequest(Text.Of("cloud.osb.given-back")), caller.Actor, db, clock, ct);
            if (given.Result is ProblemHttpResult { ProblemDetails: var problem } && problem.Extensions["code"] as string != CloudProblems.ResourceGone.Code) { return OsbAnswer.Refuse(422, "ConcurrencyError", Text.Of("cloud.osb.changing")); }
        }
        else if (resource is { State: CloudResourceState.Failed, NextAt: null })
        {
            // Asked once more, it is tried once more.
            var now = clock.GetUtcNow();
            await db.CloudResources.Where(r => r.Id == resource.Id && r.NextAt == null && r.State == CloudResourceState.Failed).ExecuteUpdateAsync(set => set.SetProperty(r => r.NextAt, now), ct);
        }

        reconcilers.Wake<Delivery.DeliverResources>();
        return OsbAnswer.Accepted(Operation);
    }

    /// <summary>Why the ids in the address do not name what is there; null when they do.</summary>
    internal static OsbAnswer? Names(HttpContext http, OsbInstance? instance)
    {
        var (service, plan) = (http.Request.Query["service_id"].ToString(), http.Request.Query["plan_id"].ToString());
        if (service.Length == 0 || plan.Length == 0) { return OsbAnswer.Refuse(400, null, Text.Of("cloud.osb.missing", service.Length == 0 ? "service_id" : "plan_id")); }
        if (instance is null) { return null; }
        return service != instance.ServiceCode ? OsbAnswer.Refuse(400, null, Text.Of("cloud.osb.unknown", "service_id"))
            : plan != OsbCatalogue.PlanIdOf(instance.ServiceCode, instance.PlanCode) ? OsbAnswer.Refuse(400, null, Text.Of("cloud.osb.unknown", "plan_id")) : null;
    }
}
