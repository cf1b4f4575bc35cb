using System.ComponentModel.DataAnnotations;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Agreements;
using Zhengtong.Agreements.Model;
using Zhengtong.Cloud.Model;
using Zhengtong.Kernel;
using Zhengtong.Kernel.Identity;

namespace Zhengtong.Cloud.Orders;

/// <summary>Refuse an order.</summary>
/// <param name="Code">Why: <c>quota</c>, <c>budget</c>, <c>technical</c>, <c>not-needed</c> or <c>other</c>.</param>
/// <param name="Reason">In words, 2 to 500 characters; the department reads it.</param>
/// <param name="Revision">The revision the caller saw, from 1.</param>
public sealed record RefuseCloudOrderRequest(
    [Required, RegularExpression("quota|budget|technical|not-needed|other")] string Code, [Required, StringLength(500, MinimumLength = 2)] string Reason, [Range(1, int.MaxValue)] int Revision);

internal static class RefuseCloudOrder
{
    internal static void Map(IEndpointRouteBuilder group) => group.MapPost("/cloud/orders/{id:guid}/refusal", Handle).Requires(Right.DecideCloudOrders).ProducesProblem(403).ProducesProblem(404).ProducesProblem(409);

    /// <summary>Refuse an order for which no review chain applies.</summary>
    /// <response code="204">Refused; ledger event cloud.order-refused.</response>
    /// <response code="403">cloud.order-own</response>
    /// <response code="404">cloud.order-not-found</response>
    /// <response code="409">cloud.order-in-review, cloud.order-not-submitted, cloud.changed-meanwhile</response>
    internal static async Task<Results<NoContent, ProblemHttpResult>> Handle(Guid id, RefuseCloudOrderRequest request, Actor actor, ZhengtongDb db, TimeProvider clock, CancellationToken ct)
    {
        var order = await db.CloudOrders.SingleOrDefaultAsync(o => o.Id == id, ct);
        if (order is null || !GrantCloudOrder.MayDecide(order, actor)) { return CloudProblems.OrderNotFound.Because($"{id}"); }
        if (GrantCloudOrder.IsOwn(order, actor)) { return CloudProblems.OrderOwn.Because(order.Number); }
        if (order.State != OrderState.Submitted) { return CloudProblems.OrderNotSubmitted.Because(order.Number); }
        if (order.Revision != request.Revision) { return CloudProblems.ChangedMeanwhile.Because(order.Number); }
        if (await ReviewDesk.FindAsync(db, OrderReview.Kind, id, ct) is { State: not ReviewState.Granted }) { return CloudProblems.OrderInReview.Because(order.Number); }

        await OrderReview.RefuseAsync(db, order, request.Code, request.Reason, actor, clock.GetUtcNow(), ct);
        try { await db.SaveChangesAsync(ct); }
        catch (Exception e) when (DatabaseErrors.IsLostRace(e)) { return CloudProblems.ChangedMeanwhile.Because(order.Number); }
        return TypedResults.NoContent();
    }
}
