using System.Globalization;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Storage;

namespace Zhengtong.Cloud.Metering;

/// <summary>A column of rows that are written together.</summary>
/// <param name="Name">Name in the database.</param>
internal abstract record ManyColumn(string Name)
{
    /// <summary>All values as an array of their type.</summary>
    internal abstract Array All(int count);

    internal abstract object One(int row);

    internal static ManyColumn Of<T>(string name, Func<int, T> value) => new Typed<T>(name, value);

    private sealed record Typed<T>(string Name, Func<int, T> Value) : ManyColumn(Name)
    {
        internal override Array All(int count)
        {
            var all = new T[count];
            for (var n = 0; n < count; n++) { all[n] = Value(n); }
            return all;
        }

        internal override object One(int row) => (object?)Value(row) ?? DBNull.Value;
    }
}

/// <summary>Thousands of rows added or replaced by their key within the caller's transaction: one statement on PostgreSQL, one prepared statement over and over on SQLite. Ten times as quick as through the tracker.</summary>
internal static class ManyRows
{
    /// <param name="db">The database, with a transaction open.</param>
    /// <param name="table">Name of a table of the cloud, a constant.</param>
    /// <param name="keys">Names of its key's columns, constants.</param>
    /// <param name="columns">All its columns.</param>
    /// <param name="count">How many rows.</param>
    /// <param name="ct">Stops it.</param>
    internal static async Task PutAsync(ZhengtongDb db, string table, IReadOnlyList<string> keys, IReadOnlyList<ManyColumn> columns, int count, CancellationToken ct)
    {
        if (count == 0) { return; }
        var transaction = db.Database.CurrentTransaction?.GetDbTransaction() ?? throw new InvalidOperationException("There is no transaction");
        await using var command = transaction.Connection!.CreateCommand();
        command.Transaction = transaction;
        var names = string.Join(", ", columns.Select(c => c.Name));
        var (isPostgres, places) = (db.Database.IsNpgsql(), string.Join(", ", columns.Select((_, n) => string.Create(CultureInfo.InvariantCulture, $"@p{n}"))));
        command.CommandText = $"INSERT INTO {(isPostgres ? "cloud." : "")}{table} ({names}) {(isPostgres ? $"SELECT * FROM unnest({places})" : $"VALUES ({places})")} ON CONFLICT ({string.Join(", ", keys)}) DO UPDATE SET "
            + string.Join(", ", columns.Where(c => !keys.Contains(c.Name)).Select(c => $"{c.Name} = excluded.{c.Name}"));
        for (var n = 0; n < columns.Count; n++)
        {
            var place = command.CreateParameter();
            place.ParameterName = string.Create(CultureInfo.InvariantCulture, $"@p{n}");
            command.Parameters.Add(place);
        }

        if (isPostgres)
        {
            for (var n = 0; n < columns.Count; n++) { command.Parameters[n].Value = columns[n].All(count); }
            await command.ExecuteNonQueryAsync(ct);
            return;
        }

        for (var row = 0; row < count; row++)
        {
            for (var n = 0; n < columns.Count; n++) { command.Parameters[n].Value = columns[n].One(row); }
            if (row == 0) { await command.PrepareAsync(ct); }
            await command.ExecuteNonQueryAsync(ct);
        }
    }
}
