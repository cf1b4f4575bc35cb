using Microsoft.EntityFrameworkCore;
using Zhengtong.Cloud.Model;
using Zhengtong.Cloud.Resources;
using Zhengtong.Kernel;

namespace Zhengtong.Cloud.Osb;

/// <summary>How an instance stands, as its consumer is to see it.</summary>
internal enum OsbState
{
    /// <summary>Its order was written down and not yet submitted: the request broke off.</summary>
    Draft,
    /// <summary>It waits for the decision, or is being made.</summary>
    Making,
    /// <summary>It will not be there: refused, withdrawn, or it could not be made.</summary>
    Failed,
    /// <summary>It is there.</summary>
    There,
    /// <summary>It is being removed.</summary>
    Removing,
    /// <summary>It is gone for good.</summary>
    Gone,
}

/// <summary>An instance with its order, what came of it, and how that stands.</summary>
/// <param name="Instance">What the consumer knows.</param>
/// <param name="Order">The order behind it.</param>
/// <param name="Resource">What was granted; null before.</param>
/// <param name="State">As its consumer is to see it.</param>
/// <param name="Said">Why, in the reader's language; null when there is nothing to say.</param>
internal sealed record OsbStanding(OsbInstance Instance, CloudOrder Order, CloudResource? Resource, OsbState State, string? Said)
{
    /// <summary>The consumer's instance of this id; null when it has none. The instance is tracked, the rest is not.</summary>
    internal static async Task<OsbStanding?> FindAsync(ZhengtongDb db, OsbCaller caller, string remoteId, CancellationToken ct)
    {
        var instance = await db.OsbInstances.SingleOrDefaultAsync(i => i.ConsumerId == caller.Id && i.RemoteId == remoteId, ct);
        if (instance is null) { return null; }
        var order = await db.CloudOrders.AsNoTracking().SingleAsync(o => o.Id == instance.OrderId, ct);
        // What was restored in the place of one that is lost stands under the same order.
        var resource = await db.CloudResources.AsNoTracking().Where(r => r.OrderId == instance.OrderId).OrderByDescending(r => r.CreatedAt).FirstOrDefaultAsync(ct);
        var (state, said) = Of(order, resource);
        return new OsbStanding(instance, order, resource, state, said);
    }

    /// <summary>True while a change of it waits for its decision or is being carried out; with what became of it.</summary>
    internal async Task<(bool IsOpen, bool IsRefused, string? Said)> ChangeAsync(ZhengtongDb db, CancellationToken ct)
    {
        if (Instance.ChangeId is not { } id || await db.CloudOrders.AsNoTracking().SingleOrDefaultAsync(o => o.Id == id, ct) is not { } change) { return (false, false, null); }
        return change.State switch
        {
            OrderState.Draft or OrderState.Submitted => (true, false, Text.Of("cloud.osb.waits", change.Number)),
            // Taken back: quota, host and bill are as before it.
            OrderState.Granted when change is { UndoneAt: not null, UndoneCode: { } code } => (false, true, Text.Of("cloud.osb.standing", Resource?.Number ?? "", ResourceRows.SentenceOf(code)!)),
            OrderState.Granted when Resource is { State: CloudResourceState.Failed or CloudResourceState.Lost } or { Problem: "broker-refused-change" or "plan-not-updateable" } => (false, true, SaidOf(Resource)),
            OrderState.Granted => (Resource is { NextAt: not null }, false, SaidOf(Resource)),
            _ => (false, true, Text.Of("cloud.osb.refused", change.Number, change.Reason ?? "")),
        };
    }

    private static (OsbState State, string? Said) Of(CloudOrder order, CloudResource? resource) => (order.State, resource) switch
    {
        (OrderState.Draft, _) => (OsbState.Draft, null),
        (OrderState.Submitted, _) => (OsbState.Making, Text.Of("cloud.osb.waits", order.Number)),
        (OrderState.Refused or OrderState.Withdrawn, _) => (OsbState.Failed, Text.Of("cloud.osb.refused", order.Number, order.Reason ?? "")),
        (_, null) => (OsbState.Failed, null),
        (_, { IsGone: true }) => (OsbState.Gone, null),
        (_, { Wish: ResourceWish.Removed }) => (OsbState.Removing, SaidOf(resource)),
        (_, { DeliveredAt: not null }) => (OsbState.There, SaidOf(resource)),
        (_, { State: CloudResourceState.Failed or CloudResourceState.Lost }) => (OsbState.Failed, SaidOf(resource)),
        _ => (OsbState.Making, SaidOf(resource)),
    };

    private static string? SaidOf(CloudResource? resource) => resource?.Problem is { } problem ? Text.Of("cloud.osb.standing", resource.Number, ResourceRows.SentenceOf(problem)!) : null;
}
