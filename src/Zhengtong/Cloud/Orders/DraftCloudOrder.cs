using System.ComponentModel.DataAnnotations;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Agreements.Model;
using Zhengtong.Catalogue;
using Zhengtong.Cloud.Model;
using Zhengtong.Kernel;
using Zhengtong.Kernel.Http;
using Zhengtong.Kernel.Identity;
using Zhengtong.Kernel.Ledger;
using Zhengtong.Kernel.Secrets;

namespace Zhengtong.Cloud.Orders;

/// <summary>What a department orders.</summary>
/// <param name="SystemId">The business system that it is for.</param>
/// <param name="Zone">The network: that of the system; a system of the government extranet may also order in the internet.</param>
/// <param name="ProjectId">The project at whose quota it is held; null for the department's own.</param>
/// <param name="Items">1 to 20 items of services of one provider, at most 100 resources together.</param>
/// <param name="Until">The last day, in China; at most ten years ahead.</param>
/// <param name="Ground">申请依据, 2 to 500 characters.</param>
public sealed record CloudOrderText(
    Guid SystemId, NetworkZone Zone, Guid? ProjectId, [Required, Length(1, 20)] IReadOnlyList<CloudOrderItem> Items, DateOnly Until, [Required, StringLength(500, MinimumLength = 2)] string Ground);

/// <summary>So many alike.</summary>
/// <param name="Name">2 to 50 letters, digits, hyphens, underscores and spaces; of several alike a number follows.</param>
/// <param name="Service">Code of a published cloud service.</param>
/// <param name="Plan">Code of one of its plans.</param>
/// <param name="Amounts">Of what the plan leaves to choose; what is not named is the least.</param>
/// <param name="Image">What an instance is made from: one of the plan's. Null takes the first, and stands for other forms.</param>
/// <param name="Count">How many, 1 to 50.</param>
/// <param name="IsApart">反亲和: each on a host of its own.</param>
/// <param name="UserData">cloud-init user data of an instance, at most 128 KiB of UTF-8; kept sealed and never shown. Null for none; when a draft is revised, null keeps what is there.</param>
public sealed record CloudOrderItem(
    [Required, StringLength(50, MinimumLength = 2), RegularExpression(@"[\p{L}\p{Nd}][\p{L}\p{Nd}_ -]*")] string Name, [Required, StringLength(40, MinimumLength = 1)] string Service,
    [Required, StringLength(40, MinimumLength = 1)] string Plan, [MaxLength(20)] IReadOnlyList<ResourceAmount>? Amounts, [StringLength(100, MinimumLength = 1)] string? Image, [Range(1, 50)] int Count, bool IsApart,
    [StringLength(DraftCloudOrder.MostUserData)] string? UserData);

/// <summary>A new order.</summary>
/// <param name="Order">What is ordered.</param>
public sealed record DraftCloudOrderRequest([Required] CloudOrderText Order);

/// <summary>The draft.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Number">As people name it: YY-2026-000001.</param>
/// <param name="Revision">To be sent with the submission.</param>
public sealed record CloudOrderDrafted(Guid Id, string Number, int Revision);

internal static class DraftCloudOrder
{
    internal const int MostUserData = 131_072;
    private const int MostResources = 100;
    private const int MostYears = 10;

    internal static void Map(IEndpointRouteBuilder group) => group.MapPost("/cloud/orders", Handle).Requires(Right.Apply).Idempotent().TakesUpTo(24 * MostUserData).ProducesProblem(403).ProducesProblem(409);

