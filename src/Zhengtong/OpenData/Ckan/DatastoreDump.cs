using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Xml;
using Microsoft.Net.Http.Headers;
using Zhengtong.Kernel.Objects;
using Zhengtong.OpenData.Model;
using Zhengtong.OpenData.Tables;

namespace Zhengtong.OpenData.Ckan;

/// <summary>/datastore/dump/{id}: a whole table, or what a question finds in it, as CSV, TSV, JSON or XML; streamed in constant memory.</summary>
internal static class DatastoreDump
{
    private const int FlushAt = 64 * 1024;

    internal static async Task HandleAsync(HttpContext http, string id, ZhengtongDb db, TableEngine engine, TimeProvider clock)
    {
        CkanEndpoint.Share(http);
        var ct = http.RequestAborted;
        var parameters = new CkanParameters(await CkanRequest.ReadAsync(http.Request, reads: true, ct));
        var call = new CkanCall(parameters, db, engine, CkanEndpoint.BaseOf(http), clock.GetUtcNow(), ct);
        PublicResource resource;
        TableQuery query;
        string format;
        bool mark;
        IReadOnlyList<AnswerColumn> columns;
        try
        {
            (format, mark) = (parameters.Text("format") ?? "csv", parameters.Flag("bom", false));
            if (format is not ("csv" or "tsv" or "json" or "xml")) { parameters.Wrong("format", "must be one of csv, tsv, json, xml"); }
            var (limit, offset) = (parameters.Natural("limit"), parameters.Natural("offset") ?? 0);
            parameters.Check();
            resource = await DatastoreTable.FindAsync(call, id);
            query = DatastoreQuestion.Read(parameters, resource.Resource.Table!).Query with { Limit = limit ?? int.MaxValue, Offset = offset };
            columns = engine.ColumnsOf(resource.Resource.Table!, query);
        }
        catch (CkanFault e) when (e.Status is 403 or 404)
        {
            await RefuseAsync(http, 404, "DataStore resource not found");
            return;
        }
        catch (CkanFault e)
        {
            await RefuseAsync(http, 400, e.Body.ToJsonString(CkanEndpoint.Written));
            return;
        }
        catch (TableQueryException e)
        {
            await RefuseAsync(http, 400, CkanFault.Shortened(e.Message));
            return;
        }

        // The table never changes; another version of the dataset has another one. Weak, because the bytes differ with their packing.
        var tag = new EntityTagHeaderValue($"\"{Digest.Of(Encoding.UTF8.GetBytes($"{resource.Resource.Table!.Content} {format} {http.Request.QueryString}")).Value[..32]}\"", isWeak: true);
        http.Response.Headers.ETag = tag.ToString();
        if (http.Request.GetTypedHeaders().IfNoneMatch.Any(t => t.Compare(tag, useStrongComparison: false) || t.Equals(EntityTagHeaderValue.Any)))
        {
            http.Response.StatusCode = StatusCodes.Status304NotModified;
            return;
        }

        http.Response.ContentType = format switch { "tsv" => "text/tab-separated-values; charset=utf-8", "json" => "application/json; charset=utf-8", "xml" => "text/xml; charset=utf-8", _ => "text/csv; charset=utf-8" };
        http.Response.Headers.ContentDisposition = $"attachment; filename=\"{resource.Id}.{format}\"";
        var rows = engine.StreamAsync(resource.Resource.Table!, query, TableLimits.Download, ct);
        switch (format)
        {
            case "json": await JsonAsync(http, columns, rows, ct); break;
            case "xml": await XmlAsync(http, columns, rows, ct); break;
            default: await SeparatedAsync(http, columns, rows, format == "tsv" ? '\t' : ',', mark, ct); break;
        }
    }

    /// <summary>The header ends with CR LF, the rows with LF, as CKAN writes them.</summary>
    private static async Task SeparatedAsync(HttpContext http, IReadOnlyList<AnswerColumn> columns, IAsyncEnumerable<object?[]> rows, char separator, bool mark, CancellationToken ct)
    {
        var text = new StringBuilder(mark ? "\uFEFF" : "");
        DatastoreTable.AddRow(text, columns.Select(c => c.Name), separator, "\r\n");
        await foreach (var row in rows.WithCancellation(ct))
        {
            DatastoreTable.AddRow(text, row.Select(DatastoreTable.TextOf), separator, "\n");
            if (text.Length < FlushAt) { continue; }
            await http.Response.WriteAsync(text.ToString(), ct);
            text.Clear();
        }

        await http.Response.WriteAsync(text.ToString(), ct);
    }

