using System.Globalization;
using System.IO.Compression;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Xml;
using Zhengtong.OpenData.Model;
using Zhengtong.OpenData.Tables;

namespace Zhengtong.OpenData.TableFormats;

/// <summary>How rows are written.</summary>
public enum TableFormat
{
    /// <summary>Commas, header with the published names, RFC 4180, lines end with LF.</summary>
    Csv,
    /// <summary>Tabs instead of commas.</summary>
    Tsv,
    /// <summary>An array of objects.</summary>
    Json,
    /// <summary>An object a line.</summary>
    JsonLines,
    /// <summary>A feature collection.</summary>
    GeoJson,
    /// <summary>Rows as elements, as CKAN writes them.</summary>
    Xml,
    /// <summary>A workbook with one sheet.</summary>
    Xlsx,
    /// <summary>Columns with their types, packed; made as a file, not row by row.</summary>
    Parquet,
}

/// <summary>More rows than a sheet of a workbook has.</summary>
internal sealed class TooManyRowsException() : Exception("A sheet has 1,048,576 rows");

/// <summary>Writes the answer to a question as a file, row by row in constant memory.</summary>
internal static class TableDownload
{
    /// <summary>Rows of a sheet, the header one of them: a limit of Excel.</summary>
    internal const int RowsOfASheet = 1_048_576;

    /// <summary>Bytes gathered before they are sent.</summary>
    private const int Room = 64 * 1024;

    private static readonly JavaScriptEncoder Readable = JavaScriptEncoder.UnsafeRelaxedJsonEscaping;

    /// <summary>Writes all rows that satisfy the question; the same bytes each time. Every format but Parquet, which <see cref="TableEngine.CopyAsync"/> makes.</summary>
    /// <param name="engine">Where they come from.</param>
    /// <param name="table">The table.</param>
    /// <param name="query">The question.</param>
    /// <param name="format">How they are written.</param>
    /// <param name="to">Where to; it stays open.</param>
    /// <param name="bom">A byte order mark before CSV and TSV, which Excel needs.</param>
    /// <param name="system">The coordinate system of GeoJSON: WGS 84 or the declared one.</param>
    /// <param name="ct">Stops writing.</param>
    /// <exception cref="TooManyRowsException">The workbook would have more rows than a sheet holds; thrown before the first byte when the table's record says so.</exception>
    internal static async Task WriteAsync(TableEngine engine, DataTable table, TableQuery query, TableFormat format, Stream to, bool bom, CoordinateSystem system, CancellationToken ct)
    {
        if (format == TableFormat.Parquet) { throw new ArgumentOutOfRangeException(nameof(format), format, "Parquet is not written row by row"); }
        var columns = engine.ColumnsOf(table, query);
        if (format == TableFormat.Xlsx)
        {
            await Workbook(engine, table, query, columns, to, ct);
            return;
        }

        if (format is TableFormat.Csv or TableFormat.Tsv)
        {
            using var head = new MemoryStream();
            Begin(head, columns, format, bom);
            await engine.WriteLinesAsync(table, query, new LineForm(format == TableFormat.Csv ? ',' : '\t', "true", "false") { IsCautious = true }, head.ToArray(), to, TableLimits.Download, ct);
            return;
        }

        var places = format == TableFormat.GeoJson ? new Places(table, columns, system) : null;
        using var buffer = new MemoryStream(Room * 2);
        Begin(buffer, columns, format, bom);
        var first = true;
        await using var json = new Utf8JsonWriter(buffer, new JsonWriterOptions { Encoder = Readable, SkipValidation = true });
        await foreach (var row in engine.StreamAsync(table, places?.With(query) ?? query, TableLimits.Download, ct))
        {
            Write(buffer, json, columns, row, format, places, first);
            first = false;
            if (buffer.Length >= Room) { await Send(); }
        }

        buffer.Write(format switch { TableFormat.Json => "]\n"u8, TableFormat.GeoJson => "]}\n"u8, TableFormat.Xml => "</data>\n"u8, _ => [] });
        await Send();

        async Task Send()
        {
            await to.WriteAsync(buffer.GetBuffer().AsMemory(0, (int)buffer.Length), ct);
            buffer.SetLength(0);
        }
    }

    private static string Text(object? cell) => Cell.TextOf(cell) ?? "";

