using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Kernel;
using Zhengtong.Kernel.Identity;
using Zhengtong.Kernel.Secrets;

namespace Zhengtong.Exchange.Reconciliations;

/// <summary>A reconciliation as it stands now.</summary>
/// <param name="Id">Its id.</param>
/// <param name="DeliveryId">The delivery.</param>
/// <param name="State">Where it stands.</param>
/// <param name="RequestedAt">When it was asked for.</param>
/// <param name="StartedAt">When reading began; null until then.</param>
/// <param name="FinishedAt">When it ended; null until then.</param>
/// <param name="RowsRead">Rows read so far on both sides.</param>
/// <param name="RowsExpected">Rows to read when the tables are equal, as estimated.</param>
/// <param name="LastBatch">Sequence of the last batch that both sides hold.</param>
/// <param name="ProviderRows">Rows compared at the provider.</param>
/// <param name="ConsumerRows">Rows compared at the consumer.</param>
/// <param name="NotCompared">Rows the provider changed since the last batch; they are no differences.</param>
/// <param name="Quarantined">Rows that waited in the provider's quarantine; they are no differences.</param>
/// <param name="Missing">Rows missing at the consumer.</param>
/// <param name="Extra">Rows only the consumer has.</param>
/// <param name="Different">Rows with other values.</param>
/// <param name="Ranges">Ranges of keys whose digests were compared.</param>
/// <param name="ProviderDigest">Root digest over the provider's rows; null until finished.</param>
/// <param name="ConsumerDigest">Root digest over the consumer's rows; null until finished.</param>
/// <param name="Problem">Code of why it was broken off; null when it was not.</param>
/// <param name="ProblemTitle">What that means, in the reader's language.</param>
/// <param name="RepairOrderedAt">When a repair was ordered.</param>
/// <param name="RepairedAt">When all its rows were sealed.</param>
/// <param name="RepairFirst">Sequence of the repair's first batch; null when no row was left to send.</param>
/// <param name="RepairLast">Sequence of the repair's last batch.</param>
/// <param name="Salt">Base64 salt of the digests; null for anybody but the parties, and where only the two sides' nodes know it.</param>
/// <param name="Differences">The first 1,000 differing rows; empty for anybody but the parties.</param>
public sealed record GetReconciliationResponse(
    Guid Id, Guid DeliveryId, ReconciliationState State, DateTimeOffset RequestedAt, DateTimeOffset? StartedAt, DateTimeOffset? FinishedAt, long RowsRead, long? RowsExpected, long LastBatch,
    long ProviderRows, long ConsumerRows, long NotCompared, long Quarantined, long Missing, long Extra, long Different, int Ranges, string? ProviderDigest, string? ConsumerDigest, string? Problem,
    string? ProblemTitle, DateTimeOffset? RepairOrderedAt, DateTimeOffset? RepairedAt, long? RepairFirst, long? RepairLast, string? Salt, IReadOnlyList<Difference> Differences);

internal static class GetReconciliation
{
    internal static void Map(IEndpointRouteBuilder group) => group.MapGet("/reconciliations/{id:guid}", Handle).Requires(Right.ReadWork).ProducesProblem(403).ProducesProblem(404);

    /// <summary>A reconciliation of a delivery to or from the caller's department: progress, result, and the keys of rows that differ.</summary>
    /// <response code="200">The reconciliation.</response>
    /// <response code="404">exchange.reconciliation-unknown</response>
    internal static async Task<Results<Ok<GetReconciliationResponse>, ProblemHttpResult>> Handle(Guid id, Actor actor, ZhengtongDb db, Vault vault, CancellationToken ct)
    {
        var r = await db.Reconciliations.AsNoTracking().VisibleTo(db, actor).SingleOrDefaultAsync(x => x.Id == id, ct);
        if (r is null) { return ExchangeProblems.ReconciliationUnknown.Because($"{id}"); }

        // The platform's operator sees that it went well or not, never a key.
        var isParty = await db.Deliveries.AnyAsync(d => d.Id == r.DeliveryId && (d.ProviderId == actor.Organisation || d.ConsumerId == actor.Organisation), ct);
        var list = isParty && r.Differences is not null ? Repairing.Open(vault, r) : null;
        return TypedResults.Ok(new GetReconciliationResponse(
            r.Id, r.DeliveryId, r.State, r.RequestedAt, r.StartedAt, r.FinishedAt, r.RowsRead, r.RowsExpected, r.LastBatch, r.ProviderRows, r.ConsumerRows, r.NotCompared, r.Quarantined, r.Missing, r.Extra,
            r.Different, r.Ranges, r.ProviderDigest, r.ConsumerDigest, r.Problem, r.Problem is { } code ? Text.Of(code) : null, r.RepairOrderedAt, r.RepairedAt, r.RepairFirst, r.RepairLast,
            list?.Salt is { Length: > 0 } salt ? salt : null, list?.Listed ?? []));
    }
}
