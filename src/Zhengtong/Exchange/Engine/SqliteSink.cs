using System.Globalization;
using System.Text;
using Microsoft.Data.Sqlite;
using Zhengtong.Agreements;
using Zhengtong.Catalogue.Model;
using Zhengtong.Exchange.Model;

namespace Zhengtong.Exchange.Engine;

/// <summary>Writes a SQLite table by prepared deletes and upserts.</summary>
internal sealed class SqliteSink : Sink
{
    private readonly SqliteConnection connection;
    private readonly IReadOnlyList<AgreedItem> items;
    private readonly string upsert;
    private readonly string delete;
    private readonly string clear;
    private readonly int[] keyItems;

    private SqliteSink(SqliteConnection connection, TableShape table, IReadOnlyList<AgreedItem> items)
    {
        (this.connection, this.items) = (connection, items);
        var names = items.Select(i => SqliteDatabase.Quote(table.Find(i.Column)!.Name)).ToList();
        var changes = items.Index().Where(i => !i.Item.IsKey).Select(i => $"{names[i.Index]} = excluded.{names[i.Index]}").ToList();
        keyItems = [.. items.Index().Where(i => i.Item.IsKey).Select(i => i.Index)];
        var key = keyItems.Select(n => names[n]);
        clear = $"DELETE FROM {SqliteDatabase.Quote(table.Name.Table)}";
        delete = $"{clear} WHERE {string.Join(" AND ", keyItems.Select((n, k) => $"{names[n]} = $v{k}"))}";
        upsert = $"""
            INSERT INTO {SqliteDatabase.Quote(table.Name.Table)} ({string.Join(", ", names)}) VALUES ({string.Join(", ", names.Select((_, n) => $"$v{n}"))})
            ON CONFLICT ({string.Join(", ", key)}) DO {(changes.Count == 0 ? "NOTHING" : $"UPDATE SET {string.Join(", ", changes)}")}
            """;
    }

    /// <exception cref="ExchangeFault">The table does not fit.</exception>
    internal static async Task<SqliteSink> OpenAsync(SqliteDatabase database, TableName target, IReadOnlyList<AgreedItem> items, CancellationToken ct)
    {
        var connection = await database.ConnectAsync(ct);
        try
        {
            if (await SqliteDatabase.FindTableAsync(connection, target, ct) is not { } table) { throw new ExchangeFault(ExchangeProblems.TargetUnfit, target.ToString()); }
            var faults = database.TargetFaults(table, items);
            if (faults.Count > 0) { throw new ExchangeFault(ExchangeProblems.TargetUnfit, faults); }
            await using var make = connection.CreateCommand();
            make.CommandText = $"""
                CREATE TABLE IF NOT EXISTS {WatermarkTable} (
                    delivery TEXT NOT NULL, sequence INTEGER NOT NULL, manifest_digest TEXT NOT NULL, counter_receipt TEXT NOT NULL, signature TEXT NOT NULL,
                    PRIMARY KEY (delivery, sequence))
                """;
            await make.ExecuteNonQueryAsync(ct);
            return new SqliteSink(connection, table, items);
        }
        catch
        {
            await connection.DisposeAsync();
            throw;
        }
    }

    public override ValueTask DisposeAsync() => connection.DisposeAsync();

    internal override Task<AppliedBatch?> FindAsync(Guid delivery, long sequence, CancellationToken ct) => FindAsync(delivery, sequence, "AND sequence = $sequence", ct);

    internal override Task<AppliedBatch?> FindLastAsync(Guid delivery, CancellationToken ct) => FindAsync(delivery, 0, "ORDER BY sequence DESC LIMIT 1", ct);

