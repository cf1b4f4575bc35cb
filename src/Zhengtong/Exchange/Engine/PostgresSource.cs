using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using Npgsql;
using NpgsqlTypes;
using Zhengtong.Agreements;
using Zhengtong.Agreements.Model;
using Zhengtong.Catalogue.Model;
using Zhengtong.Exchange.Model;

namespace Zhengtong.Exchange.Engine;

/// <summary>All queries of a reader see the table as of one moment.</summary>
/// <param name="Snapshot">A moment that another session exported; null for that of opening.</param>
internal sealed record Steadiness(string? Snapshot = null);

/// <summary>Reads a PostgreSQL table: one binary COPY of a SELECT of the agreed columns and rows, parsed as it streams in.</summary>
/// <remarks>COPY takes no parameters. Values (positions, bounds, row conditions) therefore go as parameters into settings of the session, and the SELECT
/// reads them back with current_setting(): no value ever becomes SQL text. Names are those the database's own catalogue gave back. Without steadiness each query sees the table as it is at that moment.</remarks>
internal sealed partial class PostgresSource : Source
{
    private const string ApplicationName = "zhengtong-source";
    private readonly PostgresDatabase database;
    private readonly NpgsqlConnection connection;
    private NpgsqlTransaction? transaction;
    private readonly TableShape table;
    private readonly TableColumn? watermark;

    /// <summary>Which items are arrays.</summary>
    private readonly int[] arrays;

    private PostgresSource(PostgresDatabase database, Reading reading, NpgsqlConnection connection, NpgsqlTransaction transaction, TableShape table) : base(reading)
    {
        (this.database, this.connection, this.transaction, this.table) = (database, connection, transaction, table);
        watermark = reading.Watermark is null ? null : table.Find(reading.Watermark);
        arrays = [.. reading.Items.Index().Where(i => i.Item.Type == ItemType.Text && PostgresArray.Gives(table.Find(i.Item.Column)!.Type)).Select(i => i.Index)];
    }

    /// <exception cref="ExchangeFault">The table no longer fits.</exception>
    internal static async Task<PostgresSource> OpenAsync(PostgresDatabase database, Reading reading, Steadiness? steady, CancellationToken ct)
    {
        var connection = await database.ConnectAsync(ApplicationName, ct, reading.Encoding);
        try
        {
            // The table's shape is looked up inside the transaction that reads it; touching it first keeps others from altering it in between.
            var transaction = await connection.BeginTransactionAsync(steady is null ? System.Data.IsolationLevel.ReadCommitted : System.Data.IsolationLevel.RepeatableRead, ct);
            if (steady?.Snapshot is { } snapshot)
            {
                if (!SnapshotName().IsMatch(snapshot)) { throw new InvalidDataException("Not the name of a snapshot"); }
                await ExecuteAsync(connection, $"SET TRANSACTION SNAPSHOT '{snapshot}'", ct);
            }

            if (await PostgresDatabase.FindTableAsync(connection, reading.Table, ct) is not { } known)
            {
                throw new ExchangeFault(UnfitOf(reading), reading.Table.ToString());
            }

            await ExecuteAsync(connection, $"LOCK TABLE {PostgresDatabase.Quote(known.Name)} IN ACCESS SHARE MODE", ct);
            var table = (await PostgresDatabase.FindTableAsync(connection, reading.Table, ct))!;
            var faults = FaultsOf(database, table, reading);
            return faults.Count == 0
                ? new PostgresSource(database, reading, connection, transaction, table)
                : throw new ExchangeFault(UnfitOf(reading), faults);
        }
        catch
        {
            await connection.DisposeAsync();
            throw;
        }
    }

    public override ValueTask DisposeAsync() => connection.DisposeAsync();

    /// <summary>Lets the table go while something is done that waits for other transactions: one of them may be waiting for the table, and neither the server nor anybody else would see that each waits for the other.</summary>
    /// <exception cref="ExchangeFault">The table no longer fits.</exception>
    internal async Task<T> LetGoAsync<T>(Func<Task<T>> act, CancellationToken ct)
    {
        await LetGoAsync(ct);
        var done = await act();
        await HoldAsync(ct);
        return done;
    }

