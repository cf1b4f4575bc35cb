using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Npgsql;

namespace Zhengtong.Cloud.Databases;

/// <summary>A role as the server has it.</summary>
/// <param name="Mark">Its comment; null when it has none.</param>
/// <param name="CanLogIn">Whether it may open sessions.</param>
/// <param name="Connections">How many at once; -1 for any number.</param>
internal sealed record ServerRole(string? Mark, bool CanLogIn, int Connections);

/// <summary>A session of the platform's at a managed PostgreSQL server. Names and texts go into statements only through the server's own <c>format</c> with %I and %L; a password never does,
/// only what is kept of it (RFC 7677), so that no log of the server's may hold one.</summary>
internal sealed class PostgresAdmin : IAsyncDisposable
{
    private readonly NpgsqlConnection connection;
    private readonly int seconds;

    private PostgresAdmin(NpgsqlConnection connection, int seconds) => (this.connection, this.seconds) = (connection, seconds);

    /// <summary>Its major version, such as 15.</summary>
    internal int Major => connection.PostgreSqlVersion.Major;

    internal string Version => connection.ServerVersion[..Math.Min(40, connection.ServerVersion.Length)];

    /// <summary>Opens one.</summary>
    /// <param name="connectionString">The server's own.</param>
    /// <param name="database">Another database than the one named there.</param>
    /// <param name="options">How long things may take.</param>
    /// <param name="ct">Stops waiting.</param>
    /// <exception cref="NpgsqlException">No connection.</exception>
    internal static async Task<PostgresAdmin> OpenAsync(string connectionString, string? database, DatabasesOptions options, CancellationToken ct)
    {
        // Not pooled: a session that lingers would keep its database from being renamed.
        var builder = new NpgsqlConnectionStringBuilder(connectionString)
        {
            Pooling = false, Timeout = options.ConnectSeconds, CommandTimeout = options.StatementSeconds, Enlist = false, ApplicationName = "zhengtong", IncludeErrorDetail = false,
            // In a department's database its functions are found by no name that is called here, and none of them runs with the rights of this account.
            Options = "-c search_path=pg_catalog",
        };
        if (database is not null) { builder.Database = database; }
        var connection = new NpgsqlConnection(builder.ConnectionString);
        try
        {
            await connection.OpenAsync(ct);
            return new PostgresAdmin(connection, options.StatementSeconds);
        }
        catch
        {
            await connection.DisposeAsync();
            throw;
        }
    }

    /// <summary>Several statements, all or none.</summary>
    internal async Task TogetherAsync(Func<Task> statements, CancellationToken ct)
    {
        await using var transaction = await connection.BeginTransactionAsync(ct);
        await statements();
        await transaction.CommitAsync(ct);
    }

    /// <summary>Runs a statement whose %I (names) and %L (texts) the server fills in.</summary>
    internal async Task RunAsync(string statement, CancellationToken ct, params string[] values)
    {
        string text;
        await using (var filling = new NpgsqlCommand("SELECT pg_catalog.format($1, VARIADIC $2)", connection) { CommandTimeout = seconds })
        {
            filling.Parameters.Add(new NpgsqlParameter<string> { TypedValue = statement });
            filling.Parameters.Add(new NpgsqlParameter<string[]> { TypedValue = values });
            text = (string)(await filling.ExecuteScalarAsync(ct))!;
        }

        await using var command = new NpgsqlCommand(text, connection) { CommandTimeout = seconds };
        await command.ExecuteNonQueryAsync(ct);
    }

    /// <summary>The role, or null when there is none of this name.</summary>
    internal async Task<ServerRole?> FindRoleAsync(string name, CancellationToken ct)
    {
        await using var command = Command("SELECT shobj_description(oid, 'pg_authid'), rolcanlogin, rolconnlimit FROM pg_roles WHERE rolname = $1", name);
        await using var reader = await command.ExecuteReaderAsync(ct);
        return await reader.ReadAsync(ct) ? new ServerRole(await reader.IsDBNullAsync(0, ct) ? null : reader.GetString(0), reader.GetBoolean(1), reader.GetInt32(2)) : null;
    }

    /// <summary>Whether there is a database of this name, and its comment.</summary>
    internal async Task<(bool IsThere, string? Mark)> FindDatabaseAsync(string name, CancellationToken ct)
    {
        await using var command = Command("SELECT shobj_description(oid, 'pg_database') FROM pg_database WHERE datname = $1", name);
        await using var reader = await command.ExecuteReaderAsync(ct);
        return await reader.ReadAsync(ct) ? (true, await reader.IsDBNullAsync(0, ct) ? null : reader.GetString(0)) : (false, null);
    }

