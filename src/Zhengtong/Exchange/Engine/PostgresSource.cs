using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Json;
using Npgsql;
using Zhengtong.Agreements.Model;
using Zhengtong.Catalogue.Model;
using Zhengtong.Exchange.Model;

namespace Zhengtong.Exchange.Engine;

/// <summary>Reads a PostgreSQL table: one binary COPY of a SELECT of the agreed columns and rows, parsed as it streams in.</summary>
/// <remarks>COPY takes no parameters. Values (positions, bounds, row conditions) therefore go as parameters into settings of the session, and the SELECT
/// reads them back with current_setting(): no value ever becomes SQL text. Names are those the database's own catalogue gave back.</remarks>
internal sealed class PostgresSource : Source
{
    private const string ApplicationName = "zhengtong-source";
    private readonly NpgsqlConnection connection;
    private readonly NpgsqlTransaction transaction;
    private readonly TableShape table;
    private readonly TableColumn watermark;

    private PostgresSource(Reading reading, NpgsqlConnection connection, NpgsqlTransaction transaction, TableShape table) : base(reading)
    {
        (this.connection, this.transaction, this.table) = (connection, transaction, table);
        watermark = table.Find(reading.Watermark)!;
    }

    /// <exception cref="ExchangeFault">The table no longer fits.</exception>
    internal static async Task<PostgresSource> OpenAsync(PostgresDatabase database, Reading reading, CancellationToken ct)
    {
        var connection = await database.ConnectAsync(ApplicationName, ct);
        try
        {
            // The table's shape is looked up inside the transaction that reads it; touching it first keeps others from altering it in between.
            var transaction = await connection.BeginTransactionAsync(System.Data.IsolationLevel.ReadCommitted, ct);
            if (await PostgresDatabase.FindTableAsync(connection, reading.Table, ct) is not { } known)
            {
                throw new ExchangeFault(ExchangeProblems.SourceChanged, reading.Table.ToString());
            }

            await ExecuteAsync(connection, $"LOCK TABLE {PostgresDatabase.Quote(known.Name)} IN ACCESS SHARE MODE", ct);
            var table = (await PostgresDatabase.FindTableAsync(connection, reading.Table, ct))!;
            var faults = database.SourceFaults(table, reading.Items, reading.Watermark);
            faults.AddRange(reading.Rows.Where(r => table.Find(r.Column) is null).Select(r => new Fault("rows", "exchange.fault.column-missing", r.Column)));
            return faults.Count == 0
                ? new PostgresSource(reading, connection, transaction, table)
                : throw new ExchangeFault(ExchangeProblems.SourceChanged, faults);
        }
        catch
        {
            await connection.DisposeAsync();
            throw;
        }
    }

    public override ValueTask DisposeAsync() => connection.DisposeAsync();

    internal override async Task<long> EstimateAsync(CancellationToken ct)
    {
        var query = Query(null, null);
        await SetAsync(query, ct);
        await using var explain = new NpgsqlCommand($"EXPLAIN (FORMAT JSON) {query.Sql}", connection, transaction);
        using var plan = JsonDocument.Parse((string)(await explain.ExecuteScalarAsync(ct))!);
        return (long)plan.RootElement[0].GetProperty("Plan").GetProperty("Plan Rows").GetDouble();
    }

    internal override async Task<HorizonBound?> AdvanceAsync(Horizon horizon, CancellationToken ct)
    {
        // A standby does not show who is writing at its primary.
        await using var standby = new NpgsqlCommand("SELECT pg_is_in_recovery()", connection, transaction);
        if (await standby.ExecuteScalarAsync(ct) is true) { throw new ExchangeFault(ExchangeProblems.SourceRefused, [new Fault("", "exchange.fault.standby")]); }

        // The bound first, then who is open: whoever wrote below the bound and is not in the list has ended.
        // A transaction's time is taken a moment before its lock can be seen; the second covers that moment.
        var column = PostgresDatabase.Quote(watermark.Name);
        await using var bound = new NpgsqlCommand(IsTime
            ? $"SELECT (clock_timestamp() - interval '1 second')::{watermark.Type}::text"
            : $"SELECT max({column})::text FROM {PostgresDatabase.Quote(table.Name)}", connection, transaction);
        var value = await bound.ExecuteScalarAsync(ct) as string;

        List<string> open = [];
        // pg_stat_activity stands still within a transaction unless told to look again.
        await ExecuteAsync(connection, "SELECT pg_stat_clear_snapshot()", ct);
        // Everybody may see these locks. Sessions of other databases, of maintenance (which has no user) and our own readers write no rows of this table;
        // of a session that is not listed nothing is known, so it counts.
        await using var list = new NpgsqlCommand(
            """
            SELECT l.virtualtransaction FROM pg_locks l LEFT JOIN pg_stat_activity a ON a.pid = l.pid
            WHERE l.locktype = 'virtualxid' AND l.mode = 'ExclusiveLock' AND l.granted AND l.pid <> pg_backend_pid()
              AND (a.pid IS NULL OR a.datname = current_database() AND a.usename IS NOT NULL AND a.application_name IS DISTINCT FROM 'zhengtong-source')
            UNION ALL SELECT 'prepared ' || gid FROM pg_prepared_xacts WHERE database = current_database()
            """, connection, transaction);
        await using var row = await list.ExecuteReaderAsync(ct);
        while (await row.ReadAsync(ct)) { open.Add(row.GetString(0)); }
        return horizon.Look(new HorizonBound(value), open);
    }

