using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Agreements;
using Zhengtong.Exchange.Quality;
using Zhengtong.Kernel;

namespace Zhengtong.Exchange.Nodes;

internal static class TellNodeQuarantine
{
    private const int MostTries = 10;

    internal static void Map(IEndpointRouteBuilder group) => group.MapPost("/deliveries/{id:guid}/quarantine", Handle).ProducesProblem(400).ProducesProblem(403);

    /// <summary>The provider's node says which rows it holds back and why, and what is settled of those before, and which doubted rows a batch holds. Safe to repeat.</summary>
    /// <response code="204">Noted; ledger events exchange.rows-quarantined, exchange.quarantine-superseded, exchange.quarantine-sent and exchange.correction-closed.</response>
    /// <response code="400">kernel.malformed: a reason names no agreed item, or an id is another row's.</response>
    /// <response code="403">exchange.node-not-serving</response>
    internal static async Task<Results<NoContent, ProblemHttpResult>> Handle(
        Guid id, NodeSetAsideRequest request, NodeCaller caller, ZhengtongDb db, NodeDeliveries deliveries, AgreementsLookup agreements, QuarantineBook quarantine, CancellationToken ct)
    {
        if (await deliveries.FindAsync(caller.Id, id, NodeRole.Provider, ct) is not { } delivery || await agreements.FindAsync(delivery.AgreementId, ct) is not { } terms) { return ExchangeProblems.NodeNotServing.Because($"{id}"); }
        // The ledger repeats the reasons for everybody: they hold names that were agreed, and nothing else.
        var items = terms.Items.Select(i => i.Name).ToHashSet();
        if (request.Rejected.SelectMany(r => r.Reasons).Any(r => !items.Contains(r.Item))) { return KernelProblems.Malformed.Because("reasons"); }

        for (var tries = 1; ; tries++)
        {
            if (request.Rejected is [var first, ..] && await db.Quarantine.AnyAsync(q => q.Id == first.Id && q.DeliveryId == id, ct)) { return TypedResults.NoContent(); }
            var told = request.Sent.ToList();
            var sent = told.Count == 0 ? [] : await QuarantineBook.Open(db, id).Where(q => told.Contains(q.Id)).Select(q => q.Id).ToListAsync(ct);
            var aside = new SetAside([.. request.Rejected.Select(r => new SetAsideRow(r.Id, r.KeyDigest, r.Reasons, null))], request.Newer, sent, request.Carried ?? [], request.Clears);
            await quarantine.AddAsync(id, terms, aside, request.Batch, request.After, ct);
            try
            {
                await db.SaveChangesAsync(ct);
                return TypedResults.NoContent();
            }
            // An officer releases one of the rows, or answers the doubt, in the same moment.
            catch (DbUpdateConcurrencyException) when (tries < MostTries) { db.ChangeTracker.Clear(); }
            catch (DbUpdateException e) when (e.IsUniqueViolation()) { return KernelProblems.Malformed.Because("id"); }
        }
    }
}
