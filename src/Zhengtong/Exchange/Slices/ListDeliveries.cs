using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Catalogue;
using Zhengtong.Exchange.Model;
using Zhengtong.Kernel.Identity;

namespace Zhengtong.Exchange.Slices;

/// <summary>A delivery in a list.</summary>
/// <param name="Id">Its id.</param>
/// <param name="AgreementId">The agreement it fulfils.</param>
/// <param name="ResourceName">The information resource.</param>
/// <param name="Provider">Who gives.</param>
/// <param name="Consumer">Who takes.</param>
/// <param name="State">Where it stands.</param>
/// <param name="Phase">What it reads.</param>
/// <param name="Rows">Rows the consumer gave its receipt for.</param>
/// <param name="Batches">Batches the consumer gave its receipt for.</param>
/// <param name="LastReceivedAt">When the last receipt came; null before the first.</param>
/// <param name="Problem">Code of what keeps it; null when nothing does.</param>
public sealed record DeliverySummary(
    Guid Id, Guid AgreementId, string ResourceName, string Provider, string Consumer, DeliveryState State, DeliveryPhase Phase, long Rows, long Batches,
    DateTimeOffset? LastReceivedAt, string? Problem);

/// <summary>Deliveries, the newest first.</summary>
/// <param name="Items">At most 200.</param>
public sealed record ListDeliveriesResponse(IReadOnlyList<DeliverySummary> Items);

internal static class ListDeliveries
{
    internal static void Map(IEndpointRouteBuilder group) => group.MapGet("/deliveries", Handle).Requires(Right.ReadWork).ProducesProblem(403);

    /// <summary>List the deliveries to and from the caller's department, the newest first; at most 200.</summary>
    /// <param name="agreement">Only the delivery of this agreement.</param>
    /// <response code="200">The deliveries.</response>
    internal static async Task<Ok<ListDeliveriesResponse>> Handle(Guid? agreement, Actor actor, ZhengtongDb db, CancellationToken ct)
    {
        var items = await (
            from d in db.Deliveries.AsNoTracking().VisibleTo(actor)
            where agreement == null || d.AgreementId == agreement
            orderby d.CreatedAt descending, d.Id descending
            join r in CatalogueLookup.Names(db) on d.ResourceId equals r.Id
            join p in db.Organisations on d.ProviderId equals p.Id
            join c in db.Organisations on d.ConsumerId equals c.Id
            select new DeliverySummary(d.Id, d.AgreementId, r.Name, p.Name, c.Name, d.State, d.Phase, d.RowsReceived, d.BatchesReceived, d.LastReceivedAt, d.Problem)).Take(200).ToListAsync(ct);
        return TypedResults.Ok(new ListDeliveriesResponse(items));
    }

    /// <summary>Deliveries of which the actor's organisation is a party; the platform's operator sees that all run, and no payload with them.</summary>
    internal static IQueryable<Delivery> VisibleTo(this IQueryable<Delivery> deliveries, Actor actor) =>
        actor.May(Right.Operate) ? deliveries : deliveries.Where(d => d.ProviderId == actor.Organisation || d.ConsumerId == actor.Organisation);
}
