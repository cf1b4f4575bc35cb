using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Kernel.Ledger;

namespace Zhengtong.Exchange.Nodes;

internal static class RenewNodeCertificate
{
    internal static void Map(IEndpointRouteBuilder group) => group.MapPost("/certificates", Handle).ProducesProblem(400);

    /// <summary>The node's next certificate, for the same or another key. The one it has stays good until its end.</summary>
    /// <response code="200">Issued; ledger event exchange.node-renewed.</response>
    /// <response code="400">exchange.node-keys-invalid</response>
    internal static async Task<Results<Ok<RenewNodeCertificateResponse>, ProblemHttpResult>> Handle(
        RenewNodeCertificateRequest request, NodeCaller caller, ZhengtongDb db, PlatformAuthority authority, TimeProvider clock, CancellationToken ct)
    {
        var node = await db.FrontEndNodes.AsNoTracking().SingleAsync(n => n.Id == caller.Id, ct);
        var code = await db.Organisations.Where(o => o.Id == caller.Organisation).Select(o => o.CreditCode).SingleAsync(ct);
        if (EnrolNode.Bytes(request.SigningRequest) is not { } csr || await authority.IssueAsync(csr, node, code.Value, ct) is not { } certificate) { return ExchangeProblems.NodeKeysInvalid.Because("signingRequest"); }
        db.NodeCertificates.Add(certificate);
        db.Ledger.Add(LedgerEntry.Of("exchange.node-renewed", caller.Id, caller.Actor, clock.GetUtcNow(), after: new { certificate.Serial, certificate.NotAfter }));
        await db.SaveChangesAsync(ct);
        return TypedResults.Ok(new RenewNodeCertificateResponse(Convert.ToBase64String(certificate.Certificate)));
    }
}
