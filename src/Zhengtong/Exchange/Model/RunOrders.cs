using Microsoft.EntityFrameworkCore;

namespace Zhengtong.Exchange.Model;

/// <summary>Orders a run of a delivery that does not wait for its time.</summary>
internal static class RunOrders
{
    /// <summary>Past the revision on purpose: a run under way goes on, and is followed by another that knows of the order.</summary>
    internal static Task OrderRunAsync(this DbSet<Delivery> deliveries, Guid id, CancellationToken ct) =>
        deliveries.Where(d => d.Id == id).ExecuteUpdateAsync(set => set.SetProperty(d => d.Orders, d => d.Orders + 1), ct);

    /// <summary>The same, ahead of the running hours.</summary>
    internal static Task OrderRunAheadAsync(this DbSet<Delivery> deliveries, Guid id, DateTimeOffset now, CancellationToken ct) =>
        deliveries.Where(d => d.Id == id).ExecuteUpdateAsync(set => set.SetProperty(d => d.Orders, d => d.Orders + 1).SetProperty(d => d.AskedAt, now), ct);
}
