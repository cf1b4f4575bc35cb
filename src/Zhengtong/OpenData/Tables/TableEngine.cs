using System.Globalization;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using DuckDB.NET.Data;
using Microsoft.Extensions.Options;
using Zhengtong.Kernel.Http;
using Zhengtong.Kernel.Identity;
using Zhengtong.Kernel.Objects;
using Zhengtong.OpenData.Import;
using Zhengtong.OpenData.Model;

namespace Zhengtong.OpenData.Tables;

/// <summary>Answers questions to published tables. Every number of readers at once; none of them holds up a publication.
/// What needs little memory is answered by one DuckDB in the process; what may need much, large sorts and groups, by the caller's own share, so that nobody takes the memory of others. Each reads the
/// folders of immutable objects and writes files to this process's scratch folder, nothing else; see <see cref="EngineShare"/>.</summary>
internal sealed class TableEngine : IDisposable
{
    /// <summary>Pages up to this many rows are read in two steps: first which rows, then the rows.</summary>
    private const int LargestLatePage = 2_000;

    /// <summary>Rows from which two steps are worth it.</summary>
    private const int SmallestLateTable = 20_000;

    /// <summary>Rows up to which a page and the count come from one pass.</summary>
    private const int FurthestCounted = 100_000;

    /// <summary>Counts that are remembered.</summary>
    private const int MostTotals = 50_000;

    /// <summary>Rows up to which an answered page is kept.</summary>
    private const int LargestKeptPage = 1_000;

    /// <summary>MiB of the smallest share of a caller. With less than about 200, DuckDB refuses to sort long texts instead of going over the disk.</summary>
    private const long LeastOfCaller = 256;

    /// <summary>Most shares for callers.</summary>
    private const int MostShares = 8;

    /// <summary>Bytes of a row in the file above which a table counts as one of long rows.</summary>
    private const long LongRow = 512;

    private readonly ObjectStore objects;
    private readonly IHttpContextAccessor? http;
    private readonly FairSlots questions;
    private readonly FairSlots streams;
    private readonly EngineShare common;
    private readonly CallerShares shares;
    private readonly Remembered<long> totals = new(MostTotals);
    private readonly Remembered<TableAnswer>? pages;

    public TableEngine(ObjectStore objects, TableScratch scratch, IOptions<TablesOptions> options, IHttpContextAccessor? http = null)
    {
        (this.objects, this.http) = (objects, http);
        var o = options.Value;
        pages = o.Kept > 0 ? new Remembered<TableAnswer>(o.Kept * 1024L * 1024, WeightOf) : null;
        var threads = o.Threads > 0 ? o.Threads : Environment.ProcessorCount;
        var memory = o.Memory > 0 ? o.Memory : Math.Max(256, GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / 4 / (1024 * 1024));
        var atOnce = o.Questions > 0 ? o.Questions : threads * 2;
        questions = new FairSlots(atOnce, Math.Max(1, atOnce - 1));
        // A comparison reads two tables at once, and a slow reader holds its place for long.
        var streaming = Math.Max(2, o.Streams);
        streams = new FairSlots(streaming, Math.Max(2, streaming / 4));
        List<string> readable = [.. objects.LocalFolders, scratch.Folder];
        var all = Math.Max(1, o.Spill);
        // Half for what needs little of it, the other half in equal shares.
        var count = (int)Math.Clamp(memory / 2 / LeastOfCaller, 1, Math.Clamp(atOnce, 2, MostShares));
        var each = o.CallerMemory > 0 ? o.CallerMemory : Math.Max(16, memory / 2 / count);
        var (common, caller) = (new EngineBounds(threads, Math.Max(16, memory / 2), Math.Max(1, all / (count + 1))), new EngineBounds((int)Math.Clamp(each / 64, 1, threads), each, Math.Max(1, all / (count + 1))));
        // Below the process's scratch folder, which the next start empties if this one is killed.
        this.common = new EngineShare(common, readable, scratch.NewPath("spill"));
        shares = new CallerShares(count, _ => new EngineShare(caller, readable, scratch.NewPath("spill")));
    }

