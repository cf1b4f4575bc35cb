using System.ComponentModel.DataAnnotations;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Agreements.Model;
using Zhengtong.Catalogue;
using Zhengtong.Catalogue.Model;
using Zhengtong.Cloud.Brokers;
using Zhengtong.Cloud.Model;
using Zhengtong.Kernel;
using Zhengtong.Kernel.Http;
using Zhengtong.Kernel.Identity;
using Zhengtong.Kernel.Ledger;

namespace Zhengtong.Cloud.Orders;

/// <summary>Other amounts for a resource, another plan of its service, another end, other data volumes, or several of them.</summary>
/// <param name="Amounts">What is to be other, as the plan allows, without volumes; null or empty when the amounts stay, or are the least of another plan.</param>
/// <param name="Until">The last day, in China; at most ten years ahead; null when the end stays.</param>
/// <param name="Ground">变更依据, 2 to 500 characters.</param>
/// <param name="Plan">Code of another plan of the same service, for an instance, a site or a broker's service; null when the plan stays.</param>
/// <param name="Volumes">All data volumes that an instance is to have, at most 8; what is not named is removed with all that is on it. Null when they stay.</param>
public sealed record DraftResourceChangeRequest(
    [MaxLength(20)] IReadOnlyList<ResourceAmount>? Amounts, DateOnly? Until, [Required, StringLength(500, MinimumLength = 2)] string Ground, [StringLength(40, MinimumLength = 1)] string? Plan = null,
    [MaxLength(DataVolume.Most)] IReadOnlyList<DataVolume>? Volumes = null);

internal static class DraftResourceChange
{
    internal static void Map(IEndpointRouteBuilder group) => group.MapPost("/cloud/resources/{id:guid}/changes", Handle).Requires(Right.Apply).Idempotent().ProducesProblem(403).ProducesProblem(404).ProducesProblem(409);

    /// <summary>Draft a change of a resource of the own department: resize it, extend it, give it data volumes or take them away. It is submitted and decided as any order.</summary>
    /// <response code="201">Drafted; ledger event cloud.order-drafted.</response>
    /// <response code="400">cloud.order-invalid</response>
    /// <response code="404">cloud.resource-not-found</response>
    /// <response code="409">cloud.resource-gone, cloud.change-open: another change of it waits; cloud.service-gone; cloud.change-not-offered: the broker behind it would not carry it out</response>
    internal static async Task<Results<Created<CloudOrderDrafted>, ProblemHttpResult>> Handle(
        Guid id, DraftResourceChangeRequest request, Actor actor, ZhengtongDb db, CloudServiceLookup services, TimeProvider clock, CancellationToken ct)
    {
        var now = clock.GetUtcNow();
        var today = ChinaTime.DateOf(now);
        var resource = await db.CloudResources.AsNoTracking().SingleOrDefaultAsync(r => r.Id == id && r.OrganisationId == actor.Organisation, ct);
        if (resource is null) { return CloudProblems.ResourceNotFound.Because($"{id}"); }
        if (resource.IsGone || resource.Wish == ResourceWish.Removed) { return CloudProblems.ResourceGone.Because(resource.Number); }
        if (await db.CloudOrders.AnyAsync(o => o.ResourceId == id && (o.State == OrderState.Draft || o.State == OrderState.Submitted), ct)) { return CloudProblems.ChangeOpen.Because(resource.Number); }
        var made = await db.CloudOrders.AsNoTracking().SingleAsync(o => o.Id == resource.OrderId, ct);
        var item = made.Items[resource.Item - 1];
        if (await StandsUnderAsync(resource, item, request.Plan ?? resource.PlanCode, services, ct) is not var (service, plan)) { return CloudProblems.ServiceGone.Because(item.ServiceName); }
        var isOtherPlan = plan.Code != resource.PlanCode;

        var faults = new Dictionary<string, string[]>();
        // A database knows no other plan than the one that it was made by, and an image stays as it is.
        if (isOtherPlan && (resource.Form is not (ResourceForm.Instance or ResourceForm.Site or ResourceForm.Brokered) || (resource.Image is { } image && !plan.Images.Contains(image)))) { faults["plan"] = [Text.Of("cloud.order.plan-unfit")]; }
        var kinds = await db.ResourceKinds.Select(k => k.Code).ToHashSetAsync(ct);
        var own = isOtherPlan || request.Amounts is { Count: > 0 } ? AmountsOf(plan, isOtherPlan ? null : resource.OwnAmounts, request.Amounts ?? [], kinds, faults) : resource.OwnAmounts;
        var volumes = request.Volumes ?? resource.WantedVolumes;
        if (request.Volumes is { } given) { CheckVolumes(resource, given, faults); }
        var wanted = Amounts.Of([.. own, .. volumes.Select(v => new ResourceAmount("disk", v.Size))]);
        var until = request.Until is { } day ? ChinaTime.StartOf(day.AddDays(1)) : resource.Until;
        if (request.Until < today) { faults["until"] = [Text.Of("cloud.order.until-past")]; }
        if (request.Until > today.AddYears(10)) { faults["until"] = [Text.Of("cloud.order.until-far", 10)]; }
        if (faults.Count == 0 && !isOtherPlan && until == resource.Until && own.SequenceEqual(resource.OwnAmounts) && volumes.SequenceEqual(resource.WantedVolumes)) { faults["amounts"] = [Text.Of("cloud.order.no-change")]; }
        if (faults.Count > 0) { return CloudProblems.OrderInvalid.For(faults); }
        if (resource.Form == ResourceForm.Brokered && (isOtherPlan || !wanted.SequenceEqual(resource.Amounts)) && await BrokeredChange.RefusalAsync(db, resource, plan.Code, wanted, ct) is { } why)
        {
            return CloudProblems.ChangeNotOffered.Because(why);
        }

        var prices = await CloudPriceLookup.AtAsync(db, [service.Code], now, ct);
        var order = new CloudOrder
        {
            Id = Guid.CreateVersion7(now), Number = await DocumentNumbers.NextAsync(db, "YY", today, ct), Kind = OrderKind.Change, OrganisationId = actor.Organisation, Region = actor.Region, ProviderId = service.ProviderId,
            ProjectId = made.ProjectId, SystemId = resource.SystemId, Zone = resource.Zone, Protection = resource.Protection, ResourceId = id, UntilBefore = resource.Until, Until = until, Ground = request.Ground,
            Items = [item with { Name = resource.Name, Version = service.Version, ServiceName = service.Name, Plan = plan.Code, PlanName = plan.Name, Amounts = wanted, Count = 1, UserDataDigest = null, Volumes = volumes.Count > 0 ? volumes : null, Monthly = OrderPrices.Monthly(plan.Meters, wanted, prices.Of(service.Code, plan.Code)) }],
            CreatedBy = actor.Id, CreatedAt = now,
        };
        db.CloudOrders.Add(order);
        db.Ledger.Add(LedgerEntry.Of("cloud.order-drafted", order.Id, actor, now, order.Ground, before: new { plan = resource.PlanCode, resource.Amounts, resource.Until }, after: DraftCloudOrder.Told(order)));
        try { await db.SaveChangesAsync(ct); }
        catch (DbUpdateException e) when (e.IsUniqueViolation()) { return CloudProblems.ChangeOpen.Because(resource.Number); }
        return TypedResults.Created($"/api/v1/cloud/orders/{order.Id}", new CloudOrderDrafted(order.Id, order.Number, order.Revision));
    }

