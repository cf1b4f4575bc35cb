using System.ComponentModel.DataAnnotations;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Kernel;
using Zhengtong.Kernel.Identity;
using Zhengtong.Kernel.Ledger;
using Zhengtong.Kernel.Secrets;

namespace Zhengtong.Exchange.Containers;

/// <summary>Why a member's certificate is revoked.</summary>
/// <param name="Reason">2 to 500 characters; the ledger keeps it.</param>
public sealed record RevokeMemberCertificateRequest([Required, StringLength(500, MinimumLength = 2)] string Reason);

internal static class RevokeMemberCertificate
{
    internal static void Map(IEndpointRouteBuilder group) => group.MapPost("/member-certificates/{serial}/revocation", Handle)
        .Requires(Right.OperateExchange).ProducesProblem(403).ProducesProblem(404).ProducesProblem(409);

    /// <summary>Revoke a certificate of the caller's department, because its key is no longer to be trusted: the platform says so to everybody who asks, and a new sealing key takes the old one's place. What the old one signed before stays valid.</summary>
    /// <remarks><c>serial</c>: Number of the certificate, hex.</remarks>
    /// <response code="204">Revoked; ledger event exchange.certificate-revoked.</response>
    /// <response code="404">exchange.certificate-unknown</response>
    /// <response code="409">exchange.certificate-revoked, kernel.changed-meanwhile</response>
    internal static async Task<Results<NoContent, ProblemHttpResult>> Handle(
        string serial, RevokeMemberCertificateRequest request, Actor actor, ZhengtongDb db, OrganisationKeys keys, TimeProvider clock, CancellationToken ct)
    {
        var certificate = await db.MemberCertificates.SingleOrDefaultAsync(c => c.Serial == serial && c.OrganisationId == actor.Organisation, ct);
        if (certificate is null) { return ExchangeProblems.CertificateUnknown.Because(serial); }
        if (certificate.RevokedAt is not null) { return ExchangeProblems.CertificateRevoked.Because(serial); }

        var now = clock.GetUtcNow();
        certificate.RevokedAt = now;
        var next = await keys.ReplaceAsync((await keys.FindAsync(certificate.KeyId, ct))!, ct);
        db.Ledger.Add(LedgerEntry.Of("exchange.certificate-revoked", actor.Organisation, actor, now, request.Reason, after: new { certificate.Serial, certificate.KeyId, nextKeyId = next?.KeyId }));
        try { await db.SaveChangesAsync(ct); }
        catch (DbUpdateException e) when (e is DbUpdateConcurrencyException || e.IsUniqueViolation()) { return KernelProblems.ChangedMeanwhile.Because(serial); }
        return TypedResults.NoContent();
    }
}
