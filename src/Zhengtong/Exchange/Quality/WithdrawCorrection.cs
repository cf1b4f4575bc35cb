using System.ComponentModel.DataAnnotations;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Kernel;
using Zhengtong.Kernel.Identity;
using Zhengtong.Kernel.Ledger;
using Zhengtong.Web;

namespace Zhengtong.Exchange.Quality;

/// <summary>That a consumer takes its doubt back.</summary>
/// <param name="Revision">The revision the caller saw, from 1.</param>
public sealed record WithdrawCorrectionRequest([Range(1, int.MaxValue)] int Revision);

internal static class WithdrawCorrection
{
    internal static void Map(IEndpointRouteBuilder group) => group.MapPost("/corrections/{id:guid}/withdrawal", Handle)
        .Requires(Right.OperateExchange).ProducesProblem(403).ProducesProblem(404).ProducesProblem(409);

    /// <summary>Take a correction back that is not settled yet.</summary>
    /// <response code="204">Withdrawn; ledger event exchange.correction-withdrawn.</response>
    /// <response code="403">exchange.not-consumer</response>
    /// <response code="404">exchange.correction-unknown</response>
    /// <response code="409">exchange.correction-settled, kernel.changed-meanwhile</response>
    internal static async Task<Results<NoContent, ProblemHttpResult>> Handle(
        Guid id, WithdrawCorrectionRequest request, Actor actor, ZhengtongDb db, TimeProvider clock, CancellationToken ct)
    {
        var correction = await db.Corrections.VisibleTo(actor).SingleOrDefaultAsync(c => c.Id == id, ct);
        if (correction is null) { return ExchangeProblems.CorrectionUnknown.Because($"{id}"); }
        if (correction.ConsumerId != actor.Organisation) { return ExchangeProblems.NotConsumer.Because($"{id}"); }
        if (!correction.IsWaiting) { return ExchangeProblems.CorrectionSettled.Because(Show.Word("exchange", correction.State)); }
        if (correction.Revision != request.Revision) { return KernelProblems.ChangedMeanwhile.Because($"{correction.Revision}"); }

        var now = clock.GetUtcNow();
        correction.Withdraw(now);
        db.Ledger.Add(LedgerEntry.Of("exchange.correction-withdrawn", id, actor, now, after: new { delivery = correction.DeliveryId }));
        try { await db.SaveChangesAsync(ct); }
        catch (DbUpdateConcurrencyException) { return KernelProblems.ChangedMeanwhile.Because(); }
        return TypedResults.NoContent();
    }
}
