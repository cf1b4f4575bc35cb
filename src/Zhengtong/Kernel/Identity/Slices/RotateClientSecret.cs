using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using OpenIddict.Abstractions;
using Zhengtong.Kernel.Ledger;

namespace Zhengtong.Kernel.Identity.Slices;

internal static class RotateClientSecret
{
    internal static void Map(IEndpointRouteBuilder group) => group.MapPost("/clients/{id:guid}/secret", Handle)
        .Requires(Right.ManageAccounts).ProducesProblem(403).ProducesProblem(404).ProducesProblem(409);

    /// <summary>Give an API client a new secret. The old one and all tokens made with it end at once.</summary>
    /// <response code="200">The new secret, shown this once; ledger event kernel.client-secret-rotated.</response>
    /// <response code="403">kernel.out-of-reach</response>
    /// <response code="404">kernel.client-not-found</response>
    /// <response code="409">kernel.client-revoked, kernel.changed-meanwhile</response>
    internal static async Task<Results<Ok<ClientSecretResponse>, ProblemHttpResult>> Handle(
        Guid id, Actor actor, ZhengtongDb db, IOpenIddictApplicationManager applications, TimeProvider clock, CancellationToken ct)
    {
        var client = await db.ApiClients.SingleOrDefaultAsync(c => c.Id == id, ct);
        if (client is null || await applications.FindByClientIdAsync(client.ClientId, ct) is not { } application) { return KernelProblems.ClientNotFound.Because($"{id}"); }
        if (await ApiClients.OutOfReachAsync(db, actor, client, ct) is { } refused) { return refused; }
        if (client.RevokedAt is not null) { return KernelProblems.ClientRevoked.Because(); }

        client.SecretGeneration++;
        client.Revision++;
        db.Ledger.Add(LedgerEntry.Of("kernel.client-secret-rotated", id, actor, clock.GetUtcNow(), after: new { generation = client.SecretGeneration }));
        var descriptor = new OpenIddictApplicationDescriptor();
        await applications.PopulateAsync(descriptor, application, ct);
        var secret = descriptor.ClientSecret = ApiClients.NewSecret();
        try { await applications.UpdateAsync(application, descriptor, ct); }
        catch (Exception e) when (e is DbUpdateConcurrencyException or OpenIddictExceptions.ConcurrencyException) { return KernelProblems.ChangedMeanwhile.Because(); }
        return TypedResults.Ok(new ClientSecretResponse(id, client.ClientId, secret));
    }
}