    private static void Begin(MemoryStream to, IReadOnlyList<AnswerColumn> columns, TableFormat format, bool bom)
    {
        switch (format)
        {
            case TableFormat.Csv or TableFormat.Tsv:
                if (bom) { to.Write(Encoding.UTF8.Preamble); }
                Line(to, columns.Select(c => c.Name), format);
                break;
            case TableFormat.Json: to.Write("["u8); break;
            case TableFormat.GeoJson: to.Write("{\"type\":\"FeatureCollection\",\"features\":["u8); break;
            case TableFormat.Xml: to.Write("<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<data xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\">\n"u8); break;
        }
    }

    private static void Write(MemoryStream to, Utf8JsonWriter json, IReadOnlyList<AnswerColumn> columns, object?[] row, TableFormat format, Places? places, bool first)
    {
        switch (format)
        {
            case TableFormat.Xml: Element(to, columns, row); break;
            default:
                if (!first && format != TableFormat.JsonLines) { to.Write(",\n"u8); }
                json.Reset();
                if (places is not null) { places.Write(json, row); }
                else { Object(json, columns, row); }
                json.Flush();
                if (format == TableFormat.JsonLines) { to.Write("\n"u8); }
                break;
        }
    }

    private static void Line(MemoryStream to, IEnumerable<string> cells, TableFormat format)
    {
        var line = new StringBuilder();
        var separator = format == TableFormat.Csv ? ',' : '\t';
        foreach (var cell in cells)
        {
            if (line.Length > 0) { line.Append(separator); }
            if (cell.AsSpan().IndexOfAny("\"\r\n\t,") >= 0 || cell.StartsWith(' ') || cell.EndsWith(' ')) { line.Append('"').Append(cell.Replace("\"", "\"\"", StringComparison.Ordinal)).Append('"'); }
            // So that the first empty cell of a line leaves its separator, and a line of one empty cell is not an empty line.
            else if (cell.Length == 0 && line.Length == 0) { line.Append("\"\""); }
            else { line.Append(cell); }
        }

        to.Write(Encoding.UTF8.GetBytes(line.Append('\n').ToString()));
    }

    private static void Object(Utf8JsonWriter json, IReadOnlyList<AnswerColumn> columns, object?[] row, int hidden = -1)
    {
        json.WriteStartObject();
        for (var n = 0; n < columns.Count; n++)
        {
            if (n == hidden) { continue; }
            json.WritePropertyName(columns[n].Name);
            Value(json, columns[n].Type, row[n]);
        }

        json.WriteEndObject();
    }

    /// <summary>Whole numbers beyond 2^53 and what floating point cannot say come as text, as do long decimals.</summary>
    private static void Value(Utf8JsonWriter json, ColumnType type, object? cell)
    {
        switch (cell)
        {
            case null: json.WriteNullValue(); break;
            case bool b: json.WriteBooleanValue(b); break;
            case long and (> 9_007_199_254_740_991 or < -9_007_199_254_740_991): json.WriteStringValue(Text(cell)); break;
            case long n: json.WriteNumberValue(n); break;
            case decimal d when Math.Abs(d) < 1_000_000_000_000_000m: json.WriteNumberValue(d); break;
            case double d when double.IsFinite(d): json.WriteNumberValue(d); break;
            case string text when type is ColumnType.Json or ColumnType.Geometry && Parsed(text) is { } node: node.WriteTo(json); break;
            default: json.WriteStringValue(Text(cell)); break;
        }
    }

    private static JsonNode? Parsed(string text)
    {
        try { return JsonNode.Parse(text); }
        catch (JsonException) { return null; }
    }

    private static void Element(MemoryStream to, IReadOnlyList<AnswerColumn> columns, object?[] row)
    {
        using var xml = XmlWriter.Create(to, new XmlWriterSettings { ConformanceLevel = ConformanceLevel.Fragment, Encoding = new UTF8Encoding(false), CloseOutput = false, CheckCharacters = false, OmitXmlDeclaration = true });
        xml.WriteStartElement("row");
        var id = columns.Index().FirstOrDefault(c => c.Item.Column is null, (-1, null!)).Index;
        if (id >= 0) { xml.WriteAttributeString("_id", Text(row[id])); }
        for (var n = 0; n < columns.Count; n++)
        {
            if (n == id) { continue; }
            xml.WriteStartElement(XmlConvert.EncodeLocalName(columns[n].Name));
            if (row[n] is null) { xml.WriteAttributeString("xsi", "nil", "http://www.w3.org/2001/XMLSchema-instance", "true"); }
            else { xml.WriteString(Clean(Text(row[n]))); }
            xml.WriteEndElement();
        }

        xml.WriteEndElement();
        xml.WriteRaw("\n");
    }

