using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Agreements;
using Zhengtong.Exchange.Engine;
using Zhengtong.Exchange.Model;
using Zhengtong.Kernel.Identity;
using Zhengtong.Kernel.Ledger;

namespace Zhengtong.Exchange.Reconciliations;

internal static class RepairDifferences
{
    internal static void Map(IEndpointRouteBuilder group) => group.MapPost("/reconciliations/{id:guid}/repair", Handle)
        .Requires(Right.OperateExchange).ProducesProblem(403).ProducesProblem(404).ProducesProblem(409);

    /// <summary>Order that missing and different rows flow again 对账修复, as sealed and receipted batches under the agreement; at most 100,000 rows. Rows that only
    /// the consumer has are not touched.</summary>
    /// <response code="202">Ordered; ledger event exchange.repair-ordered.</response>
    /// <response code="403">exchange.not-a-party</response>
    /// <response code="404">exchange.reconciliation-unknown</response>
    /// <response code="409">exchange.not-in-force, exchange.reconciliation-unfinished, exchange.nothing-to-repair, exchange.repair-under-way</response>
    internal static async Task<Results<Accepted, ProblemHttpResult>> Handle(
        Guid id, Actor actor, ZhengtongDb db, AgreementsLookup agreements, DeliveryReconciler deliveries, TimeProvider clock, CancellationToken ct)
    {
        var now = clock.GetUtcNow();
        var reconciliation = await db.Reconciliations.VisibleTo(db, actor).SingleOrDefaultAsync(r => r.Id == id, ct);
        if (reconciliation is null) { return ExchangeProblems.ReconciliationUnknown.Because($"{id}"); }
        var delivery = await db.Deliveries.AsNoTracking().SingleAsync(d => d.Id == reconciliation.DeliveryId, ct);
        if (!delivery.HasParty(actor.Organisation)) { return ExchangeProblems.NotAParty.Because($"{id}"); }
        if (await agreements.FindAsync(delivery.AgreementId, ct) is not { } terms || !terms.AllowsDelivery(now)) { return ExchangeProblems.NotInForce.Because($"{delivery.AgreementId}"); }
        if (reconciliation.State != ReconciliationState.Finished) { return ExchangeProblems.ReconciliationUnfinished.Because($"{id}"); }
        if (reconciliation.Missing + reconciliation.Different == 0) { return ExchangeProblems.NothingToRepair.Because($"{id}"); }
        if (reconciliation.RepairOrderedAt is not null) { return ExchangeProblems.RepairUnderWay.Because($"{id}"); }

        reconciliation.OrderRepair(now);
        db.Ledger.Add(LedgerEntry.Of("exchange.repair-ordered", id, actor, now, after: new { delivery = delivery.Id, reconciliation.Missing, reconciliation.Different }));
        await using var transaction = await db.Database.BeginTransactionAsync(ct);
        try { await db.SaveChangesAsync(ct); }
        catch (DbUpdateConcurrencyException) { return ExchangeProblems.RepairUnderWay.Because($"{id}"); }
        await db.Deliveries.OrderRunAsync(delivery.Id, ct);
        await transaction.CommitAsync(ct);
        deliveries.Wake();
        return TypedResults.Accepted($"/api/v1/reconciliations/{id}");
    }
}