    /// <summary>Draft an order of cloud services 云资源申请. The versions that are published now are ordered.</summary>
    /// <response code="201">Drafted; ledger event cloud.order-drafted, without user data.</response>
    /// <response code="400">cloud.order-invalid</response>
    internal static async Task<Results<Created<CloudOrderDrafted>, ProblemHttpResult>> Handle(
        DraftCloudOrderRequest request, Actor actor, ZhengtongDb db, CloudServiceLookup services, Vault vault, TimeProvider clock, CancellationToken ct)
    {
        var now = clock.GetUtcNow();
        var (written, faults) = await WriteAsync(request.Order, actor, db, services, now, ct);
        if (written is null) { return CloudProblems.OrderInvalid.For(faults); }

        var order = new CloudOrder
        {
            Id = Guid.CreateVersion7(now), Number = await DocumentNumbers.NextAsync(db, "YY", ChinaTime.DateOf(now), ct), Kind = OrderKind.New, OrganisationId = actor.Organisation, Region = actor.Region,
            ProviderId = written.Provider, ProjectId = request.Order.ProjectId, SystemId = request.Order.SystemId, Zone = request.Order.Zone, Protection = written.Protection, Items = written.Items,
            Until = ChinaTime.StartOf(request.Order.Until.AddDays(1)), Ground = request.Order.Ground, CreatedBy = actor.Id, CreatedAt = now,
        };
        db.CloudOrders.Add(order);
        foreach (var (n, item) in request.Order.Items.Index().Where(i => !string.IsNullOrEmpty(i.Item.UserData))) { db.OrderUserData.Add(SealOf(vault, order.Id, n + 1, item.UserData!)); }
        db.Ledger.Add(LedgerEntry.Of("cloud.order-drafted", order.Id, actor, now, order.Ground, after: Told(order)));
        await db.SaveChangesAsync(ct);
        return TypedResults.Created($"/api/v1/cloud/orders/{order.Id}", new CloudOrderDrafted(order.Id, order.Number, order.Revision));
    }

    /// <summary>What the ledger keeps of an order; of user data only the digest.</summary>
    internal static object Told(CloudOrder o) => new { o.Number, o.Kind, system = o.SystemId, project = o.ProjectId, provider = o.ProviderId, o.Zone, o.Protection, resource = o.ResourceId, o.Until, o.Items };

    internal static OrderUserData SealOf(Vault vault, Guid order, int item, string text) =>
        new() { OrderId = order, Item = item, Sealed = vault.Seal(System.Text.Encoding.UTF8.GetBytes(text), OrderUserData.PurposeOf(order, item)) };

