using System.ComponentModel.DataAnnotations;
using System.Text;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;
using Npgsql;
using Zhengtong.Cloud.Model;
using Zhengtong.Kernel;
using Zhengtong.Kernel.Identity;
using Zhengtong.Kernel.Ledger;
using Zhengtong.Kernel.Secrets;

namespace Zhengtong.Cloud.Databases;

/// <summary>How a database server is spoken to.</summary>
public enum ServerEncryption
{
    /// <summary>In the clear: only on one machine.</summary>
    None,
    /// <summary>Encrypted; who the server is is not proved.</summary>
    Encrypted,
    /// <summary>Encrypted, and its certificate must be good for its name.</summary>
    Verified,
}

/// <summary>A new database server.</summary>
/// <param name="Name">2 to 100 characters, unique.</param>
/// <param name="Host">Name or address under which departments and the platform reach it, at most 253 characters.</param>
/// <param name="Port">1 to 65,535.</param>
/// <param name="Account">Account that may make roles and databases, at most 63 characters.</param>
/// <param name="Password">Its password, at most 1,000 characters; kept sealed and never shown. Null where the server asks for none.</param>
/// <param name="Database">Database that the account opens to do so, at most 63 characters; commonly <c>postgres</c>.</param>
/// <param name="Encryption">How it is spoken to.</param>
/// <param name="PoolId">The pool whose resources it serves; null: any.</param>
/// <param name="Zone">The network that it stands in.</param>
/// <param name="Protection">等保 level that it has been assessed for, 1 to 5.</param>
/// <param name="MostDatabases">How many databases it takes, 1 to 10,000.</param>
/// <param name="Connections">Sessions that one database may have at once, 1 to 1,000; 20 is usual.</param>
public sealed record RegisterDatabaseServerRequest(
    [Required, StringLength(100, MinimumLength = 2)] string Name, [Required, RegularExpression("[0-9A-Za-z.:-]{1,253}")] string Host, [Range(1, 65535)] int Port,
    [Required, StringLength(63, MinimumLength = 1)] string Account, [StringLength(1000)] string? Password, [Required, StringLength(63, MinimumLength = 1)] string Database, ServerEncryption Encryption, Guid? PoolId,
    NetworkZone Zone, [Range(1, 5)] int Protection, [Range(1, 10_000)] int MostDatabases, [Range(1, 1000)] int Connections);

/// <summary>The database server that was registered.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Version">The version that it runs.</param>
public sealed record DatabaseServerRegistered(Guid Id, string Version);

internal static class RegisterDatabaseServer
{
    /// <summary>The oldest version whose databases can be dropped while somebody is in them.</summary>
    private const int OldestMajor = 13;

    internal static void Map(IEndpointRouteBuilder group) => group.MapPost("/cloud/database-servers", Handle).Requires(Right.ManagePools).ProducesProblem(403).ProducesProblem(409);

    /// <summary>Register a PostgreSQL server for departments' databases 云数据库. It is asked at once whether the account may do what is needed.</summary>
    /// <response code="201">Registered; ledger event cloud.database-server-registered, without the password.</response>
    /// <response code="400">cloud.invalid</response>
    /// <response code="409">cloud.database-server-taken, cloud.database-server-unreachable</response>
    internal static async Task<Results<Created<DatabaseServerRegistered>, ProblemHttpResult>> Handle(
        RegisterDatabaseServerRequest request, Actor actor, ZhengtongDb db, Vault vault, IOptions<DatabasesOptions> options, TimeProvider clock, CancellationToken ct)
    {
        if (request.PoolId is { } pool && !await db.ResourcePools.AnyAsync(p => p.Id == pool, ct)) { return CloudProblems.Invalid.For(new Dictionary<string, string[]> { ["poolId"] = [Text.Of("cloud.database.pool-unknown")] }); }
        if (await db.DatabaseServers.AnyAsync(s => s.Name == request.Name, ct)) { return CloudProblems.DatabaseServerTaken.Because(request.Name); }
        var connection = ConnectionOf(request.Host, request.Port, request.Account, request.Password, request.Database, request.Encryption);
        var (version, refused) = await AskAsync(connection, options.Value, ct);
        if (refused is not null) { return refused; }

        var now = clock.GetUtcNow();
        var id = Guid.CreateVersion7(now);
        var server = new DatabaseServer
        {
            Id = id, Name = request.Name, Host = request.Host, Port = request.Port, Connection = SealOf(vault, id, connection), PoolId = request.PoolId, Zone = request.Zone, Protection = request.Protection,
            MostDatabases = request.MostDatabases, Connections = request.Connections, CreatedAt = now,
        };
        db.DatabaseServers.Add(server);
        db.Ledger.Add(LedgerEntry.Of("cloud.database-server-registered", id, actor, now, after: Told(server)));
        try { await db.SaveChangesAsync(ct); }
        catch (DbUpdateException e) when (e.IsUniqueViolation()) { return CloudProblems.DatabaseServerTaken.Because(request.Name); }
        return TypedResults.Created($"/api/v1/cloud/database-servers/{id}", new DatabaseServerRegistered(id, version!));
    }

    internal static string ConnectionOf(string host, int port, string account, string? password, string database, ServerEncryption encryption) => new NpgsqlConnectionStringBuilder
    {
        Host = host, Port = port, Username = account, Password = password, Database = database,
        SslMode = encryption switch { ServerEncryption.None => SslMode.Disable, ServerEncryption.Encrypted => SslMode.Require, _ => SslMode.VerifyFull },
    }.ConnectionString;

    internal static byte[] SealOf(Vault vault, Guid server, string connection) => vault.Seal(Encoding.UTF8.GetBytes(connection), DatabaseServer.PurposeOf(server));

    /// <summary>The server's version, or why it cannot be used.</summary>
    internal static async Task<(string? Version, ProblemHttpResult? Refused)> AskAsync(string connection, DatabasesOptions options, CancellationToken ct)
    {
        try
        {
            await using var admin = await PostgresAdmin.OpenAsync(connection, null, options, ct);
            if (admin.Major < OldestMajor) { return (null, CloudProblems.Invalid.For(new Dictionary<string, string[]> { ["host"] = [Text.Of("cloud.database.too-old", OldestMajor)] })); }
            return await admin.MayMakeAsync(ct) ? (admin.Version, null) : (null, CloudProblems.Invalid.For(new Dictionary<string, string[]> { ["account"] = [Text.Of("cloud.database.account-may-not")] }));
        }
        // A PostgreSQL server that refuses says why by its code; of what else answers there nothing is told.
        catch (PostgresException e) { return (null, CloudProblems.DatabaseServerUnreachable.Because(e.SqlState)); }
        catch (NpgsqlException) { return (null, CloudProblems.DatabaseServerUnreachable.Because()); }
    }

    /// <summary>What the ledger keeps of a server; of the connection nothing.</summary>
    internal static object Told(DatabaseServer s) => new { s.Name, s.Host, s.Port, s.PoolId, s.Zone, s.Protection, s.MostDatabases, s.Connections, s.IsOpen };
}
