using System.Globalization;
using Microsoft.Data.Sqlite;
using Npgsql;
using Zhengtong.Exchange.Model;
using Zhengtong.Tests.Support;

namespace Zhengtong.Tests.Exchange.Support;

/// <summary>A department's database of a test, with a table of mixed columns.</summary>
internal sealed class DepartmentTable(DataSourceKind kind, string connection, string file)
{
    internal const string Columns = "id, name, note, amount, score, active, born, changed, photo";

    internal DataSourceKind Kind => kind;

    /// <summary>As a department would register it.</summary>
    internal string Registered => kind == DataSourceKind.Postgres ? connection : Path.GetFileName(file);

    /// <summary>The PostgreSQL server for departments' databases, or null: ./test sets it whatever the platform's own database is.</summary>
    internal static string? PostgresServer =>
        Environment.GetEnvironmentVariable("ZHENGTONG_POSTGRES") is { Length: > 0 } own ? own : PlatformFixture.PostgresServer;

    internal static async Task<DepartmentTable> PostgresAsync()
    {
        Assert.SkipWhen(PostgresServer is null, "Needs a PostgreSQL server: ZHENGTONG_POSTGRES is not set");
        var name = $"dept_{Guid.CreateVersion7(TimeProvider.System.GetUtcNow()):N}";
        await using var server = new NpgsqlConnection(PostgresServer);
        await server.OpenAsync();
        await using var create = new NpgsqlCommand($"CREATE DATABASE {name}", server);
        await create.ExecuteNonQueryAsync();
        return new DepartmentTable(DataSourceKind.Postgres, new NpgsqlConnectionStringBuilder(PostgresServer) { Database = name }.ConnectionString, "");
    }

    internal static DepartmentTable Sqlite(string folder, string name) => new(DataSourceKind.Sqlite, "", Path.Combine(folder, $"{name}.db"));

    /// <summary>The provider's table: one column more than is ever agreed.</summary>
    internal Task CreateAsync(string table = "enterprise") => ExecuteAsync(kind == DataSourceKind.Postgres
        ? $"CREATE TABLE {table} (id bigint PRIMARY KEY, name text NOT NULL, note text, amount numeric, score double precision, active boolean, born date, changed timestamptz NOT NULL DEFAULT clock_timestamp(), photo bytea, secret text)"
        : $"PRAGMA journal_mode = WAL; CREATE TABLE {table} (id INTEGER PRIMARY KEY, name TEXT NOT NULL, note TEXT, amount TEXT, score REAL, active BOOLEAN, born DATE, changed TIMESTAMP NOT NULL, photo BLOB, secret TEXT)");

    /// <summary>Rows first to last; every value depends on the number, a few are null, empty, long or strange.</summary>
    /// <remarks>Rows that were there before the delivery began are an hour old; <paramref name="fresh"/> ones carry the database's clock.</remarks>
    internal async Task FillAsync(int first, int last, string table = "enterprise", string note = "note", bool fresh = false)
    {
        var ago = kind == DataSourceKind.Postgres ? fresh ? "clock_timestamp()" : "clock_timestamp() - interval '1 hour'" : $"strftime('%Y-%m-%d %H:%M:%f', 'now', '-{(fresh ? 0 : 1)} hour') || '000'";
        await ExecuteAsync(kind == DataSourceKind.Postgres
            ? $"""
              INSERT INTO {table} SELECT i, '企业' || i, CASE i % 3 WHEN 0 THEN NULL WHEN 1 THEN '' ELSE '{note} ' || i END,
                (i::bigint * 1000003 % 999999937)::numeric / 1000 * CASE i % 2 WHEN 0 THEN 1 ELSE -1 END, i / 7.0::float8, i % 5 <> 0,
                date '1970-01-01' + (i % 20000), {ago}, decode(md5(i::text), 'hex'), '绝密SECRET' || i
              FROM generate_series({first}, {last}) i
              """
            : $"""
              WITH RECURSIVE n(i) AS (SELECT {first} UNION ALL SELECT i + 1 FROM n WHERE i < {last})
              INSERT INTO {table} SELECT i, '企业' || i, CASE i % 3 WHEN 0 THEN NULL WHEN 1 THEN '' ELSE '{note} ' || i END,
                printf('%s%d.%03d', CASE i % 2 WHEN 0 THEN '' ELSE '-' END, i * 1000003 % 999999937 / 1000, i * 1000003 % 1000), i / 7.0, i % 5 <> 0,
                date('1970-01-01', (i % 20000) || ' days'), {ago}, randomblob(16), '绝密SECRET' || i
              FROM n
              """);
    }

    /// <summary>Changes rows as the department's own program would, with the database's own clock.</summary>
    internal Task TouchAsync(string where, string name, string table = "enterprise") => ExecuteAsync(
        $"UPDATE {table} SET name = '{name}', changed = {(kind == DataSourceKind.Postgres ? "clock_timestamp()" : "strftime('%Y-%m-%d %H:%M:%f', 'now') || '000'")} WHERE {where}");

    internal async Task ExecuteAsync(string sql)
    {
        await using var open = await OpenAsync();
        await using var command = open.CreateCommand();
        command.CommandText = sql;
        await command.ExecuteNonQueryAsync();
    }

    internal async Task<long> CountAsync(string table, string where = "1 = 1") =>
        Convert.ToInt64((await QueryAsync($"SELECT count(*) FROM {table} WHERE {where}")).Single(), CultureInfo.InvariantCulture);

    /// <summary>Every agreed value of every row, in one spelling for both databases.</summary>
    internal Task<List<string>> RowsAsync(string table = "enterprise", string where = "1 = 1") => QueryAsync(kind == DataSourceKind.Postgres
        ? $"SELECT id, name, note, amount::text, score, active::int, born::text, to_char(changed AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS.US'), encode(photo, 'hex') FROM {table} WHERE {where} ORDER BY id"
        : $"SELECT id, name, note, amount, score, active, born, changed, lower(hex(photo)) FROM {table} WHERE {where} ORDER BY id");

    internal async Task<List<string>> QueryAsync(string sql)
    {
        await using var open = await OpenAsync();
        await using var command = open.CreateCommand();
        command.CommandText = sql;
        await using var row = await command.ExecuteReaderAsync();
        List<string> rows = [];
        while (await row.ReadAsync())
        {
            rows.Add(string.Join('|', Enumerable.Range(0, row.FieldCount).Select(n => row.IsDBNull(n) ? "∅" : Convert.ToString(row.GetValue(n), CultureInfo.InvariantCulture))));
        }

        return rows;
    }

    internal async Task<System.Data.Common.DbConnection> OpenAsync()
    {
        System.Data.Common.DbConnection open = kind == DataSourceKind.Postgres
            ? new NpgsqlConnection(new NpgsqlConnectionStringBuilder(connection) { Pooling = false }.ConnectionString)
            : new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = file, Pooling = false, DefaultTimeout = 60 }.ConnectionString);
        await open.OpenAsync();
        return open;
    }
}
