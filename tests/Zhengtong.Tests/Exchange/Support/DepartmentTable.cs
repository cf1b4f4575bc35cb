using System.Globalization;
using Microsoft.Data.Sqlite;
using MySqlConnector;
using Npgsql;
using Zhengtong.Exchange.Model;
using Zhengtong.Tests.Support;

namespace Zhengtong.Tests.Exchange.Support;

/// <summary>A department's database of a test, with a table of mixed columns.</summary>
internal sealed class DepartmentTable(DataSourceKind kind, string connection, string file)
{
    internal const string Columns = "id, name, note, amount, score, active, born, changed, photo";

    internal DataSourceKind Kind => kind;

    /// <summary>The SQLite file.</summary>
    internal string Path => file;

    /// <summary>As a department would register it.</summary>
    internal string Registered => kind == DataSourceKind.Sqlite ? System.IO.Path.GetFileName(file) : connection;

    /// <summary>The schema a table of it is named with.</summary>
    internal string Schema => kind == DataSourceKind.Postgres ? "public" : "";

    /// <summary>The PostgreSQL server for departments' databases, or null: ./test sets it whatever the platform's own database is.</summary>
    internal static string? PostgresServer =>
        Environment.GetEnvironmentVariable("ZHENGTONG_POSTGRES") is { Length: > 0 } own ? own : PlatformFixture.PostgresServer;

    internal static async Task<DepartmentTable> PostgresAsync(string? at = null, string? encoding = null)
    {
        Assert.SkipWhen((at ?? PostgresServer) is null, "Needs a PostgreSQL server: ZHENGTONG_POSTGRES is not set");
        var name = $"dept_{Guid.CreateVersion7(TimeProvider.System.GetUtcNow()):N}";
        await using var server = new NpgsqlConnection(at ?? PostgresServer);
        await server.OpenAsync();
        await using var create = new NpgsqlCommand($"CREATE DATABASE {name}{(encoding is null ? "" : $" ENCODING '{encoding}' LC_COLLATE 'C' LC_CTYPE 'C' TEMPLATE template0")}", server);
        await create.ExecuteNonQueryAsync();
        return new DepartmentTable(DataSourceKind.Postgres, new NpgsqlConnectionStringBuilder(at ?? PostgresServer!) { Database = name }.ConnectionString, "");
    }

    /// <summary>The MariaDB server for departments' databases, or null: ./test starts one.</summary>
    internal static string? MariaDbServer => Environment.GetEnvironmentVariable("ZHENGTONG_MARIADB") is { Length: > 0 } own ? own : null;

    internal static async Task<DepartmentTable> MySqlAsync(string? at = null)
    {
        var name = $"dept_{Guid.CreateVersion7(TimeProvider.System.GetUtcNow()):N}";
        Assert.SkipWhen((at ?? MariaDbServer) is null, "Needs a MariaDB server: ZHENGTONG_MARIADB is not set");
        await using var server = new MySqlConnection(at ?? MariaDbServer);
        await server.OpenAsync();
        // The usual collation takes capital and small letters for the same.
        await using var create = new MySqlCommand($"CREATE DATABASE {name} CHARACTER SET utf8mb4 COLLATE utf8mb4_general_ci", server);
        await create.ExecuteNonQueryAsync();
        return new DepartmentTable(DataSourceKind.MySql, new MySqlConnectionStringBuilder(at ?? MariaDbServer!) { Database = name }.ConnectionString, "");
    }

    /// <summary>A database of that kind; a SQLite file lies in the folder, the others at the named server or the usual one.</summary>
    internal static async Task<DepartmentTable> OfAsync(DataSourceKind kind, string folder, string name, string? mariaDbServer, string? postgresServer = null) => kind switch
    {
        DataSourceKind.Postgres => await PostgresAsync(postgresServer),
        DataSourceKind.MySql => await MySqlAsync(mariaDbServer),
        _ => Sqlite(folder, name),
    };

    internal static DepartmentTable Sqlite(string folder, string name) => new(DataSourceKind.Sqlite, "", System.IO.Path.Combine(folder, $"{name}.db"));

    /// <summary>The provider's table: one column more than is ever agreed.</summary>
    internal Task CreateAsync(string table = "enterprise") => ExecuteAsync(kind switch
    {
        DataSourceKind.Postgres =>
            $"CREATE TABLE {table} (id bigint PRIMARY KEY, name text NOT NULL, note text, amount numeric, score double precision, active boolean, born date, changed timestamptz NOT NULL DEFAULT clock_timestamp(), photo bytea, secret text)",
        DataSourceKind.MySql =>
            $"CREATE TABLE {table} (id bigint PRIMARY KEY, name varchar(200) NOT NULL, note longtext, amount decimal(40, 10), score double, active boolean, born date, changed datetime(6) NOT NULL DEFAULT now(6), photo longblob, secret text)",
        _ => $"PRAGMA journal_mode = WAL; CREATE TABLE {table} (id INTEGER PRIMARY KEY, name TEXT NOT NULL, note TEXT, amount TEXT, score REAL, active BOOLEAN, born DATE, changed TIMESTAMP NOT NULL, photo BLOB, secret TEXT)",
    });

