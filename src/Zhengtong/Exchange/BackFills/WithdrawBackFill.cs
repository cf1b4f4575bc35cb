using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Exchange.Reconciliations;
using Zhengtong.Exchange.Slices;
using Zhengtong.Kernel;
using Zhengtong.Kernel.Identity;
using Zhengtong.Kernel.Ledger;

namespace Zhengtong.Exchange.BackFills;

internal static class WithdrawBackFill
{
    private const int MostTries = 10;

    internal static void Map(IEndpointRouteBuilder group) => group.MapPost("/back-fills/{id:guid}/withdrawal", Handle)
        .Requires(Right.OperateExchange).ProducesProblem(403).ProducesProblem(404).ProducesProblem(409);

    /// <summary>Take a back-fill back that is not over: no further batch of it is sealed; those that are sealed arrive.</summary>
    /// <response code="204">Withdrawn; ledger event exchange.back-fill-withdrawn.</response>
    /// <response code="403">exchange.not-a-party</response>
    /// <response code="404">exchange.back-fill-unknown</response>
    /// <response code="409">exchange.back-fill-over, kernel.changed-meanwhile</response>
    internal static async Task<Results<NoContent, ProblemHttpResult>> Handle(Guid id, Actor actor, ZhengtongDb db, TimeProvider clock, CancellationToken ct)
    {
        // A run that seals batch after batch changes it all the time.
        for (var tries = 1; ; tries++)
        {
            var backFill = await db.BackFills.SingleOrDefaultAsync(b => b.Id == id && db.Deliveries.VisibleTo(actor).Any(d => d.Id == b.DeliveryId), ct);
            if (backFill is null) { return ExchangeProblems.BackFillUnknown.Because($"{id}"); }
            var delivery = await db.Deliveries.AsNoTracking().SingleAsync(d => d.Id == backFill.DeliveryId, ct);
            if (!delivery.HasParty(actor.Organisation)) { return ExchangeProblems.NotAParty.Because($"{id}"); }
            if (!backFill.IsActive) { return ExchangeProblems.BackFillOver.Because(Web.Show.Word("exchange", backFill.State)); }

            var now = clock.GetUtcNow();
            backFill.Withdraw(now);
            db.Ledger.Add(LedgerEntry.Of("exchange.back-fill-withdrawn", id, actor, now, after: new { delivery = delivery.Id, backFill.Rows, first = backFill.FirstBatch, last = backFill.LastBatch }));
            try
            {
                await db.SaveChangesAsync(ct);
                return TypedResults.NoContent();
            }
            catch (DbUpdateConcurrencyException) when (tries < MostTries) { db.ChangeTracker.Clear(); }
            catch (DbUpdateConcurrencyException) { return KernelProblems.ChangedMeanwhile.Because($"{id}"); }
        }
    }
}
