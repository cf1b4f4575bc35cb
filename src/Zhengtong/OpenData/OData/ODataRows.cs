using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using Zhengtong.OpenData.Model;
using Zhengtong.OpenData.Tables;

namespace Zhengtong.OpenData.OData;

/// <summary>The rows of an entity set.</summary>
internal static class ODataRows
{
    /// <summary>Rows on a page unless the client prefers fewer or more.</summary>
    private const int PageSize = 1_000;

    private const int MostOnPage = 10_000;

    private static readonly JsonWriterOptions Writing = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };
    private static readonly string[] Known = ["$filter", "$select", "$orderby", "$top", "$skip", "$count", "$search", "$skiptoken", "$format"];

    internal static async Task<IResult> List(string set, HttpContext http, OpenDataLookup lookup, TableEngine engine, CancellationToken ct)
    {
        if (set.EndsWith(')') && set.IndexOf('(', StringComparison.Ordinal) is > 0 and var open) { return await OneAsync(set[..open], set[(open + 1)..^1], http, lookup, engine, ct); }
        var found = await FindAsync(set, lookup, ct);
        var asked = new Asked(http, found.Table);
        var answer = await engine.AskAsync(found.Table, asked.Query, TableLimits.Public, ct);
        var level = ODataAnswer.MetadataLevel(http);
        return Written(level, json =>
        {
            json.WriteStartObject();
            if (level != "none") { json.WriteString("@odata.context", $"{ODataService.RootOf(http)}/$metadata#{set}{asked.Selection}"); }
            if (answer.Total is { } total) { json.WriteNumber("@odata.count", total); }
            json.WriteStartArray("value");
            foreach (var row in answer.Rows) { Row(json, level, set, http, answer.Columns, asked.Names, row); }
            json.WriteEndArray();
            if (answer.Next is { } next && asked.Rest(answer.Rows.Count) is { } rest) { json.WriteString("@odata.nextLink", rest(next)); }
            json.WriteEndObject();
        });
    }

    internal static async Task<IResult> Count(string set, HttpContext http, OpenDataLookup lookup, TableEngine engine, CancellationToken ct)
    {
        var found = await FindAsync(set, lookup, ct);
        var asked = new Asked(http, found.Table);
        var answer = await engine.AskAsync(found.Table, asked.Query with { Limit = 0, Offset = 0, Count = true, After = null }, TableLimits.Public, ct);
        return Results.Text(answer.Total!.Value.ToString(CultureInfo.InvariantCulture), "text/plain");
    }

    private static async Task<IResult> OneAsync(string set, string key, HttpContext http, OpenDataLookup lookup, TableEngine engine, CancellationToken ct)
    {
        var found = await FindAsync(set, lookup, ct);
        if (key.StartsWith("_id=", StringComparison.Ordinal)) { key = key[4..]; }
        if (!long.TryParse(key, NumberStyles.None, CultureInfo.InvariantCulture, out var id)) { throw new ODataException(400, "The key is a whole number"); }
        var asked = new Asked(http, found.Table);
        var answer = await engine.AskAsync(found.Table, asked.Query with { Where = new Condition.Compare("_id", Comparison.Equal, id.ToString(CultureInfo.InvariantCulture)), Limit = 1, Count = false, After = null, Offset = 0, Text = null }, TableLimits.Public, ct);
        if (answer.Rows is not [var row]) { throw new ODataException(404, $"{set} has no row {id.ToString(CultureInfo.InvariantCulture)}"); }
        var level = ODataAnswer.MetadataLevel(http);
        return Written(level, json => Row(json, level, set, http, answer.Columns, asked.Names, row, $"{ODataService.RootOf(http)}/$metadata#{set}{asked.Selection}/$entity"));
    }

    private static async Task<PublicTable> FindAsync(string set, OpenDataLookup lookup, CancellationToken ct) =>
        ODataNames.ResourceOf(set) is { } id && await lookup.FindTableAsync(id, ct) is { } table ? table : throw new ODataException(404, "No such entity set");

    private static void Row(
        Utf8JsonWriter json, string level, string set, HttpContext http, IReadOnlyList<AnswerColumn> columns, IReadOnlyDictionary<string, string> names, object?[] row, string? context = null)
    {
        json.WriteStartObject();
        if (context is not null && level != "none") { json.WriteString("@odata.context", context); }
        if (level == "full" && row[0] is long id && columns[0].Name == "_id") { json.WriteString("@odata.id", $"{ODataService.RootOf(http)}/{set}({id.ToString(CultureInfo.InvariantCulture)})"); }
        for (var i = 0; i < row.Length; i++)
        {
            var name = names[columns[i].Name];
            if (level == "full" && columns[i].Type is not (ColumnType.Text or ColumnType.Json or ColumnType.Geometry or ColumnType.Boolean or ColumnType.Float))
            {
                json.WriteString($"{name}@odata.type", $"#{ODataService.TypeOf(columns[i].Type)[4..]}");
            }

            json.WritePropertyName(name);
            // Int64 and Decimal stay numbers whatever their size (OData JSON Format 4.0, section 7.1); moments are given as UTC.
            if (row[i] is long number) { json.WriteNumberValue(number); }
            else if (row[i] is DateTime moment) { json.WriteStringValue(moment.ToString("yyyy-MM-dd'T'HH:mm:ss.FFFFFF'Z'", CultureInfo.InvariantCulture)); }
            else { Cell.WriteTo(json, row[i]); }
        }

        json.WriteEndObject();
    }

    private static IResult Written(string level, Action<Utf8JsonWriter> write)
    {
        var buffer = new System.Buffers.ArrayBufferWriter<byte>(64 * 1024);
        using (var json = new Utf8JsonWriter(buffer, Writing)) { write(json); }
        return Results.Bytes(buffer.WrittenMemory, $"application/json;odata.metadata={level};charset=utf-8");
    }

    /// <summary>The system query options, read and checked.</summary>
    private sealed class Asked
    {
        private readonly HttpContext http;
        private readonly long? top;

        internal Asked(HttpContext http, DataTable table)
        {
            this.http = http;
            foreach (var (name, values) in http.Request.Query)
            {
                if (values.Count > 1) { throw new ODataException(400, $"{Shortened(name)} comes more than once"); }
                if (name.StartsWith('$') && !Known.Contains(name)) { throw new ODataException(501, $"{Shortened(name)} is not offered"); }
            }

            var properties = ODataNames.PropertiesOf(table);
            var byProperty = new Dictionary<string, TableColumn>(StringComparer.Ordinal);
            var names = new Dictionary<string, string>(StringComparer.Ordinal) { ["_id"] = "_id" };
            foreach (var (column, property) in table.Columns.Zip(properties)) { (byProperty[property], names[column.Name]) = (column, property); }
            Names = names;

            top = Number("$top");
            var page = Math.Min(Preferred(), MostOnPage);
            var select = Option("$select") is { } chosen && chosen.Trim() != "*" ? chosen.Split(',', StringSplitOptions.TrimEntries).Select(p => ColumnOf("$select", p, byProperty)).Distinct().ToList() : null;
            Selection = select is null ? "" : $"({string.Join(',', select.Select(c => names[c]))})";
            Query = new TableQuery
            {
                Columns = select,
                Where = Option("$filter") is { } filter ? ODataFilter.Parse(filter, byProperty) : null,
                Text = Option("$search"),
                Orders = Option("$orderby") is { } orders ? [.. orders.Split(',', StringSplitOptions.TrimEntries).Select(o => OrderOf(o, byProperty))] : [],
                Limit = (int)Math.Min(top ?? page, page),
                Offset = Number("$skip") ?? 0,
                After = Option("$skiptoken"),
                Count = Option("$count") switch { null or "false" => false, "true" => true, _ => throw new ODataException(400, "$count: true or false") },
            };
        }

        internal TableQuery Query { get; }

        /// <summary>The property of each column's published name.</summary>
        internal IReadOnlyDictionary<string, string> Names { get; }

        /// <summary>The chosen properties as the context URL names them, or nothing.</summary>
        internal string Selection { get; }

        /// <summary>The address of the next page from its token; null when what <c>$top</c> asked for has all been given.</summary>
        internal Func<string, string>? Rest(int given)
        {
            var left = top - given;
            if (left <= 0) { return null; }
            return token =>
            {
                // The token stands behind what was skipped; what is left of $top goes along.
                var kept = http.Request.Query.Where(q => q.Key is not ("$skiptoken" or "$skip" or "$top")).Select(q => KeyValuePair.Create(q.Key, q.Value)).ToList();
                if (left is { } rest) { kept.Add(new("$top", rest.ToString(CultureInfo.InvariantCulture))); }
                kept.Add(new("$skiptoken", token));
                return $"{http.Request.Scheme}://{http.Request.Host}{http.Request.PathBase}{http.Request.Path.ToUriComponent()}{QueryString.Create(kept).ToUriComponent()}";
            };
        }

        private static string ColumnOf(string option, string property, Dictionary<string, TableColumn> byProperty) =>
            property == "_id" ? property : byProperty.TryGetValue(property, out var column) ? column.Name : throw new ODataException(400, $"{option}: no property {Shortened(property)}");

        private static Order OrderOf(string text, Dictionary<string, TableColumn> byProperty)
        {
            var parts = text.Split(' ', StringSplitOptions.RemoveEmptyEntries);
            // Null is the least value (OData URL Conventions 4.0, section 5.1.4).
            return parts switch
            {
                [var property] => new Order(ColumnOf("$orderby", property, byProperty), Descending: false, NullsLast: false),
                [var property, "asc"] => new Order(ColumnOf("$orderby", property, byProperty), Descending: false, NullsLast: false),
                [var property, "desc"] => new Order(ColumnOf("$orderby", property, byProperty), Descending: true, NullsLast: true),
                _ => throw new ODataException(400, "$orderby: properties between commas, each followed by asc or desc or nothing"),
            };
        }

        private string? Option(string name) => http.Request.Query[name].FirstOrDefault();

        private long? Number(string name) => Option(name) is not { } text ? null
            : long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : throw new ODataException(400, $"{name}: a whole number from 0");

        private int Preferred()
        {
            const string name = "odata.maxpagesize=";
            var prefer = http.Request.Headers["Prefer"].ToString();
            var begin = prefer.IndexOf("maxpagesize=", StringComparison.Ordinal);
            if (begin < 0) { return PageSize; }
            var digits = new string([.. prefer[(begin + name.Length - "odata.".Length)..].TakeWhile(char.IsAsciiDigit)]);
            return int.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out var size) && size > 0 ? size : PageSize;
        }

        private static string Shortened(string text) => text.Length <= 60 ? text : text[..60] + "…";
    }
}
