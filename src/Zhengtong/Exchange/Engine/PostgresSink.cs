using Npgsql;
using Zhengtong.Agreements;
using Zhengtong.Catalogue.Model;
using Zhengtong.Exchange.Model;

namespace Zhengtong.Exchange.Engine;

/// <summary>Writes a PostgreSQL table by binary COPY: straight into the table while a snapshot brings only new keys, else into a temporary
/// table and from there by key; keys to delete go through a temporary table too.</summary>
internal sealed class PostgresSink : Sink
{
    private const int FlushBytes = 192 * 1024;
    private readonly NpgsqlConnection connection;
    private readonly IReadOnlyList<AgreedItem> items;
    private readonly IReadOnlyList<int> widths;
    private readonly IReadOnlyList<string?> arrays;
    private readonly string target;
    private readonly string watermarkTable;
    private readonly string columnList;
    private readonly string keyList;
    private readonly int[] keyItems;
    private bool onlyNewKeys = true;
    private bool stagingExists;
    private bool goneExists;

    private PostgresSink(NpgsqlConnection connection, TableShape table, IReadOnlyList<AgreedItem> items)
    {
        (this.connection, this.items) = (connection, items);
        target = PostgresDatabase.Quote(table.Name);
        watermarkTable = PostgresDatabase.Quote(new TableName(table.Name.Schema, WatermarkTable));
        columnList = string.Join(", ", items.Select(i => PostgresDatabase.Quote(table.Find(i.Column)!.Name)));
        keyItems = [.. items.Index().Where(i => i.Item.IsKey).Select(i => i.Index)];
        keyList = string.Join(", ", keyItems.Select(n => PostgresDatabase.Quote(table.Find(items[n].Column)!.Name)));
        widths = [.. items.Select(i => WidthOf(table.Find(i.Column)!))];
        arrays = [.. items.Select(i => table.Find(i.Column)!.Type is var type && i.Type == ItemType.Text && PostgresArray.Gives(type) ? type : null)];
    }

    /// <exception cref="ExchangeFault">The table does not fit.</exception>
    internal static async Task<PostgresSink> OpenAsync(PostgresDatabase database, TableName target, IReadOnlyList<AgreedItem> items, CancellationToken ct)
    {
        var connection = await database.ConnectAsync("zhengtong-target", ct);
        try
        {
            if (await PostgresDatabase.FindTableAsync(connection, target, ct) is not { } table) { throw new ExchangeFault(ExchangeProblems.TargetUnfit, target.ToString()); }
            var faults = database.TargetFaults(table, items);
            if (faults.Count > 0) { throw new ExchangeFault(ExchangeProblems.TargetUnfit, faults); }
            var sink = new PostgresSink(connection, table, items);
            // The server does not keep apart two sessions that find it missing at once: one of them is refused, and then it is there.
            await sink.PrepareAsync(database, tries: 3, ct);
            return sink;
        }
        catch
        {
            await connection.DisposeAsync();
            throw;
        }
    }

    private async Task PrepareAsync(PostgresDatabase database, int tries, CancellationToken ct)
    {
        try
        {
            await ExecuteAsync(
                $"""
                SET client_min_messages = warning;
                SET idle_in_transaction_session_timeout = {database.ForsakenSeconds * 1000L};
                SET tcp_keepalives_idle = 30; SET tcp_keepalives_interval = 10; SET tcp_keepalives_count = 3;
                CREATE TABLE IF NOT EXISTS {watermarkTable} (
                    delivery uuid NOT NULL, sequence bigint NOT NULL, manifest_digest text NOT NULL, counter_receipt text NOT NULL, signature text NOT NULL,
                    PRIMARY KEY (delivery, sequence))
                """, ct);
        }
        catch (PostgresException e) when (tries > 1 && e.SqlState is (PostgresErrorCodes.UniqueViolation or PostgresErrorCodes.DuplicateTable or PostgresErrorCodes.DuplicateObject))
        {
            await PrepareAsync(database, tries - 1, ct);
        }
    }

    public override ValueTask DisposeAsync() => connection.DisposeAsync();

    internal override Task<AppliedBatch?> FindAsync(Guid delivery, long sequence, CancellationToken ct) => FindAsync(delivery, sequence, "AND sequence = $2", ct);

    internal override Task<AppliedBatch?> FindLastAsync(Guid delivery, CancellationToken ct) => FindAsync(delivery, null, "ORDER BY sequence DESC LIMIT 1", ct);

    internal override async Task ApplyAsync(DeliveryPhase phase, BatchRows rows, AppliedBatch watermark, CancellationToken ct)
    {
        await using var transaction = await connection.BeginTransactionAsync(ct);
        await using (var mark = new NpgsqlCommand($"INSERT INTO {watermarkTable} (delivery, sequence, manifest_digest, counter_receipt, signature) VALUES ($1, $2, $3, $4, $5)", connection, transaction))
        {
            mark.Parameters.Add(new NpgsqlParameter { Value = watermark.Delivery });
            mark.Parameters.Add(new NpgsqlParameter { Value = watermark.Sequence });
            mark.Parameters.Add(new NpgsqlParameter { Value = watermark.ManifestDigest });
            mark.Parameters.Add(new NpgsqlParameter { Value = watermark.CounterReceipt });
            mark.Parameters.Add(new NpgsqlParameter { Value = watermark.Signature });
            await mark.ExecuteNonQueryAsync(ct);
        }

        if (rows.Clears) { await ExecuteAsync($"DELETE FROM {target}", ct); }
        // First what goes: a value that must be unique beside the key may have passed from one row to another.
        if (rows.Deletes > 0) { await DeleteAsync(rows, ct); }
        if (rows.Upserts > 0 && (phase != DeliveryPhase.Snapshot || !await TryInsertAsync(transaction, rows, ct))) { await UpsertAsync(rows, ct); }
        await transaction.CommitAsync(ct);
    }