    /// <summary>One page.</summary>
    /// <exception cref="TableQueryException">The question cannot be asked of this table.</exception>
    /// <exception cref="TableQueryTooCostlyException">It took more than the limits allow.</exception>
    internal async Task<TableAnswer> AskAsync(DataTable table, TableQuery query, TableLimits limits, CancellationToken ct)
    {
        var selection = new TableSelection(table, query);
        var limit = Math.Min(query.Limit, limits.Rows);
        if (limit == 0 && (!query.Count || (selection.Where is null && !query.Distinct)))
        {
            return new TableAnswer { Columns = selection.Columns, Rows = [], Total = query.Count ? table.Rows : null };
        }

        // How many rows satisfy a question to a table that never changes is counted once.
        if (limit == 0 && totals.TryGet(KeyOf(table, query, selection), out var known)) { return new TableAnswer { Columns = selection.Columns, Rows = [], Total = known }; }

        // So is a page: what most readers open, the first one, is read once.
        var key = pages is null || limit > LargestKeptPage ? null : KeyOf(table, query, selection, limit);
        if (key is not null && pages!.TryGet(key, out var page)) { return page with { Columns = selection.Columns }; }
        page = await RunAsync([table], limits, run => Page(run, table, query, selection, limit), ct, NeedsMuch(table, query, selection, limit));
        return key is null ? page : pages!.Keep(key, page);
    }

    /// <summary>All rows that satisfy the question (its limit and offset count too), one after the other in constant memory. Cells as in <see cref="TableAnswer.Rows"/>; the array is used again for the next row.</summary>
    /// <param name="table">The table.</param>
    /// <param name="query">The question.</param>
    /// <param name="limits">What it may cost.</param>
    /// <param name="ct">Stops it.</param>
    /// <param name="reserved">The place that <see cref="ReserveAsync"/> gave; null to wait for one here.</param>
    internal async IAsyncEnumerable<object?[]> StreamAsync(DataTable table, TableQuery query, TableLimits limits, [EnumeratorCancellation] CancellationToken ct, IDisposable? reserved = null)
    {
        // Streams come in the order that is asked for and never in that of the rank.
        query = query with { Ranks = false };
        var selection = new TableSelection(table, query);
        var limit = Math.Min(query.Limit, limits.Rows);
        if (limit == 0) { yield break; }
        var place = reserved is null ? await streams.TakeAsync(CallerOf(), 1, ct) : null;
        try
        {
            var path = await PathAsync(table, ct);
            var seated = Seat(query.Distinct || selection.ById is null);
            using var run = new TableRun(seated.Connection, [path], limits, ct);
            try
            {
                var (more, behind) = await Task.Run(() => Place(run, selection), ct);
                var (sql, values) = Select(run, table, query, selection, limit, string.Join(", ", selection.Columns.Select(c => TableSelection.Returned(c.Column))), behind, more);
                using var command = run.Command(sql, values);
                command.UseStreamingMode = true;
                using var reader = await Task.Run(() => run.Guarded(command.ExecuteReader), ct);
                var rows = Enumerable.Range(0, 256).Select(_ => new object?[selection.Columns.Count]).ToArray();
                for (var ended = false; !ended;)
                {
                    var count = await Task.Run(() => run.Guarded(() => Fill(reader, selection.Columns, rows)), ct);
                    for (var n = 0; n < Math.Abs(count); n++) { yield return rows[n]; }
                    ended = count <= 0;
                }
            }
            finally
            {
                run.Dispose();
                seated.Dispose();
            }
        }
        finally
        {
            place?.Dispose();
        }
    }