    internal override async Task ApplyAsync(DeliveryPhase phase, BatchRows rows, AppliedBatch watermark, CancellationToken ct)
    {
        await using var transaction = (SqliteTransaction)await connection.BeginTransactionAsync(ct);
        await using (var mark = connection.CreateCommand())
        {
            mark.Transaction = transaction;
            mark.CommandText = $"INSERT INTO {WatermarkTable} (delivery, sequence, manifest_digest, counter_receipt, signature) VALUES ($delivery, $sequence, $digest, $receipt, $signature)";
            mark.Parameters.AddWithValue("$delivery", watermark.Delivery.ToString("D"));
            mark.Parameters.AddWithValue("$sequence", watermark.Sequence);
            mark.Parameters.AddWithValue("$digest", watermark.ManifestDigest);
            mark.Parameters.AddWithValue("$receipt", watermark.CounterReceipt);
            mark.Parameters.AddWithValue("$signature", watermark.Signature);
            await mark.ExecuteNonQueryAsync(ct);
        }

        if (rows.Clears)
        {
            await using var empty = connection.CreateCommand();
            (empty.Transaction, empty.CommandText) = (transaction, clear);
            await empty.ExecuteNonQueryAsync(ct);
        }

        // First what goes: a value that must be unique beside the key may have passed from one row to another.
        await EachAsync(transaction, delete, [.. keyItems.Select(n => rows.Columns[n])], rows.Upserts, rows.Count, ct);
        await EachAsync(transaction, upsert, rows.Columns, 0, rows.Upserts, ct);
        await transaction.CommitAsync(ct);
    }

    private async Task EachAsync(SqliteTransaction transaction, string sql, IReadOnlyList<ColumnView> columns, int first, int end, CancellationToken ct)
    {
        if (first == end) { return; }
        await using var write = connection.CreateCommand();
        (write.Transaction, write.CommandText) = (transaction, sql);
        var places = columns.Select((_, n) => write.Parameters.Add(new SqliteParameter { ParameterName = $"$v{n}" })).ToArray();
        await write.PrepareAsync(ct);
        for (var row = first; row < end; row++)
        {
            for (var n = 0; n < places.Length; n++) { places[n].Value = ValueOf(columns[n], row); }
            await write.ExecuteNonQueryAsync(ct);
        }
    }

    private async Task<AppliedBatch?> FindAsync(Guid delivery, long sequence, string which, CancellationToken ct)
    {
        await using var find = connection.CreateCommand();
        find.CommandText = $"SELECT sequence, manifest_digest, counter_receipt, signature FROM {WatermarkTable} WHERE delivery = $delivery {which}";
        find.Parameters.AddWithValue("$delivery", delivery.ToString("D"));
        find.Parameters.AddWithValue("$sequence", sequence);
        await using var row = await find.ExecuteReaderAsync(ct);
        return await row.ReadAsync(ct) ? new AppliedBatch(delivery, row.GetInt64(0), row.GetString(1), row.GetString(2), row.GetString(3)) : null;
    }

    private static object ValueOf(ColumnView column, int row) => column.IsNull(row) ? DBNull.Value : column.Type switch
    {
        ItemType.Integer => column.Int64At(row),
        ItemType.Float => column.DoubleAt(row) is var real && double.IsNaN(real) ? throw new OverflowException("SQLite has no NaN") : real,
        ItemType.Boolean => column.BooleanAt(row) ? 1L : 0L,
        ItemType.Date => Moment(column.DaysAt(row) * TimeSpan.TicksPerDay, "yyyy-MM-dd"),
        ItemType.Timestamp => Moment(checked(column.Int64At(row) * TimeSpan.TicksPerMicrosecond), "yyyy-MM-dd HH:mm:ss.ffffff"),
        ItemType.Binary => column.BytesAt(row).ToArray(),
        _ => Encoding.UTF8.GetString(column.BytesAt(row)),
    };

    /// <exception cref="OverflowException">A moment before year 1 or after 9999, such as PostgreSQL's infinity.</exception>
    private static string Moment(long ticksSince1970, string format) =>
        ticksSince1970 > DateTime.MaxValue.Ticks - DateTime.UnixEpoch.Ticks || ticksSince1970 < -DateTime.UnixEpoch.Ticks
            ? throw new OverflowException("Out of the calendar")
            : DateTime.UnixEpoch.AddTicks(ticksSince1970).ToString(format, CultureInfo.InvariantCulture);
}
