using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text;
using Microsoft.Data.Sqlite;
using Zhengtong.Agreements;
using Zhengtong.Agreements.Model;
using Zhengtong.Catalogue.Model;
using Zhengtong.Exchange.Quality;

namespace Zhengtong.Exchange.Engine;

/// <summary>Reads a SQLite table row by row.</summary>
/// <remarks>SQLite has one writer at a time, so a watermark set inside a writing transaction never turns up behind one already seen. Times are often
/// whole seconds, though, so the last two seconds are left for the next look. Dates and times are ISO 8601 text, UTC.</remarks>
internal sealed class SqliteSource : Source
{
    private readonly SqliteConnection connection;
    private readonly TableShape table;
    private readonly bool watermarkIsTime;

    private SqliteSource(SqliteDatabase database, Reading reading, SqliteConnection connection, TableShape table) : base(reading)
    {
        (this.connection, this.table) = (connection, table);
        watermarkIsTime = reading.Watermark is not null && database.WatermarkType(table.Find(reading.Watermark)!) == ItemType.Timestamp;
    }

    /// <exception cref="ExchangeFault">The table no longer fits.</exception>
    internal static async Task<SqliteSource> OpenAsync(SqliteDatabase database, Reading reading, CancellationToken ct)
    {
        var connection = await database.ConnectAsync(ct);
        try
        {
            await using (var readOnly = connection.CreateCommand())
            {
                readOnly.CommandText = "PRAGMA query_only = ON";
                await readOnly.ExecuteNonQueryAsync(ct);
            }

            if (await SqliteDatabase.FindTableAsync(connection, reading.Table, ct) is not { } table)
            {
                throw new ExchangeFault(UnfitOf(reading), reading.Table.ToString());
            }

            var faults = FaultsOf(database, table, reading);
            return faults.Count == 0
                ? new SqliteSource(database, reading, connection, table)
                : throw new ExchangeFault(UnfitOf(reading), faults);
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
        await using var count = Select("count(*)", Conditions(), null);
        return (long)(await count.ExecuteScalarAsync(ct))!;
    }

    internal override async Task<HorizonBound?> AdvanceAsync(Horizon horizon, CancellationToken ct)
    {
        await using var newest = connection.CreateCommand();
        newest.CommandText = $"""
            SELECT newest, {(watermarkIsTime ? "coalesce(julianday(newest) < julianday('now', '-2 seconds'), 0), julianday(newest)" : "1")}
            FROM (SELECT max({Column(Watermark)}) AS newest FROM {SqliteDatabase.Quote(table.Name.Table)} t)
            """;
        await using var row = await newest.ExecuteReaderAsync(ct);
        await row.ReadAsync(ct);
        // What has no place in the order of the others would hide all changes behind it.
        if (!await row.IsDBNullAsync(0, ct) && (watermarkIsTime ? await row.IsDBNullAsync(2, ct) : row.GetValue(0) is not long)) { throw new ExchangeFault(ExchangeProblems.ValueDoesNotFit, Watermark, table.Find(Watermark)!.Type); }
        // A settled time and a number of a sequence are not given out again: changes begin behind them. A time of this moment may be: changes begin with it.
        return new HorizonBound(await row.IsDBNullAsync(0, ct) ? null : $"{(row.GetBoolean(1) ? ">" : "")}{Tag(row.GetValue(0))}");
    }

    internal override IAsyncEnumerable<RowGroup> SnapshotAsync(Position? after, CancellationToken ct) => ReadAsync([.. Reading.Key.Select(i => i.Column)], after, isChanges: false, ct);

    internal override IAsyncEnumerable<RowGroup> ChangesAsync(Position after, HorizonBound until, CancellationToken ct) =>
        ReadAsync([Watermark, .. Reading.Key.Select(i => i.Column)], after, isChanges: true, ct);

    internal override async IAsyncEnumerable<ComparedGroup> AllAsync(Position? delivered, [EnumeratorCancellation] CancellationToken ct)
    {
        var conditions = Conditions();
        var behind = delivered switch
        {
            null => "0",
            { Values.Count: 0 } => "1",
            _ => Behind([Watermark, .. Reading.Key.Select(i => i.Column)], delivered, isChanges: true, conditions),
        };
        await using var select = Select(string.Join(", ", [.. Reading.Items.Select(i => Column(i.Column)), behind]), conditions, null);
        await using var row = await select.ExecuteReaderAsync(ct);
        var items = NewBuffers();
        var changed = new ColumnBuffer(ItemType.Boolean);
        while (await row.ReadAsync(ct))
        {
            for (var n = 0; n < items.Length; n++) { Append(items[n], row, n, Reading.Items[n]); }
            changed.AppendBoolean(row.GetBoolean(items.Length));
            if (!IsFull(items)) { continue; }
            ct.ThrowIfCancellationRequested();
            yield return new ComparedGroup(items, changed, items[0].Count);
            foreach (var column in items) { column.Clear(); }
            changed.Clear();
        }

        if (items[0].Count > 0) { yield return new ComparedGroup(items, changed, items[0].Count); }
    }

    private string Watermark => Reading.Watermark ?? throw new InvalidOperationException("A consumer's table has no watermark");

    /// <summary>The condition that a row lies behind a position.</summary>
    private string Behind(string[] order, Position after, bool isChanges, Where conditions)
    {
        var columns = order.Take(after.Values.Count).Select(Column);
        var places = after.Values.Select(v => conditions.Place(Untag(v.TrimStart('>'))));
        var isIncluded = isChanges && after.Values is [var only] && only[0] != '>';
        return $"({string.Join(", ", columns)}) {(isIncluded ? ">=" : ">")} ({string.Join(", ", places)})";
    }

    private async IAsyncEnumerable<RowGroup> ReadAsync(string[] order, Position? after, bool isChanges, [EnumeratorCancellation] CancellationToken ct)
    {
        var conditions = Conditions();
        if (after is { Values.Count: > 0 }) { conditions.Sql.Add(Behind(order, after, isChanges, conditions)); }
        if (isChanges && watermarkIsTime)
        {
            conditions.Sql.Add($"coalesce(julianday({Column(Watermark)}) < julianday('now', '-2 seconds'), 1)");
        }

        // Positions are taken from the raw values: what SQLite compares must be what SQLite stored.
        await using var select = Select(string.Join(", ", [.. Reading.Items.Select(i => Column(i.Column)), .. order.Select(Column)]), conditions, order);
        await using var row = await select.ExecuteReaderAsync(ct);
        var items = NewBuffers();
        var last = new object[order.Length];
        while (await row.ReadAsync(ct))
        {
            for (var n = 0; n < items.Length; n++) { Append(items[n], row, n, Reading.Items[n]); }
            for (var n = 0; n < order.Length; n++) { last[n] = row.GetValue(items.Length + n); }
            if (!IsFull(items)) { continue; }
            ct.ThrowIfCancellationRequested();
            yield return Group();
            foreach (var column in items) { column.Clear(); }
        }

        if (items[0].Count > 0) { yield return Group(); }

        RowGroup Group() => new(items, items[0].Count, new Position([.. last.Select(Tag)]));
    }

    /// <summary>Conditions and the values of their parameters.</summary>
    private sealed class Where
    {
        internal List<string> Sql { get; } = [];

        internal List<object> Values { get; } = [];

        internal string Place(object value)
        {
            Values.Add(value);
            return $"$v{Values.Count - 1}";
        }
    }

    /// <summary>The agreed rows.</summary>
    private Where Conditions()
    {
        var where = new Where();
        foreach (var row in Reading.Rows)
        {
            var column = Column(row.Column);
            var values = row.Values.Select(v => where.Place(Typed(table.Find(row.Column)!, v)));
            where.Sql.Add(row.Operator switch
            {
                RowOperator.Equal => $"{column} = {values.First()}",
                RowOperator.In => $"{column} IN ({string.Join(", ", values)})",
                RowOperator.StartsWith when values.First() is var start => $"substr({column}, 1, length({start})) = {start}",
                RowOperator.AtLeast => $"{Ordered(row.Column, column)} >= {Ordered(row.Column, values.First())}",
                RowOperator.AtMost => $"{Ordered(row.Column, column)} <= {Ordered(row.Column, values.First())}",
                _ => throw new NotSupportedException($"{row.Operator}"),
            });
        }

        return where;
    }

    /// <summary>Moments and decimals are texts here, and one value is written in more than one way: they are compared as what they mean, moments by the millisecond.</summary>
    private string Ordered(string column, string sql) => (Reading.Items.FirstOrDefault(i => i.Column == column)?.Type, table.Find(column)!.Type) switch
    {
        (ItemType.Timestamp, _) => Moment(sql),
        (null, var type) when type.StartsWith("DATETIME", StringComparison.Ordinal) || type.StartsWith("TIMESTAMP", StringComparison.Ordinal) => Moment(sql),
        (ItemType.Decimal, _) => $"CAST({sql} AS NUMERIC)",
        _ => sql,
    };

    private static string Moment(string sql) => $"strftime('%Y-%m-%d %H:%M:%f', {sql})";

    private SqliteCommand Select(string what, Where where, string[]? order)
    {
        var sql = new StringBuilder("SELECT ").Append(what).Append(" FROM ").Append(SqliteDatabase.Quote(table.Name.Table)).Append(" t");
        if (where.Sql.Count > 0) { sql.Append(" WHERE ").AppendJoin(" AND ", where.Sql); }
        if (order is not null) { sql.Append(" ORDER BY ").AppendJoin(", ", order.Select(Column)); }
        var command = connection.CreateCommand();
        command.CommandText = sql.ToString();
        foreach (var (n, value) in where.Values.Index()) { command.Parameters.AddWithValue($"$v{n}", value); }
        return command;
    }

    private string Column(string name) => $"t.{SqliteDatabase.Quote(table.Find(name)!.Name)}";

    /// <summary>A condition's text as the column's kind of value; text where the column holds text.</summary>
    private static object Typed(TableColumn column, string value) =>
        column.Type.Contains("CHAR", StringComparison.Ordinal) || column.Type.Contains("TEXT", StringComparison.Ordinal) ? value
        : long.TryParse(value, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var integer) ? integer
        : double.TryParse(value, NumberStyles.Float, CultureInfo.InvariantCulture, out var real) ? real
        : value;

    private static void Append(ColumnBuffer column, SqliteDataReader row, int place, AgreedItem item)
    {
        var value = row.GetValue(place);
        switch (item.Type, value)
        {
            case (_, DBNull): column.AppendNull(); break;
            // SQLite does not look whether a text is one; of bytes that are none its library makes the sign for that.
            case (ItemType.Text, string text) when column.Decodes || text.Contains('\uFFFD', StringComparison.Ordinal):
                column.AppendText(row.GetFieldValue<byte[]>(place));
                // By it the row would not be found again.
                if (item.IsKey && column.UnfitAt(column.Count - 1) is not null) { throw new ExchangeFault(ExchangeProblems.ValueDoesNotFit, [new Fault("", "exchange.fault.encoding-unknown")]); }
                break;
            case (ItemType.Text, string text): column.AppendBytes(Encoding.UTF8.GetBytes(text)); break;
            case (ItemType.Integer, long number): column.AppendInt64(number); break;
            case (ItemType.Decimal, long number): column.AppendBytes(Encoding.UTF8.GetBytes(number.ToString(CultureInfo.InvariantCulture))); break;
            case (ItemType.Decimal, string text) when RowBytes.IsDecimal(text): column.AppendBytes(Encoding.UTF8.GetBytes(text)); break;
            case (ItemType.Float, double real): column.AppendDouble(real); break;
            case (ItemType.Float, long number): column.AppendDouble(number); break;
            case (ItemType.Boolean, 0L or 1L): column.AppendBoolean(value is 1L); break;
            case (ItemType.Date, string text) when DateOnly.TryParseExact(text, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out var date):
                column.AppendDays(date.DayNumber - DateOnly.FromDateTime(DateTime.UnixEpoch).DayNumber);
                break;
            case (ItemType.Timestamp, string text) when DateTimeOffset.TryParse(
                text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out var moment):
                column.AppendInt64((moment.UtcTicks - DateTime.UnixEpoch.Ticks) / TimeSpan.TicksPerMicrosecond);
                break;
            case (ItemType.Binary, byte[] bytes): column.AppendBytes(bytes); break;
            // SQLite keeps any value in any column. Such a row is a bad row and no reason to stop: the gate holds it back.
            default: column.AppendUnfit(Encoding.UTF8.GetBytes(Written(value))); break;
        }
    }

    private static string Written(object value) => value switch
    {
        double real => real.ToString("R", CultureInfo.InvariantCulture),
        byte[] bytes => $"\\x{Convert.ToHexStringLower(bytes)}",
        _ => Convert.ToString(value, CultureInfo.InvariantCulture)!,
    };

    private static string Tag(object value) => value switch
    {
        long integer => $"i{integer.ToString(CultureInfo.InvariantCulture)}",
        double real => $"r{real.ToString("R", CultureInfo.InvariantCulture)}",
        byte[] bytes => $"b{Convert.ToBase64String(bytes)}",
        string text => $"t{text}",
        _ => throw new ExchangeFault(ExchangeProblems.ValueDoesNotFit, "null"),
    };

    private static object Untag(string tagged) => tagged[0] switch
    {
        'i' => long.Parse(tagged.AsSpan(1), provider: CultureInfo.InvariantCulture),
        'r' => double.Parse(tagged.AsSpan(1), provider: CultureInfo.InvariantCulture),
        'b' => Convert.FromBase64String(tagged[1..]),
        _ => tagged[1..],
    };
}
