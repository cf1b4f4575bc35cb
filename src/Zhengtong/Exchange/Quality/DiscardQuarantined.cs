using System.ComponentModel.DataAnnotations;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Kernel;
using Zhengtong.Kernel.Identity;
using Zhengtong.Kernel.Ledger;
using Zhengtong.Web;

namespace Zhengtong.Exchange.Quality;

/// <summary>That a row in quarantine is never to go out as it is.</summary>
/// <param name="Reason">On what ground, 2 to 500 characters; the ledger keeps it, so it names no value.</param>
/// <param name="Revision">The revision the caller saw, from 1.</param>
public sealed record DiscardQuarantinedRequest([Required, StringLength(500, MinimumLength = 2)] string Reason, [Range(1, int.MaxValue)] int Revision);

internal static class DiscardQuarantined
{
    internal static void Map(IEndpointRouteBuilder group) => group.MapPost("/quarantine/{id:guid}/discard", Handle)
        .Requires(Right.OperateExchange).ProducesProblem(403).ProducesProblem(404).ProducesProblem(409);

    /// <summary>Discard a row in quarantine: this version never goes out, and nobody waits for it any more. It stays counted with the delivery, and a version mended at the source flows like any other.</summary>
    /// <response code="204">Discarded; ledger event exchange.quarantine-discarded.</response>
    /// <response code="404">exchange.quarantine-unknown</response>
    /// <response code="409">exchange.quarantine-settled, kernel.changed-meanwhile</response>
    internal static async Task<Results<NoContent, ProblemHttpResult>> Handle(Guid id, DiscardQuarantinedRequest request, Actor actor, ZhengtongDb db, TimeProvider clock, CancellationToken ct)
    {
        var row = await db.Quarantine.OfProvider(actor).SingleOrDefaultAsync(q => q.Id == id, ct);
        if (row is null) { return ExchangeProblems.QuarantineUnknown.Because($"{id}"); }
        if (row.State != QuarantineState.Waiting) { return ExchangeProblems.QuarantineSettled.Because(Show.Word("exchange", row.State)); }
        if (row.Revision != request.Revision) { return KernelProblems.ChangedMeanwhile.Because($"{row.Revision}"); }

        var now = clock.GetUtcNow();
        row.Discard(now);
        db.Ledger.Add(LedgerEntry.Of("exchange.quarantine-discarded", id, actor, now, request.Reason, after: new { delivery = row.DeliveryId, row.Reasons }));
        try { await db.SaveChangesAsync(ct); }
        catch (DbUpdateConcurrencyException) { return KernelProblems.ChangedMeanwhile.Because(); }
        return TypedResults.NoContent();
    }
}