    /// <summary>Writes all rows that satisfy the question to a Parquet file, in constant memory, under their published names.</summary>
    /// <param name="table">The table.</param>
    /// <param name="query">The question.</param>
    /// <param name="file">A path in the scratch folder.</param>
    /// <param name="limits">What it may cost.</param>
    /// <param name="ct">Stops it.</param>
    internal async Task CopyAsync(DataTable table, TableQuery query, string file, TableLimits limits, CancellationToken ct)
    {
        var selection = new TableSelection(table, query);
        using var place = await streams.TakeAsync(CallerOf(), 1, ct);
        var path = await PathAsync(table, ct);
        await Task.Run(() =>
        {
            using var seated = Seat(query.Distinct || selection.ById is null);
            using var run = new TableRun(seated.Connection, [path], limits, ct);
            run.Guarded(() =>
            {
                var (more, behind) = Place(run, selection);
                var (sql, values) = Select(run, table, query, selection, Math.Min(query.Limit, limits.Rows), string.Join(", ", selection.Columns.Select(c => TableSelection.Sql(c.Column)).Distinct()), behind, more);
                using var command = run.Copy(sql, selection.Columns.Select(c => (TableSelection.Sql(c.Column), c.Name)), file, values);
                return command.ExecuteNonQuery();
            });
        }, ct);
    }

    /// <summary>All rows that satisfy the question as lines of text, in constant memory; the same bytes each time.</summary>
    /// <param name="table">The table.</param>
    /// <param name="query">The question.</param>
    /// <param name="form">How a row is written.</param>
    /// <param name="head">What stands before the first row; sent with it, so that nothing is sent when the question costs too much.</param>
    /// <param name="to">Where to; it stays open.</param>
    /// <param name="limits">What it may cost.</param>
    /// <param name="ct">Stops it.</param>
    internal async Task WriteLinesAsync(DataTable table, TableQuery query, LineForm form, ReadOnlyMemory<byte> head, Stream to, TableLimits limits, CancellationToken ct)
    {
        // Lines come in the order that is asked for and never in that of the rank.
        query = query with { Ranks = false };
        var selection = new TableSelection(table, query);
        var limit = Math.Min(query.Limit, limits.Rows);
        if (limit == 0)
        {
            await to.WriteAsync(head, ct);
            return;
        }

        using var place = await streams.TakeAsync(CallerOf(), 1, ct);
        var path = await PathAsync(table, ct);
        var seated = Seat(query.Distinct || selection.ById is null);
        var run = new TableRun(seated.Connection, [path], limits, ct);
        try
        {
            var (more, behind) = await Task.Run(() => Place(run, selection), ct);
            var (sql, values) = Select(run, table, query, selection, limit, form.Sql(selection.Columns), behind, more);
            using var command = run.Command(sql, values);
            command.UseStreamingMode = true;
            using var reader = await Task.Run(() => run.Guarded(command.ExecuteReader), ct);
            // One is filled while the other is sent.
            var (filled, sent) = (new Lines(), new Lines());
            filled.Begin(head.Span);
            var sending = Task.CompletedTask;
            for (var ended = false; !ended;)
            {
                var room = filled;
                try { ended = await Task.Run(() => run.Guarded(() => room.Fill(reader)), ct); }
                finally { await sending; }
                sending = to.WriteAsync(filled.Written, ct).AsTask();
                (filled, sent) = (sent, filled);
                filled.Begin([]);
            }

            await sending;
        }
        finally
        {
            run.Dispose();
            seated.Dispose();
        }
    }

    /// <summary>Places for two streams that are read side by side, both or none. Dispose of it when both are done.</summary>
    internal Task<IDisposable> ReserveAsync(CancellationToken ct) => streams.TakeAsync(CallerOf(), 2, ct);

    /// <summary>What the rows of <see cref="StreamAsync"/> hold, without running it.</summary>
    internal IReadOnlyList<AnswerColumn> ColumnsOf(DataTable table, TableQuery query) => new TableSelection(table, query).Columns;