    internal override IAsyncEnumerable<RowGroup> SnapshotAsync(Position? after, CancellationToken ct) => ReadAsync(Query(after, null), DeliveryPhase.Snapshot, ct);

    internal override IAsyncEnumerable<RowGroup> ChangesAsync(Position after, HorizonBound until, CancellationToken ct) => ReadAsync(Query(after, until), DeliveryPhase.Changes, ct);

    private bool IsTime => watermark.Type is "timestamp" or "timestamptz";

    private async IAsyncEnumerable<RowGroup> ReadAsync(CopyQuery query, DeliveryPhase phase, [EnumeratorCancellation] CancellationToken ct)
    {
        await SetAsync(query, ct);
        var items = NewBuffers();
        var mark = new ColumnBuffer(IsTime ? ItemType.Timestamp : ItemType.Integer);
        ColumnBuffer[] all = [.. items, mark];
        var rows = new PostgresRowReader(all);
        var key = Reading.Items.Index().Where(i => i.Item.IsKey).Select(i => items[i.Index]).ToArray();
        var buffer = new byte[256 * 1024];
        int start = 0, end = 0;

        var copy = await connection.BeginRawBinaryCopyAsync($"COPY ({query.Sql}) TO STDOUT (FORMAT BINARY)", ct);
        try
        {
            while (!rows.Ended)
            {
                var taken = rows.Take(buffer.AsSpan(start, end - start));
                start += taken;
                if (taken > 0)
                {
                    if (!IsFull(items)) { continue; }
                    yield return Group();
                    foreach (var column in all) { column.Clear(); }
                    continue;
                }

                if (start > 0)
                {
                    buffer.AsSpan(start, end - start).CopyTo(buffer);
                    (start, end) = (0, end - start);
                }

                if (end == buffer.Length) { Array.Resize(ref buffer, buffer.Length * 2); }
                var read = await copy.ReadAsync(buffer.AsMemory(end), ct);
                if (read == 0) { throw new EndOfStreamException("The COPY ended before its trailer"); }
                end += read;
            }

            if (items[0].Count > 0) { yield return Group(); }
        }
        finally
        {
            await CloseAsync(copy, rows.Ended);
        }

        RowGroup Group()
        {
            var last = items[0].Count - 1;
            var values = key.Select(k => TextOf(k, last));
            return new RowGroup(items, items[0].Count, new Position(phase == DeliveryPhase.Snapshot ? [.. values] : [TextOf(mark, last), .. values]));
        }
    }

    /// <summary>A SELECT and the values of its settings.</summary>
    private sealed record CopyQuery(string Sql, IReadOnlyList<string> Values);

