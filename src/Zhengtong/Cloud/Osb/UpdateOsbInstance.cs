using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Catalogue;
using Zhengtong.Cloud.Model;
using Zhengtong.Cloud.Orders;
using Zhengtong.Kernel;
using Zhengtong.Kernel.Calendar;
using Zhengtong.Kernel.Http;
using Zhengtong.Kernel.Secrets;

namespace Zhengtong.Cloud.Osb;

internal static class UpdateOsbInstance
{
    internal static void Map(IEndpointRouteBuilder group) => group.MapPatch("/service_instances/{instance}", Handle);

    /// <summary>Order other amounts or another end for an instance: a change order of the consumer's department. Its plan stays.</summary>
    internal static async Task<OsbAnswer> Handle(
        string instance, HttpContext http, ZhengtongDb db, CloudServiceLookup services, OrganisationKeys keys, WorkingCalendar calendar, OrderGrant grant, TimeProvider clock, CancellationToken ct)
    {
        var caller = OsbCaller.Of(http);
        if (await OsbRequests.ReadAsync(http) is not { } body) { return OsbAnswer.Refuse(400, null, Text.Of("cloud.osb.unreadable")); }
        if (string.IsNullOrEmpty(body.Word("service_id"))) { return OsbAnswer.Refuse(400, null, Text.Of("cloud.osb.missing", "service_id")); }
        var (parameters, fault) = OsbParameters.Of(body);
        if (parameters is null) { return OsbAnswer.Refuse(400, null, fault!); }
        if (await OsbStanding.FindAsync(db, caller, instance, ct) is not { State: not OsbState.Gone } known) { return OsbAnswer.Refuse(404, null, Text.Of("cloud.osb.none")); }
        if (body.Word("service_id") != known.Instance.ServiceCode) { return OsbAnswer.Refuse(400, null, Text.Of("cloud.osb.unknown", "service_id")); }
        if (body.Word("plan_id") is { } plan && plan != OsbCatalogue.PlanIdOf(known.Instance.ServiceCode, known.Instance.PlanCode)) { return OsbAnswer.Refuse(422, null, Text.Of("cloud.osb.plan-stays")); }
        if (known.State == OsbState.Failed) { return OsbAnswer.Refuse(422, null, known.Said ?? Text.Of("cloud.osb.failed")); }
        if (known.State != OsbState.There || (await known.ChangeAsync(db, ct)).IsOpen) { return OsbAnswer.Refuse(422, "ConcurrencyError", Text.Of("cloud.osb.changing")); }

        var resource = known.Resource!;
        var until = parameters.Until is { } day && ChinaTime.StartOf(day.AddDays(1)) != resource.Until ? parameters.Until : null;
        if (until is null && parameters.Amounts.All(a => resource.Amounts.Get(a.Kind) == a.Amount)) { return OsbAnswer.Ok(new { }); }
        if (!OsbRequests.Waits(http)) { return ProvisionOsbInstance.AsyncRequired(); }
        var text = new DraftResourceChangeRequest(parameters.Amounts, until, parameters.Ground ?? Text.Of("cloud.osb.ground", caller.Actor.Name));
        if (RequestFaults.Of(text) is { Count: > 0 } faults) { return OsbAnswer.Refuse(CloudProblems.OrderInvalid.For(faults)); }
        Guid change;
        try
        {
            await using var transaction = await db.Database.BeginTransactionAsync(ct);
            var drafted = await DraftResourceChange.Handle(resource.Id, text, caller.Actor, db, services, clock, ct);
            if (drafted.Result is not Created<CloudOrderDrafted> { Value: { } draft }) { return OsbAnswer.Refuse((ProblemHttpResult)drafted.Result); }
            known.Instance.ChangeId = change = draft.Id;
            known.Instance.Touch();
            await db.SaveChangesAsync(ct);
            await transaction.CommitAsync(ct);
        }
        catch (Exception e) when (DatabaseErrors.IsLostRace(e)) { return OsbAnswer.Refuse(422, "ConcurrencyError", Text.Of("cloud.osb.changing")); }

        var order = await db.CloudOrders.AsNoTracking().SingleAsync(o => o.Id == change, ct);
        var submitted = await SubmitCloudOrder.Handle(change, new SubmitCloudOrderRequest(order.Revision), caller.Actor, db, services, keys, calendar, grant, clock, ct);
        if (submitted.Result is ProblemHttpResult refused)
        {
            db.ChangeTracker.Clear();
            await WithdrawCloudOrder.Handle(change, new WithdrawCloudOrderRequest(Text.Of("cloud.osb.not-submitted"), order.Revision), caller.Actor, db, clock, ct);
            return OsbAnswer.Refuse(refused);
        }

        return OsbAnswer.Accepted(OperationOf(known.Instance));
    }

    /// <summary>The name of an instance's last change.</summary>
    internal static string OperationOf(OsbInstance instance) => $"update-{instance.ChangeId:N}";
}
