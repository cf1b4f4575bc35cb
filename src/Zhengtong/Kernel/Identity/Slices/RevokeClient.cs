using System.ComponentModel.DataAnnotations;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Kernel.Ledger;

namespace Zhengtong.Kernel.Identity.Slices;

/// <summary>What revokes an API client.</summary>
/// <param name="Reason">Why, 2 to 500 characters; the ledger keeps it.</param>
public sealed record RevokeClientRequest([Required, StringLength(500, MinimumLength = 2)] string Reason);

internal static class RevokeClient
{
    internal static void Map(IEndpointRouteBuilder group) => group.MapPost("/clients/{id:guid}/revocation", Handle)
        .Requires(Right.ManageAccounts).ProducesProblem(403).ProducesProblem(404).ProducesProblem(409);

    /// <summary>Revoke an API client, for good. Its tokens end with their next request.</summary>
    /// <response code="204">Revoked; ledger event kernel.client-revoked.</response>
    /// <response code="403">kernel.out-of-reach</response>
    /// <response code="404">kernel.client-not-found</response>
    /// <response code="409">kernel.client-revoked, kernel.changed-meanwhile</response>
    internal static async Task<Results<NoContent, ProblemHttpResult>> Handle(
        Guid id, RevokeClientRequest request, Actor actor, ZhengtongDb db, TimeProvider clock, CancellationToken ct)
    {
        var client = await db.ApiClients.SingleOrDefaultAsync(c => c.Id == id, ct);
        if (client is null) { return KernelProblems.ClientNotFound.Because($"{id}"); }
        if (await ApiClients.OutOfReachAsync(db, actor, client, ct) is { } refused) { return refused; }
        if (client.RevokedAt is not null) { return KernelProblems.ClientRevoked.Because(); }

        client.RevokedAt = clock.GetUtcNow();
        client.Revision++;
        db.Ledger.Add(LedgerEntry.Of("kernel.client-revoked", id, actor, client.RevokedAt.Value, request.Reason));
        return await Accounts.SaveAsync(db, ct) ? TypedResults.NoContent() : KernelProblems.ChangedMeanwhile.Because();
    }
}
