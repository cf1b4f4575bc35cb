using System.ComponentModel.DataAnnotations;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Agreements;
using Zhengtong.Agreements.Model;
using Zhengtong.Cloud.Model;
using Zhengtong.Kernel;
using Zhengtong.Kernel.Identity;

namespace Zhengtong.Cloud.Orders;

/// <summary>Grant an order.</summary>
/// <param name="Revision">The revision the caller saw, from 1.</param>
public sealed record GrantCloudOrderRequest([Range(1, int.MaxValue)] int Revision);

internal static class GrantCloudOrder
{
    internal static void Map(IEndpointRouteBuilder group) => group.MapPost("/cloud/orders/{id:guid}/grant", Handle).Requires(Right.DecideCloudOrders).ProducesProblem(403).ProducesProblem(404).ProducesProblem(409);

    /// <summary>Grant an order for which no review chain applies. Quota, places, resources and the provider's seal are one transaction with it; delivery begins by itself. Whoever provides the services never grants them.</summary>
    /// <response code="204">Granted; ledger event cloud.order-granted.</response>
    /// <response code="403">cloud.order-own</response>
    /// <response code="404">cloud.order-not-found</response>
    /// <response code="409">cloud.order-in-review, cloud.order-not-submitted, cloud.order-over, cloud.system-retired, cloud.service-gone, cloud.order-no-quota, cloud.quota-exceeded: errors say which level lacks what; cloud.resource-gone, cloud.changed-meanwhile</response>
    internal static async Task<Results<NoContent, ProblemHttpResult>> Handle(Guid id, GrantCloudOrderRequest request, Actor actor, ZhengtongDb db, OrderGrant grant, TimeProvider clock, CancellationToken ct)
    {
        var order = await db.CloudOrders.SingleOrDefaultAsync(o => o.Id == id, ct);
        if (order is null || !MayDecide(order, actor)) { return CloudProblems.OrderNotFound.Because($"{id}"); }
        if (IsOwn(order, actor)) { return CloudProblems.OrderOwn.Because(order.Number); }
        if (order.State != OrderState.Submitted) { return CloudProblems.OrderNotSubmitted.Because(order.Number); }
        if (order.Revision != request.Revision) { return CloudProblems.ChangedMeanwhile.Because(order.Number); }
        if (await ReviewDesk.FindAsync(db, OrderReview.Kind, id, ct) is { State: not ReviewState.Granted }) { return CloudProblems.OrderInReview.Because(order.Number); }

        var refusal = default(ProblemHttpResult);
        try
        {
            await using var transaction = await db.Database.BeginTransactionAsync(ct);
            refusal = await grant.GrantAsync(order, actor, clock.GetUtcNow(), ct);
            if (refusal is null) { await transaction.CommitAsync(ct); }
        }
        catch (Exception e) when (DatabaseErrors.IsLostRace(e)) { refusal = CloudProblems.ChangedMeanwhile.Because(order.Number); }

        if (refusal is null) { return TypedResults.NoContent(); }
        db.ChangeTracker.Clear();
        return refusal;
    }

    /// <summary>Submitted orders within the actor's reach are there for whoever decides; the operator's reach is the platform.</summary>
    internal static bool MayDecide(CloudOrder order, Actor actor) => actor.May(Right.DecideCloudOrders) && order.State != OrderState.Draft && actor.Reaches(order.Region);

    /// <summary>Nobody decides on what the own organisation provides or ordered (三方分离).</summary>
    internal static bool IsOwn(CloudOrder order, Actor actor) => actor.Organisation == order.ProviderId || actor.Organisation == order.OrganisationId || actor.Id == order.SubmittedBy;
}
