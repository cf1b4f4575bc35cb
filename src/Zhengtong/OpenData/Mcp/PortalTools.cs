using System.Buffers;
using System.ComponentModel;
using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Microsoft.EntityFrameworkCore;
using ModelContextProtocol.Protocol;
using ModelContextProtocol.Server;
using Zhengtong.Kernel.Search;
using Zhengtong.OpenData.Model;
using Zhengtong.OpenData.Publishing;
using Zhengtong.OpenData.Quality;
using Zhengtong.OpenData.Tables;

namespace Zhengtong.OpenData.Mcp;

/// <summary>What a language model may ask of the portal. Each answer is JSON, once as text and once as structured content, each at most <see cref="MostBytes"/> as it is sent.</summary>
[McpServerToolType]
internal sealed class PortalTools(ZhengtongDb db, OpenDataLookup lookup, TableEngine engine)
{
    /// <summary>Bytes of an answer on the wire, where every Chinese character is an escape of six; what does not fit is left out and the answer says <c>truncated</c>.</summary>
    internal const int MostBytes = 200_000;

    private const int LongestNotes = 4_000;

    private static readonly JsonWriterOptions Writing = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Datasets that hold all the words.</summary>
    [McpServerTool(Name = "search_datasets", Title = "Search datasets", ReadOnly = true, Idempotent = true, OpenWorld = false)]
    [Description("Finds published datasets by words in their title, notes, keywords, publisher and column names, best first. Use Chinese words, such as 空气质量. Without words: the newest.")]
    public Task<CallToolResult> SearchDatasets(
        [Description("Words that must all occur; at most 200 characters. May be empty.")] string query = "",
        [Description("Only this theme, such as health, tourism, environment, transport, education.")] string? theme = null,
        [Description("How many at most, 1 to 50.")] int limit = 10,
        [Description("How many to pass over, from 0.")] int offset = 0,
        CancellationToken ct = default) => AskedAsync(async () =>
    {
        // A model sends null where it means nothing.
        query ??= "";
        if (query.Length > 200) { throw new ToolRefusal("query: at most 200 characters"); }
        (limit, offset) = (Between("limit", limit, 1, 50), Between("offset", offset, 0, 100_000));
        var datasets = Public();
        if (theme is not null)
        {
            if (Theme.Find(theme) is null) { throw new ToolRefusal($"theme: one of {string.Join(", ", Theme.All.Select(t => t.Id))}"); }
            var between = $"|{theme}|";
            datasets = datasets.Where(d => d.ThemeList.Contains(between));
        }

        var terms = Bigrams.ToFind(query);
        if (query.Trim().Length > 0 && terms.Count == 0) { throw new ToolRefusal("query: no letter and no digit in it"); }
        var ranked = terms.Count == 0
            ? datasets.OrderByDescending(d => d.ModifiedAt).ThenBy(d => d.Id)
            : datasets.Join(SearchIndex.WithAll(db, DatasetSearch.Kind, terms), d => d.Id, h => h.Subject, (d, h) => new { d, h.Rank }).OrderByDescending(x => x.Rank).ThenBy(x => x.d.Id).Select(x => x.d);
        var total = terms.Count == 0 ? await datasets.CountAsync(ct) : await ranked.CountAsync(ct);
        var found = await ranked.Skip(offset).Take(limit).Select(d => new { d.Id, d.Name, d.Title, d.OpenAttribute, d.ModifiedAt, d.ThemeList, d.FormatList, Publisher = db.Organisations.Where(o => o.Id == d.PublisherId).Select(o => o.Name).FirstOrDefault() }).ToListAsync(ct);
        return Answer((json, written) =>
        {
            json.WriteNumber("total", total);
            var cut = Items(json, written, "datasets", found, (item, d) =>
            {
                item.WriteStartObject();
                item.WriteString("id", d.Id);
                item.WriteString("name", d.Name);
                item.WriteString("title", d.Title);
                item.WriteString("publisher", d.Publisher);
                item.WriteString("open", Word(d.OpenAttribute));
                item.WriteString("modified", d.ModifiedAt);
                Words(item, "themes", d.ThemeList);
                Words(item, "formats", d.FormatList);
                item.WriteEndObject();
            });
            return cut;
        });
    });

