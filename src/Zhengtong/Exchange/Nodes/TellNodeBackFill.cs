using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Exchange.BackFills;
using Zhengtong.Kernel;

namespace Zhengtong.Exchange.Nodes;

internal static class TellNodeBackFill
{
    private const int MostTries = 10;

    internal static void Map(IEndpointRouteBuilder group) => group.MapPost("/deliveries/{id:guid}/back-fill", Handle).ProducesProblem(400).ProducesProblem(403);

    /// <summary>The provider's node says that a back-fill begins, that a batch of it is handed in, or that it is over. Safe to repeat. Of a back-fill or a batch that the platform does not have nothing is noted:
    /// it may have been restored from an older copy, and what the node hands in next must not wait for that.</summary>
    /// <response code="204">Noted; at the end ledger event exchange.back-fill-finished or exchange.back-fill-failed, unless it was withdrawn.</response>
    /// <response code="400">kernel.malformed: the problem is none.</response>
    /// <response code="403">exchange.node-not-serving</response>
    internal static async Task<Results<NoContent, ProblemHttpResult>> Handle(
        Guid id, NodeBackFillRequest request, NodeCaller caller, ZhengtongDb db, NodeDeliveries deliveries, BackFilling backFills, CancellationToken ct)
    {
        if (await deliveries.FindAsync(caller.Id, id, NodeRole.Provider, ct) is null) { return ExchangeProblems.NodeNotServing.Because($"{id}"); }
        if (request.Problem is { } code && Text.Find(code) is null) { return KernelProblems.Malformed.Because("problem"); }
        if (!await db.BackFills.AnyAsync(b => b.Id == request.BackFill && b.DeliveryId == id, ct)) { return TypedResults.NoContent(); }
        for (var tries = 1; ; tries++)
        {
            try
            {
                _ = request switch
                {
                    { Begun: { } rows } => await backFills.BeginAsync(request.BackFill, rows, ct),
                    { Batch: { } sequence } => await backFills.CountAsync(request.BackFill, sequence, ct),
                    _ => await backFills.EndAsync(request.BackFill, request.Problem, ct),
                };
                return TypedResults.NoContent();
            }
            // An officer takes it back in the same moment.
            catch (DbUpdateConcurrencyException) when (tries < MostTries) { db.ChangeTracker.Clear(); }
        }
    }
}
