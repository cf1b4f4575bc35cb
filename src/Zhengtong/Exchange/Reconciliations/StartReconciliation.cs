using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Agreements;
using Zhengtong.Exchange.Model;
using Zhengtong.Exchange.Slices;
using Zhengtong.Kernel;
using Zhengtong.Kernel.Identity;
using Zhengtong.Kernel.Jobs;
using Zhengtong.Kernel.Ledger;

namespace Zhengtong.Exchange.Reconciliations;

/// <summary>A reconciliation that was asked for.</summary>
/// <param name="Id">Its id.</param>
public sealed record StartReconciliationResponse(Guid Id);

internal static class StartReconciliation
{
    internal static void Map(IEndpointRouteBuilder group) => group.MapPost("/deliveries/{id:guid}/reconciliations", Handle)
        .Requires(Right.OperateExchange).ProducesProblem(403).ProducesProblem(404).ProducesProblem(409);

    /// <summary>Compare now what was delivered with what the provider has. One at a time a delivery; the delivery rests meanwhile.</summary>
    /// <response code="202">Asked for; ledger event exchange.reconciliation-requested.</response>
    /// <response code="403">exchange.not-a-party</response>
    /// <response code="404">exchange.delivery-unknown</response>
    /// <response code="409">exchange.not-in-force, exchange.snapshot-unfinished, exchange.reconciliation-under-way</response>
    internal static async Task<Results<Accepted<StartReconciliationResponse>, ProblemHttpResult>> Handle(
        Guid id, Actor actor, ZhengtongDb db, AgreementsLookup agreements, Reconcilers reconcilers, TimeProvider clock, CancellationToken ct)
    {
        var now = clock.GetUtcNow();
        var delivery = await db.Deliveries.AsNoTracking().VisibleTo(actor).SingleOrDefaultAsync(d => d.Id == id, ct);
        if (delivery is null) { return ExchangeProblems.DeliveryUnknown.Because($"{id}"); }
        if (!delivery.HasParty(actor.Organisation)) { return ExchangeProblems.NotAParty.Because($"{id}"); }
        if (await agreements.FindAsync(delivery.AgreementId, ct) is not { } terms || !terms.AllowsDelivery(now)) { return ExchangeProblems.NotInForce.Because($"{delivery.AgreementId}"); }
        if (delivery.Phase != DeliveryPhase.Changes) { return ExchangeProblems.SnapshotUnfinished.Because($"{id}"); }
        if (await db.Reconciliations.AnyAsync(r => r.ActiveDeliveryId == id, ct)) { return ExchangeProblems.ReconciliationUnderWay.Because($"{id}"); }

        var reconciliation = Reconciliation.Of(id, now);
        db.Reconciliations.Add(reconciliation);
        db.Ledger.Add(LedgerEntry.Of("exchange.reconciliation-requested", reconciliation.Id, actor, now, after: new { delivery = id }));
        try { await db.SaveChangesAsync(ct); }
        catch (DbUpdateException e) when (e.IsUniqueViolation()) { return ExchangeProblems.ReconciliationUnderWay.Because($"{id}"); }
        reconcilers.Wake<ReconcileDeliveries>();
        return TypedResults.Accepted($"/api/v1/reconciliations/{reconciliation.Id}", new StartReconciliationResponse(reconciliation.Id));
    }
}
