using System.ComponentModel.DataAnnotations;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Agreements;
using Zhengtong.Kernel;
using Zhengtong.Kernel.Identity;
using Zhengtong.Kernel.Ledger;

namespace Zhengtong.Cloud.Orders;

/// <summary>Take an order back.</summary>
/// <param name="Reason">Why, 2 to 500 characters.</param>
/// <param name="Revision">The revision the caller saw, from 1.</param>
public sealed record WithdrawCloudOrderRequest([Required, StringLength(500, MinimumLength = 2)] string Reason, [Range(1, int.MaxValue)] int Revision);

internal static class WithdrawCloudOrder
{
    internal static void Map(IEndpointRouteBuilder group) => group.MapPost("/cloud/orders/{id:guid}/withdrawal", Handle).Requires(Right.Apply).ProducesProblem(403).ProducesProblem(404).ProducesProblem(409);

    /// <summary>Take a draft or a submitted order back before it is decided; its review ends with it.</summary>
    /// <response code="204">Taken back; ledger event cloud.order-withdrawn.</response>
    /// <response code="404">cloud.order-not-found</response>
    /// <response code="409">cloud.order-not-submitted: it is decided; cloud.changed-meanwhile</response>
    internal static async Task<Results<NoContent, ProblemHttpResult>> Handle(Guid id, WithdrawCloudOrderRequest request, Actor actor, ZhengtongDb db, TimeProvider clock, CancellationToken ct)
    {
        var order = await db.CloudOrders.SingleOrDefaultAsync(o => o.Id == id && o.OrganisationId == actor.Organisation, ct);
        if (order is null) { return CloudProblems.OrderNotFound.Because($"{id}"); }
        if (!order.IsOpen) { return CloudProblems.OrderNotSubmitted.Because(order.Number); }
        if (order.Revision != request.Revision) { return CloudProblems.ChangedMeanwhile.Because(order.Number); }

        var now = clock.GetUtcNow();
        order.Withdraw(request.Reason, actor.Id, now);
        db.OrderUserData.RemoveRange(await db.OrderUserData.Where(d => d.OrderId == id).ToListAsync(ct));
        db.Ledger.Add(LedgerEntry.Of("cloud.order-withdrawn", order.Id, actor, now, request.Reason));
        await ReviewDesk.EndAsync(db, OrderReview.Kind, id, withdrawn: true, null, request.Reason, actor, now, ct);
        try { await db.SaveChangesAsync(ct); }
        catch (Exception e) when (DatabaseErrors.IsLostRace(e)) { return CloudProblems.ChangedMeanwhile.Because(order.Number); }
        return TypedResults.NoContent();
    }
}