    /// <summary>Without what XML cannot hold.</summary>
    private static string Clean(string text)
    {
        if (text.All(XmlConvert.IsXmlChar)) { return text; }
        var clean = new StringBuilder();
        foreach (var rune in text.EnumerateRunes()) { clean.Append(rune.IsBmp && !XmlConvert.IsXmlChar((char)rune.Value) ? "\uFFFD" : rune.ToString()); }
        return clean.ToString();
    }

    private static async Task Workbook(TableEngine engine, DataTable table, TableQuery query, IReadOnlyList<AnswerColumn> columns, Stream to, CancellationToken ct)
    {
        var asked = query with { Limit = Math.Min(query.Limit, RowsOfASheet) };
        if (query is { Where: null, Text: null, Distinct: false } && Math.Min(table.Rows - query.Offset, query.Limit) >= RowsOfASheet) { throw new TooManyRowsException(); }
        await using var zip = await ZipArchive.CreateAsync(to, ZipArchiveMode.Create, leaveOpen: true, Encoding.UTF8, ct);
        await Part("[Content_Types].xml", "<Types xmlns=\"http://schemas.openxmlformats.org/package/2006/content-types\"><Default Extension=\"rels\" ContentType=\"application/vnd.openxmlformats-package.relationships+xml\"/><Default Extension=\"xml\" ContentType=\"application/xml\"/><Override PartName=\"/xl/workbook.xml\" ContentType=\"application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml\"/><Override PartName=\"/xl/styles.xml\" ContentType=\"application/vnd.openxmlformats-officedocument.spreadsheetml.styles+xml\"/><Override PartName=\"/xl/worksheets/sheet1.xml\" ContentType=\"application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml\"/></Types>");
        await Part("_rels/.rels", "<Relationships xmlns=\"http://schemas.openxmlformats.org/package/2006/relationships\"><Relationship Id=\"rId1\" Type=\"http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument\" Target=\"xl/workbook.xml\"/></Relationships>");
        await Part("xl/workbook.xml", "<workbook xmlns=\"http://schemas.openxmlformats.org/spreadsheetml/2006/main\" xmlns:r=\"http://schemas.openxmlformats.org/officeDocument/2006/relationships\"><sheets><sheet name=\"data\" sheetId=\"1\" r:id=\"rId1\"/></sheets></workbook>");
        await Part("xl/_rels/workbook.xml.rels", "<Relationships xmlns=\"http://schemas.openxmlformats.org/package/2006/relationships\"><Relationship Id=\"rId1\" Type=\"http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet\" Target=\"worksheets/sheet1.xml\"/><Relationship Id=\"rId2\" Type=\"http://schemas.openxmlformats.org/officeDocument/2006/relationships/styles\" Target=\"styles.xml\"/></Relationships>");
        // Format 1 is text (@), so that a spreadsheet leaves digits alone when a cell is edited.
        await Part("xl/styles.xml", "<styleSheet xmlns=\"http://schemas.openxmlformats.org/spreadsheetml/2006/main\"><fonts count=\"1\"><font/></fonts><fills count=\"1\"><fill/></fills><borders count=\"1\"><border/></borders><cellStyleXfs count=\"1\"><xf/></cellStyleXfs><cellXfs count=\"2\"><xf/><xf numFmtId=\"49\" applyNumberFormat=\"1\"/></cellXfs></styleSheet>");
        await using var sheet = await Entry("xl/worksheets/sheet1.xml").OpenAsync(ct);
        var text = new StringBuilder("<worksheet xmlns=\"http://schemas.openxmlformats.org/spreadsheetml/2006/main\"><sheetData>");
        Cells(text, columns.Select(c => (object?)c.Name));
        var count = 1;
        await foreach (var row in engine.StreamAsync(table, asked, TableLimits.Download, ct))
        {
            if (++count > RowsOfASheet) { throw new TooManyRowsException(); }
            Cells(text, row);
            if (text.Length >= Room) { await Send(); }
        }

        text.Append("</sheetData></worksheet>");
        await Send();

        ZipArchiveEntry Entry(string name)
        {
            var entry = zip.CreateEntry(name, CompressionLevel.Fastest);
            // Not the time of writing: the same rows are the same bytes, whenever they are asked for.
            entry.LastWriteTime = new DateTimeOffset(1980, 1, 1, 0, 0, 0, TimeSpan.Zero);
            return entry;
        }

        async Task Part(string name, string content)
        {
            await using var part = await Entry(name).OpenAsync(ct);
            await part.WriteAsync(Encoding.UTF8.GetBytes("<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>" + content), ct);
        }

        async Task Send()
        {
            await sheet.WriteAsync(Encoding.UTF8.GetBytes(text.ToString()), ct);
            text.Clear();
        }
    }

