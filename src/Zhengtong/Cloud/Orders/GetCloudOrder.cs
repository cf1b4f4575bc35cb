using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Agreements;
using Zhengtong.Cloud.Model;
using Zhengtong.Cloud.Resources;
using Zhengtong.Cloud.Quotas;
using Zhengtong.Kernel.Http;
using Zhengtong.Kernel.Identity;
using ServiceForm = Zhengtong.Catalogue.Model.ServiceForm;

namespace Zhengtong.Cloud.Orders;

/// <summary>An order with all it says.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Number">As people name it.</param>
/// <param name="Kind">What it asks for.</param>
/// <param name="DepartmentId">The department.</param>
/// <param name="Department">Its name.</param>
/// <param name="ProviderId">Who provides the services.</param>
/// <param name="Provider">Its name.</param>
/// <param name="SystemId">The business system.</param>
/// <param name="System">Its name.</param>
/// <param name="Protection">等保 level of the system when it was ordered.</param>
/// <param name="Zone">The network.</param>
/// <param name="ProjectId">The project at whose quota it is held.</param>
/// <param name="Items">What is ordered.</param>
/// <param name="Total">What all of it has together.</param>
/// <param name="Monthly">Yuan a month at the prices when it was written.</param>
/// <param name="ResourceId">Of a change: the resource.</param>
/// <param name="Until">End of the period, exclusive.</param>
/// <param name="Ground">申请依据.</param>
/// <param name="State">Where it stands.</param>
/// <param name="CreatedAt">When it was drafted.</param>
/// <param name="SubmittedAt">When it was submitted.</param>
/// <param name="DecidedAt">When it was granted, refused or withdrawn.</param>
/// <param name="ReasonCode">Of a refusal: its code.</param>
/// <param name="Reason">Why it was refused or withdrawn.</param>
/// <param name="Review">Address of its review from the root; null when it has none.</param>
/// <param name="ReviewStep">The step at which its review stands.</param>
/// <param name="QuotaShortages">While it waits: what lacks now, level by level; null when there is no quota to hold it at.</param>
/// <param name="Fitting">While it waits, for each item: how many hosts would take one now; null for what needs none.</param>
/// <param name="Resources">What came of it.</param>
/// <param name="Document">The canonical document that both sides sign.</param>
/// <param name="Digest">Lower-case hex digest of the document.</param>
/// <param name="ConsumerSeal">The department's seal.</param>
/// <param name="ProviderSeal">The provider's seal.</param>
/// <param name="MayDecide">True when the caller may grant or refuse it now.</param>
/// <param name="UndoneAt">Of a granted change: when it was taken back because its maker refused it for good; null when it was not.</param>
/// <param name="UndoneCode">Why, a code.</param>
/// <param name="UndoneText">The same in words.</param>
/// <param name="Revision">To be sent with what comes next.</param>
public sealed record CloudOrderDetail(
    Guid Id, string Number, OrderKind Kind, Guid DepartmentId, string Department, Guid ProviderId, string Provider, Guid SystemId, string System, int Protection, NetworkZone Zone, Guid? ProjectId,
    IReadOnlyList<CloudOrderLine> Items, IReadOnlyList<ResourceAmount> Total, decimal Monthly, Guid? ResourceId, DateTimeOffset Until, string Ground, OrderState State, DateTimeOffset CreatedAt, DateTimeOffset? SubmittedAt,
    DateTimeOffset? DecidedAt, string? ReasonCode, string? Reason, string? Review, string? ReviewStep, IReadOnlyList<Shortage>? QuotaShortages, IReadOnlyList<int?> Fitting, IReadOnlyList<OrderedResource> Resources,
    string? Document, string? Digest, OrderSeal? ConsumerSeal, OrderSeal? ProviderSeal, bool MayDecide, DateTimeOffset? UndoneAt, string? UndoneCode, string? UndoneText, int Revision) : IRevisioned;

/// <summary>An item of an order.</summary>
/// <param name="Name">What the department calls it.</param>
/// <param name="Service">Code of the service.</param>
/// <param name="Version">Which version was ordered.</param>
/// <param name="ServiceName">What it was called.</param>
/// <param name="Form">By what it is delivered.</param>
/// <param name="Plan">Code of the plan.</param>
/// <param name="PlanName">What it was called.</param>
/// <param name="Amounts">What each has.</param>
/// <param name="Image">What an instance is made from.</param>
/// <param name="Count">How many.</param>
/// <param name="IsApart">Each on a host of its own.</param>
/// <param name="UserDataDigest">Lower-case hex SHA-256 of its user data.</param>
/// <param name="Monthly">Yuan a month for one; null where a price is missing.</param>
/// <param name="Backup">The backup that it is made from; null when it begins empty.</param>
/// <param name="Volumes">Of a change, and of what is made from a backup: the data volumes that the resource is to have, counted in its disk.</param>
public sealed record CloudOrderLine(
    string Name, string Service, int Version, string ServiceName, ServiceForm Form, string Plan, string PlanName, IReadOnlyList<ResourceAmount> Amounts, string? Image, int Count, bool IsApart, string? UserDataDigest, decimal? Monthly, Guid? Backup,
    IReadOnlyList<DataVolume> Volumes);