    /// <summary>Runs something on a connection of its own, within the limits, when its turn comes.</summary>
    /// <param name="tables">What it reads.</param>
    /// <param name="limits">What it may cost.</param>
    /// <param name="act">What it does.</param>
    /// <param name="ct">Stops it.</param>
    /// <param name="needsMuch">False for what needs little memory whatever the table holds: it scans, filters, counts. Everything else runs in the caller's own share.</param>
    internal async Task<T> RunAsync<T>(IReadOnlyList<DataTable> tables, TableLimits limits, Func<TableRun, T> act, CancellationToken ct, bool needsMuch = true)
    {
        using var place = await questions.TakeAsync(CallerOf(), 1, ct);
        var paths = new List<string>();
        foreach (var table in tables) { paths.Add(await PathAsync(table, ct)); }
        return await Task.Run(() =>
        {
            using var seated = Seat(needsMuch);
            using var run = new TableRun(seated.Connection, paths, limits, ct);
            return run.Guarded(() => act(run));
        }, ct);
    }

    public void Dispose()
    {
        common.Dispose();
        shares.Dispose();
    }

    /// <summary>A cell as <see cref="TableAnswer.Rows"/> has it.</summary>
    internal static object? Cell(DuckDBDataReader reader, int at, ColumnType type)
    {
        if (reader.IsDBNull(at)) { return null; }
        return type switch
        {
            ColumnType.Integer => reader.GetInt64(at),
            // More digits than a decimal holds come as text, and stay so where they do not fit.
            ColumnType.Decimal => reader.GetFieldType(at) == typeof(string) ? Exact(reader.GetString(at)) : reader.GetDecimal(at),
            ColumnType.Float => reader.GetDouble(at),
            ColumnType.Boolean => reader.GetBoolean(at),
            ColumnType.Date => reader.GetFieldValue<DateOnly>(at),
            ColumnType.Time => reader.GetFieldValue<TimeOnly>(at),
            ColumnType.Timestamp => reader.GetDateTime(at),
            _ => reader.GetString(at),
        };

