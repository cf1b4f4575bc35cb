using System.Security.Cryptography;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Cloud.Model;
using Zhengtong.Kernel.Identity;
using Zhengtong.Kernel.Ledger;
using Zhengtong.Kernel.Secrets;

namespace Zhengtong.Cloud.Databases;

/// <summary>How a department's programs reach its database.</summary>
/// <param name="Host">Name or address of the server.</param>
/// <param name="Port">Its port.</param>
/// <param name="Database">Name of the database.</param>
/// <param name="Account">Name of its role.</param>
/// <param name="Password">The role's password.</param>
/// <param name="Uri">All of it in one address.</param>
public sealed record DatabaseCredentials(string Host, int Port, string Database, string Account, string Password, string Uri)
{
    internal static DatabaseCredentials Of(DatabaseServer server, string database, string account, string password) =>
        new(server.Host, server.Port, database, account, password, $"postgresql://{account}:{System.Uri.EscapeDataString(password)}@{DatabaseFulfilment.HostOf(server)}:{server.Port}/{database}");
}

internal static class ShowDatabaseCredentials
{
    internal static void Map(IEndpointRouteBuilder group) => group.MapPost("/cloud/resources/{id:guid}/database-credentials", Handle).Requires(Right.Apply).ProducesProblem(403).ProducesProblem(404).ProducesProblem(409);

    /// <summary>Show the account and the password of a database of the own department. Each time it is asked for, the ledger says so.</summary>
    /// <response code="200">The credentials; ledger event cloud.database-credentials-shown, without them.</response>
    /// <response code="404">cloud.database-not-found</response>
    /// <response code="409">cloud.secret-lost</response>
    internal static async Task<Results<Ok<DatabaseCredentials>, ProblemHttpResult>> Handle(Guid id, HttpContext http, Actor actor, ZhengtongDb db, Vault vault, TimeProvider clock, CancellationToken ct)
    {
        var found = await FindAsync(db, id, actor, ct);
        if (found is null) { return CloudProblems.DatabaseNotFound.Because($"{id}"); }
        string password;
        try { password = DatabaseFulfilment.OpenPassword(vault, found.Value.Row); }
        catch (CryptographicException) { return CloudProblems.SecretLost.Because(); }

        db.Ledger.Add(LedgerEntry.Of("cloud.database-credentials-shown", id, actor, clock.GetUtcNow(), after: new { account = found.Value.Resource.EngineName, found.Value.Row.Generation }));
        await db.SaveChangesAsync(ct);
        http.Response.Headers.CacheControl = "no-store";
        return TypedResults.Ok(DatabaseCredentials.Of(found.Value.Server, found.Value.Resource.EngineName, found.Value.Resource.EngineName, password));
    }

    /// <summary>A database of the actor's department that is there or on its way; tracked.</summary>
    internal static async Task<(CloudResource Resource, ManagedDatabase Row, DatabaseServer Server)?> FindAsync(ZhengtongDb db, Guid id, Actor actor, CancellationToken ct)
    {
        var found = await db.CloudResources.Where(r => r.Id == id && r.OrganisationId == actor.Organisation && r.State != CloudResourceState.Removed)
            .Join(db.ManagedDatabases, r => r.Id, d => d.ResourceId, (r, d) => new { Resource = r, Row = d }).SingleOrDefaultAsync(ct);
        return found is null ? null : (found.Resource, found.Row, await db.DatabaseServers.AsNoTracking().SingleAsync(s => s.Id == found.Row.ServerId, ct));
    }
}
