using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Agreements;
using Zhengtong.Kernel;
using Zhengtong.Kernel.Http;
using Zhengtong.Kernel.Identity;

namespace Zhengtong.Exchange.Evidence;

/// <summary>A call in a list.</summary>
/// <param name="Id">Its id.</param>
/// <param name="MessageId">The caller's id of the message.</param>
/// <param name="Service">The service's code.</param>
/// <param name="Method">HTTP method.</param>
/// <param name="Status">The answer's HTTP status.</param>
/// <param name="RequestBytes">Length of the request's body.</param>
/// <param name="ResponseBytes">Length of the answer's body.</param>
/// <param name="ReceivedAt">When the request came.</param>
/// <param name="AnsweredAt">When the answer was complete.</param>
/// <param name="Sealed">Whether both sides signed for it: then there is a receipt.</param>
public sealed record CallSummary(
    Guid Id, string MessageId, string Service, string Method, int Status, long RequestBytes, long ResponseBytes, DateTimeOffset ReceivedAt, DateTimeOffset AnsweredAt, bool Sealed);

internal static class ListCalls
{
    internal static void Map(IEndpointRouteBuilder group) => group.MapGet("/agreements/{id:guid}/calls", Handle).Requires(Right.ReadWork).ProducesProblem(400).ProducesProblem(403).ProducesProblem(404);

    /// <summary>List the calls 调用 made under an agreement, the newest first. For its two parties, and for the platform's operator, who sees that calls were made and nothing of what they said.</summary>
    /// <param name="id">The agreement.</param>
    /// <param name="page">Which part of the list.</param>
    /// <param name="actor">Who asks.</param>
    /// <param name="db">The database.</param>
    /// <param name="agreements">Finds the agreement.</param>
    /// <param name="paging">Reads by cursor.</param>
    /// <param name="ct">Stops it.</param>
    /// <response code="200">A page of calls.</response>
    /// <response code="400">kernel.cursor-unknown</response>
    /// <response code="404">exchange.agreement-unknown</response>
    internal static async Task<Results<Ok<Page<CallSummary>>, ProblemHttpResult>> Handle(
        Guid id, [AsParameters] PageQuery page, Actor actor, ZhengtongDb db, AgreementsLookup agreements, Paging paging, CancellationToken ct)
    {
        var terms = await agreements.FindAsync(id, ct);
        if (terms is null || !(actor.May(Right.Operate) || terms.Provider == actor.Organisation || terms.Consumer == actor.Organisation)) { return ExchangeProblems.AgreementUnknown.Because($"{id}"); }
        var read = await paging.ReadAsync(db.Calls.AsNoTracking().Where(c => c.AgreementId == id), page, c => c.ReceivedAt, c => c.Id, c => new CallSummary(
            c.Id, c.MessageId, c.Service, c.Method, c.Status, c.RequestBytes, c.ResponseBytes, c.ReceivedAt, c.AnsweredAt, db.CallGroups.Any(g => g.Id == c.GroupId && g.ConsumerSealId != null)), descending: true, ct);
        return read is null ? KernelProblems.CursorUnknown.Because() : TypedResults.Ok(read);
    }
}
