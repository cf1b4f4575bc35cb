using System.Text;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Agreements;
using Zhengtong.Exchange.Engine;
using Zhengtong.Kernel.Secrets;

namespace Zhengtong.Exchange.Nodes;

internal static class GiveNodeReceipt
{
    internal static void Map(IEndpointRouteBuilder group) => group.MapPost("/deliveries/{id:guid}/batches/{sequence:long}/receipt", Handle).ProducesProblem(403).ProducesProblem(404).ProducesProblem(422);

    /// <summary>The consumer's counter-receipt of a batch. Given again, it is answered again; also when the agreement has ended meanwhile, for the rows are applied.</summary>
    /// <response code="204">Recorded; ledger event exchange.batch-received.</response>
    /// <response code="403">exchange.node-not-serving</response>
    /// <response code="404">exchange.batch-unknown</response>
    /// <response code="422">exchange.proof-broken</response>
    internal static async Task<Results<NoContent, ProblemHttpResult>> Handle(
        Guid id, long sequence, NodeReceiptRequest request, NodeCaller caller, ZhengtongDb db, NodeDeliveries deliveries, AgreementsLookup agreements, DeliveryBook book, CancellationToken ct)
    {
        if (await deliveries.FindAsync(caller.Id, id, NodeRole.Consumer, ct) is not { } delivery || await agreements.FindAsync(delivery.AgreementId, ct) is not { } terms) { return ExchangeProblems.NodeNotServing.Because($"{id}"); }
        var batch = await db.Batches.AsNoTracking().SingleOrDefaultAsync(b => b.DeliveryId == id && b.Sequence == sequence, ct);
        if (batch is null) { return ExchangeProblems.BatchUnknown.Because($"{sequence}"); }
        if (batch.CounterReceipt is not null && batch.CounterReceipt != request.CounterReceipt) { return ExchangeProblems.ProofBroken.Because("counter-receipt"); }

        var receipt = CounterReceipt.Parse(request.CounterReceipt);
        if (receipt is null || receipt.Delivery != id || receipt.Sequence != sequence || receipt.ManifestDigest != batch.ManifestDigest || receipt.RowsApplied != batch.Rows || receipt.Suite != terms.Suite)
        {
            return ExchangeProblems.ProofBroken.Because("counter-receipt");
        }

        var key = await db.OrganisationKeys.AsNoTracking().SingleOrDefaultAsync(k => k.KeyId == receipt.ConsumerKey && k.NodeId == caller.Id && k.Use == KeyUse.Seal, ct);
        if (key is null || key.Suite != Suite.Parse(terms.Suite).Name) { return ExchangeProblems.ProofBroken.Because("consumer key"); }
        if (!OrganisationKeys.Verify(key, Encoding.UTF8.GetBytes(request.CounterReceipt), request.Signature)) { return ExchangeProblems.ProofBroken.Because("signature"); }
        await book.ReceivedAsync(new AppliedBatch(id, sequence, batch.ManifestDigest, request.CounterReceipt, request.Signature), terms, ct);
        return TypedResults.NoContent();
    }
}
