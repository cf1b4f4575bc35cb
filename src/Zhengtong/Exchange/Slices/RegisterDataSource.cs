using System.ComponentModel.DataAnnotations;
using System.Data.Common;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using MySqlConnector;
using Npgsql;
using Zhengtong.Exchange.Engine;
using Zhengtong.Exchange.Model;
using Zhengtong.Kernel;
using Zhengtong.Kernel.Identity;
using Zhengtong.Kernel.Ledger;

namespace Zhengtong.Exchange.Slices;

/// <summary>A database of the caller's department.</summary>
/// <param name="Name">What the department calls it, 2 to 60 characters, unique within the department.</param>
/// <param name="Kind">Which database.</param>
/// <param name="Connection">PostgreSQL: a connection string with Host, Database, Username and, as needed, Port, Password, SSL Mode. MariaDB and
/// MySQL: the same with Server, Database, User ID. SQLite: the name of a
/// file in the department's own folder, such as <c>registry.db</c>; made when it is missing. At most 1,000 characters. Sealed; never returned.</param>
public sealed record RegisterDataSourceRequest(
    [Required, StringLength(60, MinimumLength = 2)] string Name,
    DataSourceKind Kind,
    [Required, StringLength(1000, MinimumLength = 1)] string Connection);

/// <summary>A data source as registered; its connection is not told again.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Name">Its name.</param>
/// <param name="Kind">Which database.</param>
public sealed record RegisterDataSourceResponse(Guid Id, string Name, DataSourceKind Kind);

internal static class RegisterDataSource
{
    /// <summary>Everything else could make the platform read its own files or change how it connects.</summary>
    private static readonly HashSet<string> PostgresWords = new(StringComparer.OrdinalIgnoreCase) { "Host", "Port", "Database", "Username", "Password", "SSL Mode" };
    private static readonly HashSet<string> MySqlWords = new(StringComparer.OrdinalIgnoreCase) { "Server", "Port", "Database", "User ID", "Password", "SSL Mode" };

    internal static void Map(IEndpointRouteBuilder group) => group.MapPost("/data-sources", Handle)
        .Requires(Right.OperateExchange).ProducesProblem(403).ProducesProblem(409);

    /// <summary>Register a database of the caller's department.</summary>
    /// <response code="201">Registered; ledger event exchange.data-source-registered.</response>
    /// <response code="400">exchange.connection-invalid</response>
    /// <response code="409">exchange.name-taken</response>
    internal static async Task<Results<Created<RegisterDataSourceResponse>, ProblemHttpResult>> Handle(
        RegisterDataSourceRequest request, Actor actor, ZhengtongDb db, DepartmentDatabases databases, TimeProvider clock, CancellationToken ct)
    {
        if (Fault(request) is { } fault) { return ExchangeProblems.ConnectionInvalid.For(new Dictionary<string, string[]> { ["connection"] = [fault] }); }
        if (await db.DataSources.AnyAsync(s => s.OrganisationId == actor.Organisation && s.Name == request.Name, ct)) { return ExchangeProblems.NameTaken.Because(request.Name); }

        var now = clock.GetUtcNow();
        var id = Guid.CreateVersion7(now);
        db.DataSources.Add(new DataSource
        {
            Id = id,
            OrganisationId = actor.Organisation,
            Name = request.Name,
            Kind = request.Kind,
            Connection = databases.SealConnection(id, request.Connection),
            CreatedAt = now,
        });
        db.Ledger.Add(LedgerEntry.Of("exchange.data-source-registered", id, actor, now, after: new { request.Name, request.Kind }));
        try { await db.SaveChangesAsync(ct); }
        catch (DbUpdateException e) when (e.IsUniqueViolation()) { return ExchangeProblems.NameTaken.Because(request.Name); }
        return TypedResults.Created($"/api/v1/data-sources/{id}", new RegisterDataSourceResponse(id, request.Name, request.Kind));
    }

    /// <summary>What is wrong with the connection, in the reader's language; null when nothing is.</summary>
    private static string? Fault(RegisterDataSourceRequest request)
    {
        if (request.Kind == DataSourceKind.Sqlite) { return DepartmentFiles.IsFileName(request.Connection) ? null : Text.Of("exchange.connection.file-name"); }
        var isMySql = request.Kind == DataSourceKind.MySql;
        DbConnectionStringBuilder parsed;
        try { parsed = isMySql ? new MySqlConnectionStringBuilder(request.Connection) : new NpgsqlConnectionStringBuilder(request.Connection); }
        // The library's message may quote the text, and with it the password.
        catch (Exception e) when (e is ArgumentException or FormatException or OverflowException or KeyNotFoundException or InvalidOperationException)
        {
            return Text.Of(isMySql ? "exchange.connection.unreadable-mysql" : "exchange.connection.unreadable");
        }

        // Both libraries give a word back in its one spelling.
        var allowed = isMySql ? MySqlWords : PostgresWords;
        var foreign = parsed.Keys.Cast<string>().Where(k => !allowed.Contains(k)).ToList();
        if (foreign.Count > 0) { return Text.Of("exchange.connection.not-allowed", string.Join(", ", foreign), string.Join(", ", allowed)); }
        string[] needed = isMySql ? ["Server", "Database", "User ID"] : ["Host", "Database", "Username"];
        var missing = needed.Where(word => !parsed.TryGetValue(word, out var value) || string.IsNullOrWhiteSpace($"{value}")).ToList();
        if (missing.Count > 0) { return Text.Of("exchange.connection.missing", string.Join(", ", missing)); }
        // A socket path would reach databases of the platform's own machine under the platform's own account; a list would choose among hosts.
        return $"{parsed[needed[0]]}".IndexOfAny(['/', '\\', '@', ',']) >= 0 ? Text.Of("exchange.connection.host") : null;
    }
}