/// <summary>A resource that came of an order.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Number">As people name it.</param>
/// <param name="Name">What the department calls it.</param>
/// <param name="Item">Which item, from 1.</param>
/// <param name="Amounts">What it has.</param>
/// <param name="Wish">What it is to be.</param>
/// <param name="State">What it is.</param>
/// <param name="Address">Where it answers.</param>
/// <param name="Problem">Why it is not yet what it is to be, a code.</param>
/// <param name="ProblemText">The same in words.</param>
/// <param name="Until">End of its period, exclusive.</param>
public sealed record OrderedResource(
    Guid Id, string Number, string Name, int Item, IReadOnlyList<ResourceAmount> Amounts, ResourceWish Wish, CloudResourceState State, string? Address, string? Problem, string? ProblemText, DateTimeOffset Until);

/// <summary>A seal on an order.</summary>
/// <param name="Organisation">Whose.</param>
/// <param name="OfficerName">By whose act it was set.</param>
/// <param name="At">When.</param>
/// <param name="KeyId">Which key.</param>
/// <param name="Signature">Base64 DER signature over the document's UTF-8 bytes.</param>
public sealed record OrderSeal(Guid Organisation, string OfficerName, DateTimeOffset At, string KeyId, string Signature);

internal static class GetCloudOrder
{
    internal static void Map(IEndpointRouteBuilder group) => group.MapGet("/cloud/orders/{id:guid}", Handle).Requires(Right.ReadWork).ProducesProblem(404);

    /// <summary>Read an order that the caller may see, with what came of it. User data are never shown.</summary>
    /// <response code="200">The order.</response>
    /// <response code="404">cloud.order-not-found</response>
    internal static async Task<Results<Ok<CloudOrderDetail>, ProblemHttpResult>> Handle(Guid id, Actor actor, ZhengtongDb db, OrderOutlook outlook, CancellationToken ct)
    {
        if (await ListCloudOrders.Visible(db, actor).SingleOrDefaultAsync(o => o.Id == id, ct) is not { } o) { return CloudProblems.OrderNotFound.Because($"{id}"); }
        Guid[] ids = [o.OrganisationId, o.ProviderId];
        var names = await db.Organisations.Where(x => ids.Contains(x.Id)).ToDictionaryAsync(x => x.Id, x => x.Name, ct);
        var system = await db.BusinessSystems.Where(s => s.Id == o.SystemId).Select(s => s.Name).SingleAsync(ct);
        var review = await ReviewDesk.FindAsync(db, OrderReview.Kind, id, ct);
        var made = o.ResourceId is { } one ? db.CloudResources.Where(r => r.Id == one) : db.CloudResources.Where(r => r.OrderId == id);
        var resources = await made.AsNoTracking().OrderBy(r => r.Item).ThenBy(r => r.Number)
            .Select(r => new { r.Id, r.Number, r.Name, r.Item, r.Amounts, r.Wish, r.State, r.Address, r.Problem, r.Until }).ToListAsync(ct);
        var decides = o.State == OrderState.Submitted && GrantCloudOrder.MayDecide(o, actor) && !GrantCloudOrder.IsOwn(o, actor) && (review is null or { State: Agreements.Model.ReviewState.Granted });
        return TypedResults.Ok(new CloudOrderDetail(
            o.Id, o.Number, o.Kind, o.OrganisationId, names[o.OrganisationId], o.ProviderId, names[o.ProviderId], o.SystemId, system, o.Protection, o.Zone, o.ProjectId,
            [.. o.Items.Select(i => new CloudOrderLine(i.Name, i.Service, i.Version, i.ServiceName, i.Form, i.Plan, i.PlanName, i.Amounts, i.Image, i.Count, i.IsApart, i.UserDataDigest, i.Monthly, i.Backup, i.Volumes ?? []))],
            o.Total, o.Monthly, o.ResourceId, o.Until, o.Ground, o.State, o.CreatedAt, o.SubmittedAt, o.DecidedAt, o.ReasonCode, o.Reason, review is { StepName.Length: > 0 } ? review.Page : null, review?.StepName,
            o.IsOpen ? await outlook.LackingAsync(o, ct) : [], o.IsOpen ? await outlook.FittingAsync(o, ct) : [],
            [.. resources.Select(r => new OrderedResource(r.Id, r.Number, r.Name, r.Item, r.Amounts, r.Wish, r.State, r.Address, r.Problem, ResourceRows.SentenceOf(r.Problem), r.Until))],
            o.Document, o.Digest, SealOf(o.ConsumerSeal), SealOf(o.ProviderSeal), decides, o.UndoneAt, o.UndoneCode, ResourceRows.SentenceOf(o.UndoneCode), o.Revision));
    }

    private static OrderSeal? SealOf(Agreements.Model.Seal? seal) => seal is null ? null : new OrderSeal(seal.Organisation, seal.OfficerName, seal.At, seal.KeyId, seal.Signature);
}
