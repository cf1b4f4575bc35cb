using System.Collections.Concurrent;
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
    private const int MostLengths = 10_000;

    /// <summary>Bytes of dumps, by the entity tag that says which.</summary>
    private static readonly ConcurrentDictionary<string, long> Lengths = new();

    internal static async Task HandleAsync(HttpContext http, string id, ZhengtongDb db, TableEngine engine, TimeProvider clock)
    {
        CkanEndpoint.Share(http);
        var ct = http.RequestAborted;
        var parameters = new CkanParameters(await CkanRequest.ReadAsync(http.Request, reads: true, ct));
        var call = new CkanCall(parameters, db, engine, CkanEndpoint.BaseOf(http), clock.GetUtcNow(), ct) { Actor = await CkanTokens.CallerOfAsync(http.Request, db, clock.GetUtcNow(), ct), Granted = await CkanEndpoint.GrantedAsync(http) };
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

        var table = resource.Resource.Table!;
        Task WriteAsync(Stream to, CancellationToken stopped)
        {
            return format switch
            {
                "json" => JsonAsync(to, columns, engine.StreamAsync(table, query, TableLimits.Download, stopped), stopped),
                "xml" => XmlAsync(to, columns, engine.StreamAsync(table, query, TableLimits.Download, stopped), stopped),
                _ => SeparatedAsync(to, columns, engine, table, query, format == "tsv" ? '\t' : ',', mark, stopped),
            };
        }

        try { await SendAsync(http, resource, format, WriteAsync, ct); }
        catch (TableQueryTooCostlyException) when (!http.Response.HasStarted)
        {
            foreach (var header in (string[])["ETag", "Content-Range", "Content-Encoding", "Content-Length", "Content-Disposition"]) { http.Response.Headers.Remove(header); }
            await RefuseAsync(http, StatusCodes.Status503ServiceUnavailable, "The question takes more than is allowed");
        }
    }

    /// <summary>Sends all of it, or the one range that was asked for. The table never changes, another version of the dataset has another one, and rows have one order: the same address gives
    /// the same bytes. Packed on the way they are others, so that the entity tag is weak then.</summary>
    private static async Task SendAsync(HttpContext http, PublicResource resource, string format, Func<Stream, CancellationToken, Task> write, CancellationToken ct)
    {
        var (request, response, headers) = (http.Request.GetTypedHeaders(), http.Response, http.Response.Headers);
        var value = Digest.Of(Encoding.UTF8.GetBytes($"{resource.Resource.Table!.Content} {format} {http.Request.QueryString}")).Value[..32];
        var tag = new EntityTagHeaderValue($"\"{value}\"");
        var matches = request.IfRange is null || request.IfRange.EntityTag?.Compare(tag, useStrongComparison: true) == true;
        // Several ranges at once, and other units, may be answered by the whole (RFC 9110, 14.2).
        var range = matches && request.Range is { Ranges.Count: 1 } asked && asked.Unit == "bytes" ? asked.Ranges.First() : null;
        var isPlain = range is not null || request.AcceptEncoding.Count == 0;
        headers.ETag = isPlain ? tag.ToString() : "W/" + tag;
        headers.AcceptRanges = "bytes";
        headers.Vary = "Accept-Encoding";
        if (request.IfNoneMatch.Any(t => t.Compare(tag, useStrongComparison: false) || t.Equals(EntityTagHeaderValue.Any)))
        {
            response.StatusCode = StatusCodes.Status304NotModified;
            return;
        }

        var (from, to) = (0L, long.MaxValue);
        if (range is not null)
        {
            var length = await LengthAsync(value, write, ct);
            (from, to) = range.From is { } first ? (first, Math.Min(range.To ?? length - 1, length - 1)) : (Math.Max(0, length - (range.To ?? 0)), length - 1);
            if (from > to)
            {
                response.StatusCode = StatusCodes.Status416RangeNotSatisfiable;
                headers.ContentRange = new ContentRangeHeaderValue(length).ToString();
                return;
            }

            response.StatusCode = StatusCodes.Status206PartialContent;
            headers.ContentRange = new ContentRangeHeaderValue(from, to, length).ToString();
            headers.ContentEncoding = "identity";
            response.ContentLength = to - from + 1;
        }

        response.ContentType = format switch { "tsv" => "text/tab-separated-values; charset=utf-8", "json" => "application/json; charset=utf-8", "xml" => "text/xml; charset=utf-8", _ => "text/csv; charset=utf-8" };
        headers.ContentDisposition = $"attachment; filename=\"{resource.Id}.{format}\"";
        if (range is null)
        {
            await write(response.Body, ct);
            return;
        }

        using var stop = CancellationTokenSource.CreateLinkedTokenSource(ct);
        await using var window = new DumpWindow(response.Body, from, to - from + 1, stop.Cancel);
        try { await write(window, stop.Token); }
        catch (OperationCanceledException) when (window.IsEnded) { }
    }

    /// <summary>How long it is: made once for it, and remembered, because who goes on with a broken download asks again.</summary>
    private static async Task<long> LengthAsync(string tag, Func<Stream, CancellationToken, Task> write, CancellationToken ct)
    {
        if (Lengths.TryGetValue(tag, out var known)) { return known; }
        await using var counted = new DumpWindow(Stream.Null, 0, long.MaxValue, () => { });
        await write(counted, ct);
        if (Lengths.Count >= MostLengths) { Lengths.Clear(); }
        return Lengths[tag] = counted.Written;
    }

    /// <summary>The header ends with CR LF, the rows with LF, as CKAN writes them.</summary>
    private static Task SeparatedAsync(Stream to, IReadOnlyList<AnswerColumn> columns, TableEngine engine, DataTable table, TableQuery query, char separator, bool mark, CancellationToken ct)
    {
        var header = new StringBuilder(mark ? "\uFEFF" : "");
        DatastoreTable.AddRow(header, columns.Select(c => c.Name), separator, "\r\n");
        return engine.WriteLinesAsync(table, query, new LineForm(separator, "True", "False") { HasWholeFractions = true }, Encoding.UTF8.GetBytes(header.ToString()), to, TableLimits.Download, ct);
    }

    private static async Task JsonAsync(Stream to, IReadOnlyList<AnswerColumn> columns, IAsyncEnumerable<object?[]> rows, CancellationToken ct)
    {
        await using var json = new Utf8JsonWriter(to, new JsonWriterOptions { Encoder = CkanEndpoint.Written.Encoder });
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
        }

        json.WriteEndArray();
        json.WriteEndObject();
        await json.FlushAsync(ct);
    }

    private static async Task XmlAsync(Stream to, IReadOnlyList<AnswerColumn> columns, IAsyncEnumerable<object?[]> rows, CancellationToken ct)
    {
        const string Instance = "http://www.w3.org/2001/XMLSchema-instance";
        var names = columns.Select(c => XmlConvert.EncodeLocalName(c.Name)!).ToList();
        await using var xml = XmlWriter.Create(to, new XmlWriterSettings { Async = true, OmitXmlDeclaration = true, CheckCharacters = false, Encoding = new UTF8Encoding(encoderShouldEmitUTF8Identifier: false) });
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
