using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Exchange.Slices;
using Zhengtong.Kernel.Identity;

namespace Zhengtong.Exchange.Reconciliations;

/// <summary>A reconciliation in a list.</summary>
/// <param name="Id">Its id.</param>
/// <param name="State">Where it stands.</param>
/// <param name="RequestedAt">When it was asked for.</param>
/// <param name="FinishedAt">When it ended; null until then.</param>
/// <param name="Missing">Rows missing at the consumer.</param>
/// <param name="Extra">Rows only the consumer has.</param>
/// <param name="Different">Rows with other values.</param>
public sealed record ReconciliationSummary(Guid Id, ReconciliationState State, DateTimeOffset RequestedAt, DateTimeOffset? FinishedAt, long Missing, long Extra, long Different);

/// <summary>Reconciliations of a delivery, the newest first.</summary>
/// <param name="Items">At most 100.</param>
public sealed record ListReconciliationsResponse(IReadOnlyList<ReconciliationSummary> Items);

internal static class ListReconciliations
{
    internal static void Map(IEndpointRouteBuilder group) => group.MapGet("/deliveries/{id:guid}/reconciliations", Handle).Requires(Right.ReadWork).ProducesProblem(403).ProducesProblem(404);

    /// <summary>List the reconciliations of a delivery, the newest first; at most 100.</summary>
    /// <response code="200">The reconciliations.</response>
    /// <response code="404">exchange.delivery-unknown</response>
    internal static async Task<Results<Ok<ListReconciliationsResponse>, ProblemHttpResult>> Handle(Guid id, Actor actor, ZhengtongDb db, CancellationToken ct)
    {
        if (!await db.Deliveries.VisibleTo(actor).AnyAsync(d => d.Id == id, ct)) { return ExchangeProblems.DeliveryUnknown.Because($"{id}"); }

        var items = await db.Reconciliations.AsNoTracking().Where(r => r.DeliveryId == id).OrderByDescending(r => r.RequestedAt).ThenByDescending(r => r.Id).Take(100)
            .Select(r => new ReconciliationSummary(r.Id, r.State, r.RequestedAt, r.FinishedAt, r.Missing, r.Extra, r.Different)).ToListAsync(ct);
        return TypedResults.Ok(new ListReconciliationsResponse(items));
    }
}