    /// <summary>Lets the table go: whoever wants to alter it may. What was learned of it is learned again by <see cref="HoldAsync"/>.</summary>
    internal async Task LetGoAsync(CancellationToken ct)
    {
        if (transaction is null) { return; }
        await transaction.CommitAsync(ct);
        transaction = null;
    }

    /// <summary>Keeps others from altering the table, as from opening on; nothing when it is held already.</summary>
    /// <exception cref="ExchangeFault">The table no longer fits.</exception>
    internal async Task HoldAsync(CancellationToken ct)
    {
        if (transaction is not null) { return; }
        transaction = await connection.BeginTransactionAsync(System.Data.IsolationLevel.ReadCommitted, ct);
        if (await PostgresDatabase.FindTableAsync(connection, Reading.Table, ct) is null) { throw new ExchangeFault(UnfitOf(Reading), Reading.Table.ToString()); }
        await ExecuteAsync(connection, $"LOCK TABLE {PostgresDatabase.Quote(table.Name)} IN ACCESS SHARE MODE", ct);
        var faults = FaultsOf(database, (await PostgresDatabase.FindTableAsync(connection, Reading.Table, ct))!, Reading);
        if (faults.Count > 0) { throw new ExchangeFault(UnfitOf(Reading), faults); }
    }

