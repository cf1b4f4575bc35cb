using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;
using Zhengtong.Kernel;
using Zhengtong.Kernel.Identity;
using Zhengtong.Kernel.Ledger;

namespace Zhengtong.Exchange.Nodes;

internal static class IssueNodeToken
{
    internal static void Map(IEndpointRouteBuilder group) => group.MapPost("/nodes/{id:guid}/tokens", Handle).Requires(Right.OperateExchange).ProducesProblem(403).ProducesProblem(404).ProducesProblem(409);

    /// <summary>Give out a new token for a node: its machine is new, its certificate has run out, or it was revoked. An earlier token is no longer good; certificates stay so until the token is used.</summary>
    /// <response code="200">The token; ledger event exchange.node-token-issued.</response>
    /// <response code="404">exchange.node-unknown</response>
    /// <response code="409">kernel.changed-meanwhile</response>
    internal static async Task<Results<Ok<NodeTokenResponse>, ProblemHttpResult>> Handle(
        Guid id, Actor actor, ZhengtongDb db, PlatformAuthority authority, IOptions<NodeOptions> options, TimeProvider clock, CancellationToken ct)
    {
        var node = await db.FrontEndNodes.SingleOrDefaultAsync(n => n.Id == id && n.OrganisationId == actor.Organisation, ct);
        if (node is null) { return ExchangeProblems.NodeUnknown.Because($"{id}"); }

        using var certificate = await authority.OpenAsync(ct);
        var now = clock.GetUtcNow();
        var token = NodeToken.Make(node.Id, certificate.RawData);
        node.Invite(token.Digest, now.AddHours(options.Value.TokenHours));
        db.Ledger.Add(LedgerEntry.Of("exchange.node-token-issued", node.Id, actor, now, after: new { node.Name, expiresAt = node.TokenExpiresAt }));
        try { await db.SaveChangesAsync(ct); }
        catch (DbUpdateConcurrencyException) { return KernelProblems.ChangedMeanwhile.Because(node.Name); }
        return TypedResults.Ok(new NodeTokenResponse(node.Id, node.Name, token.ToString(), node.TokenExpiresAt!.Value));
    }
}
