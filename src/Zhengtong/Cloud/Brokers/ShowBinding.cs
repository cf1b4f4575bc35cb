using System.Security.Cryptography;
using System.Text.Json;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Cloud.Model;
using Zhengtong.Kernel.Identity;
using Zhengtong.Kernel.Ledger;
using Zhengtong.Kernel.Secrets;

namespace Zhengtong.Cloud.Brokers;

/// <summary>What a broker gave for a binding.</summary>
/// <param name="Credentials">As the broker wrote it.</param>
public sealed record BindingCredentials(JsonElement Credentials);

internal static class ShowBinding
{
    internal static void Map(IEndpointRouteBuilder group) => group.MapPost("/cloud/resources/{id:guid}/bindings/{binding:guid}/credentials", Handle)
        .Requires(Right.Apply).ProducesProblem(403).ProducesProblem(404).ProducesProblem(409);

    /// <summary>Show the credentials of a binding of the own department. Each time it is asked for, the ledger says so.</summary>
    /// <response code="200">The credentials; ledger event cloud.binding-shown, without them.</response>
    /// <response code="404">cloud.binding-not-found: there is none, or the broker has not made it yet</response>
    /// <response code="409">cloud.secret-lost</response>
    internal static async Task<Results<Ok<BindingCredentials>, ProblemHttpResult>> Handle(
        Guid id, Guid binding, HttpContext http, Actor actor, ZhengtongDb db, Vault vault, TimeProvider clock, CancellationToken ct)
    {
        var found = await db.BrokeredThings.AsNoTracking().SingleOrDefaultAsync(b => b.Id == binding && b.ResourceId == id && b.InstanceOf == null && b.Phase == BrokeredPhase.There && b.Credentials != null
            && db.CloudResources.Any(r => r.Id == id && r.OrganisationId == actor.Organisation), ct);
        if (found is null) { return CloudProblems.BindingNotFound.Because($"{binding}"); }
        JsonElement credentials;
        try { credentials = JsonSerializer.Deserialize<JsonElement>(vault.Open(found.Credentials, Brokered.PurposeOf(found.Id))); }
        catch (CryptographicException) { return CloudProblems.SecretLost.Because(); }

        db.Ledger.Add(LedgerEntry.Of("cloud.binding-shown", id, actor, clock.GetUtcNow(), after: new { binding }));
        await db.SaveChangesAsync(ct);
        http.Response.Headers.CacheControl = "no-store";
        return TypedResults.Ok(new BindingCredentials(credentials));
    }
}
