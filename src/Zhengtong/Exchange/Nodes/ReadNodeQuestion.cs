using Microsoft.AspNetCore.Http.HttpResults;
using Zhengtong.Exchange.Reconciliations;

namespace Zhengtong.Exchange.Nodes;

internal static class ReadNodeQuestion
{
    internal static void Map(IEndpointRouteBuilder group) => group.MapGet("/comparisons/{id:guid}", Handle).ProducesProblem(404);

    /// <summary>A question of a reconciliation to this node.</summary>
    /// <response code="200">The question.</response>
    /// <response code="404">exchange.reconciliation-unknown: answered already, or over.</response>
    internal static async Task<Results<Ok<NodeComparisonQuestion>, ProblemHttpResult>> Handle(Guid id, NodeCaller caller, ZhengtongDb db, Questioning questioning, CancellationToken ct) =>
        await questioning.QuestionAsync(db, id, caller.Id, ct) is { } question ? TypedResults.Ok(question) : ExchangeProblems.ReconciliationUnknown.Because($"{id}");
}
