using System.Globalization;
using Microsoft.Data.Sqlite;
using Npgsql;
using NpgsqlTypes;
using Zhengtong.Catalogue.Model;

namespace Zhengtong.Demonstration;

/// <summary>Where a department's business database is.</summary>
/// <param name="IsPostgres">PostgreSQL, else SQLite.</param>
/// <param name="ConnectionString">For the provider's ADO.NET driver.</param>
/// <param name="Schema">Schema of its tables on PostgreSQL; null on SQLite.</param>
internal sealed record BusinessDatabase(bool IsPostgres, string ConnectionString, string? Schema);

/// <summary>The business databases of the provincial departments: SQLite files below the data directory, or on the platform's PostgreSQL server a database
/// each, a schema each where the account may not create databases. A table is filled in one transaction: it is there whole or not at all.</summary>
internal sealed class BusinessDatabases(Deployment deployment)
{
    internal const string FileName = "business.db";

    /// <summary>Opens or creates the department's database.</summary>
    /// <param name="department">Slug of the body, part of the name on PostgreSQL.</param>
    /// <param name="organisation">Id of the body, whose folder holds its SQLite files.</param>
    /// <param name="ct">Stops it.</param>
    internal async Task<BusinessDatabase> OpenAsync(string department, Guid organisation, CancellationToken ct)
    {
        if (deployment.Database is null)
        {
            var file = deployment.PathOf("departments", $"{organisation:D}", FileName);
            await using var connection = new SqliteConnection($"Data Source={file}");
            await connection.OpenAsync(ct);
            await ExecuteAsync(connection, "PRAGMA journal_mode = WAL", ct);
            return new BusinessDatabase(false, $"Data Source={file};Default Timeout=30", null);
        }

        var server = new NpgsqlConnectionStringBuilder(deployment.Database);
        await using var platform = new NpgsqlConnection(server.ConnectionString);
        await platform.OpenAsync(ct);
        await using var may = new NpgsqlCommand("SELECT rolcreatedb OR rolsuper FROM pg_roles WHERE rolname = current_user", platform);
        if (await may.ExecuteScalarAsync(ct) is true)
        {
            var name = $"{platform.Database}_{department}";
            await CreateDatabaseAsync(platform, name, ct);
            server.Database = name;
            return new BusinessDatabase(true, server.ConnectionString, "public");
        }

        var schema = $"department_{department}";
        await ExecuteAsync(platform, $"CREATE SCHEMA IF NOT EXISTS {schema}", ct);
        server.SearchPath = schema;
        return new BusinessDatabase(true, server.ConnectionString, schema);
    }

    /// <summary>Creates and fills the table unless it exists; returns the rows written, 0 when it existed.</summary>
    internal static async Task<int> FillAsync(BusinessDatabase database, SyntheticTable table, CancellationToken ct)
    {
        if (database.IsPostgres)
        {
            await using var connection = new NpgsqlConnection(database.ConnectionString);
            await connection.OpenAsync(ct);
            await using var exists = new NpgsqlCommand("SELECT to_regclass($1) IS NOT NULL", connection) { Parameters = { new() { Value = $"{database.Schema}.{table.Spec.Name}" } } };
            return await exists.ExecuteScalarAsync(ct) is true ? 0 : await CopyAsync(connection, table, ct);
        }

        await using var file = new SqliteConnection(database.ConnectionString);
        await file.OpenAsync(ct);
        await using var present = file.CreateCommand();
        present.CommandText = "SELECT count(*) FROM sqlite_schema WHERE type = 'table' AND name = $name";
        present.Parameters.AddWithValue("$name", table.Spec.Name);
        return await present.ExecuteScalarAsync(ct) is > 0L ? 0 : await InsertAsync(file, table, ct);
    }

