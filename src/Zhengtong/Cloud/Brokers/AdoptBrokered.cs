using System.ComponentModel.DataAnnotations;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Cloud.Model;
using Zhengtong.Kernel;
using Zhengtong.Kernel.Identity;
using Zhengtong.Kernel.Ledger;

namespace Zhengtong.Cloud.Brokers;

/// <summary>An instance that is at the broker already.</summary>
/// <param name="RemoteId">The id under which the broker knows it, 1 to 200 characters.</param>
/// <param name="Reason">Why, 2 to 500 characters; the ledger keeps it.</param>
public sealed record AdoptBrokeredRequest([Required, RegularExpression("[^\\p{Cc}]{1,200}")] string RemoteId, [Required, StringLength(500, MinimumLength = 2)] string Reason);

internal static class AdoptBrokered
{
    internal static void Map(IEndpointRouteBuilder group) => group.MapPost("/cloud/resources/{id:guid}/adoption", Handle).Requires(Right.ManagePools).ProducesProblem(403).ProducesProblem(404).ProducesProblem(409);

    /// <summary>接管: let a granted resource be an instance that the broker has already, such as one that was migrated. The platform will use it and never delete it.</summary>
    /// <response code="204">Adopted; ledger event cloud.brokered-adopted.</response>
    /// <response code="404">cloud.brokered-not-found: no such resource of a broker, or no plan of a broker stands behind it</response>
    /// <response code="409">cloud.brokered-busy: the broker was asked for one already; cloud.changed-meanwhile</response>
    internal static async Task<Results<NoContent, ProblemHttpResult>> Handle(Guid id, AdoptBrokeredRequest request, Actor actor, ZhengtongDb db, TimeProvider clock, CancellationToken ct)
    {
        var resource = await db.CloudResources.SingleOrDefaultAsync(r => r.Id == id && r.Form == ResourceForm.Brokered && r.State != CloudResourceState.Removed, ct);
        if (resource is null || await db.BrokeredPlans.AsNoTracking().SingleOrDefaultAsync(p => p.ServiceCode == resource.ServiceCode && p.PlanCode == resource.PlanCode, ct) is not { } plan)
        {
            return CloudProblems.BrokeredNotFound.Because($"{id}");
        }

        var (now, instance) = (clock.GetUtcNow(), await db.BrokeredThings.SingleOrDefaultAsync(b => b.InstanceOf == id, ct));
        if (instance is { Phase: not (BrokeredPhase.New or BrokeredPhase.Failed) }) { return CloudProblems.BrokeredBusy.Because($"{instance.Phase}"); }
        if (instance is null) { db.BrokeredThings.Add(instance = Brokered.Of(resource, plan, now)); }
        instance.Begin(resource, plan, request.RemoteId);
        (instance.IsAdopted, instance.Phase) = (true, BrokeredPhase.There);
        instance.Touch();
        (resource.NextAt, resource.State) = (now, resource.State == CloudResourceState.Failed ? CloudResourceState.Changing : resource.State);
        resource.Touch();
        db.Ledger.Add(LedgerEntry.Of("cloud.brokered-adopted", id, actor, now, request.Reason, after: new { request.RemoteId, instance.BrokerId }));
        try { await db.SaveChangesAsync(ct); }
        catch (DbUpdateConcurrencyException) { return CloudProblems.ChangedMeanwhile.Because(resource.Name); }
        catch (DbUpdateException e) when (e.IsUniqueViolation()) { return CloudProblems.ChangedMeanwhile.Because(resource.Name); }
        return TypedResults.NoContent();
    }
}