    /// <summary>All that is said of one dataset.</summary>
    [McpServerTool(Name = "get_dataset", Title = "Read a dataset", ReadOnly = true, Idempotent = true, OpenWorld = false)]
    [Description("Title, notes, publisher, licence, update cycle, time span and resources of one dataset. A resource with rows can be asked with get_schema and query_rows by its id.")]
    public Task<CallToolResult> GetDataset([Description("The dataset's id or name.")] string id, CancellationToken ct = default) => AskedAsync(async () =>
    {
        var dataset = await FindAsync(id, ct);
        var publisher = await db.Organisations.Where(o => o.Id == dataset.PublisherId).Select(o => o.Name).SingleAsync(ct);
        var granted = await lookup.GrantedAsync(ct);
        var resources = await db.PublicResources.AsNoTracking().Where(r => r.DatasetId == dataset.Id).OrderBy(r => r.Position).ToListAsync(ct);
        return Answer((json, written) =>
        {
            var d = dataset.Description;
            json.WriteString("id", dataset.Id);
            json.WriteString("name", dataset.Name);
            json.WriteString("title", d.Title);
            json.WriteString("notes", d.Notes.Length <= LongestNotes ? d.Notes : d.Notes[..LongestNotes] + "…");
            json.WriteString("publisher", publisher);
            json.WriteString("open", Word(d.OpenAttribute));
            if (d.OpenCondition is not null) { json.WriteString("condition", d.OpenCondition); }
            json.WriteString("licence", d.Licence);
            json.WriteString("updateCycle", JsonNamingPolicy.CamelCase.ConvertName(d.UpdateCycle.ToString()));
            if (d.From is { } from) { json.WriteString("from", from.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture)); }
            if (d.To is { } to) { json.WriteString("to", to.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture)); }
            json.WriteNumber("version", dataset.Current);
            json.WriteString("modified", dataset.ModifiedAt);
            var cut = Items(json, written, "resources", resources, (item, r) =>
            {
                item.WriteStartObject();
                item.WriteString("id", r.Id);
                item.WriteString("name", r.Name);
                item.WriteString("format", r.Format);
                item.WriteNumber("bytes", r.Resource.Bytes);
                if (r.HasTable) { item.WriteNumber("rows", r.Rows); }
                item.WriteBoolean("canBeRead", Publishing.PublicResources.MayRead(dataset, r, granted));
                item.WriteEndObject();
            });
            return cut;
        });
    });

    /// <summary>The columns of one table.</summary>
    [McpServerTool(Name = "get_schema", Title = "Read a table's columns", ReadOnly = true, Idempotent = true, OpenWorld = false)]
    [Description("The columns of a resource's table: name, type, meaning, unit, how many cells are empty, least and greatest value, most frequent values; and the number of rows.")]
    public Task<CallToolResult> GetSchema([Description("The resource's id, from get_dataset.")] string resource, CancellationToken ct = default) => AskedAsync(async () =>
    {
        var table = await TableAsync(resource, ct);
        return Answer((json, written) =>
        {
            json.WriteString("dataset", table.DatasetTitle);
            json.WriteString("resource", table.Resource.Name);
            json.WriteNumber("rows", table.Table.Rows);
            var cut = Items(json, written, "columns", table.Table.Columns, (item, column) =>
            {
                item.WriteStartObject();
                item.WriteString("name", column.Name);
                item.WriteString("type", JsonNamingPolicy.CamelCase.ConvertName(column.Type.ToString()));
                Said(item, "title", column.Title);
                Said(item, "description", column.Description);
                Said(item, "unit", column.Unit);
                item.WriteNumber("empty", column.Profile.Nulls);
                item.WriteNumber("different", column.Profile.Distinct);
                Said(item, "least", column.Profile.Least);
                Said(item, "greatest", column.Profile.Greatest);
                item.WriteStartArray("frequent");
                foreach (var value in column.Profile.Frequent) { item.WriteStringValue(value.Value); }
                item.WriteEndArray();
                item.WriteEndObject();
            });
            return cut;
        });
    });

    /// <summary>Rows of one table.</summary>
    [McpServerTool(Name = "query_rows", Title = "Ask for rows", ReadOnly = true, Idempotent = true, OpenWorld = false)]
    [Description("Rows of a resource's table that satisfy all filters, with the exact total. Column names as get_schema gives them.")]
    public Task<CallToolResult> QueryRows(
        [Description("The resource's id, from get_dataset.")] string resource,
        [Description("Columns to return, in order; all when left out.")] string[]? columns = null,
        [Description("Filters; a row must satisfy all.")] RowFilter[]? filters = null,
        [Description("Words that must all occur somewhere in the row.")] string? text = null,
        [Description("Column to sort by; by row number when left out.")] string? sort = null,
        [Description("From the greatest.")] bool descending = false,
        [Description("How many rows at most, 0 to 1000; 0 gives the total only.")] int limit = 100,
        [Description("The 'next' of an earlier answer to the same question, to go on behind it.")] string? after = null,
        CancellationToken ct = default) => AskedAsync(async () =>
    {
        var table = await TableAsync(resource, ct);
        if (filters is { Length: > 50 }) { throw new ToolRefusal("filters: at most 50"); }
        if (filters?.Any(f => f is null) == true) { throw new ToolRefusal("filters: objects with column, operator and value"); }
        var answer = await engine.AskAsync(table.Table, new TableQuery
        {
            Columns = columns is { Length: > 0 } ? columns : null,
            Where = filters is { Length: > 0 } ? new Condition.All([.. filters.Select(f => f.ToCondition())]) : null,
            Text = string.IsNullOrWhiteSpace(text) ? null : text,
            Orders = sort is null ? [] : [new Order(sort, descending)],
            Limit = Between("limit", limit, 0, 1000),
            After = after,
            Count = true,
        }, TableLimits.Public, ct);

        return Answer((json, written) =>
        {
            json.WriteNumber("total", answer.Total!.Value);
            var cut = Items(json, written, "columns", answer.Columns, (item, column) => item.WriteStringValue(column.Name));
            cut |= Items(json, written, "rows", answer.Rows, (item, row) =>
            {
                item.WriteStartArray();
                foreach (var cell in row) { Cell.WriteTo(item, cell); }
                item.WriteEndArray();
            });
            // Behind a cut the cursor would pass over what was left out.
            if (!cut) { Said(json, "next", answer.Next); }
            return cut;
        });
    });

    /// <summary>One SELECT over tables.</summary>
    [McpServerTool(Name = "query_sql", Title = "Ask by SQL", ReadOnly = true, Idempotent = true, OpenWorld = false)]
    [Description("Runs one SELECT. Tables are resource ids in double quotes, columns as get_schema names them, in double quotes where they are not plain words. Joins, WHERE, GROUP BY, HAVING, ORDER BY, " +
        "LIMIT, count, sum, avg, min, max, lower, upper, substring, length, coalesce, round, abs, date_trunc, extract; no sub-queries, no WITH, no UNION.")]
    public Task<CallToolResult> QuerySql([Description("The statement, at most 20,000 characters.")] string sql, CancellationToken ct = default) => AskedAsync(async () =>
    {
        if (sql is null) { throw new ToolRefusal("sql: one SELECT"); }
        var tables = new Dictionary<string, DataTable>(StringComparer.Ordinal);
        foreach (var name in TableSql.TablesOf(sql).Distinct(StringComparer.Ordinal)) { tables[name] = (await TableAsync(name, ct)).Table; }
        var answer = await TableSql.AskAsync(engine, sql, tables.GetValueOrDefault, TableLimits.Public with { Rows = 1000 }, ct);
        return Answer((json, written) =>
        {
            var cut = answer.IsCut | Items(json, written, "columns", answer.Columns, (item, column) => item.WriteStringValue(column.Name));
            cut |= Items(json, written, "rows", answer.Rows, (item, row) =>
            {
                item.WriteStartArray();
                foreach (var cell in row) { Cell.WriteTo(item, cell); }
                item.WriteEndArray();
            });
            return cut;
        });
    });

    /// <summary>Who publishes how much.</summary>
    [McpServerTool(Name = "list_organizations", Title = "List publishers", ReadOnly = true, Idempotent = true, OpenWorld = false)]
    [Description("The departments that publish datasets, with how many, most first.")]
    public Task<CallToolResult> ListOrganizations(CancellationToken ct = default) => AskedAsync(async () =>
    {
        var counts = await Public().GroupBy(d => d.PublisherId).Select(g => new { Id = g.Key, Count = g.Count() }).OrderByDescending(x => x.Count).ThenBy(x => x.Id).Take(1000).ToListAsync(ct);
        var ids = counts.ConvertAll(c => c.Id);
        var names = await db.Organisations.Where(o => ids.Contains(o.Id)).ToDictionaryAsync(o => o.Id, o => o.Name, ct);
        return Answer((json, written) =>
        {
            var cut = Items(json, written, "organizations", counts, (item, organisation) =>
            {
                item.WriteStartObject();
                item.WriteString("id", organisation.Id);
                item.WriteString("name", names[organisation.Id]);
                item.WriteNumber("datasets", organisation.Count);
                item.WriteEndObject();
            });
            return cut;
        });
    });

    /// <summary>How good a dataset is.</summary>
    [McpServerTool(Name = "get_quality", Title = "Read a dataset's quality", ReadOnly = true, Idempotent = true, OpenWorld = false)]
    [Description("Quality of one dataset: overall (0 to 100), description (0 to 405 points with its grade), content (0 to 100: completeness, validity, uniqueness, timeliness as shares), what could be better " +
        "in the description and in single columns, and the scores of the last 90 days. A share is null where there is no table to measure.")]
    public Task<CallToolResult> GetQuality([Description("The dataset's id or name.")] string id, CancellationToken ct = default) => AskedAsync(async () =>
    {
        var dataset = await FindAsync(id, ct);
        var quality = await GetDatasetQuality.ReadAsync(dataset.Id, db, ct) ?? throw new ToolRefusal("The dataset has no score yet; it gets one within a minute of its publication");
        return Answer((json, written) =>
        {
            json.WriteString("id", dataset.Id);
            json.WriteString("name", dataset.Name);
            json.WriteString("day", quality.Day.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture));
            json.WriteNumber("overall", quality.Overall);
            json.WriteNumber("metadata", quality.Metadata);
            json.WriteString("grade", quality.Grade);
            json.WriteNumber("content", quality.Content);
            Share(json, "completeness", quality.Completeness);
            Share(json, "validity", quality.Validity);
            Share(json, "uniqueness", quality.Uniqueness);
            Share(json, "timeliness", quality.Timeliness);
            var cut = Items(json, written, "metrics", quality.Metrics, (item, metric) =>
            {
                item.WriteStartObject();
                item.WriteString("id", metric.Id);
                item.WriteString("title", metric.Title);
                item.WriteNumber("points", metric.Points);
                item.WriteNumber("earned", metric.Earned);
                Said(item, "mend", metric.Mend);
                item.WriteEndObject();
            });
            cut |= Items(json, written, "remarks", quality.Remarks, (item, remark) =>
            {
                item.WriteStartObject();
                if (remark.Resource is { } resource) { item.WriteString("resource", resource); }
                Said(item, "column", remark.Column);
                item.WriteString("kind", remark.Kind);
                item.WriteString("title", remark.Title);
                item.WriteNumber("count", remark.Count);
                item.WriteNumber("share", remark.Share);
                item.WriteString("mend", remark.Mend);
                item.WriteEndObject();
            });
            return cut | Items(json, written, "trend", quality.Trend, (item, day) =>
            {
                item.WriteStartObject();
                item.WriteString("day", day.Day.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture));
                item.WriteNumber("overall", day.Overall);
                item.WriteNumber("metadata", day.Metadata);
                item.WriteNumber("content", day.Content);
                item.WriteEndObject();
            });
        });
    });

    /// <summary>What was published since a day.</summary>
    [McpServerTool(Name = "list_changes", Title = "List changes", ReadOnly = true, Idempotent = true, OpenWorld = false)]
    [Description("Versions of datasets published on or after a day, newest first: which dataset, which version, what its publisher says has changed.")]
    public Task<CallToolResult> ListChanges(
        [Description("Day as YYYY-MM-DD, UTC.")] string since,
        [Description("How many at most, 1 to 200.")] int limit = 50,
        CancellationToken ct = default) => AskedAsync(async () =>
    {
        if (!DateOnly.TryParseExact(since, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out var day)) { throw new ToolRefusal("since: a day as YYYY-MM-DD"); }
        limit = Between("limit", limit, 1, 200);
        var begin = new DateTimeOffset(day.ToDateTime(TimeOnly.MinValue), TimeSpan.Zero);
        var changes = await (from v in db.DatasetVersions.AsNoTracking()
                             join d in Public() on v.DatasetId equals d.Id
                             where v.State == VersionState.Published && v.PublishedAt >= begin
                             orderby v.PublishedAt descending, v.Id
                             select new { d.Id, d.Name, d.Title, v.Number, v.ChangeNote, v.PublishedAt }).Take(limit).ToListAsync(ct);
        return Answer((json, written) =>
        {
            var cut = Items(json, written, "changes", changes, (item, change) =>
            {
                item.WriteStartObject();
                item.WriteString("id", change.Id);
                item.WriteString("name", change.Name);
                item.WriteString("title", change.Title);
                item.WriteNumber("version", change.Number);
                item.WriteString("note", change.ChangeNote);
                item.WriteString("published", change.PublishedAt!.Value);
                item.WriteEndObject();
            });
            return cut;
        });
    });

    /// <summary>A refusal is an answer that says so: nothing is wrong with the portal.</summary>
    private static async Task<CallToolResult> AskedAsync(Func<Task<CallToolResult>> ask)
    {
        try { return await ask(); }
        catch (Exception e) when (e is ToolRefusal or TableQueryException or TableQueryTooCostlyException)
        {
            return new CallToolResult { IsError = true, Content = [new TextContentBlock { Text = e.Message }] };
        }
    }

    private IQueryable<Dataset> Public() => db.Datasets.AsNoTracking().Where(d => d.State == DatasetState.Published);

    private async Task<Dataset> FindAsync(string id, CancellationToken ct) =>
        await (Guid.TryParse(id, out var guid) ? Public().Where(d => d.Id == guid) : Public().Where(d => d.Name == id)).SingleOrDefaultAsync(ct) ?? throw new ToolRefusal("No published dataset has this id or name");

    private async Task<PublicTable> TableAsync(string resource, CancellationToken ct) =>
        Guid.TryParse(resource, out var id) && await lookup.FindTableAsync(id, ct) is { } table ? table : throw new ToolRefusal("No resource of this id has a table that everybody may read");

    private static int Between(string name, int value, int least, int most) =>
        value >= least && value <= most ? value : throw new ToolRefusal($"{name}: {least.ToString(CultureInfo.InvariantCulture)} to {most.ToString(CultureInfo.InvariantCulture)}");

    private static string Word(OpenAttribute attribute) => JsonNamingPolicy.CamelCase.ConvertName(attribute.ToString());

    private static void Share(Utf8JsonWriter json, string name, double? share)
    {
        if (share is { } number) { json.WriteNumber(name, number); }
        else { json.WriteNull(name); }
    }

    private static void Said(Utf8JsonWriter json, string name, string? text)
    {
        if (text is not null) { json.WriteString(name, text); }
    }

    private static void Words(Utf8JsonWriter json, string name, string between)
    {
        json.WriteStartArray(name);
        foreach (var word in between.Split('|', StringSplitOptions.RemoveEmptyEntries)) { json.WriteStringValue(word); }
        json.WriteEndArray();
    }

    /// <summary>Writes a list as far as there is room, each item whole or not at all; true when some were left out. The protocol's own writer escapes whatever is not ASCII, and in the copy
    /// that is a text every quotation mark too, so that is what is counted.</summary>
    private static bool Items<T>(Utf8JsonWriter json, ArrayBufferWriter<byte> written, string name, IEnumerable<T> items, Action<Utf8JsonWriter, T> write)
    {
        var one = new ArrayBufferWriter<byte>();
        using var item = new Utf8JsonWriter(one, Writing);
        json.WriteStartArray(name);
        json.Flush();
        var room = MostBytes - EscapedBytes(written.WrittenSpan);
        foreach (var value in items)
        {
            one.ResetWrittenCount();
            item.Reset(one);
            write(item, value);
            item.Flush();
            room -= EscapedBytes(one.WrittenSpan) + 1;
            if (room < 0) { break; }
            json.WriteRawValue(one.WrittenSpan, skipInputValidation: true);
        }

        json.WriteEndArray();
        return room < 0;
    }

    /// <summary>Bytes of a JSON text within a JSON text, the longer of the two copies.</summary>
    private static int EscapedBytes(ReadOnlySpan<byte> json) => JsonEncodedText.Encode(json).EncodedUtf8Bytes.Length;

    /// <summary>One JSON object, as text and as structured content. The writer says whether it had to stop.</summary>
    private static CallToolResult Answer(Func<Utf8JsonWriter, ArrayBufferWriter<byte>, bool> write)
    {
        var buffer = new ArrayBufferWriter<byte>(16 * 1024);
        using (var json = new Utf8JsonWriter(buffer, Writing))
        {
            json.WriteStartObject();
            json.WriteString("language", "zh-CN");
            var cut = write(json, buffer);
            json.WriteBoolean("truncated", cut);
            json.WriteEndObject();
        }

        return new CallToolResult
        {
            Content = [new TextContentBlock { Text = Encoding.UTF8.GetString(buffer.WrittenSpan) }],
            StructuredContent = JsonSerializer.Deserialize<JsonElement>(buffer.WrittenSpan),
        };
    }
}