    /// <summary>Straight into the table; false, with nothing changed, when a key is there already: then the table was not empty and the rest goes by key.</summary>
    private async Task<bool> TryInsertAsync(NpgsqlTransaction transaction, BatchRows rows, CancellationToken ct)
    {
        if (!onlyNewKeys) { return false; }
        await transaction.SaveAsync("rows", ct);
        try
        {
            await CopyAsync(target, columnList, new PostgresRowWriter(rows.Columns, widths, arrays), 0, rows.Upserts, ct);
            return true;
        }
        catch (PostgresException e) when (e.SqlState == PostgresErrorCodes.UniqueViolation)
        {
            await transaction.RollbackAsync("rows", ct);
            onlyNewKeys = false;
            return false;
        }
    }

    private async Task DeleteAsync(BatchRows rows, CancellationToken ct)
    {
        if (!goneExists)
        {
            await ExecuteAsync($"CREATE TEMP TABLE IF NOT EXISTS zhengtong_gone ON COMMIT DELETE ROWS AS SELECT {keyList} FROM {target} WITH NO DATA", ct);
        }

        var writer = new PostgresRowWriter([.. keyItems.Select(n => rows.Columns[n])], [.. keyItems.Select(n => widths[n])], [.. keyItems.Select(n => arrays[n])]);
        await CopyAsync("pg_temp.zhengtong_gone", keyList, writer, rows.Upserts, rows.Count, ct);
        var same = string.Join(" AND ", keyItems.Select(n => $"t.{PostgresDatabase.Quote(items[n].Column)} = g.{PostgresDatabase.Quote(items[n].Column)}"));
        await ExecuteAsync($"DELETE FROM {target} t USING pg_temp.zhengtong_gone g WHERE {same}", ct);
        goneExists = true;
    }

    private async Task UpsertAsync(BatchRows rows, CancellationToken ct)
    {
        if (!stagingExists)
        {
            // Temporary, so it is written without WAL, seen by nobody else and gone with the session.
            await ExecuteAsync($"CREATE TEMP TABLE IF NOT EXISTS zhengtong_staging ON COMMIT DELETE ROWS AS SELECT {columnList} FROM {target} WITH NO DATA", ct);
        }

        await CopyAsync("pg_temp.zhengtong_staging", columnList, new PostgresRowWriter(rows.Columns, widths, arrays), 0, rows.Upserts, ct);
        var changes = string.Join(", ", items.Where(i => !i.IsKey).Select(i => $"{PostgresDatabase.Quote(i.Column)} = EXCLUDED.{PostgresDatabase.Quote(i.Column)}"));
        await ExecuteAsync(
            $"INSERT INTO {target} ({columnList}) SELECT {columnList} FROM pg_temp.zhengtong_staging ON CONFLICT ({keyList}) DO {(changes.Length == 0 ? "NOTHING" : $"UPDATE SET {changes}")}", ct);
        stagingExists = true;
    }

    private async Task CopyAsync(string into, string columns, PostgresRowWriter writer, int first, int end, CancellationToken ct)
    {
        var copy = await connection.BeginRawBinaryCopyAsync($"COPY {into} ({columns}) FROM STDIN (FORMAT BINARY)", ct);
        try
        {
            writer.WriteHeader();
            for (var row = first; row < end; row++)
            {
                writer.WriteRow(row);
                if (writer.Written.Length < FlushBytes) { continue; }
                await copy.WriteAsync(writer.Written, ct);
                writer.Clear();
            }

            writer.WriteTrailer();
            await copy.WriteAsync(writer.Written, ct);
        }
        catch
        {
            // Without this, closing the stream would tell the server that the rows are complete.
            await copy.CancelAsync();
            throw;
        }

        await copy.DisposeAsync();
    }

    private async Task<AppliedBatch?> FindAsync(Guid delivery, long? sequence, string which, CancellationToken ct)
    {
        await using var find = new NpgsqlCommand($"SELECT sequence, manifest_digest, counter_receipt, signature FROM {watermarkTable} WHERE delivery = $1 {which}", connection);
        find.Parameters.Add(new NpgsqlParameter { Value = delivery });
        if (sequence is { } number) { find.Parameters.Add(new NpgsqlParameter { Value = number }); }
        await using var row = await find.ExecuteReaderAsync(ct);
        return await row.ReadAsync(ct) ? new AppliedBatch(delivery, row.GetInt64(0), row.GetString(1), row.GetString(2), row.GetString(3)) : null;
    }

    private async Task ExecuteAsync(string sql, CancellationToken ct)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync(ct);
    }

    private static int WidthOf(TableColumn column) => column.Type switch { "int2" => 2, "int4" => 4, "numeric" => column.Scale ?? -1, _ => 8 };
}
