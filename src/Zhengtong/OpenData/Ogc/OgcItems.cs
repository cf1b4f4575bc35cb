using System.Buffers;
using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Zhengtong.OpenData.Model;
using Zhengtong.OpenData.Tables;

namespace Zhengtong.OpenData.Ogc;

/// <summary>The features of a collection: one for each row, its id the row's <c>_id</c>, its geometry in WGS 84, its properties the other columns.</summary>
internal static class OgcItems
{
    /// <summary>Features on a page unless <c>limit</c> says otherwise.</summary>
    internal const int DefaultLimit = 100;

    /// <summary>Most features on a page; a greater <c>limit</c> counts as this one (OGC 17-069r4, requirement 21).</summary>
    internal const int MostLimit = 10_000;

    private static readonly JsonWriterOptions Writing = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    internal static async Task<IResult> List(string collection, HttpContext http, OpenDataLookup lookup, TableEngine engine, TimeProvider clock, CancellationToken ct)
    {
        var html = OgcAnswer.WantsHtml(http);
        var table = await OgcCollections.FindAsync(collection, lookup, ct);
        OgcAnswer.OnlyKnows(http, ["limit", "bbox", "datetime", "cursor", .. table.Table.Columns.Select(c => c.Name)]);
        if (OgcAnswer.IsKnown(http, table, html)) { return Results.StatusCode(StatusCodes.Status304NotModified); }
        var limit = Math.Clamp(Number(http, "limit", 1, int.MaxValue) ?? DefaultLimit, 1, MostLimit);
        var query = new TableQuery { Where = new Condition.All([.. Conditions(http, table.Table)]), After = http.Request.Query["cursor"].FirstOrDefault(), Limit = limit, Count = true };
        var answer = await engine.AskAsync(table.Table, query, TableLimits.Public, ct);

        var links = OgcAnswer.SelfLinks(http, html, OgcAnswer.GeoJson).ToList();
        links.Add(OgcAnswer.Link($"{OgcAnswer.BaseOf(http)}{OgcModule.Root}/collections/{table.Resource.Id}", "collection", OgcAnswer.Json, table.DatasetTitle));
        if (answer.Next is { } next) { links.Add(OgcAnswer.Link(OgcAnswer.Addressed(http, html ? "html" : "json", "cursor", next), "next", html ? OgcAnswer.Html : OgcAnswer.GeoJson, Kernel.Text.Of("open-data.ogc.next"))); }
        return Written(html, table, json =>
        {
            json.WriteStartObject();
            json.WriteString("type", "FeatureCollection");
            json.WriteNumber("numberMatched", answer.Total!.Value);
            json.WriteNumber("numberReturned", answer.Rows.Count);
            json.WriteString("timeStamp", clock.GetUtcNow().ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture));
            Links(json, links);
            json.WriteStartArray("features");
            foreach (var row in answer.Rows) { Feature(json, table.Table, answer.Columns, row, []); }
            json.WriteEndArray();
            json.WriteEndObject();
        });
    }

    internal static async Task<IResult> One(string collection, string feature, HttpContext http, OpenDataLookup lookup, TableEngine engine, CancellationToken ct)
    {
        OgcAnswer.OnlyKnows(http);
        var html = OgcAnswer.WantsHtml(http);
        var table = await OgcCollections.FindAsync(collection, lookup, ct);
        if (!long.TryParse(feature, NumberStyles.None, CultureInfo.InvariantCulture, out var id)) { throw new OgcException(404, $"No feature {OgcAnswer.Shortened(feature)}"); }
        var answer = await engine.AskAsync(table.Table, new TableQuery { Where = new Condition.Compare("_id", Comparison.Equal, id.ToString(CultureInfo.InvariantCulture)), Limit = 1 }, TableLimits.Public, ct);
        if (answer.Rows is not [var row]) { throw new OgcException(404, $"No feature {id.ToString(CultureInfo.InvariantCulture)}"); }

        List<JsonObject> links =
        [
            .. OgcAnswer.SelfLinks(http, html, OgcAnswer.GeoJson),
            OgcAnswer.Link($"{OgcAnswer.BaseOf(http)}{OgcModule.Root}/collections/{table.Resource.Id}", "collection", OgcAnswer.Json, table.DatasetTitle),
        ];
        return Written(html, table, json => Feature(json, table.Table, answer.Columns, row, links));
    }

    /// <summary>A whole number in a parameter, or null when it is absent.</summary>
    /// <exception cref="OgcException">It is none, or out of its range.</exception>
    internal static int? Number(HttpContext http, string name, int least, int most) =>
        http.Request.Query[name].FirstOrDefault() is not { } text ? null
        : int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number >= least && number <= most ? number
        : throw new OgcException(400, $"{name}: a whole number from {least.ToString(CultureInfo.InvariantCulture)} to {most.ToString(CultureInfo.InvariantCulture)}, not '{OgcAnswer.Shortened(text)}'");

    private static IEnumerable<Condition> Conditions(HttpContext http, DataTable table)
    {
        foreach (var (name, values) in http.Request.Query)
        {
            if (name == "bbox") { yield return BoxOf(values.ToString()); }
            else if (name == "datetime")
            {
                foreach (var condition in MomentsOf(values.ToString(), table)) { yield return condition; }
            }
            else if (table.Find(name) is not null && name is not ("limit" or "cursor" or "f")) { yield return new Condition.Compare(name, Comparison.Equal, values.ToString()); }
        }
    }

    private static Condition.Box BoxOf(string text)
    {
        var parts = text.Split(',');
        var numbers = new double[parts.Length];
        for (var i = 0; i < parts.Length; i++)
        {
            if (!double.TryParse(parts[i], NumberStyles.Float, CultureInfo.InvariantCulture, out numbers[i]) || !double.IsFinite(numbers[i])) { throw new OgcException(400, "bbox: 4 or 6 numbers between commas"); }
        }

        // Heights, the third and the sixth number, are accepted and limit nothing: the tables know none.
        var (west, south, east, north) = numbers switch
        {
            [var w, var s, var e, var n] => (w, s, e, n),
            [var w, var s, _, var e, var n, _] => (w, s, e, n),
            _ => throw new OgcException(400, "bbox: 4 or 6 numbers between commas"),
        };
        if (Math.Abs(west) > 180 || Math.Abs(east) > 180 || Math.Abs(south) > 90 || Math.Abs(north) > 90 || south > north)
        {
            throw new OgcException(400, "bbox: west, south, east, north in degrees, south not above north");
        }

        return new Condition.Box(west, south, east, north);
    }

    /// <summary>An instant, or an interval with an open end: on the first column of dates or moments. A table without one is about all times, and everything meets the interval.</summary>
    private static IEnumerable<Condition> MomentsOf(string text, DataTable table)
    {
        var ends = text.Split('/');
        if (ends.Length > 2) { throw new OgcException(400, "datetime: an instant, or two with a slash between"); }
        var (from, to) = (End(ends[0]), End(ends[^1]));
        if (ends.Length == 1 && from is null) { throw new OgcException(400, "datetime: an instant, or two with a slash between"); }
        if (from > to) { throw new OgcException(400, "datetime: the interval ends before it begins"); }
        if (table.Columns.FirstOrDefault(c => c.Type is ColumnType.Date or ColumnType.Timestamp) is not { } column) { yield break; }

        // A day as the end of an interval, or as the instant itself, means the whole day.
        if (from is { } f) { yield return new Condition.Compare(column.Name, Comparison.GreaterOrEqual, Written(f, column.Type)); }
        if (to is { } t) { yield return new Condition.Compare(column.Name, Comparison.LessOrEqual, Written(IsDay(ends[^1]) ? t.AddDays(1).AddTicks(-10) : t, column.Type)); }
    }

    private static bool IsDay(string text) => text.Length == 10;

    private static DateTime? End(string text) =>
        text is "" or ".." ? null
        : DateOnly.TryParseExact(text, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out var day) && day < DateOnly.MaxValue ? day.ToDateTime(TimeOnly.MinValue)
        // RFC 3339: 'T', seconds and a zone are obligatory.
        : DateTimeOffset.TryParseExact(text, ["yyyy-MM-dd'T'HH:mm:ss.FFFFFFFK", "yyyy-MM-dd'T'HH:mm:ssK"], CultureInfo.InvariantCulture, DateTimeStyles.None, out var moment) && text.Length > 19 ? moment.UtcDateTime
        : throw new OgcException(400, $"datetime: RFC 3339, such as 2026-11-23T08:00:00Z, not '{OgcAnswer.Shortened(text)}'");

    private static string Written(DateTime moment, ColumnType type) =>
        type == ColumnType.Date ? moment.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture) : moment.ToString("yyyy-MM-dd'T'HH:mm:ss.ffffff", CultureInfo.InvariantCulture);

    private static void Links(Utf8JsonWriter json, IEnumerable<JsonObject> links)
    {
        json.WriteStartArray("links");
        foreach (var link in links) { link.WriteTo(json); }
        json.WriteEndArray();
    }

    private static void Feature(Utf8JsonWriter json, DataTable table, IReadOnlyList<AnswerColumn> columns, object?[] row, IReadOnlyCollection<JsonObject> links)
    {
        var places = table.Places!;
        json.WriteStartObject();
        json.WriteString("type", "Feature");
        json.WritePropertyName("id");
        Cell.WriteTo(json, row[0]);
        if (links.Count > 0) { Links(json, links); }
        json.WritePropertyName("geometry");
        Geometry(json, places, row);
        json.WriteStartObject("properties");
        for (var i = 1; i < row.Length; i++)
        {
            // The place is in the geometry, once, in one system.
            if (columns[i].Column is { } column && (column.Position == places.Geometry || column.Position == places.Longitude || column.Position == places.Latitude)) { continue; }
            json.WritePropertyName(columns[i].Name);
            Cell.WriteTo(json, row[i]);
        }

        json.WriteEndObject();
        json.WriteEndObject();
    }

    /// <summary>The row's place in WGS 84; its cells stand at the positions of their columns, since the first is <c>_id</c>.</summary>
    private static void Geometry(Utf8JsonWriter json, TablePlaces places, object?[] row)
    {
        if (places.Geometry > 0)
        {
            if (row[places.Geometry] is string text && JsonNode.Parse(text) is JsonObject geometry)
            {
                Turn(geometry, places.System);
                geometry.WriteTo(json);
                return;
            }
        }
        else if (NumberOf(row[places.Longitude]) is { } longitude && NumberOf(row[places.Latitude]) is { } latitude && Math.Abs(longitude) <= 180 && Math.Abs(latitude) <= 90)
        {
            var (x, y) = Coordinates.ToWgs84(longitude, latitude, places.System);
            json.WriteStartObject();
            json.WriteString("type", "Point");
            json.WriteStartArray("coordinates");
            json.WriteNumberValue(x);
            json.WriteNumberValue(y);
            json.WriteEndArray();
            json.WriteEndObject();
            return;
        }

        json.WriteNullValue();
    }

    /// <summary>Turns every position of a geometry into WGS 84.</summary>
    private static void Turn(JsonObject geometry, CoordinateSystem system)
    {
        if (system is CoordinateSystem.Wgs84 or CoordinateSystem.Cgcs2000 or CoordinateSystem.None) { return; }
        if (geometry["geometries"] is JsonArray parts)
        {
            foreach (var part in parts.OfType<JsonObject>()) { Turn(part, system); }
        }

        if (geometry["coordinates"] is JsonArray positions) { Turn(positions, system); }
    }

    private static void Turn(JsonArray positions, CoordinateSystem system)
    {
        if (positions is [JsonValue first, JsonValue second, ..])
        {
            var (x, y) = Coordinates.ToWgs84(first.GetValue<double>(), second.GetValue<double>(), system);
            positions[0] = x;
            positions[1] = y;
            return;
        }

        foreach (var inner in positions.OfType<JsonArray>()) { Turn(inner, system); }
    }

    private static double? NumberOf(object? cell) => cell switch { double d when double.IsFinite(d) => d, decimal d => (double)d, long l => l, _ => null };

    private static IResult Written(bool html, PublicTable table, Action<Utf8JsonWriter> write)
    {
        var buffer = new ArrayBufferWriter<byte>(64 * 1024);
        using (var json = new Utf8JsonWriter(buffer, Writing)) { write(json); }
        return html
            ? OgcAnswer.Page(table.DatasetTitle, (JsonObject)JsonNode.Parse(buffer.WrittenSpan)!)
            : Results.Bytes(buffer.WrittenMemory, OgcAnswer.GeoJson);
    }
}
