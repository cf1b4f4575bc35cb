using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Cloud.Model;
using Zhengtong.Kernel;
using Zhengtong.Kernel.Http;
using Zhengtong.Kernel.Identity;

namespace Zhengtong.Cloud.Orders;

/// <summary>An order in a list.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Number">As people name it.</param>
/// <param name="Kind">What it asks for.</param>
/// <param name="Department">Short name of the department.</param>
/// <param name="System">The business system.</param>
/// <param name="Items">How many items.</param>
/// <param name="Resources">How many resources.</param>
/// <param name="Monthly">Yuan a month at the prices when it was written.</param>
/// <param name="State">Where it stands.</param>
/// <param name="CreatedAt">When it was drafted.</param>
/// <param name="Until">End of the period, exclusive.</param>
public sealed record CloudOrderRow(
    Guid Id, string Number, OrderKind Kind, string Department, string System, int Items, int Resources, decimal Monthly, OrderState State, DateTimeOffset CreatedAt, DateTimeOffset Until);

internal static class ListCloudOrders
{
    internal static void Map(IEndpointRouteBuilder group) => group.MapGet("/cloud/orders", Handle).Requires(Right.ReadWork).ProducesProblem(400);

    /// <summary>List orders, the newest first: those of the own department, those to the own organisation as provider, and for whoever decides those within reach; drafts only of the own department.</summary>
    /// <param name="state">Only those in this state.</param>
    /// <param name="page">Which part of the list.</param>
    /// <response code="200">A page.</response>
    /// <response code="400">kernel.cursor-unknown</response>
    internal static async Task<Results<Ok<Page<CloudOrderRow>>, ProblemHttpResult>> Handle(Choice<OrderState>? state, [AsParameters] PageQuery page, Actor actor, ZhengtongDb db, Paging paging, CancellationToken ct)
    {
        var wanted = Visible(db, actor);
        if (state is { Value: var only }) { wanted = wanted.Where(o => o.State == only); }
        var found = await paging.ReadAsync(wanted, page, o => o.CreatedAt, o => o.Id, o => new
        {
            o.Id, o.Number, o.Kind, Department = db.Organisations.Where(x => x.Id == o.OrganisationId).Select(x => x.ShortName).First(), System = db.BusinessSystems.Where(s => s.Id == o.SystemId).Select(s => s.Name).First(),
            o.Items, o.State, o.CreatedAt, o.Until,
        }, descending: true, ct);
        return found is null ? KernelProblems.CursorUnknown.Because() : TypedResults.Ok(new Page<CloudOrderRow>([.. found.Items.Select(o => new CloudOrderRow(
            o.Id, o.Number, o.Kind, o.Department, o.System, o.Items.Count, o.Items.Sum(i => i.Count), o.Items.Sum(i => (i.Monthly ?? 0) * i.Count), o.State, o.CreatedAt, o.Until))], found.Next, found.Total));
    }

    /// <summary>Which orders somebody sees.</summary>
    internal static IQueryable<CloudOrder> Visible(ZhengtongDb db, Actor actor)
    {
        var all = db.CloudOrders.AsNoTracking();
        if (!actor.May(Right.DecideCloudOrders)) { return all.Where(o => o.OrganisationId == actor.Organisation || (o.ProviderId == actor.Organisation && o.State != OrderState.Draft)); }
        var below = actor.Region.Prefix + "%";
        return all.Where(o => o.OrganisationId == actor.Organisation || (o.State != OrderState.Draft && (o.ProviderId == actor.Organisation || EF.Functions.Like((string)(object)o.Region, below))));
    }
}