    private static async Task CreateDatabaseAsync(NpgsqlConnection platform, string name, CancellationToken ct)
    {
        await using var exists = new NpgsqlCommand("SELECT count(*) FROM pg_database WHERE datname = $1", platform) { Parameters = { new() { Value = name } } };
        if (await exists.ExecuteScalarAsync(ct) is > 0L) { return; }
        await ExecuteAsync(platform, $"CREATE DATABASE \"{name.Replace("\"", "\"\"", StringComparison.Ordinal)}\"", ct);
    }

    private static async Task<int> CopyAsync(NpgsqlConnection connection, SyntheticTable table, CancellationToken ct)
    {
        await using var transaction = await connection.BeginTransactionAsync(ct);
        await ExecuteAsync(connection, Create(table, PostgresType), ct);
        var types = table.Columns.Select(c => DriverType(c.Type)).ToArray();
        await using (var copy = await connection.BeginBinaryImportAsync($"COPY {table.Spec.Name} ({Names(table)}) FROM STDIN (FORMAT binary)", ct))
        {
            for (var row = 0; row < table.Spec.Rows; row++)
            {
                await copy.StartRowAsync(ct);
                for (var c = 0; c < types.Length; c++) { await copy.WriteAsync(table.Columns[c].Value(row), types[c], ct); }
            }

            await copy.CompleteAsync(ct);
        }

        await ExecuteAsync(connection, Index(table), ct);
        await transaction.CommitAsync(ct);
        await ExecuteAsync(connection, $"ANALYZE {table.Spec.Name}", ct);
        return table.Spec.Rows;
    }

    private static async Task<int> InsertAsync(SqliteConnection connection, SyntheticTable table, CancellationToken ct)
    {
        await ExecuteAsync(connection, "PRAGMA synchronous = OFF", ct);
        await using var transaction = (SqliteTransaction)await connection.BeginTransactionAsync(ct);
        await ExecuteAsync(connection, Create(table, SqliteType), ct, transaction);
        await using (var insert = connection.CreateCommand())
        {
            insert.Transaction = transaction;
            insert.CommandText = $"INSERT INTO {table.Spec.Name} ({Names(table)}) VALUES ({string.Join(", ", table.Columns.Select((_, n) => $"$p{n}"))})";
            var parameters = table.Columns.Select((_, n) => insert.Parameters.Add(new SqliteParameter { ParameterName = $"$p{n}" })).ToArray();
            for (var row = 0; row < table.Spec.Rows; row++)
            {
                if (row % 10_000 == 0) { ct.ThrowIfCancellationRequested(); }
                for (var c = 0; c < parameters.Length; c++) { parameters[c].Value = SqliteValue(table.Columns[c].Value(row)); }
                insert.ExecuteNonQuery();
            }
        }

        await ExecuteAsync(connection, Index(table), ct, transaction);
        await transaction.CommitAsync(ct);
        return table.Spec.Rows;
    }

    private static string Create(SyntheticTable table, Func<SyntheticColumn, string> type) =>
        $"CREATE TABLE {table.Spec.Name} ({string.Join(", ", table.Columns.Select(c => $"{c.Name} {type(c)} NOT NULL"))}, "
        + $"PRIMARY KEY ({string.Join(", ", table.Columns.Where(c => c.IsKey).Select(c => c.Name))}))";

    /// <summary>Changed rows are found by their time and key.</summary>
    private static string Index(SyntheticTable table) =>
        $"CREATE INDEX {table.Spec.Name}_updated_at ON {table.Spec.Name} (updated_at, {string.Join(", ", table.Columns.Where(c => c.IsKey).Select(c => c.Name))})";

    private static string Names(SyntheticTable table) => string.Join(", ", table.Columns.Select(c => c.Name));

    private static string PostgresType(SyntheticColumn column) => column.Type switch
    {
        ItemType.Text => string.Create(CultureInfo.InvariantCulture, $"varchar({column.Length ?? 200})"),
        ItemType.Integer => "bigint",
        ItemType.Decimal => string.Create(CultureInfo.InvariantCulture, $"numeric({column.Length ?? 18}, 2)"),
        ItemType.Float => "double precision",
        ItemType.Boolean => "boolean",
        ItemType.Date => "date",
        ItemType.Timestamp => "timestamptz",
        _ => "bytea",
    };

    private static NpgsqlDbType DriverType(ItemType type) => type switch
    {
        ItemType.Text => NpgsqlDbType.Varchar,
        ItemType.Integer => NpgsqlDbType.Bigint,
        ItemType.Decimal => NpgsqlDbType.Numeric,
        ItemType.Float => NpgsqlDbType.Double,
        ItemType.Boolean => NpgsqlDbType.Boolean,
        ItemType.Date => NpgsqlDbType.Date,
        ItemType.Timestamp => NpgsqlDbType.TimestampTz,
        _ => NpgsqlDbType.Bytea,
    };

    /// <summary>SQLite's own types only: exact decimals, dates and times are text.</summary>
    private static string SqliteType(SyntheticColumn column) => column.Type switch
    {
        ItemType.Integer or ItemType.Boolean => "INTEGER",
        ItemType.Float => "REAL",
        ItemType.Binary => "BLOB",
        _ => "TEXT",
    };

    private static object SqliteValue(object value) => value switch
    {
        decimal number => number.ToString(CultureInfo.InvariantCulture),
        DateOnly date => date.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture),
        DateTimeOffset moment => moment.UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss.ffffff", CultureInfo.InvariantCulture),
        _ => value,
    };

    private static async Task ExecuteAsync(System.Data.Common.DbConnection connection, string sql, CancellationToken ct, System.Data.Common.DbTransaction? transaction = null)
    {
        await using var command = connection.CreateCommand();
        command.Transaction = transaction;
        command.CommandText = sql;
        await command.ExecuteNonQueryAsync(ct);
    }
}
