using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text;
using Microsoft.Data.Sqlite;
using Zhengtong.Agreements;
using Zhengtong.Agreements.Model;
using Zhengtong.Catalogue.Model;

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
        watermarkIsTime = database.WatermarkType(table.Find(reading.Watermark)!) == ItemType.Timestamp;
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
                throw new ExchangeFault(ExchangeProblems.SourceChanged, reading.Table.ToString());
            }

            var faults = database.SourceFaults(table, reading.Items, reading.Watermark);
            faults.AddRange(reading.Rows.Where(r => table.Find(r.Column) is null).Select(r => new Fault("rows", "exchange.fault.column-missing", r.Column)));
            return faults.Count == 0
                ? new SqliteSource(database, reading, connection, table)
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
        await using var count = Select("count(*)", Conditions(), null);
        return (long)(await count.ExecuteScalarAsync(ct))!;
    }

    internal override async Task<HorizonBound?> AdvanceAsync(Horizon horizon, CancellationToken ct)
    {
        await using var newest = connection.CreateCommand();
        newest.CommandText = $"""
            SELECT newest, {(watermarkIsTime ? "coalesce(julianday(newest) < julianday('now', '-2 seconds'), 0)" : "1")}
            FROM (SELECT max({Column(Reading.Watermark)}) AS newest FROM {SqliteDatabase.Quote(table.Name.Table)} t)
            """;
        await using var row = await newest.ExecuteReaderAsync(ct);
        await row.ReadAsync(ct);
        // A settled time and a number of a sequence are not given out again: changes begin behind them. A time of this moment may be: changes begin with it.
        return new HorizonBound(await row.IsDBNullAsync(0, ct) ? null : $"{(row.GetBoolean(1) ? ">" : "")}{Tag(row.GetValue(0))}");
    }

    internal override IAsyncEnumerable<RowGroup> SnapshotAsync(Position? after, CancellationToken ct) => ReadAsync([.. Reading.Key.Select(i => i.Column)], after, isChanges: false, ct);

    internal override IAsyncEnumerable<RowGroup> ChangesAsync(Position after, HorizonBound until, CancellationToken ct) =>
        ReadAsync([Reading.Watermark, .. Reading.Key.Select(i => i.Column)], after, isChanges: true, ct);

    private async IAsyncEnumerable<RowGroup> ReadAsync(string[] order, Position? after, bool isChanges, [EnumeratorCancellation] CancellationToken ct)
    {
        var conditions = Conditions();
        if (after is { Values.Count: > 0 })
        {
            var columns = order.Take(after.Values.Count).Select(Column);
            var places = after.Values.Select(v => conditions.Place(Untag(v.TrimStart('>'))));
            var isIncluded = isChanges && after.Values is [var only] && only[0] != '>';
            conditions.Sql.Add($"({string.Join(", ", columns)}) {(isIncluded ? ">=" : ">")} ({string.Join(", ", places)})");
        }

        if (isChanges && watermarkIsTime)
        {
            conditions.Sql.Add($"coalesce(julianday({Column(Reading.Watermark)}) < julianday('now', '-2 seconds'), 1)");
        }

        // Positions are taken from the raw values: what SQLite compares must be what SQLite stored.
        await using var select = Select(string.Join(", ", [.. Reading.Items.Select(i => Column(i.Column)), .. order.Select(Column)]), conditions, order);
        await using var row = await select.ExecuteReaderAsync(ct);
        var items = NewBuffers();
        var last = new object[order.Length];
        while (await row.ReadAsync(ct))
        {
            for (var n = 0; n < items.Length; n++) { Append(items[n], row.GetValue(n), Reading.Items[n]); }
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
                RowOperator.AtLeast => $"{column} >= {values.First()}",
                RowOperator.AtMost => $"{column} <= {values.First()}",
                _ => throw new NotSupportedException($"{row.Operator}"),
            });
        }

        return where;
    }

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

    private static void Append(ColumnBuffer column, object value, AgreedItem item)
    {
        switch (item.Type, value)
        {
            case (_, DBNull): column.AppendNull(); break;
            case (ItemType.Text, string text): column.AppendBytes(Encoding.UTF8.GetBytes(text)); break;
            case (ItemType.Integer, long number): column.AppendInt64(number); break;
            case (ItemType.Decimal, long number): column.AppendBytes(Encoding.UTF8.GetBytes(number.ToString(CultureInfo.InvariantCulture))); break;
            case (ItemType.Decimal, string text) when IsDecimal(text): column.AppendBytes(Encoding.UTF8.GetBytes(text)); break;
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
            default: throw new ExchangeFault(ExchangeProblems.ValueDoesNotFit, item.Column, item.Type.ToString());
        }
    }

    private static bool IsDecimal(string text) =>
        text.Length > 0 && text.TrimStart('-') is var digits && text.Length - digits.Length <= 1 && digits.Trim('.') == digits && digits.Count(c => c == '.') <= 1
        && digits.All(c => c is '.' or (>= '0' and <= '9'));

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
