using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Kernel.Identity;

namespace Zhengtong.Exchange.Containers;

/// <summary>A certificate of a sealing key.</summary>
/// <param name="Serial">Its number, hex.</param>
/// <param name="KeyId">Of the sealing key.</param>
/// <param name="Certificate">X.509, base64 of DER.</param>
/// <param name="IssuedAt">When the platform issued it.</param>
/// <param name="RevokedAt">When it was revoked; null while it holds.</param>
public sealed record MemberCertificateSummary(string Serial, string KeyId, string Certificate, DateTimeOffset IssuedAt, DateTimeOffset? RevokedAt);

/// <summary>The certificates of the caller's department.</summary>
/// <param name="Items">The newest first.</param>
public sealed record ListMemberCertificatesResponse(IReadOnlyList<MemberCertificateSummary> Items);

internal static class ListMemberCertificates
{
    internal static void Map(IEndpointRouteBuilder group) => group.MapGet("/member-certificates", Handle).Requires(Right.OperateExchange).ProducesProblem(403);

    /// <summary>List the certificates of the sealing keys of the caller's department, which containers of signed messages carry.</summary>
    /// <response code="200">All of them.</response>
    internal static async Task<Ok<ListMemberCertificatesResponse>> Handle(Actor actor, ZhengtongDb db, CancellationToken ct)
    {
        var found = await db.MemberCertificates.AsNoTracking().Where(c => c.OrganisationId == actor.Organisation).OrderByDescending(c => c.IssuedAt).ToListAsync(ct);
        return TypedResults.Ok(new ListMemberCertificatesResponse([.. found.Select(c => new MemberCertificateSummary(c.Serial, c.KeyId, Convert.ToBase64String(c.Certificate), c.IssuedAt, c.RevokedAt))]));
    }
}