    internal override async Task<long> EstimateAsync(CancellationToken ct)
    {
        var query = Query(null, null, compares: true);
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
        var column = PostgresDatabase.Quote(Watermark.Name);
        await using var bound = new NpgsqlCommand(IsTime
            ? $"SELECT (clock_timestamp() - interval '1 second')::{Watermark.Type}::text"
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

    internal override async IAsyncEnumerable<ComparedGroup> AllAsync(Position? delivered, [EnumeratorCancellation] CancellationToken ct)
    {
        var items = NewBuffers();
        var changed = new ColumnBuffer(ItemType.Boolean);
        await foreach (var rows in FillAsync(Query(delivered, null, compares: true), items, changed, ct)) { yield return new ComparedGroup(items, changed, rows); }
    }

    /// <summary>The table as it was when the reader was opened.</summary>
    internal TableShape Table => table;

    /// <summary>The agreed rows of these keys as they are now, in groups.</summary>
    /// <param name="keys">One list of texts for each item of the key.</param>
    /// <param name="ct">Stops the reading.</param>
    internal async IAsyncEnumerable<RowGroup> OfKeysAsync(IReadOnlyList<IReadOnlyList<string>> keys, [EnumeratorCancellation] CancellationToken ct)
    {
        List<string> values = [];
        var names = keys.Select((_, n) => $"k{n}").ToList();
        var arrays = keys.Select(k => $"(SELECT {Place(values, ArrayOf(k), "text")}::text[])").ToList();
        var same = Reading.Key.Select((i, n) => $"{Column(i.Column)} = k.k{n}::{PostgresDatabase.TypeName(table.Find(i.Column)!.Type)}");
        List<string> conditions = [.. Reading.Rows.Select(r => Condition(r, values))];
        var sql = new StringBuilder("SELECT ").AppendJoin(", ", [.. Reading.Items.Select(Selected), "false"]).Append(" FROM unnest(").AppendJoin(", ", arrays).Append(") k(").AppendJoin(", ", names)
            .Append(") JOIN ").Append(PostgresDatabase.Quote(table.Name)).Append(" t ON ").AppendJoin(" AND ", same);
        if (conditions.Count > 0) { sql.Append(" WHERE ").AppendJoin(" AND ", conditions); }
        var items = NewBuffers();
        await foreach (var rows in FillAsync(new CopyQuery(sql.ToString(), values), items, new ColumnBuffer(ItemType.Boolean), ct)) { yield return new RowGroup(items, rows, new Position([])); }
    }

    /// <summary>Waits until what these transactions did can be seen: the log tells of a commit a moment before others see it.</summary>
    internal async Task SeeAsync(IReadOnlyCollection<uint> transactions, CancellationToken ct)
    {
        // A transaction gives its lock back after its changes have become visible.
        await using var open = new NpgsqlCommand("SELECT count(*) FROM pg_locks WHERE locktype = 'transactionid' AND mode = 'ExclusiveLock' AND granted AND transactionid::text = ANY ($1)", connection, transaction);
        open.Parameters.Add(new NpgsqlParameter { Value = transactions.Select(t => t.ToString(CultureInfo.InvariantCulture)).ToArray() });
        while (await open.ExecuteScalarAsync(ct) is > 0L) { await Task.Delay(5, ct); }
    }

    /// <summary>How far the log is written; or safely on disk, so that it can be read.</summary>
    internal async Task<NpgsqlLogSequenceNumber> LogAsync(bool flushed, CancellationToken ct)
    {
        await using var look = new NpgsqlCommand(flushed ? "SELECT pg_current_wal_flush_lsn()" : "SELECT pg_current_wal_insert_lsn()", connection, transaction);
        return (NpgsqlLogSequenceNumber)(await look.ExecuteScalarAsync(ct))!;
    }

    /// <summary>Names of types by their number; of a domain that of the type it stands on.</summary>
    internal async Task<Dictionary<uint, string>> TypesAsync(IEnumerable<uint> ids, CancellationToken ct)
    {
        await using var list = new NpgsqlCommand(
            """
            SELECT t.oid, CASE WHEN n.nspname = 'pg_catalog' THEN b.typname::text ELSE n.nspname || '.' || b.typname END
            FROM pg_type t JOIN pg_type b ON b.oid = CASE WHEN t.typtype = 'd' THEN t.typbasetype ELSE t.oid END JOIN pg_namespace n ON n.oid = b.typnamespace
            WHERE t.oid::text = ANY ($1)
            """, connection, transaction);
        list.Parameters.Add(new NpgsqlParameter { Value = ids.Select(i => i.ToString(CultureInfo.InvariantCulture)).ToArray() });
        Dictionary<uint, string> types = [];
        await using var row = await list.ExecuteReaderAsync(ct);
        while (await row.ReadAsync(ct)) { types[row.GetFieldValue<uint>(0)] = row.GetString(1); }
        return types;
    }

    /// <summary>The agreed row conditions as something that can be decided outside of the database; null when there are none.</summary>
    /// <exception cref="ExchangeFault">A condition compares in a way that only the database knows.</exception>
    internal async Task<RowFilter?> FilterAsync(CancellationToken ct)
    {
        if (Reading.Rows.Count == 0) { return null; }
        List<FilterCondition> conditions = [];
        foreach (var row in Reading.Rows)
        {
            var column = table.Find(row.Column)!;
            var type = FilterTypeOf(column.Type);
            var isRange = row.Operator is RowOperator.AtLeast or RowOperator.AtMost;
            if (type is null || (row.Operator == RowOperator.StartsWith && type is ItemType.Float or ItemType.Timestamp) || (isRange && type == ItemType.Text && !await IsBytewiseAsync(column, ct)))
            {
                throw new ExchangeFault(ExchangeProblems.CaptureUnfit, [new Fault("rows", "exchange.fault.capture-condition", row.Column, column.Type)]);
            }

            // The database itself reads the condition's values, as it does in a query.
            var wantedType = row.Operator == RowOperator.StartsWith ? ItemType.Text : type.Value;
            var wanted = new ColumnBuffer(wantedType);
            List<string> values = [];
            var places = row.Values.Select(v => row.Operator == RowOperator.StartsWith ? Place(values, v, "text") : $"{Place(values, v, column.Type)}{(column.Type == "uuid" ? "::text" : "")}").ToList();
            var sql = string.Join(" UNION ALL ", places.Select(p => $"SELECT {p}, false"));
            await foreach (var _ in FillAsync(new CopyQuery(sql, values), [wanted], new ColumnBuffer(ItemType.Boolean), ct, [])) { }
            conditions.Add(new FilterCondition(row.Column, row.Operator, wanted, type.Value, isPadded: column.Type == "bpchar"));
        }

        return new RowFilter(conditions);
    }

    private static ItemType? FilterTypeOf(string type) => type switch
    {
        "text" or "varchar" or "bpchar" or "uuid" => ItemType.Text,
        "int2" or "int4" or "int8" => ItemType.Integer,
        "numeric" => ItemType.Decimal,
        "float4" or "float8" => ItemType.Float,
        "bool" => ItemType.Boolean,
        "date" => ItemType.Date,
        "timestamp" or "timestamptz" => ItemType.Timestamp,
        _ => null,
    };

    /// <summary>True when the column's texts are ordered by their bytes.</summary>
    private async Task<bool> IsBytewiseAsync(TableColumn column, CancellationToken ct)
    {
        if (column.Type == "uuid") { return true; }
        await using var look = new NpgsqlCommand(
            """
            SELECT CASE WHEN o.collname = 'default' THEN (SELECT datcollate FROM pg_database WHERE datname = current_database()) ELSE o.collcollate END
            FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace JOIN pg_attribute a ON a.attrelid = c.oid JOIN pg_collation o ON o.oid = a.attcollation
            WHERE n.nspname = $1 AND c.relname = $2 AND a.attname = $3 AND o.collprovider IN ('d', 'c')
            """, connection, transaction) { Parameters = { new() { Value = table.Name.Schema }, new() { Value = table.Name.Table }, new() { Value = column.Name } } };
        return await look.ExecuteScalarAsync(ct) is "C" or "POSIX" or "C.UTF-8" or "C.utf8";
    }

    /// <summary>An array's literal; it goes as a parameter.</summary>
    private static string ArrayOf(IReadOnlyList<string> texts)
    {
        var array = new StringBuilder("{");
        foreach (var text in texts)
        {
            if (array.Length > 1) { array.Append(','); }
            array.Append('"').Append(text.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal)).Append('"');
        }

        return array.Append('}').ToString();
    }

    [GeneratedRegex(@"\A[0-9A-Fa-f-]+\z")]
    private static partial Regex SnapshotName();

    private TableColumn Watermark => watermark ?? throw new InvalidOperationException("The table is read without a watermark");

    private bool IsTime => Watermark.Type is "timestamp" or "timestamptz";

    private async IAsyncEnumerable<RowGroup> ReadAsync(CopyQuery query, DeliveryPhase phase, [EnumeratorCancellation] CancellationToken ct)
    {
        var items = NewBuffers();
        var mark = new ColumnBuffer(watermark is null ? ItemType.Boolean : IsTime ? ItemType.Timestamp : ItemType.Integer);
        var key = Reading.Items.Index().Where(i => i.Item.IsKey).Select(i => items[i.Index]).ToArray();
        await foreach (var rows in FillAsync(query, items, mark, ct))
        {
            var last = rows - 1;
            var values = key.Select(k => TextOf(k, last));
            yield return new RowGroup(items, rows, new Position(phase == DeliveryPhase.Snapshot ? [.. values] : [TextOf(mark, last), .. values]));
        }
    }

    /// <summary>Fills the buffers with what the query gives, again and again; says how many rows there are each time.</summary>
    private async IAsyncEnumerable<int> FillAsync(CopyQuery query, ColumnBuffer[] items, ColumnBuffer beside, [EnumeratorCancellation] CancellationToken ct, int[]? which = null)
    {
        await SetAsync(query, ct);
        ColumnBuffer[] all = [.. items, beside];
        var rows = new PostgresRowReader(all, which ?? arrays);
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
                    yield return items[0].Count;
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

            if (items[0].Count > 0) { yield return items[0].Count; }
        }
        finally
        {
            await CloseAsync(copy, rows.Ended);
        }
    }