    /// <summary>Rows first to last; every value depends on the number, a few are null, empty, long or strange.</summary>
    /// <remarks>Rows that were there before the delivery began are an hour old; <paramref name="fresh"/> ones carry the database's clock.</remarks>
    internal Task FillAsync(int first, int last, string table = "enterprise", string note = "note", bool fresh = false) => ExecuteAsync(kind switch
    {
        DataSourceKind.Postgres =>
            $"""
             INSERT INTO {table} SELECT i, '企业' || i, CASE i % 3 WHEN 0 THEN NULL WHEN 1 THEN '' ELSE '{note} ' || i END,
               (i::bigint * 1000003 % 999999937)::numeric / 1000 * CASE i % 2 WHEN 0 THEN 1 ELSE -1 END, i / 7.0::float8, i % 5 <> 0,
               date '1970-01-01' + (i % 20000), {Ago(fresh)}, decode(md5(i::text), 'hex'), '绝密SECRET' || i
             FROM generate_series({first}, {last}) i
             """,
        DataSourceKind.MySql =>
            $"""
             INSERT INTO {table} SELECT seq, concat('企业', seq), CASE seq % 3 WHEN 0 THEN NULL WHEN 1 THEN '' ELSE concat('{note} ', seq) END,
               seq * 1000003 % 999999937 / 1000 * CASE seq % 2 WHEN 0 THEN 1 ELSE -1 END, seq / 7e0, seq % 5 <> 0,
               date '1970-01-01' + INTERVAL seq % 20000 DAY, {Ago(fresh)}, unhex(md5(seq)), concat('绝密SECRET', seq)
             FROM seq_{first}_to_{last}
             """,
        _ =>
            $"""
             WITH RECURSIVE n(i) AS (SELECT {first} UNION ALL SELECT i + 1 FROM n WHERE i < {last})
             INSERT INTO {table} SELECT i, '企业' || i, CASE i % 3 WHEN 0 THEN NULL WHEN 1 THEN '' ELSE '{note} ' || i END,
               printf('%s%d.%03d', CASE i % 2 WHEN 0 THEN '' ELSE '-' END, i * 1000003 % 999999937 / 1000, i * 1000003 % 1000), i / 7.0, i % 5 <> 0,
               date('1970-01-01', (i % 20000) || ' days'), {Ago(fresh)}, randomblob(16), '绝密SECRET' || i
             FROM n
             """,
    });

    /// <summary>Changes rows as the department's own program would, with the database's own clock.</summary>
    internal Task TouchAsync(string where, string name, string table = "enterprise") => ExecuteAsync($"UPDATE {table} SET name = '{name}', changed = {Ago(true)} WHERE {where}");

    internal async Task ExecuteAsync(string sql)
    {
        await using var open = await OpenAsync();
        await using var command = open.CreateCommand();
        command.CommandText = sql;
        await command.ExecuteNonQueryAsync();
    }

    internal async Task<long> CountAsync(string table, string where = "1 = 1") =>
        Convert.ToInt64((await QueryAsync($"SELECT count(*) FROM {table} WHERE {where}")).Single(), CultureInfo.InvariantCulture);

    /// <summary>Every agreed value of every row, in one spelling for all databases: a decimal without zeros at its end.</summary>
    internal async Task<List<string>> RowsAsync(string table = "enterprise", string where = "1 = 1") => [.. (await QueryAsync(kind switch
    {
        DataSourceKind.Postgres => $"SELECT id, name, note, amount::text, score, active::int, born::text, to_char(changed AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS.US'), encode(photo, 'hex') FROM {table} WHERE {where} ORDER BY id",
        DataSourceKind.MySql => $"SELECT id, name, note, amount, score, active, date_format(born, '%Y-%m-%d'), date_format(changed, '%Y-%m-%d %H:%i:%s.%f'), lower(hex(photo)) FROM {table} WHERE {where} ORDER BY id",
        _ => $"SELECT id, name, note, amount, score, active, born, changed, lower(hex(photo)) FROM {table} WHERE {where} ORDER BY id",
    })).Select(Plain)];

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
        System.Data.Common.DbConnection open = kind switch
        {
            DataSourceKind.Postgres => new NpgsqlConnection(new NpgsqlConnectionStringBuilder(connection) { Pooling = false }.ConnectionString),
            DataSourceKind.MySql => new MySqlConnection(new MySqlConnectionStringBuilder(connection) { Pooling = false, AllowUserVariables = true, TreatTinyAsBoolean = false, DefaultCommandTimeout = 120 }.ConnectionString),
            _ => new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = file, Pooling = false, DefaultTimeout = 60 }.ConnectionString),
        };
        await open.OpenAsync();
        if (kind != DataSourceKind.MySql) { return open; }
        // So that a name is quoted as elsewhere.
        await using var mode = open.CreateCommand();
        mode.CommandText = "SET SESSION sql_mode = 'STRICT_ALL_TABLES,ANSI_QUOTES'";
        await mode.ExecuteNonQueryAsync();
        return open;
    }

    private static string Plain(string row)
    {
        var values = row.Split('|');
        if (values[3].Contains('.', StringComparison.Ordinal)) { values[3] = values[3].TrimEnd('0').TrimEnd('.'); }
        return string.Join('|', values);
    }

    /// <summary>The database's clock now, as SQL.</summary>
    internal string Now => Ago(fresh: true);

    /// <summary>The database's clock, now or an hour ago.</summary>
    private string Ago(bool fresh) => kind switch
    {
        DataSourceKind.Postgres => fresh ? "clock_timestamp()" : "clock_timestamp() - interval '1 hour'",
        DataSourceKind.MySql => fresh ? "sysdate(6)" : "sysdate(6) - INTERVAL 1 HOUR",
        _ => $"strftime('%Y-%m-%d %H:%M:%f', 'now', '-{(fresh ? 0 : 1)} hour') || '000'",
    };
}