    /// <summary>The service and the plan, the resource's own or another, that a resource may be changed to: as published now, else as it was ordered; null when it was withdrawn.</summary>
    internal static async Task<(ServiceCard Service, ServicePlan Plan)?> StandsUnderAsync(CloudResource resource, OrderItem item, string wanted, CloudServiceLookup services, CancellationToken ct)
    {
        var service = await services.FindPublishedAsync(resource.ServiceCode, ct) is { } published && published.PlanOf(wanted) is not null ? published : await services.FindAsync(item.Service, item.Version, ct);
        return service?.PlanOf(wanted) is { } plan && service.State != ServiceState.Withdrawn ? (service, plan) : null;
    }

    /// <summary>Volumes have names and paths of their own, only grow, and stay where they are mounted.</summary>
    private static void CheckVolumes(CloudResource resource, IReadOnlyList<DataVolume> given, Dictionary<string, string[]> faults)
    {
        if (given.Count > 0 && resource.Form != ResourceForm.Instance) { faults["volumes"] = [Text.Of("cloud.volume.instance-only")]; }
        foreach (var (n, volume) in given.Index())
        {
            var there = resource.Volumes.FirstOrDefault(v => v.Name == volume.Name);
            if (given.Count(v => v.Name == volume.Name) > 1 || there is { IsLeaving: true }) { faults[$"volumes[{n}].name"] = [Text.Of("cloud.volume.name-taken")]; }
            if (given.Where(v => v != volume).Any(v => v.Path == volume.Path || v.Path.StartsWith(volume.Path + "/", StringComparison.Ordinal)) || (there is not null && there.Path != volume.Path)) { faults[$"volumes[{n}].path"] = [Text.Of("cloud.volume.path-taken")]; }
            if (there is not null && volume.Size < there.Size) { faults[$"volumes[{n}].size"] = [Text.Of("cloud.volume.shrinks", there.Size)]; }
        }
    }

    private static IReadOnlyList<ResourceAmount> AmountsOf(ServicePlan plan, IReadOnlyList<ResourceAmount>? now, IReadOnlyList<ResourceAmount> other, IReadOnlySet<string> kinds, Dictionary<string, string[]> faults)
    {
        var found = new Dictionary<string, string[]>();
        var whole = DraftCloudOrder.AmountsOf(plan, other, kinds, "", found);
        foreach (var (field, messages) in found) { faults[field.TrimStart('.')] = messages; }
        return now is null ? whole : Amounts.Of(now.Select(a => other.FirstOrDefault(o => o.Kind == a.Kind) ?? a));
    }
}