    /// <summary>A SELECT and the values of its settings.</summary>
    private sealed record CopyQuery(string Sql, IReadOnlyList<string> Values);

    /// <param name="after">Key in a snapshot; watermark and key in the changes and when it compares.</param>
    /// <param name="until">Null in a snapshot.</param>
    /// <param name="compares">True reads all rows in no order and says of each whether it lies behind the position.</param>
    private CopyQuery Query(Position? after, HorizonBound? until, bool compares = false)
    {
        List<string> values = [];
        List<string> conditions = [.. Reading.Rows.Select(r => Condition(r, values))];
        string[] key = [.. Reading.Key.Select(i => i.Column)];
        string[] order = until is not null || (compares && after is not null) ? [Watermark.Name, .. key] : key;
        var beside = compares ? after is null ? "false" : "true" : watermark is null ? "false" : Column(watermark.Name);
        if (after is { Values.Count: > 0 })
        {
            var columns = order.Take(after.Values.Count);
            // In the list of what is selected a setting would be read and parsed again for each row; a subquery is evaluated once.
            var places = columns.Zip(after.Values).Select(c => Place(values, c.Second, table.Find(c.First)!.Type)).Select(p => compares ? $"(SELECT {p})" : p);
            var isStartOfChanges = (until is not null || compares) && after.Values.Count == 1;
            var behind = $"({string.Join(", ", columns.Select(Column))}) {(isStartOfChanges ? ">=" : ">")} ({string.Join(", ", places)})";
            if (compares) { beside = behind; } else { conditions.Add(behind); }
        }

        if (until is not null)
        {
            // A number of a sequence is given out once, a time more than once: the bound itself is safe only for numbers.
            conditions.Add(until.Value is null ? "false" : $"{Column(Watermark.Name)} {(IsTime ? "<" : "<=")} {Place(values, until.Value, Watermark.Type)}");
        }

        var sql = new StringBuilder("SELECT ").AppendJoin(", ", [.. Reading.Items.Select(Selected), beside]).Append(" FROM ").Append(PostgresDatabase.Quote(table.Name)).Append(" t");
        if (conditions.Count > 0) { sql.Append(" WHERE ").AppendJoin(" AND ", conditions); }
        if (!compares) { sql.Append(" ORDER BY ").AppendJoin(", ", order.Select(Column)); }
        return new CopyQuery(sql.ToString(), values);
    }

