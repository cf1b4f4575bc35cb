using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Cloud.Model;
using Zhengtong.Kernel.Http;
using Zhengtong.Kernel.Identity;
using Zhengtong.Kernel.Ledger;

namespace Zhengtong.Cloud.Brokers;

/// <summary>The binding that was asked for.</summary>
/// <param name="Id">Its id.</param>
public sealed record BindingOpened(Guid Id);

internal static class OpenBinding
{
    /// <summary>Bindings that one instance may have at once.</summary>
    private const int Most = 100;

    internal static void Map(IEndpointRouteBuilder group) => group.MapPost("/cloud/resources/{id:guid}/bindings", Handle).Requires(Right.Apply).ProducesProblem(403).ProducesProblem(404).ProducesProblem(409).Idempotent();

    /// <summary>Ask the broker of a resource of the own department for a binding 绑定: credentials of its own, to be taken away by themselves. They can be shown as soon as the broker has made them.</summary>
    /// <response code="201">Asked for; ledger event cloud.binding-opened.</response>
    /// <response code="404">cloud.brokered-not-found</response>
    /// <response code="409">cloud.brokered-busy: it is not there yet, cannot be bound, or has 100 bindings; cloud.changed-meanwhile</response>
    internal static async Task<Results<Created<BindingOpened>, ProblemHttpResult>> Handle(Guid id, Actor actor, ZhengtongDb db, TimeProvider clock, CancellationToken ct)
    {
        var resource = await db.CloudResources.SingleOrDefaultAsync(r => r.Id == id && r.OrganisationId == actor.Organisation && r.State != CloudResourceState.Removed, ct);
        if (resource is null || await db.BrokeredThings.AsNoTracking().SingleOrDefaultAsync(b => b.InstanceOf == id, ct) is not { } instance) { return CloudProblems.BrokeredNotFound.Because($"{id}"); }
        if (resource.Wish != ResourceWish.Running || instance.Phase != BrokeredPhase.There) { return CloudProblems.BrokeredBusy.Because($"{instance.Phase}"); }
        var broker = await db.ServiceBrokers.AsNoTracking().SingleAsync(b => b.Id == instance.BrokerId, ct);
        if (broker.Find(instance.OfferingId, instance.PlanId) is { Plan.IsBindable: false }) { return CloudProblems.BrokeredBusy.Because("bindable"); }
        if (await db.BrokeredThings.CountAsync(b => b.ResourceId == id && b.InstanceOf == null && b.Phase != BrokeredPhase.Gone, ct) >= Most) { return CloudProblems.BrokeredBusy.Because($"{Most}"); }

        var now = clock.GetUtcNow();
        var binding = new Brokered
        {
            Id = Guid.CreateVersion7(now), ResourceId = id, BrokerId = instance.BrokerId, RemoteId = $"{Guid.CreateVersion7(now)}", OfferingId = instance.OfferingId, PlanId = instance.PlanId, CreatedAt = now,
        };
        db.BrokeredThings.Add(binding);
        resource.NextAt = now;
        resource.Touch();
        db.Ledger.Add(LedgerEntry.Of("cloud.binding-opened", id, actor, now, after: new { binding = binding.Id }));
        try { await db.SaveChangesAsync(ct); }
        catch (DbUpdateConcurrencyException) { return CloudProblems.ChangedMeanwhile.Because(resource.Name); }
        return TypedResults.Created($"/api/v1/cloud/resources/{id}/bindings/{binding.Id}", new BindingOpened(binding.Id));
    }
}