    /// <param name="after">Key in a snapshot; watermark and key in the changes.</param>
    /// <param name="until">Null in a snapshot.</param>
    private CopyQuery Query(Position? after, HorizonBound? until)
    {
        List<string> values = [];
        List<string> conditions = [.. Reading.Rows.Select(Condition)];
        string[] key = [.. Reading.Key.Select(i => i.Column)];
        string[] order = until is null ? key : [watermark.Name, .. key];
        if (after is { Values.Count: > 0 })
        {
            var columns = order.Take(after.Values.Count);
            var places = columns.Zip(after.Values).Select(c => Place(c.Second, table.Find(c.First)!.Type));
            var isStartOfChanges = until is not null && after.Values.Count == 1;
            conditions.Add($"({string.Join(", ", columns.Select(Column))}) {(isStartOfChanges ? ">=" : ">")} ({string.Join(", ", places)})");
        }

        if (until is not null)
        {
            // A number of a sequence is given out once, a time more than once: the bound itself is safe only for numbers.
            conditions.Add(until.Value is null ? "false" : $"{Column(watermark.Name)} {(IsTime ? "<" : "<=")} {Place(until.Value, watermark.Type)}");
        }

        var select = Reading.Items.Select(i => i.Type == ItemType.Text && table.Find(i.Column)!.Type is not ("text" or "varchar" or "bpchar") ? $"{Column(i.Column)}::text" : Column(i.Column));
        var sql = new StringBuilder("SELECT ").AppendJoin(", ", [.. select, Column(watermark.Name)]).Append(" FROM ").Append(PostgresDatabase.Quote(table.Name)).Append(" t");
        if (conditions.Count > 0) { sql.Append(" WHERE ").AppendJoin(" AND ", conditions); }
        sql.Append(" ORDER BY ").AppendJoin(", ", order.Select(Column));
        return new CopyQuery(sql.ToString(), values);

        string Column(string name) => $"t.{PostgresDatabase.Quote(table.Find(name)!.Name)}";

        // The type's name is one of a few built-in ones, checked when the table was; see Gives and WatermarkType.
        string Place(string value, string type)
        {
            values.Add(value);
            return $"current_setting('zhengtong.v{values.Count - 1}')::{PostgresDatabase.TypeName(type)}";
        }

        string Condition(RowCondition row)
        {
            var column = table.Find(row.Column)!;
            return row.Operator switch
            {
                RowOperator.Equal => $"{Column(row.Column)} = {Place(row.Values[0], column.Type)}",
                RowOperator.In => $"{Column(row.Column)} IN ({string.Join(", ", row.Values.Select(v => Place(v, column.Type)))})",
                RowOperator.StartsWith => $"starts_with({Column(row.Column)}::text, {Place(row.Values[0], "text")})",
                RowOperator.AtLeast => $"{Column(row.Column)} >= {Place(row.Values[0], column.Type)}",
                RowOperator.AtMost => $"{Column(row.Column)} <= {Place(row.Values[0], column.Type)}",
                _ => throw new NotSupportedException($"{row.Operator}"),
            };
        }
    }

    /// <summary>A stream that is left early is cancelled: closing it alone would read the rest of the table first.</summary>
    private static async Task CloseAsync(NpgsqlRawCopyStream copy, bool ended)
    {
        try
        {
            if (!ended) { await copy.CancelAsync(); }
            await copy.DisposeAsync();
        }
        catch (Exception e) when (!ended && e is NpgsqlException or IOException or OperationCanceledException or ObjectDisposedException)
        {
            // The reader has what it wanted, or a better reason is on its way up.
        }
    }

    private async Task SetAsync(CopyQuery query, CancellationToken ct)
    {
        if (query.Values.Count == 0) { return; }
        await using var set = new NpgsqlCommand($"SELECT {string.Join(", ", query.Values.Select((_, n) => $"set_config('zhengtong.v{n}', ${n + 1}, false)"))}", connection, transaction);
        foreach (var value in query.Values) { set.Parameters.Add(new NpgsqlParameter { Value = value }); }
        await set.ExecuteNonQueryAsync(ct);
    }

    /// <summary>A value as PostgreSQL reads it back.</summary>
    private static string TextOf(ColumnBuffer column, int row) => column.Type switch
    {
        ItemType.Text or ItemType.Decimal => Encoding.UTF8.GetString(column.BytesAt(row)),
        ItemType.Integer => column.Int64At(row).ToString(CultureInfo.InvariantCulture),
        ItemType.Float => column.DoubleAt(row).ToString("R", CultureInfo.InvariantCulture),
        ItemType.Boolean => column.BooleanAt(row) ? "true" : "false",
        ItemType.Date => column.DaysAt(row) switch
        {
            int.MaxValue => "infinity",
            int.MinValue => "-infinity",
            var days => DateOnly.FromDateTime(DateTime.UnixEpoch.AddDays(days)).ToString("yyyy-MM-dd", CultureInfo.InvariantCulture),
        },
        ItemType.Timestamp => column.Int64At(row) switch
        {
            long.MaxValue => "infinity",
            long.MinValue => "-infinity",
            var microseconds => DateTime.UnixEpoch.AddTicks(checked(microseconds * 10)).ToString("yyyy-MM-dd HH:mm:ss.ffffff+00", CultureInfo.InvariantCulture),
        },
        ItemType.Binary => $"\\x{Convert.ToHexStringLower(column.BytesAt(row))}",
        _ => throw new NotSupportedException($"{column.Type}"),
    };

    private static async Task ExecuteAsync(NpgsqlConnection connection, string sql, CancellationToken ct)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync(ct);
    }
}
