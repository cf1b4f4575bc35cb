using Npgsql;
using Zhengtong.Agreements;
using Zhengtong.Catalogue.Model;

namespace Zhengtong.Bench;

/// <summary>Departments' databases on a private server, and the table that is exchanged.</summary>
internal static class Postgres
{
    /// <summary>Ten columns of every kind, as a register of enterprises has them.</summary>
    internal const string Columns =
        "(id bigint PRIMARY KEY, code text NOT NULL, name text NOT NULL, address text, capital numeric(18,2), score double precision, active boolean, founded date, changed timestamptz NOT NULL, photo bytea)";

    internal static AgreedItem[] Items { get; } =
    [
        new("编号", "id", ItemType.Integer, null, true), new("代码", "code", ItemType.Text, null, false), new("名称", "name", ItemType.Text, null, false), new("地址", "address", ItemType.Text, null, false),
        new("资本", "capital", ItemType.Decimal, null, false), new("评分", "score", ItemType.Float, null, false), new("在业", "active", ItemType.Boolean, null, false),
        new("成立", "founded", ItemType.Date, null, false), new("更新", "changed", ItemType.Timestamp, null, false), new("照片", "photo", ItemType.Binary, null, false),
    ];

    /// <summary>SELECT of such rows with these ids.</summary>
    internal static string Rows(string first, string last) =>
        $"""
        SELECT i, '91610000' || lpad(i::text, 10, '0'), '陕西第' || i || '号食品有限公司', CASE WHEN i % 4 = 0 THEN NULL ELSE '西安市雁塔区科技路' || i % 1000 || '号' END,
          (i::bigint * 7919 % 100000000)::numeric / 100, i / 7.0::float8, i % 5 <> 0, date '1990-01-01' + (i % 12000)::int, timestamptz '2026-01-01' + i * interval '1 second', decode(md5(i::text), 'hex')
        FROM generate_series({first}, {last}) i
        """;

    internal static async Task<string> CreateDatabaseAsync(string server, string name)
    {
        await ExecuteAsync(server, $"DROP DATABASE IF EXISTS {name} WITH (FORCE)");
        await ExecuteAsync(server, $"CREATE DATABASE {name}");
        return new NpgsqlConnectionStringBuilder(server) { Database = name }.ConnectionString;
    }

    internal static async Task ExecuteAsync(string connection, string sql)
    {
        await using var open = await OpenAsync(connection);
        await using var command = new NpgsqlCommand(sql, open);
        await command.ExecuteNonQueryAsync();
    }

    internal static async Task<T?> ScalarAsync<T>(string connection, string sql)
    {
        await using var open = await OpenAsync(connection);
        await using var command = new NpgsqlCommand(sql, open);
        return await command.ExecuteScalarAsync() is T value ? value : default;
    }

    /// <summary>Order-free digest of all values of a table. A fast run that lost a row would be worth nothing.</summary>
    internal static Task<string?> DigestAsync(string connection, string table) => ScalarAsync<string>(connection, $"SELECT count(*) || ' ' || coalesce(sum(hashtextextended(t::text, 0)::numeric), 0) FROM {table} t");

    internal static async Task<NpgsqlConnection> OpenAsync(string connection)
    {
        var open = new NpgsqlConnection(new NpgsqlConnectionStringBuilder(connection) { Pooling = false, CommandTimeout = 0 }.ConnectionString);
        await open.OpenAsync();
        return open;
    }

    /// <summary>As psql takes it.</summary>
    internal static string UriOf(string connection)
    {
        var parts = new NpgsqlConnectionStringBuilder(connection);
        return $"postgresql://{parts.Username}{(parts.Password is { Length: > 0 } password ? $":{Uri.EscapeDataString(password)}" : "")}@{parts.Host}:{parts.Port}/{parts.Database}";
    }

    /// <summary>As a subscription takes it.</summary>
    internal static string KeywordsOf(string connection)
    {
        var parts = new NpgsqlConnectionStringBuilder(connection);
        return $"host={parts.Host} port={parts.Port} user={parts.Username} dbname={parts.Database}{(parts.Password is { Length: > 0 } password ? $" password={password}" : "")}";
    }
}