    private static async Task JsonAsync(HttpContext http, IReadOnlyList<AnswerColumn> columns, IAsyncEnumerable<object?[]> rows, CancellationToken ct)
    {
        await using var json = new Utf8JsonWriter(http.Response.BodyWriter, new JsonWriterOptions { Encoder = CkanEndpoint.Written.Encoder });
        json.WriteStartObject();
        json.WritePropertyName("fields");
        new JsonArray([.. columns.Select(c => new JsonObject { ["id"] = c.Name, ["type"] = DatastoreTable.TypeOf(c.Type) })]).WriteTo(json, CkanEndpoint.Written);
        json.WriteStartArray("records");
        await foreach (var row in rows.WithCancellation(ct))
        {
            json.WriteStartArray();
            for (var i = 0; i < row.Length; i++) { DatastoreTable.Write(json, row[i], columns[i].Type); }
            json.WriteEndArray();
            if (json.BytesPending < FlushAt) { continue; }
            await json.FlushAsync(ct);
            await http.Response.BodyWriter.FlushAsync(ct);
        }

        json.WriteEndArray();
        json.WriteEndObject();
        await json.FlushAsync(ct);
    }

    private static async Task XmlAsync(HttpContext http, IReadOnlyList<AnswerColumn> columns, IAsyncEnumerable<object?[]> rows, CancellationToken ct)
    {
        const string Instance = "http://www.w3.org/2001/XMLSchema-instance";
        var names = columns.Select(c => XmlConvert.EncodeLocalName(c.Name)!).ToList();
        await using var xml = XmlWriter.Create(http.Response.Body, new XmlWriterSettings { Async = true, OmitXmlDeclaration = true, CheckCharacters = false, Encoding = new UTF8Encoding(encoderShouldEmitUTF8Identifier: false) });
        await xml.WriteStartElementAsync(null, "data", null);
        await xml.WriteAttributeStringAsync("xmlns", "xsi", null, Instance);
        await foreach (var row in rows.WithCancellation(ct))
        {
            await xml.WriteStartElementAsync(null, "row", null);
            for (var i = 0; i < row.Length; i++)
            {
                if (columns[i].Name == DatastoreTable.Id) { await xml.WriteAttributeStringAsync(null, "_id", null, DatastoreTable.TextOf(row[i])); }
            }

            for (var i = 0; i < row.Length; i++)
            {
                if (columns[i].Name == DatastoreTable.Id) { continue; }
                await xml.WriteStartElementAsync(null, names[i], null);
                if (row[i] is null) { await xml.WriteAttributeStringAsync("xsi", "nil", Instance, "true"); }
                else if (columns[i].Type is ColumnType.Json or ColumnType.Geometry && CkanRequest.TryParse((string)row[i]!) is { } nested) { await NestedAsync(xml, nested); }
                else { await xml.WriteStringAsync(Legal(DatastoreTable.TextOf(row[i]))); }
                await xml.WriteEndElementAsync();
            }

            await xml.WriteEndElementAsync();
        }

        await xml.WriteEndElementAsync();
        await xml.FlushAsync();
    }

    /// <summary>Members and items of a JSON value as elements with their key.</summary>
    private static async Task NestedAsync(XmlWriter xml, JsonNode nested)
    {
        var parts = nested switch
        {
            JsonObject members => members.Select(m => (m.Key, m.Value)).ToList(),
            JsonArray items => [.. items.Select((v, i) => (i.ToString(CultureInfo.InvariantCulture), v))],
            _ => null,
        };
        if (parts is null)
        {
            await xml.WriteStringAsync(Legal(CkanParameters.TextOf(nested) ?? ""));
            return;
        }

        foreach (var (key, value) in parts)
        {
            await xml.WriteStartElementAsync(null, "value", null);
            await xml.WriteAttributeStringAsync(null, "key", null, Legal(key));
            if (value is not null) { await NestedAsync(xml, value); }
            await xml.WriteEndElementAsync();
        }
    }

    /// <summary>Without the characters that XML 1.0 cannot hold.</summary>
    private static string Legal(string text) => text.All(c => XmlConvert.IsXmlChar(c) || char.IsSurrogate(c)) ? text : string.Concat(text.Where(c => XmlConvert.IsXmlChar(c) || char.IsSurrogate(c)));

    private static Task RefuseAsync(HttpContext http, int status, string what)
    {
        http.Response.StatusCode = status;
        http.Response.ContentType = "text/plain; charset=utf-8";
        return http.Response.WriteAsync(what, http.RequestAborted);
    }
}
