using System.Data.Common;
using System.Globalization;
using Microsoft.Data.Sqlite;
using Npgsql;

namespace Zhengtong.Demonstration;

/// <summary>Looks into two business databases as their owners would, past the platform: what arrived is compared with what is there, value by value.</summary>
internal static class TwoTables
{
    internal static async Task<DbConnection> ConnectAsync(BusinessDatabase database, CancellationToken ct)
    {
        DbConnection connection = database.IsPostgres ? new NpgsqlConnection(database.ConnectionString) : new SqliteConnection(database.ConnectionString);
        await connection.OpenAsync(ct);
        return connection;
    }

    /// <summary>Rows that are equal in every one of the columns; throws at the first that differs.</summary>
    /// <exception cref="OffException">A row is missing, too many, or differs; the message names its key, not its values.</exception>
    internal static async Task<long> EqualRowsAsync(BusinessDatabase one, string table, BusinessDatabase other, string target, string key, IReadOnlyList<string> columns, CancellationToken ct)
    {
        await using var left = await ConnectAsync(one, ct);
        await using var right = await ConnectAsync(other, ct);
        await using var these = await ReadAsync(left, one, table, key, columns, ct);
        await using var those = await ReadAsync(right, other, target, key, columns, ct);
        long rows = 0;
        while (true)
        {
            var (more, there) = (await these.ReadAsync(ct), await those.ReadAsync(ct));
            if (more != there) { throw new OffException($"{target}: {(more ? "rows are missing" : "too many rows")} behind row {rows}"); }
            if (!more) { return rows; }
            for (var c = 0; c < columns.Count; c++)
            {
                if (Written(these.GetValue(c)) != Written(those.GetValue(c))) { throw new OffException($"{target}: {columns[c]} differs at {key} {these.GetValue(0)}"); }
            }

            rows++;
        }
    }

    internal static async Task<long> CountAsync(BusinessDatabase database, string table, CancellationToken ct)
    {
        await using var connection = await ConnectAsync(database, ct);
        await using var command = connection.CreateCommand();
        command.CommandText = $"SELECT count(*) FROM {table}";
        return Convert.ToInt64(await command.ExecuteScalarAsync(ct), CultureInfo.InvariantCulture);
    }

    internal static async Task<IReadOnlyList<string>> ColumnsAsync(BusinessDatabase database, string table, CancellationToken ct)
    {
        await using var connection = await ConnectAsync(database, ct);
        await using var command = connection.CreateCommand();
        command.CommandText = $"SELECT * FROM {table} LIMIT 0";
        await using var reader = await command.ExecuteReaderAsync(ct);
        return [.. Enumerable.Range(0, reader.FieldCount).Select(reader.GetName)];
    }

    /// <summary>Changes one row as the owner's own application would; returns its key.</summary>
    internal static async Task ChangeAsync(BusinessDatabase database, string table, string column, string value, string key, string row, DateTimeOffset now, CancellationToken ct)
    {
        await using var connection = await ConnectAsync(database, ct);
        await using var command = connection.CreateCommand();
        var moment = database.IsPostgres ? "clock_timestamp()" : $"'{now.UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss.ffffff", CultureInfo.InvariantCulture)}'";
        command.CommandText = $"UPDATE {table} SET {column} = '{value}', updated_at = {moment} WHERE {key} = '{row}'";
        if (await command.ExecuteNonQueryAsync(ct) != 1) { throw new OffException($"{table}: no row {row} to change"); }
    }

    internal static async Task<string?> ValueAsync(BusinessDatabase database, string table, string column, string key, string row, CancellationToken ct)
    {
        await using var connection = await ConnectAsync(database, ct);
        await using var command = connection.CreateCommand();
        command.CommandText = $"SELECT {column} FROM {table} WHERE {key} = '{row}'";
        return await command.ExecuteScalarAsync(ct) as string;
    }

    private static async Task<DbDataReader> ReadAsync(DbConnection connection, BusinessDatabase database, string table, string key, IReadOnlyList<string> columns, CancellationToken ct)
    {
        // Not disposed here: SQLite would close the reader with it. It ends with its connection.
        var command = connection.CreateCommand();
        command.CommandText = $"SELECT {string.Join(", ", columns)} FROM {table} ORDER BY {key}{(database.IsPostgres ? " COLLATE \"C\"" : "")}";
        return await command.ExecuteReaderAsync(ct);
    }

    private static string Written(object value) => Convert.ToString(value, CultureInfo.InvariantCulture) ?? "";
}
