using System.ComponentModel.DataAnnotations;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Kernel;
using Zhengtong.Kernel.Identity;
using Zhengtong.Kernel.Ledger;

namespace Zhengtong.Exchange.Nodes;

/// <summary>Why a node is revoked.</summary>
/// <param name="Reason">2 to 500 characters; the ledger keeps it.</param>
public sealed record RevokeNodeRequest([Required, StringLength(500, MinimumLength = 2)] string Reason);

internal static class RevokeNode
{
    internal static void Map(IEndpointRouteBuilder group) =>
        group.MapPost("/nodes/{id:guid}/revocation", Handle).Requires(Right.OperateExchange).ProducesProblem(403).ProducesProblem(404).ProducesProblem(409);

    /// <summary>Revoke a node: its next request is refused, with every certificate it has. A new token lets a machine become it again.</summary>
    /// <response code="204">Revoked; ledger event exchange.node-revoked.</response>
    /// <response code="403">exchange.node-revoked</response>
    /// <response code="404">exchange.node-unknown</response>
    /// <response code="409">kernel.changed-meanwhile</response>
    internal static async Task<Results<NoContent, ProblemHttpResult>> Handle(Guid id, RevokeNodeRequest request, Actor actor, ZhengtongDb db, TimeProvider clock, CancellationToken ct)
    {
        var node = await db.FrontEndNodes.SingleOrDefaultAsync(n => n.Id == id && n.OrganisationId == actor.Organisation, ct);
        if (node is null) { return ExchangeProblems.NodeUnknown.Because($"{id}"); }
        if (node.State == NodeState.Revoked) { return ExchangeProblems.NodeRevoked.Because(node.Name); }

        var now = clock.GetUtcNow();
        node.Revoke(now);
        foreach (var certificate in await db.NodeCertificates.Where(c => c.NodeId == id && c.RevokedAt == null).ToListAsync(ct)) { certificate.RevokedAt = now; }
        db.Ledger.Add(LedgerEntry.Of("exchange.node-revoked", node.Id, actor, now, request.Reason, after: new { node.Name }));
        try { await db.SaveChangesAsync(ct); }
        catch (DbUpdateConcurrencyException) { return KernelProblems.ChangedMeanwhile.Because(node.Name); }
        return TypedResults.NoContent();
    }
}