    /// <summary>Numbers of at most 15 digits are numbers; all else is text, so that no digit is lost.</summary>
    private static void Cells(StringBuilder to, IEnumerable<object?> cells)
    {
        to.Append("<row>");
        foreach (var cell in cells)
        {
            var text = Text(cell);
            switch (cell)
            {
                case null: to.Append("<c/>"); break;
                case bool b: to.Append("<c t=\"b\"><v>").Append(b ? '1' : '0').Append("</v></c>"); break;
                case long or decimal when text.Count(char.IsAsciiDigit) <= 15: to.Append("<c><v>").Append(text).Append("</v></c>"); break;
                case double d when double.IsFinite(d): to.Append("<c><v>").Append(text).Append("</v></c>"); break;
                default:
                    // A cell of a sheet holds 32,767 characters.
                    to.Append("<c s=\"1\" t=\"inlineStr\"><is><t xml:space=\"preserve\">").Append(System.Security.SecurityElement.Escape(Clean(text.Length > 32_767 ? text[..32_767] : text))).Append("</t></is></c>");
                    break;
            }
        }

        to.Append("</row>");
    }

    /// <summary>Where the features of a table stand.</summary>
    private sealed class Places
    {
        private readonly IReadOnlyList<AnswerColumn> columns;
        private readonly TablePlaces places;
        private readonly CoordinateSystem system;
        private readonly List<string> asked;

        internal Places(DataTable table, IReadOnlyList<AnswerColumn> columns, CoordinateSystem system)
        {
            places = table.Places ?? throw new TableQueryException("columns", null, TableQueryFault.NotAllowed, "The table has no places");
            if (system != CoordinateSystem.Wgs84 && system != places.System) { throw new TableQueryException("columns", null, TableQueryFault.NotAllowed, "Places come in WGS 84 or as they were declared"); }
            (this.columns, this.system) = (columns, system);
            // What places and ids come from follows behind what is returned.
            asked = [.. columns.Select(c => c.Name), "_id", .. places.Geometry > 0 ? (string[])[table.Columns[places.Geometry - 1].Name] : [table.Columns[places.Longitude - 1].Name, table.Columns[places.Latitude - 1].Name]];
        }

        internal TableQuery With(TableQuery query) => query with { Columns = asked };

        internal void Write(Utf8JsonWriter json, object?[] row)
        {
            json.WriteStartObject();
            json.WriteString("type", "Feature");
            json.WriteNumber("id", (long)row[columns.Count]!);
            json.WritePropertyName("geometry");
            Geometry(json, row);
            json.WritePropertyName("properties");
            Object(json, columns, row, places.Geometry > 0 ? columns.Index().FirstOrDefault(c => c.Item.Column?.Position == places.Geometry, (-1, null!)).Index : -1);
            json.WriteEndObject();
        }

        private void Geometry(Utf8JsonWriter json, object?[] row)
        {
            if (places.Geometry > 0)
            {
                var node = row[^1] is string text ? Parsed(text) : null;
                if (node is not null && system != places.System) { Shift(node["coordinates"], node["geometries"]); }
                if (node is null) { json.WriteNullValue(); }
                else { node.WriteTo(json); }
                return;
            }

            if (row[^2] is null || row[^1] is null)
            {
                json.WriteNullValue();
                return;
            }

            var (x, y) = Moved(System.Convert.ToDouble(row[^2], CultureInfo.InvariantCulture), System.Convert.ToDouble(row[^1], CultureInfo.InvariantCulture));
            json.WriteStartObject();
            json.WriteString("type", "Point");
            json.WriteStartArray("coordinates");
            json.WriteNumberValue(x);
            json.WriteNumberValue(y);
            json.WriteEndArray();
            json.WriteEndObject();
        }

        private (double, double) Moved(double x, double y) => Coordinates.Convert(x, y, places.System, system);

        private void Shift(JsonNode? coordinates, JsonNode? geometries)
        {
            if (geometries is JsonArray parts)
            {
                foreach (var part in parts) { Shift(part?["coordinates"], part?["geometries"]); }
            }

            if (coordinates is not JsonArray array || array.Count == 0) { return; }
            if (array[0] is JsonValue && array.Count >= 2)
            {
                var (x, y) = Moved((double)array[0]!, (double)array[1]!);
                (array[0], array[1]) = (x, y);
                return;
            }

            foreach (var inner in array) { Shift(inner, null); }
        }
    }
}
