using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text;
using MySqlConnector;
using Zhengtong.Catalogue.Model;

namespace Zhengtong.Exchange.Engine;

/// <summary>Reads a MariaDB or MySQL table as it streams in. Each reading has a transaction of its own, with a consistent snapshot that begins after the bound was
/// taken: whatever lies below the bound is in it.</summary>
/// <remarks>Whole numbers and floats come as numbers, all else as UTF-8 text that the server made (it knows GBK and GB 2312), because no other form keeps every digit,
/// every date it allows and every microsecond.</remarks>
internal sealed class MySqlSource : Source
{
    private const string ConnectionName = "zhengtong-source";

    /// <summary>How often the list of open transactions is asked for until it is newer than the question: the server hands out one list to all who ask within 0.1 s.</summary>
    private const int MostLooks = 20;

    private static readonly TimeSpan BetweenLooks = TimeSpan.FromMilliseconds(120);
    private readonly MySqlDatabase database;
    private readonly MySqlConnection connection;
    private TableShape table;

    private MySqlSource(MySqlDatabase database, Reading reading, MySqlConnection connection, TableShape table) : base(reading) =>
        (this.database, this.connection, this.table) = (database, connection, table);

    /// <exception cref="ExchangeFault">The table no longer fits.</exception>
    internal static async Task<MySqlSource> OpenAsync(MySqlDatabase database, Reading reading, CancellationToken ct)
    {
        var connection = await database.ConnectAsync(ConnectionName, ct);
        try
        {
            await MySqlDatabase.ExecuteAsync(connection, "SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ", ct);
            return new MySqlSource(database, reading, connection, await LookAsync(database, reading, connection, ct));
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
        await using var explain = Command(Question(null, null, compares: true), "EXPLAIN ");
        await using var row = await explain.ExecuteReaderAsync(ct);
        return await row.ReadAsync(ct) && row["rows"] is not DBNull ? Convert.ToInt64(row["rows"], CultureInfo.InvariantCulture) : 0;
    }

    /// <summary>The bound first, then who is open: whoever wrote below the bound and is not in the list has ended.</summary>
    /// <remarks>A statement's time is taken when it arrives, its transaction is seen a moment later: one second covers that moment, another what a column of whole seconds
    /// cuts off. A statement that waits for the table's definition has its time and no transaction yet: who waits counts as open. An account without the right PROCESS sees
    /// none of this: then changes are read as far behind the clock as the settings say, and a transaction must not last longer than that.</remarks>
    internal override async Task<HorizonBound?> AdvanceAsync(Horizon horizon, CancellationToken ct)
    {
        // A connection of its own: the list is new when this connection's transaction is in it.
        await using var looking = await database.ConnectAsync(ConnectionName, ct);
        // A replica does not show who is writing at its primary.
        if (await ValueAsync(looking, "@@global.read_only", ct) is not ("OFF" or "0")) { throw new ExchangeFault(ExchangeProblems.SourceRefused, [new Fault("", "exchange.fault.standby")]); }
        var bound = await BoundAsync(looking, Watermark.Scale == 6 ? 1 : 2, ct);
        try
        {
            var waiting = await ListAsync(looking, "ID", "FROM information_schema.PROCESSLIST WHERE STATE LIKE 'Waiting for%'", ct);
            return await WritersAsync(looking, ct) is { } writers ? horizon.Look(bound, [.. writers, .. waiting.Select(w => $"waiting {w}")]) : null;
        }
        catch (MySqlException e) when (e.Number == MySqlDatabase.ProcessDenied)
        {
            return IsTime ? (await BoundAsync(looking, (long)database.Lag.TotalSeconds, ct)) with { Lag = database.Lag } : horizon.Look(bound, await RecentSecondsAsync(looking, ct));
        }
    }

    internal override IAsyncEnumerable<RowGroup> SnapshotAsync(Position? after, CancellationToken ct) => ReadAsync(after, null, ct);

    internal override IAsyncEnumerable<RowGroup> ChangesAsync(Position after, HorizonBound until, CancellationToken ct) => ReadAsync(after, until, ct);

    internal override async IAsyncEnumerable<ComparedGroup> AllAsync(Position? delivered, [EnumeratorCancellation] CancellationToken ct)
    {
        var items = NewBuffers();
        var changed = new ColumnBuffer(ItemType.Boolean);
        await foreach (var rows in FillAsync(delivered, null, compares: true, items, changed, ct)) { yield return new ComparedGroup(items, changed, rows); }
    }

    private TableColumn Watermark => table.Find(Reading.Watermark ?? throw new InvalidOperationException("The table is read without a watermark"))!;

    private bool IsTime => database.WatermarkType(Watermark) == ItemType.Timestamp;

    /// <summary>The clock by which the column is set: a datetime has the wall clock of the server, whose sessions fill it; a timestamp has none.</summary>
    private static string ClockOf(TableColumn column) => column.Type == "datetime" ? "CONVERT_TZ(UTC_TIMESTAMP(6), '+00:00', @@global.time_zone)" : "UTC_TIMESTAMP(6)";

    /// <summary>The newest number there is, or the clock so many seconds ago.</summary>
    private async Task<HorizonBound> BoundAsync(MySqlConnection looking, long secondsAgo, CancellationToken ct) => new(IsTime
        ? await ValueAsync(looking, $"{ClockOf(Watermark)} - INTERVAL {secondsAgo} SECOND", ct)
        : await ValueAsync(looking, $"MAX({MySqlDatabase.Quote(Watermark.Name)})", ct, $"FROM {MySqlDatabase.Quote(table.Name)}"));

    /// <summary>The transactions that are open and may write; null when no list newer than the question was to be had.</summary>
    private static async Task<IEnumerable<string>?> WritersAsync(MySqlConnection looking, CancellationToken ct)
    {
        await MySqlDatabase.ExecuteAsync(looking, "START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY", ct);
        for (var look = 0; look < MostLooks; look++)
        {
            if (look > 0) { await Task.Delay(BetweenLooks, ct); }
            // A transaction has its number only once it wrote; session and start are the same from its beginning. A prepared one may have lost its session.
            var all = await ListAsync(looking,
                "IF(trx_mysql_thread_id = CONNECTION_ID(), 'own', IF(trx_is_read_only, 'reader', CONCAT_WS(' ', trx_mysql_thread_id, trx_started, IF(trx_mysql_thread_id = 0, trx_id, NULL))))",
                "FROM information_schema.INNODB_TRX", ct);
            if (all.Contains("own")) { return all.Where(t => t is not ("own" or "reader")); }
        }

        return null;
    }

    /// <summary>Each second of the lag as something open: a look that noted a second waits until that one has grown old.</summary>
    private async Task<List<string>> RecentSecondsAsync(MySqlConnection looking, CancellationToken ct)
    {
        var now = long.Parse((await ValueAsync(looking, "UNIX_TIMESTAMP()", ct))!, CultureInfo.InvariantCulture);
        return [.. Enumerable.Range(0, (int)database.Lag.TotalSeconds).Select(n => $"second {now - n}")];
    }

    private static async Task<MySqlTable> LookAsync(MySqlDatabase database, Reading reading, MySqlConnection connection, CancellationToken ct)
    {
        var table = await MySqlDatabase.FindTableAsync(connection, reading.Table, ct) ?? throw new ExchangeFault(UnfitOf(reading), reading.Table.ToString());
        var faults = FaultsOf(database, table, reading);
        return faults.Count == 0 ? table : throw new ExchangeFault(UnfitOf(reading), faults);
    }

    private async IAsyncEnumerable<RowGroup> ReadAsync(Position? after, HorizonBound? until, [EnumeratorCancellation] CancellationToken ct)
    {
        var items = NewBuffers();
        var mark = new ColumnBuffer(ItemType.Text);
        var key = Reading.Items.Index().Where(i => i.Item.IsKey).Select(i => items[i.Index]).ToArray();
        await foreach (var rows in FillAsync(after, until, compares: false, items, mark, ct))
        {
            var last = rows - 1;
            var values = key.Select(k => TextOf(k, last));
            yield return new RowGroup(items, rows, new Position(until is null ? [.. values] : [TextOf(mark, last), .. values]));
        }
    }

    /// <summary>Fills the buffers with what is read, again and again; says how many rows there are each time.</summary>
    private async IAsyncEnumerable<int> FillAsync(Position? after, HorizonBound? until, bool compares, ColumnBuffer[] items, ColumnBuffer beside, [EnumeratorCancellation] CancellationToken ct)
    {
        await MySqlDatabase.ExecuteAsync(connection, "START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY", ct);
        // Touching the table keeps others from altering it until the transaction ends; its shape is looked up behind that.
        await MySqlDatabase.ExecuteAsync(connection, $"SELECT 1 FROM {MySqlDatabase.Quote(table.Name)} LIMIT 0", ct);
        table = await LookAsync(database, Reading, connection, ct);
        await using var select = Command(Question(after, until, compares), "");
        await database.PrepareAsync(select, ct);
        var fields = Reading.Items.Select((item, n) => new MySqlField(item, table.Find(item.Column)!, n, Reading.Encoding)).ToArray();
        var row = await select.ExecuteReaderAsync(ct);
        var ended = false;
        try
        {
            while (await row.ReadAsync(ct))
            {
                for (var n = 0; n < fields.Length; n++) { fields[n].Append(row, items[n]); }
                if (beside.Type == ItemType.Boolean) { beside.AppendBoolean(row.GetInt64(fields.Length) != 0); }
                else { AppendMark(beside, row, fields.Length); }
                if (!IsFull(items)) { continue; }
                yield return items[0].Count;
                foreach (var column in items) { column.Clear(); }
                beside.Clear();
            }

            ended = true;
            if (items[0].Count > 0) { yield return items[0].Count; }
        }
        finally
        {
            await CloseAsync(select, row, ended);
        }

        await MySqlDatabase.ExecuteAsync(connection, "COMMIT", ct);
    }

    /// <summary>A reading that is left early is cancelled: closing it alone would read the rest of the table first.</summary>
    private static async Task CloseAsync(MySqlCommand select, MySqlDataReader row, bool ended)
    {
        try
        {
            if (!ended) { select.Cancel(); }
            await row.DisposeAsync();
        }
        catch (Exception e) when (!ended && e is MySqlException or IOException or InvalidOperationException or ObjectDisposedException)
        {
            // The reader has what it wanted, or a better reason is on its way up.
        }
    }

    /// <summary>A watermark of zero days and months could not be asked for again.</summary>
    private void AppendMark(ColumnBuffer mark, MySqlDataReader row, int field)
    {
        var text = row.GetString(field);
        if (Reading.Watermark is not null && IsTime && text.StartsWith("0000-", StringComparison.Ordinal)) { throw MySqlField.ZeroDate(Watermark.Name); }
        mark.AppendBytes(Encoding.UTF8.GetBytes(text));
    }

    private MySqlCommand Command(MySqlQuestion question, string prefix)
    {
        var command = new MySqlCommand(prefix + question.Sql, connection);
        foreach (var (n, value) in question.Values.Index()) { command.Parameters.AddWithValue($"@v{n}", value); }
        return command;
    }

    /// <summary>The SELECT and its values.</summary>
    /// <param name="after">Key in a snapshot; watermark and key in the changes and when it compares.</param>
    /// <param name="until">Null in a snapshot.</param>
    /// <param name="compares">True reads all rows in no order and says of each whether it lies behind the position.</param>
    private MySqlQuestion Question(Position? after, HorizonBound? until, bool compares)
    {
        var where = new MySqlPlaces();
        List<string> conditions = [.. Reading.Rows.Select(r => where.Condition(table.Find(r.Column)!, r))];
        string[] key = [.. Reading.Key.Select(i => i.Column)];
        TableColumn[] order = [.. (until is not null || (compares && after is not null) ? [Watermark.Name, .. key] : key).Select(c => table.Find(c)!)];
        var beside = compares ? after is null ? "0" : "1" : MySqlField.Text(Reading.Watermark is null ? order[0] : Watermark);
        if (after is { Values.Count: > 0 })
        {
            var isStartOfChanges = (until is not null || compares) && after.Values.Count == 1;
            var behind = where.Behind([.. order.Take(after.Values.Count)], after.Values, isStartOfChanges);
            if (compares) { beside = $"IF({behind}, 1, 0)"; } else { conditions.Add(behind); }
        }

        if (until is not null)
        {
            // A number of a sequence is given out once, a time more than once: the bound itself is safe only for numbers.
            conditions.Add(until.Value is null ? "FALSE" : $"{MySqlPlaces.Ordered(Watermark)} {(IsTime ? "<" : "<=")} {where.Place(Watermark, until.Value)}");
        }

        var sql = new StringBuilder("SELECT ").AppendJoin(", ", [.. Reading.Items.Select(i => MySqlField.Expression(i, table.Find(i.Column)!, Reading.Encoding)), beside]).Append(" FROM ").Append(MySqlDatabase.Quote(table.Name));
        if (conditions.Count > 0) { sql.Append(" WHERE ").AppendJoin(" AND ", conditions); }
        if (!compares) { sql.Append(" ORDER BY ").AppendJoin(", ", order.Select(MySqlPlaces.Ordered)); }
        return new MySqlQuestion(sql.ToString(), where.Values);
    }

    /// <summary>A value as text, whatever its type: numbers beyond 64 bits and times to the microsecond stay what they are.</summary>
    private static async Task<string?> ValueAsync(MySqlConnection connection, string what, CancellationToken ct, string from = "") => (await ListAsync(connection, what, from, ct)) is [var only] ? only : null;

    private static async Task<List<string>> ListAsync(MySqlConnection connection, string what, string from, CancellationToken ct)
    {
        await using var command = new MySqlCommand($"SELECT CONVERT({what} USING utf8mb4) {from}", connection);
        await using var row = await command.ExecuteReaderAsync(ct);
        List<string> all = [];
        while (await row.ReadAsync(ct))
        {
            if (!await row.IsDBNullAsync(0, ct)) { all.Add(row.GetString(0)); }
        }

        return all;
    }

    /// <summary>A value as <see cref="MySqlPlaces.Place"/> reads it back.</summary>
    private static string TextOf(ColumnBuffer column, int row) => column.Type switch
    {
        ItemType.Boolean => column.BooleanAt(row) ? "1" : "0",
        ItemType.Timestamp => DateTime.UnixEpoch.AddTicks(column.Int64At(row) * TimeSpan.TicksPerMicrosecond).ToString("yyyy-MM-dd HH:mm:ss.ffffff", CultureInfo.InvariantCulture),
        _ => PostgresSource.TextOf(column, row),
    };
}
