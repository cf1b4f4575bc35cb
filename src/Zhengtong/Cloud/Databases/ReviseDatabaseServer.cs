using System.ComponentModel.DataAnnotations;
using System.Security.Cryptography;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;
using Npgsql;
using Zhengtong.Kernel;
using Zhengtong.Kernel.Http;
using Zhengtong.Kernel.Identity;
using Zhengtong.Kernel.Ledger;
using Zhengtong.Kernel.Secrets;

namespace Zhengtong.Cloud.Databases;

/// <summary>What may change of a database server; its network and pool may not.</summary>
/// <param name="Name">2 to 100 characters, unique.</param>
/// <param name="Host">Name or address, at most 253 characters: where the same server is now.</param>
/// <param name="Port">1 to 65,535.</param>
/// <param name="Account">Account that may make roles and databases.</param>
/// <param name="Password">Another password; null keeps the one there is, empty removes it.</param>
/// <param name="Database">Database that the account opens.</param>
/// <param name="Encryption">How it is spoken to.</param>
/// <param name="Protection">等保 level, 1 to 5.</param>
/// <param name="MostDatabases">How many databases it takes, 1 to 10,000; fewer than it has only keeps new ones away.</param>
/// <param name="Connections">Sessions that one database may have at once, 1 to 1,000.</param>
/// <param name="IsOpen">False: no new database.</param>
/// <param name="Reason">Why, 2 to 500 characters; the ledger keeps it.</param>
public sealed record ReviseDatabaseServerRequest(
    [Required, StringLength(100, MinimumLength = 2)] string Name, [Required, RegularExpression("[0-9A-Za-z.:-]{1,253}")] string Host, [Range(1, 65535)] int Port,
    [Required, StringLength(63, MinimumLength = 1)] string Account, [StringLength(1000)] string? Password, [Required, StringLength(63, MinimumLength = 1)] string Database, ServerEncryption Encryption,
    [Range(1, 5)] int Protection, [Range(1, 10_000)] int MostDatabases, [Range(1, 1000)] int Connections, bool IsOpen, [Required, StringLength(500, MinimumLength = 2)] string Reason);

internal static class ReviseDatabaseServer
{
    internal static void Map(IEndpointRouteBuilder group) => group.MapPut("/cloud/database-servers/{id:guid}", Handle)
        .Requires(Right.ManagePools).ProducesProblem(403).ProducesProblem(404).ProducesProblem(409).ProducesProblem(412).ProducesProblem(428);

    /// <summary>Change a database server; name the revision seen in If-Match. It is asked at once whether the account may do what is needed.</summary>
    /// <response code="204">Changed; ledger event cloud.database-server-revised.</response>
    /// <response code="400">cloud.invalid</response>
    /// <response code="404">cloud.database-server-not-found</response>
    /// <response code="409">cloud.database-server-taken, cloud.database-server-unreachable, cloud.changed-meanwhile</response>
    /// <response code="412">kernel.changed-meanwhile</response>
    /// <response code="428">kernel.precondition-needed</response>
    internal static async Task<Results<NoContent, ProblemHttpResult>> Handle(
        Guid id, ReviseDatabaseServerRequest request, HttpContext http, Actor actor, ZhengtongDb db, Vault vault, IOptions<DatabasesOptions> options, TimeProvider clock, CancellationToken ct)
    {
        var server = await db.DatabaseServers.SingleOrDefaultAsync(s => s.Id == id, ct);
        if (server is null) { return CloudProblems.DatabaseServerNotFound.Because($"{id}"); }
        if (http.PreconditionFails(server.Revision) is { } failed) { return failed; }
        var connection = RegisterDatabaseServer.ConnectionOf(request.Host, request.Port, request.Account, request.Password ?? PasswordOf(vault, server), request.Database, request.Encryption);
        if ((await RegisterDatabaseServer.AskAsync(connection, options.Value, ct)).Refused is { } refused) { return refused; }

        var before = RegisterDatabaseServer.Told(server);
        (server.Name, server.Host, server.Port, server.Protection, server.MostDatabases, server.Connections, server.IsOpen) =
            (request.Name, request.Host, request.Port, request.Protection, request.MostDatabases, request.Connections, request.IsOpen);
        server.Connection = RegisterDatabaseServer.SealOf(vault, id, connection);
        server.Touch();
        db.Ledger.Add(LedgerEntry.Of("cloud.database-server-revised", id, actor, clock.GetUtcNow(), request.Reason, before, RegisterDatabaseServer.Told(server)));
        try { await db.SaveChangesAsync(ct); }
        catch (DbUpdateConcurrencyException) { return CloudProblems.ChangedMeanwhile.Because(server.Name); }
        catch (DbUpdateException e) when (e.IsUniqueViolation()) { return CloudProblems.DatabaseServerTaken.Because(request.Name); }
        return TypedResults.NoContent();
    }

    private static string? PasswordOf(Vault vault, Model.DatabaseServer server)
    {
        try { return new NpgsqlConnectionStringBuilder(DatabaseFulfilment.ConnectionOf(vault, server)).Password; }
        // Sealed under another master key: the new one must be told.
        catch (CryptographicException) { return null; }
    }
}
