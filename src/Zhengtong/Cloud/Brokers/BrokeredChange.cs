using Microsoft.EntityFrameworkCore;
using Zhengtong.Cloud.Model;
using Zhengtong.Kernel;

namespace Zhengtong.Cloud.Brokers;

/// <summary>What may be asked of the broker behind a resource once it is there.</summary>
internal static class BrokeredChange
{
    /// <summary>Why the broker would not carry a change out, in the reader's language; null when it is asked for it. Open Service Broker API 2.17: another plan only where <c>plan_updateable</c> says so.</summary>
    /// <param name="db">The database.</param>
    /// <param name="resource">As it is.</param>
    /// <param name="plan">Code of the plan that it is to stand under.</param>
    /// <param name="amounts">What it is to have.</param>
    /// <param name="ct">Stops it.</param>
    internal static async Task<string?> RefusalAsync(ZhengtongDb db, CloudResource resource, string plan, IReadOnlyList<ResourceAmount> amounts, CancellationToken ct)
    {
        // What the broker was not asked for yet is asked for as it is ordered then.
        if (await db.BrokeredThings.AsNoTracking().SingleOrDefaultAsync(b => b.InstanceOf == resource.Id, ct) is not { } instance) { return null; }
        var next = await db.BrokeredPlans.AsNoTracking().SingleOrDefaultAsync(p => p.ServiceCode == resource.ServiceCode && p.PlanCode == plan, ct);
        if (next is null || next.BrokerId != instance.BrokerId || next.OfferingId != instance.OfferingId) { return Text.Of("cloud.broker.change-elsewhere"); }
        if (next.PlanId != instance.PlanId)
        {
            var broker = await db.ServiceBrokers.AsNoTracking().SingleAsync(b => b.Id == instance.BrokerId, ct);
            if (broker.Find(instance.OfferingId, instance.PlanId) is not { Plan.IsUpdateable: true }) { return Text.Of("cloud.broker.change-plan"); }
        }

        if (plan != resource.PlanCode) { return null; }
        // Held and billed, but never told to the broker, it would be a change on paper.
        var told = next.Parameters is null ? null : BrokeredParameters.KindsIn(next.Parameters);
        var untold = amounts.Where(a => resource.Amounts.Get(a.Kind) != a.Amount && told?.Contains(a.Kind) != true).Select(a => a.Kind).ToList();
        return untold.Count > 0 ? Text.Of("cloud.broker.change-untold", string.Join(", ", untold)) : null;
    }

    /// <summary>Lets the broker be asked from the beginning for what failed or is gone, with the plan that stands behind it now.</summary>
    internal static async Task RetryAsync(ZhengtongDb db, CloudResource resource, bool anew, DateTimeOffset now, CancellationToken ct)
    {
        if (await db.BrokeredThings.SingleOrDefaultAsync(b => b.InstanceOf == resource.Id, ct) is not { } instance || !(anew || instance.Phase == BrokeredPhase.Failed)) { return; }
        if (instance is { Phase: BrokeredPhase.Failed, Problem: "broker-malformed" })
        {
            // It is there, in an answer that nobody could read: the same is asked again.
            instance.Phase = BrokeredPhase.Making;
        }
        else if (await db.BrokeredPlans.AsNoTracking().SingleOrDefaultAsync(p => p.ServiceCode == resource.ServiceCode && p.PlanCode == resource.PlanCode, ct) is { } plan)
        {
            instance.Begin(resource, plan, $"{Guid.CreateVersion7(now)}");
            foreach (var binding in await db.BrokeredThings.Where(b => b.ResourceId == resource.Id && b.InstanceOf == null && b.Phase != BrokeredPhase.Gone).ToListAsync(ct))
            {
                // They ended with the instance.
                (binding.Phase, binding.Credentials, binding.Problem) = (BrokeredPhase.Gone, null, null);
                binding.Touch();
            }
        }

        instance.Touch();
    }
}
