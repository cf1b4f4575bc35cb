using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Agreements;
using Zhengtong.Exchange.BackFills;
using Zhengtong.Kernel;
using Zhengtong.Kernel.Secrets;

namespace Zhengtong.Exchange.Nodes;

internal static class ReadNodeBackFill
{
    internal static void Map(IEndpointRouteBuilder group) => group.MapGet("/deliveries/{id:guid}/back-fills/{backFill:guid}", Handle).ProducesProblem(400).ProducesProblem(403).ProducesProblem(404);

    /// <summary>Which rows a back-fill sends again: its range, encrypted to the node's receiving key, and signed by the authority as the answer to this very request.</summary>
    /// <response code="200">The back-fill.</response>
    /// <response code="400">exchange.node-keys-invalid: the node brought no receiving key of the agreement's suite.</response>
    /// <response code="403">exchange.node-not-serving</response>
    /// <response code="404">exchange.back-fill-unknown: not ordered, or over.</response>
    internal static async Task<Results<Ok<NodeSignedAnswer>, ProblemHttpResult>> Handle(
        Guid id, Guid backFill, NodeCaller caller, ZhengtongDb db, NodeDeliveries deliveries, AgreementsLookup agreements, OrganisationKeys keys, PlatformAuthority authority, Vault vault, CancellationToken ct)
    {
        if (await deliveries.FindAsync(caller.Id, id, NodeRole.Provider, ct) is not { } delivery || await agreements.FindAsync(delivery.AgreementId, ct) is not { } terms) { return ExchangeProblems.NodeNotServing.Because($"{id}"); }
        var ordered = await db.BackFills.AsNoTracking().SingleOrDefaultAsync(b => b.Id == backFill && b.ActiveDeliveryId == id, ct);
        if (ordered is null) { return ExchangeProblems.BackFillUnknown.Because($"{backFill}"); }
        var suite = Suite.Parse(terms.Suite);
        if (await keys.FindOfNodeAsync(caller.Id, suite, KeyUse.Receive, ct) is not { } receive) { return ExchangeProblems.NodeKeysInvalid.Because(suite.Word); }
        return TypedResults.Ok(await authority.AnswerAsync(caller, CanonicalJson.Of(NodeBackFill.Of(ordered, BackFilling.Open(vault, ordered), suite, receive.PublicKey)), ct));
    }
}