    /// <summary>Bytes of each of these databases that is there.</summary>
    internal async Task<IReadOnlyDictionary<string, long>> SizesAsync(IReadOnlyCollection<string> names, CancellationToken ct)
    {
        await using var command = new NpgsqlCommand("SELECT datname, pg_database_size(oid) FROM pg_database WHERE datname = ANY($1)", connection) { CommandTimeout = seconds };
        command.Parameters.Add(new NpgsqlParameter<string[]> { TypedValue = [.. names] });
        await using var reader = await command.ExecuteReaderAsync(ct);
        var sizes = new Dictionary<string, long>(StringComparer.Ordinal);
        while (await reader.ReadAsync(ct)) { sizes[reader.GetString(0)] = reader.GetInt64(1); }
        return sizes;
    }

    /// <summary>True when the role begins its transactions in this database reading only.</summary>
    internal async Task<bool> IsReadOnlyAsync(string role, string database, CancellationToken ct)
    {
        await using var command = Command("""
            SELECT EXISTS (SELECT 1 FROM pg_db_role_setting s JOIN pg_roles r ON r.oid = s.setrole JOIN pg_database d ON d.oid = s.setdatabase
            WHERE r.rolname = $1 AND d.datname = $2 AND 'default_transaction_read_only=on' = ANY(s.setconfig))
            """, role, database);
        return (bool)(await command.ExecuteScalarAsync(ct))!;
    }

    /// <summary>The roles that are members of a role.</summary>
    internal async Task<IReadOnlyList<string>> MembersAsync(string role, CancellationToken ct)
    {
        await using var command = Command("""
            SELECT m.rolname FROM pg_auth_members a JOIN pg_roles r ON r.oid = a.roleid JOIN pg_roles m ON m.oid = a.member WHERE r.rolname = $1 AND m.rolname <> current_user
            """, role);
        await using var reader = await command.ExecuteReaderAsync(ct);
        var members = new List<string>();
        while (await reader.ReadAsync(ct)) { members.Add(reader.GetString(0)); }
        return members;
    }

    /// <summary>Ends the sessions of a role.</summary>
    internal async Task EndSessionsOfAsync(string role, CancellationToken ct)
    {
        await using var command = Command("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = $1 AND pid <> pg_backend_pid()", role);
        await command.ExecuteNonQueryAsync(ct);
    }

    /// <summary>Ends the sessions in a database.</summary>
    internal async Task EndSessionsInAsync(string database, CancellationToken ct)
    {
        await using var command = Command("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1 AND pid <> pg_backend_pid()", database);
        await command.ExecuteNonQueryAsync(ct);
    }

    /// <summary>True for an account that need not be a member of a role to act for it.</summary>
    internal async Task<bool> IsSuperuserAsync(CancellationToken ct)
    {
        await using var command = Command("SELECT rolsuper FROM pg_roles WHERE rolname = current_user");
        return (bool)(await command.ExecuteScalarAsync(ct))!;
    }

    /// <summary>True when the account may make roles and databases.</summary>
    internal async Task<bool> MayMakeAsync(CancellationToken ct)
    {
        await using var command = Command("SELECT rolsuper OR (rolcreatedb AND rolcreaterole) FROM pg_roles WHERE rolname = current_user");
        return (bool)(await command.ExecuteScalarAsync(ct))!;
    }

    public ValueTask DisposeAsync() => connection.DisposeAsync();

    /// <summary>What PostgreSQL keeps of a password (SCRAM-SHA-256, RFC 5802 and 7677), as its own clients make it.</summary>
    /// <param name="password">ASCII.</param>
    /// <param name="salt">16 random bytes.</param>
    internal static string VerifierOf(string password, byte[] salt)
    {
        const int Iterations = 4096;
        var salted = Rfc2898DeriveBytes.Pbkdf2(Encoding.ASCII.GetBytes(password), salt, Iterations, HashAlgorithmName.SHA256, 32);
        var stored = SHA256.HashData(HMACSHA256.HashData(salted, "Client Key"u8));
        var server = HMACSHA256.HashData(salted, "Server Key"u8);
        CryptographicOperations.ZeroMemory(salted);
        return string.Create(CultureInfo.InvariantCulture, $"SCRAM-SHA-256${Iterations}:{Convert.ToBase64String(salt)}${Convert.ToBase64String(stored)}:{Convert.ToBase64String(server)}");
    }

    private NpgsqlCommand Command(string text, params string[] values)
    {
        var command = new NpgsqlCommand(text, connection) { CommandTimeout = seconds };
        foreach (var value in values) { command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = value }); }
        return command;
    }
}