    private string Column(string name) => $"t.{PostgresDatabase.Quote(table.Find(name)!.Name)}";

    private string Selected(AgreedItem item) =>
        item.Type == ItemType.Text && table.Find(item.Column)!.Type is var type && type is not ("text" or "varchar" or "bpchar") && !PostgresArray.Gives(type) ? $"{Column(item.Column)}::text" : Column(item.Column);

    /// <summary>Stands for a value in SQL. The type's name is one of a few built-in ones, checked when the table was; see Gives and WatermarkType.</summary>
    private static string Place(List<string> values, string value, string type)
    {
        values.Add(value);
        return $"current_setting('zhengtong.v{values.Count - 1}')::{PostgresDatabase.TypeName(type)}";
    }

    private string Condition(RowCondition row, List<string> values)
    {
        var column = table.Find(row.Column)!;
        return row.Operator switch
        {
            RowOperator.Equal => $"{Column(row.Column)} = {Place(values, row.Values[0], column.Type)}",
            RowOperator.In => $"{Column(row.Column)} IN ({string.Join(", ", row.Values.Select(v => Place(values, v, column.Type)))})",
            RowOperator.StartsWith => $"starts_with({Column(row.Column)}::text, {Place(values, row.Values[0], "text")})",
            RowOperator.AtLeast => $"{Column(row.Column)} >= {Place(values, row.Values[0], column.Type)}",
            RowOperator.AtMost => $"{Column(row.Column)} <= {Place(values, row.Values[0], column.Type)}",
            _ => throw new NotSupportedException($"{row.Operator}"),
        };
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

    /// <summary>A value as PostgreSQL reads it back, and as people read it.</summary>
    internal static string TextOf(ColumnBuffer column, int row) => column.Type switch
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
