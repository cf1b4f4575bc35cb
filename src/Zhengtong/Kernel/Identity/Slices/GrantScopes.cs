using System.ComponentModel.DataAnnotations;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Kernel.Ledger;

namespace Zhengtong.Kernel.Identity.Slices;

/// <summary>What an API client may do from now on.</summary>
/// <param name="Scopes">Any of <c>work</c>, <c>catalogue</c>, <c>apply</c>, <c>confirm</c>, <c>seal</c>, <c>exchange</c>; the whole new list, empty takes all away.</param>
/// <param name="Reason">Why, 2 to 500 characters; the ledger keeps it.</param>
public sealed record GrantScopesRequest([Required, MaxLength(20)] IReadOnlyList<string> Scopes, [Required, StringLength(500, MinimumLength = 2)] string Reason);

internal static class GrantScopes
{
    internal static void Map(IEndpointRouteBuilder group) => group.MapPut("/clients/{id:guid}/scopes", Handle)
        .Requires(Right.GrantPosts).ProducesProblem(403).ProducesProblem(404).ProducesProblem(409);

    /// <summary>Set the scopes of an API client. Tokens lose a withdrawn scope with their next request; a new scope needs a new token.</summary>
    /// <response code="204">Set; ledger event kernel.scopes-granted. The same scopes again change nothing.</response>
    /// <response code="400">kernel.invalid</response>
    /// <response code="403">kernel.out-of-reach</response>
    /// <response code="404">kernel.client-not-found</response>
    /// <response code="409">kernel.client-revoked, kernel.changed-meanwhile</response>
    internal static async Task<Results<NoContent, ProblemHttpResult>> Handle(
        Guid id, GrantScopesRequest request, Actor actor, ZhengtongDb db, TimeProvider clock, CancellationToken ct)
    {
        var client = await db.ApiClients.SingleOrDefaultAsync(c => c.Id == id, ct);
        if (client is null) { return KernelProblems.ClientNotFound.Because($"{id}"); }
        if (await ApiClients.OutOfReachAsync(db, actor, client, ct) is { } refused) { return refused; }
        if (client.RevokedAt is not null) { return KernelProblems.ClientRevoked.Because(); }
        if (request.Scopes.FirstOrDefault(s => !Scopes.Of.ContainsKey(s)) is { } unknown)
        {
            return KernelProblems.Invalid.For(new Dictionary<string, string[]> { ["scopes"] = [Text.Of("kernel.client.scope-unknown", unknown)] });
        }

        var after = string.Join(' ', Scopes.Of.Keys.Where(request.Scopes.Contains));
        if (after == client.Granted) { return TypedResults.NoContent(); }
        db.Ledger.Add(LedgerEntry.Of("kernel.scopes-granted", id, actor, clock.GetUtcNow(), request.Reason, before: new { scopes = client.Granted }, after: new { scopes = after }));
        client.Granted = after;
        client.Revision++;
        return await Accounts.SaveAsync(db, ct) ? TypedResults.NoContent() : KernelProblems.ChangedMeanwhile.Because();
    }
}