    internal static string DigestOf(string text) => Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(System.Text.Encoding.UTF8.GetBytes(text)));

    /// <summary>An order written down, or everything that is wrong with it; paths as on the wire.</summary>
    /// <param name="text">What is asked.</param>
    /// <param name="actor">Whose department.</param>
    /// <param name="db">The database.</param>
    /// <param name="services">What may be ordered.</param>
    /// <param name="now">The time.</param>
    /// <param name="ct">Stops it.</param>
    internal static async Task<(Written? Order, Dictionary<string, string[]> Faults)> WriteAsync(CloudOrderText text, Actor actor, ZhengtongDb db, CloudServiceLookup services, DateTimeOffset now, CancellationToken ct)
    {
        var faults = new Dictionary<string, string[]>();
        var today = ChinaTime.DateOf(now);
        var system = await db.BusinessSystems.AsNoTracking().SingleOrDefaultAsync(s => s.Id == text.SystemId && s.OrganisationId == actor.Organisation && s.RetiredAt == null, ct);
        if (system is null) { faults["order.systemId"] = [Text.Of("cloud.order.system-unknown")]; }
        else if (!Allows(system.Zone, text.Zone)) { faults["order.zone"] = [Text.Of("cloud.order.zone-unfit", Web.Show.Word("cloud", system.Zone))]; }
        if (text.ProjectId is { } project && !await db.QuotaNodes.AnyAsync(n => n.Id == project && n.Level == QuotaLevel.Project && n.OrganisationId == actor.Organisation, ct)) { faults["order.projectId"] = [Text.Of("cloud.order.project-unknown")]; }
        if (text.Until < today) { faults["order.until"] = [Text.Of("cloud.order.until-past")]; }
        if (text.Until > today.AddYears(MostYears)) { faults["order.until"] = [Text.Of("cloud.order.until-far", MostYears)]; }
        if (text.Items.Sum(i => i.Count) > MostResources) { faults["order.items"] = [Text.Of("cloud.order.too-many", MostResources)]; }

        var prices = await CloudPriceLookup.AtAsync(db, [.. text.Items.Select(i => i.Service).Distinct()], now, ct);
        var kinds = await db.ResourceKinds.Select(k => k.Code).ToHashSetAsync(ct);
        var (items, providers) = (new List<OrderItem>(), new HashSet<Guid>());
        foreach (var (n, item) in text.Items.Index())
        {
            var at = $"order.items[{n}]";
            if (text.Items.Take(n).Any(i => i.Name == item.Name)) { faults[$"{at}.name"] = [Text.Of("cloud.order.name-twice")]; }
            var service = await services.FindPublishedAsync(item.Service, ct);
            var plan = service?.PlanOf(item.Plan);
            if (service is null) { faults[$"{at}.service"] = [Text.Of("cloud.order.service-unknown")]; continue; }
            if (plan is null) { faults[$"{at}.plan"] = [Text.Of("cloud.order.plan-unknown", string.Join(", ", service.Plans.Select(p => p.Code)))]; continue; }
            if (providers.Add(service.ProviderId) && providers.Count > 1) { faults[$"{at}.service"] = [Text.Of("cloud.order.one-provider")]; }
            var amounts = AmountsOf(plan, item.Amounts ?? [], kinds, at, faults);
            var image = item.Image ?? plan.Images.FirstOrDefault();
            if (image is not null && !plan.Images.Contains(image)) { faults[$"{at}.image"] = [Text.Of("cloud.order.image-unknown", string.Join(", ", plan.Images))]; }
            if (!string.IsNullOrEmpty(item.UserData) && service.Form != Catalogue.Model.ServiceForm.Instance) { faults[$"{at}.userData"] = [Text.Of("cloud.order.user-data-instance")]; }
            if (item.UserData is { } data && System.Text.Encoding.UTF8.GetByteCount(data) > MostUserData) { faults[$"{at}.userData"] = [Text.Of("cloud.order.user-data-long")]; }
            items.Add(new OrderItem(item.Name, service.Code, service.Version, service.Name, service.Form, plan.Code, plan.Name, amounts, image, item.Count, item.IsApart,
                string.IsNullOrEmpty(item.UserData) ? null : DigestOf(item.UserData), OrderPrices.Monthly(plan.Meters, amounts, prices.Of(service.Code, plan.Code))));
        }

        return faults.Count > 0 ? (null, faults) : (new Written(items, providers.Single(), system!.Protection), faults);
    }

    /// <summary>What is ordered of a plan: what was chosen, the least of what was not; faults where the plan does not allow it.</summary>
    internal static IReadOnlyList<ResourceAmount> AmountsOf(Catalogue.Model.ServicePlan plan, IReadOnlyList<ResourceAmount> chosen, IReadOnlySet<string> kinds, string at, Dictionary<string, string[]> faults)
    {
        foreach (var (m, amount) in chosen.Index())
        {
            var part = plan.Amounts.FirstOrDefault(a => a.Kind == amount.Kind);
            if (part is null) { faults[$"{at}.amounts[{m}].kind"] = [Text.Of("cloud.order.kind-unknown", string.Join(", ", plan.Amounts.Select(a => a.Kind)))]; }
            else if (chosen.Take(m).Any(a => a.Kind == amount.Kind)) { faults[$"{at}.amounts[{m}].kind"] = [Text.Of("cloud.kind-twice")]; }
            else if (!part.Allows(amount.Amount)) { faults[$"{at}.amounts[{m}].amount"] = [Text.Of("cloud.order.amount-unfit", part.Least, part.Most, part.Step)]; }
        }

        // A kind that the catalogue names and nobody counts would be given without being held.
        if (plan.Amounts.Where(a => !kinds.Contains(a.Kind)).Select(a => a.Kind).ToList() is { Count: > 0 } uncounted) { faults[$"{at}.plan"] = [Text.Of("cloud.order.kind-uncounted", string.Join(", ", uncounted))]; }
        return Amounts.Of(plan.Amounts.Select(a => new ResourceAmount(a.Kind, chosen.FirstOrDefault(c => c.Kind == a.Kind)?.Amount ?? a.Least)));
    }

    /// <summary>A system of the intranet stays there; one of the extranet may also stand towards the internet.</summary>
    internal static bool Allows(NetworkZone system, NetworkZone order) => system == order || (system == NetworkZone.GovernmentExtranet && order == NetworkZone.Internet);

    internal sealed record Written(IReadOnlyList<OrderItem> Items, Guid Provider, int Protection);
}
