using System.ComponentModel.DataAnnotations;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Exchange.Engine;
using Zhengtong.Exchange.Model;
using Zhengtong.Kernel;
using Zhengtong.Kernel.Identity;
using Zhengtong.Kernel.Ledger;
using Zhengtong.Web;

namespace Zhengtong.Exchange.Quality;

/// <summary>That a row in quarantine is to go out as it is.</summary>
/// <param name="Reason">On what ground, 2 to 500 characters; the ledger keeps it, so it names no value.</param>
/// <param name="Revision">The revision the caller saw, from 1.</param>
public sealed record ReleaseQuarantinedRequest([Required, StringLength(500, MinimumLength = 2)] string Reason, [Range(1, int.MaxValue)] int Revision);

internal static class ReleaseQuarantined
{
    internal static void Map(IEndpointRouteBuilder group) => group.MapPost("/quarantine/{id:guid}/release", Handle)
        .Requires(Right.OperateExchange).ProducesProblem(403).ProducesProblem(404).ProducesProblem(409);

    /// <summary>Release a row from quarantine as it is: it goes out with the next run, masked as agreed, in a sealed and receipted batch of its own.</summary>
    /// <response code="202">Released; ledger event exchange.quarantine-released.</response>
    /// <response code="404">exchange.quarantine-unknown</response>
    /// <response code="409">exchange.quarantine-settled, exchange.quarantine-unfit, kernel.changed-meanwhile</response>
    internal static async Task<Results<Accepted, ProblemHttpResult>> Handle(
        Guid id, ReleaseQuarantinedRequest request, Actor actor, ZhengtongDb db, DeliveryReconciler deliveries, TimeProvider clock, CancellationToken ct)
    {
        var row = await db.Quarantine.OfProvider(actor).SingleOrDefaultAsync(q => q.Id == id, ct);
        if (row is null) { return ExchangeProblems.QuarantineUnknown.Because($"{id}"); }
        if (row.State != QuarantineState.Waiting) { return ExchangeProblems.QuarantineSettled.Because(Show.Word("exchange", row.State)); }
        if (row.Reasons.FirstOrDefault(r => r.Fault == QualityFault.WrongType) is { } unfit) { return ExchangeProblems.QuarantineUnfit.Because(unfit.Item); }
        if (row.Revision != request.Revision) { return KernelProblems.ChangedMeanwhile.Because($"{row.Revision}"); }

        var now = clock.GetUtcNow();
        row.Release();
        db.Ledger.Add(LedgerEntry.Of("exchange.quarantine-released", id, actor, now, request.Reason, after: new { delivery = row.DeliveryId, row.Reasons }));
        await using var transaction = await db.Database.BeginTransactionAsync(ct);
        try { await db.SaveChangesAsync(ct); }
        catch (DbUpdateConcurrencyException) { return KernelProblems.ChangedMeanwhile.Because(); }
        await db.Deliveries.OrderRunAsync(row.DeliveryId, ct);
        await transaction.CommitAsync(ct);
        deliveries.Wake();
        return TypedResults.Accepted($"/api/v1/quarantine/{id}");
    }
}