        static object Exact(string text) => decimal.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) && number.ToString(CultureInfo.InvariantCulture) == text ? number : text;
    }

    /// <summary>Reads rows until the array is full or they are long; the negative number, or 0, when the end was reached.</summary>
    private static int Fill(DuckDBDataReader reader, IReadOnlyList<AnswerColumn> columns, object?[][] rows)
    {
        var room = 1_000_000;
        for (var n = 0; n < rows.Length; n++)
        {
            if (!reader.Read()) { return -n; }
            var row = rows[n];
            for (var at = 0; at < row.Length; at++)
            {
                row[at] = Cell(reader, at, columns[at].Type);
                if (row[at] is string text) { room -= text.Length; }
            }

            if (room < 0) { return n + 1; }
        }

        return rows.Length;
    }

    private static List<object?[]> Rows(TableRun run, string sql, IReadOnlyList<string> values, IReadOnlyList<ColumnType> types, bool isLarge = false)
    {
        using var command = run.Command(sql, values);
        // A large page is not held twice.
        command.UseStreamingMode = isLarge;
        using var reader = command.ExecuteReader();
        var rows = new List<object?[]>();
        while (reader.Read())
        {
            var row = new object?[types.Count];
            for (var at = 0; at < row.Length; at++) { row[at] = run.Counted(Cell(reader, at, types[at])); }
            rows.Add(row);
        }

        return rows;
    }

    /// <summary>What stands behind the cursor, as a condition; null without a cursor.</summary>
    private static (List<string> More, string? Behind) Place(TableRun run, TableSelection selection)
    {
        var more = new List<string>();
        if (selection.After is not { } id) { return (more, null); }
        if (selection.ById is { } ascending) { return (more, string.Create(CultureInfo.InvariantCulture, $"_id {(ascending ? ">" : "<")} {id}")); }
        using var command = run.Command(string.Create(CultureInfo.InvariantCulture, $"SELECT {string.Join(", ", selection.Orders.Select(o => $"CAST({TableSelection.Sql(o.Column)} AS VARCHAR)"))} FROM {run.From} WHERE _id = {id}"), []);
        using var reader = command.ExecuteReader();
        if (!reader.Read()) { throw new TableQueryException("after", null, TableQueryFault.Malformed, "The place to go on behind is none of this table"); }
        return (more, selection.Behind([.. Enumerable.Range(0, selection.Orders.Count).Select(at => reader.IsDBNull(at) ? null : reader.GetString(at))], id, more));
    }

    /// <summary>The statement for rows in their order: by ranges of ids where nothing else is asked.</summary>
    private static (string Sql, IReadOnlyList<string> Values) Select(TableRun run, DataTable table, TableQuery query, TableSelection selection, long limit, string columns, string? behind, List<string> more)
    {
        var offset = query.After is null ? query.Offset : 0;
        var invariant = CultureInfo.InvariantCulture;
        if (query.Distinct)
        {
            var groups = string.Join(", ", selection.Columns.Select(c => TableSelection.Sql(c.Column)).Distinct());
            var withId = selection.Columns.Any(c => c.Column is null);
            var order = selection.OrderBy();
            // The first of the same rows stands for them.
            if (!withId) { order = order.Replace(" _id ", " min(_id) ", StringComparison.Ordinal); }
            return (string.Create(invariant, $"SELECT {columns} FROM {run.From}{Where(selection.Where)} GROUP BY {groups}{order} LIMIT {limit} OFFSET {offset}"), selection.Values);
        }

        if (selection is { Where: null, ById: { } ascending })
        {
            var (first, last) = ascending ? (selection.After ?? Math.Min(offset, table.Rows), long.MaxValue) : (0L, selection.After ?? table.Rows + 1 - Math.Min(offset, table.Rows + 1));
            if (limit < table.Rows) { (first, last) = ascending ? (first, first + limit + 1) : (Math.Max(0, last - limit - 1), last); }
            var range = string.Create(invariant, $"_id > {first} AND _id < {last}");
            return ($"SELECT {columns} FROM {run.From} WHERE {range}{(ascending ? "" : selection.OrderBy())}", []);
        }

        var conditions = string.Join(" AND ", ((string?[])[selection.Where, behind]).Where(c => c is not null).Select(c => $"({c})"));
        // The file's own order is kept without sorting.
        var sorted = selection.ById == true ? "" : selection.OrderBy();
        var cut = limit < table.Rows || offset > 0 ? string.Create(invariant, $" LIMIT {limit} OFFSET {offset}") : "";
        return ($"SELECT {columns} FROM {run.From}{Where(conditions.Length == 0 ? null : conditions)}{sorted}{cut}", [.. selection.Values, .. more]);
    }

    private static string Where(string? condition) => condition is null ? "" : $" WHERE {condition}";

    private TableAnswer Page(TableRun run, DataTable table, TableQuery query, TableSelection selection, int limit)
    {
        long? total = null;
        List<long>? ids = null;
        var late = !query.Distinct && selection.Rank is null && limit is > 0 and <= LargestLatePage && table.Rows >= SmallestLateTable && !(selection is { Where: null, ById: not null });
        if (query.Count && selection.Where is null && !query.Distinct) { total = table.Rows; }
        else if (query.Count && totals.TryGet(KeyOf(table, query, selection), out var counted)) { total = counted; }
        else if (query.Count)
        {
            (total, ids) = query.Distinct ? (CountDistinct(run, selection), null)
                : late && selection.ById is not null && query.Offset + limit < FurthestCounted ? CountedIds(run, query, selection, limit)
                : (Count(run, selection), null);
            totals.Keep(KeyOf(table, query, selection), total.Value);
        }

        if (limit == 0) { return new TableAnswer { Columns = selection.Columns, Rows = [], Total = total }; }
        var returned = string.Join(", ", selection.Columns.Select(c => TableSelection.Returned(c.Column)));
        List<ColumnType> types = [.. selection.Columns.Select(c => c.Type)];
        if (query.Distinct)
        {
            var (sql, values) = Select(run, table, query, selection, limit, returned, null, []);
            return new TableAnswer { Columns = selection.Columns, Rows = Rows(run, sql, values, types, limit > LargestLatePage), Total = total };
        }

        if (selection.Rank is { } rank)
        {
            returned += ", " + rank;
            types.Add(ColumnType.Float);
            var (sql, values) = Select(run, table, query, selection, limit, returned, null, [.. selection.RankValues]);
            var ranked = Rows(run, sql, values, types, limit > LargestLatePage);
            return new TableAnswer { Columns = selection.Columns, Rows = [.. ranked.Select(row => row[..^1])], Ranks = [.. ranked.Select(row => (double)row[^1]!)], Total = total };
        }

        types.Add(ColumnType.Integer);
        List<object?[]> rows;
        if (late)
        {
            if (ids is null)
            {
                var (more, behind) = Place(run, selection);
                var (sql, values) = Select(run, table, query, selection, limit + 1L, "_id", behind, more);
                ids = [.. Rows(run, sql, values, [ColumnType.Integer]).Select(row => (long)row[0]!)];
            }

            var next = ids.Count > limit;
            ids = [.. ids.Take(limit)];
            rows = ids.Count == 0 ? [] : Rows(run, string.Create(CultureInfo.InvariantCulture, $"SELECT {returned}, _id FROM {run.From} WHERE _id IN ({string.Join(", ", ids)})"), [], types);
            var place = ids.Index().ToDictionary(i => i.Item, i => i.Index);
            rows.Sort((one, two) => place[(long)one[^1]!].CompareTo(place[(long)two[^1]!]));
            return Answer(next);
        }
        else
        {
            var (more, behind) = Place(run, selection);
            var (sql, values) = Select(run, table, query, selection, limit + 1L, returned + ", _id", behind, more);
            rows = Rows(run, sql, values, types, limit > LargestLatePage);
            if (selection is { Where: null, ById: { } ascending }) { rows.Sort((one, two) => ascending ? ((long)one[^1]!).CompareTo((long)two[^1]!) : ((long)two[^1]!).CompareTo((long)one[^1]!)); }
            var next = rows.Count > limit;
            if (next) { rows.RemoveRange(limit, rows.Count - limit); }
            return Answer(next);
        }

        TableAnswer Answer(bool next) => new()
        {
            Columns = selection.Columns,
            Next = next ? selection.WriteCursor((long)rows[^1][^1]!) : null,
            Rows = [.. rows.Select(row => row[..^1])],
            Total = total,
        };
    }

    /// <summary>What tells a count from all others: the table's content, the condition with its values, the columns whose different rows are counted.</summary>
    private static string KeyOf(DataTable table, TableQuery query, TableSelection selection) =>
        KeyOf([table.Content.Value, selection.Where ?? "", query.Distinct ? string.Join(',', selection.Columns.Select(c => TableSelection.Sql(c.Column)).Distinct()) : "", .. selection.Values]);

    /// <summary>What tells a page from all others: the count's parts, what is returned, the order with the rank's values, the place.</summary>
    private static string KeyOf(DataTable table, TableQuery query, TableSelection selection, int limit) => KeyOf(
    [
        KeyOf(table, query, selection), string.Join(',', selection.Columns.Select(c => TableSelection.Returned(c.Column))), selection.Rank ?? "", selection.OrderBy(),
        string.Create(CultureInfo.InvariantCulture, $"{limit} {query.Offset} {selection.After} {query.Count} {query.Distinct}"), .. selection.RankValues,
    ]);

    private static string KeyOf(ReadOnlySpan<string> parts)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var part in parts)
        {
            hash.AppendData(BitConverter.GetBytes(part.Length));
            hash.AppendData(MemoryMarshal.AsBytes(part.AsSpan()));
        }

        return Convert.ToHexString(hash.GetHashAndReset());
    }

    /// <summary>About how many bytes a page takes in memory.</summary>
    private static long WeightOf(TableAnswer page) => 500 + page.Rows.Sum(row => 40 + row.Sum(cell => cell is string text ? 32 + (2L * text.Length) : 32));

    private static long Count(TableRun run, TableSelection selection)
    {
        using var command = run.Command($"SELECT count(*) FROM {run.From}{Where(selection.Where)}", selection.Values);
        return Convert.ToInt64(command.ExecuteScalar(), CultureInfo.InvariantCulture);
    }

    private static long CountDistinct(TableRun run, TableSelection selection)
    {
        var columns = string.Join(", ", selection.Columns.Select(c => TableSelection.Sql(c.Column)).Distinct());
        using var command = run.Command($"SELECT count(*) FROM (SELECT DISTINCT {columns} FROM {run.From}{Where(selection.Where)})", selection.Values);
        return Convert.ToInt64(command.ExecuteScalar(), CultureInfo.InvariantCulture);
    }

    /// <summary>How many rows there are and the ids of the page and one more, in one pass over the file.</summary>
    private static (long Total, List<long> Ids) CountedIds(TableRun run, TableQuery query, TableSelection selection, int limit)
    {
        var ascending = selection.ById == true;
        var offset = selection.After is null ? query.Offset : 0;
        var behind = selection.After is { } id ? string.Create(CultureInfo.InvariantCulture, $" FILTER (WHERE _id {(ascending ? ">" : "<")} {id})") : "";
        using var command = run.Command(
            string.Create(CultureInfo.InvariantCulture, $"SELECT count(*), {(ascending ? "min" : "max")}(_id, {offset + limit + 1}){behind} FROM {run.From}{Where(selection.Where)}"), selection.Values);
        using var reader = command.ExecuteReader();
        reader.Read();
        return (reader.GetInt64(0), reader.IsDBNull(1) ? [] : [.. reader.GetFieldValue<List<long>>(1).Skip((int)offset)]);
    }

    private async Task<string> PathAsync(DataTable table, CancellationToken ct) =>
        await objects.LocalPathAsync(table.Content, ct) ?? throw new FileNotFoundException($"The table {table.Content} is not in the object store");

    /// <summary>For whom a question is asked: the officer, or the address of the visitor. A key is not told apart here, because anybody may send any.</summary>
    private string CallerOf()
    {
        if (http?.HttpContext is not { } context) { return FairSlots.Platform; }
        var actor = Actor.Of(context.User);
        return actor.IsSignedIn ? actor.Id.ToString() : RateLimits.AddressOf(context.Connection.RemoteIpAddress);
    }

    /// <summary>Sorts of more than a page, groups, and pages of long rows; the rest needs a few buffers.</summary>
    private static bool NeedsMuch(DataTable table, TableQuery query, TableSelection selection, int limit)
    {
        if (query.Distinct) { return true; }
        // As it lies in the file, packed.
        var isLong = table.Bytes > LongRow * Math.Max(1, table.Rows);
        return limit + (selection.ById is null ? query.Offset : 0) > LargestLatePage && (isLong || selection.ById is null) || (isLong && selection.ById is null);
    }

    private Seated Seat(bool needsMuch)
    {
        if (!needsMuch) { return new Seated(common, null); }
        var seat = shares.Take(CallerOf());
        try { return new Seated(seat.Share, seat); }
        catch
        {
            seat.Dispose();
            throw;
        }
    }

    /// <summary>Lines on their way out.</summary>
    private sealed class Lines
    {
        private const int Enough = 128 * 1024;
        private byte[] room = new byte[Enough + (32 * 1024)];
        private int length;

        internal ReadOnlyMemory<byte> Written => room.AsMemory(0, length);

        /// <summary>Begins anew with this.</summary>
        internal void Begin(ReadOnlySpan<byte> head)
        {
            length = head.Length;
            if (room.Length < length) { room = new byte[length + Enough]; }
            head.CopyTo(room);
        }

        /// <summary>Takes rows until there are enough for one sending; true at the end.</summary>
        internal bool Fill(DuckDBDataReader reader)
        {
            while (length < Enough)
            {
                if (!reader.Read()) { return true; }
                using var line = reader.GetStream(0);
                var size = (int)line.Length;
                if (room.Length - length < size) { Array.Resize(ref room, Math.Max(room.Length * 2, length + size)); }
                line.ReadExactly(room.AsSpan(length, size));
                length += size;
            }

            return false;
        }
    }
}
