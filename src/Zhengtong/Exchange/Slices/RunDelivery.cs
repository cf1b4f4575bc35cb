using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Exchange.Engine;
using Zhengtong.Exchange.Model;
using Zhengtong.Kernel.Identity;
using Zhengtong.Kernel.Ledger;

namespace Zhengtong.Exchange.Slices;

internal static class RunDelivery
{
    internal static void Map(IEndpointRouteBuilder group) => group.MapPost("/deliveries/{id:guid}/runs", Handle)
        .Requires(Right.OperateExchange).ProducesProblem(403).ProducesProblem(404);

    /// <summary>Ask for a run now instead of at the next due time, for instance after a fault was put right. It goes ahead of the delivery's running hours, until all is delivered.
    /// The agreement still decides whether anything is.</summary>
    /// <response code="202">Asked for; ledger event exchange.delivery-run-requested.</response>
    /// <response code="404">exchange.delivery-unknown</response>
    internal static async Task<Results<Accepted, ProblemHttpResult>> Handle(Guid id, Actor actor, ZhengtongDb db, DeliveryReconciler deliveries, TimeProvider clock, CancellationToken ct)
    {
        if (!await db.Deliveries.VisibleTo(actor).AnyAsync(d => d.Id == id, ct)) { return ExchangeProblems.DeliveryUnknown.Because($"{id}"); }

        var now = clock.GetUtcNow();
        db.Ledger.Add(LedgerEntry.Of("exchange.delivery-run-requested", id, actor, now));
        await using var transaction = await db.Database.BeginTransactionAsync(ct);
        await db.SaveChangesAsync(ct);
        await db.Deliveries.OrderRunAheadAsync(id, now, ct);
        await transaction.CommitAsync(ct);
        deliveries.Wake();
        return TypedResults.Accepted($"/api/v1/deliveries/{id}");
    }
}