/// <summary>What was asked cannot be answered; the message says what to ask instead.</summary>
internal sealed class ToolRefusal(string message) : Exception(message);

/// <summary>One filter of a question for rows.</summary>
/// <param name="Column">The column's name.</param>
/// <param name="Operator">equals, not_equals, less, less_or_equal, greater, greater_or_equal, contains, starts_with, is_empty, is_not_empty.</param>
/// <param name="Value">What to compare with, as text: numbers with a point, dates as YYYY-MM-DD. Not needed for is_empty and is_not_empty.</param>
public sealed record RowFilter(
    [property: Description("The column's name.")] string Column,
    [property: Description("equals, not_equals, less, less_or_equal, greater, greater_or_equal, contains, starts_with, is_empty, is_not_empty")] string Operator,
    [property: Description("What to compare with, as text: numbers with a point, dates as YYYY-MM-DD.")] string? Value = null)
{
    internal Condition ToCondition() => Operator switch
    {
        "is_empty" => new Condition.IsNull(Column),
        "is_not_empty" => new Condition.IsNull(Column, Negated: true),
        _ when Value is null => throw new ToolRefusal($"filters: {Operator} needs a value"),
        "equals" => new Condition.Compare(Column, Comparison.Equal, Value),
        "not_equals" => new Condition.Compare(Column, Comparison.NotEqual, Value),
        "less" => new Condition.Compare(Column, Comparison.Less, Value),
        "less_or_equal" => new Condition.Compare(Column, Comparison.LessOrEqual, Value),
        "greater" => new Condition.Compare(Column, Comparison.Greater, Value),
        "greater_or_equal" => new Condition.Compare(Column, Comparison.GreaterOrEqual, Value),
        "contains" => new Condition.Compare(Column, Comparison.Contains, Value),
        "starts_with" => new Condition.Compare(Column, Comparison.StartsWith, Value),
        _ => throw new ToolRefusal("filters: operator is one of equals, not_equals, less, less_or_equal, greater, greater_or_equal, contains, starts_with, is_empty, is_not_empty"),
    };
}
