using Microsoft.EntityFrameworkCore;
using Zhengtong.Cloud.Model;
using Zhengtong.Cloud.Placement;
using Zhengtong.Cloud.Quotas;

namespace Zhengtong.Cloud.Orders;

/// <summary>Whether an order would fit at this moment; asked, nothing is held.</summary>
internal sealed class OrderOutlook(ZhengtongDb db, Placing placing)
{
    /// <summary>What the quota lacks for an order; null when there is no node at which it could be held.</summary>
    internal async Task<IReadOnlyList<Shortage>?> LackingAsync(CloudOrder order, CancellationToken ct)
    {
        if (order.ResourceId is { } id)
        {
            var resource = await db.CloudResources.AsNoTracking().SingleAsync(r => r.Id == id, ct);
            var held = await db.QuotaNodes.AsNoTracking().SingleAsync(n => n.Id == resource.NodeId, ct);
            return await Holds.LackingAsync(db, held, [.. Amounts.Between(resource.Amounts, order.Total).Where(c => c.Change > 0).Select(c => new ResourceAmount(c.Kind, c.Change))], ct);
        }

        return await OrderGrant.NodeAsync(db, order, ct) is { } node ? await Holds.LackingAsync(db, node, order.Total, ct) : null;
    }

    /// <summary>For each item by its place: how many hosts would take one now; null for what needs none.</summary>
    internal async Task<IReadOnlyList<int?>> FittingAsync(CloudOrder order, CancellationToken ct)
    {
        var fitting = new List<int?>();
        foreach (var item in order.Items)
        {
            fitting.Add(order.ResourceId is null && OrderGrant.IsOnHost(item.Form)
                ? (await placing.ExplainAsync(new PlacementNeed(item.Amounts, order.Zone, order.Protection, null, null, [], [], null), order.Id, ct)).Fitting : null);
        }

        return fitting;
    }
}
