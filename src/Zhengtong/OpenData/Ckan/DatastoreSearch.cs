using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.EntityFrameworkCore;
using Zhengtong.OpenData.Publishing;
using Zhengtong.OpenData.Tables;

namespace Zhengtong.OpenData.Ckan;

/// <summary>datastore_search: rows of a published table.</summary>
internal static class DatastoreSearch
{
    /// <summary>Most rows of one answer; who asks for more gets these, and the answer's <c>limit</c> says so.</summary>
    internal const int MostRows = 32_000;

    private const int RowsBetweenFlushes = 200;

    /// <summary>Most rows of an answer that is kept for the next reader.</summary>
    private const int MostKept = 1_000;

    internal static readonly string[] Parameters =
    [
        "resource_id", "id", "filters", "q", "full_text", "plain", "language", "limit", "offset", "fields", "sort", "distinct", "include_total", "records_format", "include_next_page", "total_estimation_threshold",
    ];

    internal static async Task<object?> HandleAsync(CkanCall call)
    {
        var p = call.Parameters;
        foreach (var unknown in p.Given.Select(g => g.Key).Where(k => !Parameters.Contains(k))) { p.Wrong("__extras", $"invalid value \"{CkanFault.Shortened(unknown)}\""); }
        var id = p.Text("resource_id") ?? p.Text("id") ?? p.Required("resource_id");
        var (limit, offset) = (p.Natural("limit", MostRows) ?? 100, Offset(p));
        var (total, next, format) = (p.Flag("include_total", true), p.Flag("include_next_page", false), p.Text("records_format") ?? "objects");
        if (format is not ("objects" or "lists" or "csv" or "tsv")) { p.Wrong("records_format", "Value must be one of objects, lists, csv, tsv"); }
        p.Check();
        if (id == "_table_metadata") { return await TablesAsync(call, limit, offset, total, format); }
        var resource = await DatastoreTable.FindAsync(call, id);
        // An officer may see a draft, which changes.
        var answers = call.Actor.IsSignedIn || limit > MostKept ? null : call.Service<DatastoreAnswers>();
        var tag = DatastoreAnswers.KeyOf(resource, p.Given);
        if (answers?.Find(tag) is { } known) { return CkanWritten.Of(known, tag); }
        var (query, ranks) = DatastoreQuestion.Read(p, resource.Resource.Table!);
        query = query with { Limit = limit, Offset = offset, Count = total };
        TableAnswer answer;
        try { answer = await call.Engine.AskAsync(resource.Resource.Table!, query, TableLimits.Public, call.Ct); }
        catch (TableQueryException e) { throw DatastoreTable.Of(e); }
        // Only who sorts by the number of the row can go on by it.
        var byId = query.Ranks ? query.Orders is [{ Column: DatastoreTable.Id }, ..] : query.Orders is [] or [{ Column: DatastoreTable.Id }];
        var idAt = answer.Columns.ToList().FindIndex(c => c.Name == DatastoreTable.Id);
        var written = new CkanWritten(async (json, flush) =>
        {
            json.WriteStartObject();
            json.WriteBoolean("include_total", total);
            json.WriteNumber("limit", limit);
            if (p.Has("offset")) { json.WriteNumber("offset", offset); }
            json.WriteString("records_format", format);
            json.WriteString("resource_id", resource.Id);
            foreach (var name in (string[])["filters", "q", "fields", "sort", "plain", "language", "distinct", "full_text"])
            {
                if (!p.Has(name) || name == "fields") { continue; }
                json.WritePropertyName(name);
                (name is "filters" && CkanParameters.TextOf(p.Given[name]) is { } text ? CkanRequest.TryParse(text) ?? p.Given[name]! : p.Given[name]!).WriteTo(json, CkanEndpoint.Written);
            }

            json.WritePropertyName("fields");
            new JsonArray([.. answer.Columns.Select(c => DatastoreTable.FieldOf(c.Name, c.Type, c.Column)), .. ranks.Select(r => new JsonObject { ["id"] = r, ["type"] = "float" })]).WriteTo(json, CkanEndpoint.Written);
            json.WritePropertyName("records");
            if (format is "csv" or "tsv") { json.WriteStringValue(TextOf(answer, ranks.Count, format == "csv" ? ',' : '\t')); }
            else
            {
                json.WriteStartArray();
                for (var i = 0; i < answer.Rows.Count; i++)
                {
                    if (i % RowsBetweenFlushes == RowsBetweenFlushes - 1) { await flush(); }
                    var row = answer.Rows[i];
                    if (format == "objects") { json.WriteStartObject(); }
                    else { json.WriteStartArray(); }
                    for (var c = 0; c < row.Length; c++)
                    {
                        if (format == "objects") { json.WritePropertyName(answer.Columns[c].Name); }
                        DatastoreTable.Write(json, row[c], answer.Columns[c].Type);
                    }

                    foreach (var rank in ranks)
                    {
                        if (format == "objects") { json.WritePropertyName(rank); }
                        json.WriteNumberValue(answer.Ranks is { } known ? Math.Round(known[i], 6) : 1);
                    }

                    if (format == "objects") { json.WriteEndObject(); }
                    else { json.WriteEndArray(); }
                }

                json.WriteEndArray();
            }

            if (next && byId && idAt >= 0 && !query.Distinct && limit > 0 && answer.Rows.Count == limit)
            {
                json.WriteStartObject("next_page");
                json.WriteStartObject(DatastoreTable.Id);
                json.WriteNumber(query.Orders is [{ Descending: true }] ? "lt" : "gt", (long)answer.Rows[^1][idAt]!);
                json.WriteEndObject();
                json.WriteEndObject();
            }

            json.WritePropertyName("_links");
            LinksOf(p, limit, offset).WriteTo(json, CkanEndpoint.Written);
            if (total)
            {
                json.WriteNumber("total", answer.Total ?? 0);
                json.WriteBoolean("total_was_estimated", false);
            }

            json.WriteEndObject();
        });
        if (answers is null) { return written; }
        var room = new ArrayBufferWriter<byte>(16 * 1024);
        await using (var json = new Utf8JsonWriter(room, CkanEndpoint.Writing)) { await written.Write(json, () => Task.CompletedTask); }
        answers.Keep(tag, room.WrittenSpan.ToArray());
        return CkanWritten.Of(room.WrittenMemory, tag);
    }

    /// <summary>Start, next, and behind the first page the page before. There is always a next: clients follow it until no rows come.</summary>
    private static JsonObject LinksOf(CkanParameters p, int limit, int offset)
    {
        var kept = p.Given.Where(g => g.Key is not "offset" && g.Value is not null).Select(g =>
            $"{Uri.EscapeDataString(g.Key)}={Uri.EscapeDataString(g.Value is JsonArray or JsonObject ? g.Value.ToJsonString(CkanEndpoint.Written) : CkanParameters.TextOf(g.Value) ?? "")}");
        var address = $"/api/3/action/datastore_search?{string.Join('&', kept)}";
        var links = new JsonObject { ["start"] = address };
        if (limit > 0)
        {
            if (offset > 0) { links["prev"] = offset - limit > 0 ? At((long)offset - limit) : address; }
            links["next"] = At((long)offset + limit);
        }

        return links;

        string At(long to) => $"{address}&offset={to.ToString(CultureInfo.InvariantCulture)}";
    }

    /// <summary>The alias that lists all tables.</summary>
    private static async Task<object?> TablesAsync(CkanCall call, int limit, int offset, bool total, string format)
    {
        var tables = PublicResources.ReadableBy(call.Db, call.Granted).Where(r => r.HasTable);
        var page = limit == 0 ? [] : await tables.OrderBy(r => r.Id).Skip(offset).Take(limit).Select(r => r.Id).ToListAsync(call.Ct);
        string[] names = ["_id", "name", "oid", "alias_of"];
        var rows = page.Select((id, i) => new JsonNode?[] { JsonValue.Create((long)offset + i + 1), JsonValue.Create(id.ToString()), JsonValue.Create((long)offset + i + 1), null }).ToList();
        var written = new StringBuilder();
        foreach (var row in rows) { DatastoreTable.AddRow(written, row.Select(c => CkanParameters.TextOf(c) ?? ""), format == "tsv" ? '\t' : ',', "\n"); }
        var answer = new JsonObject
        {
            ["include_total"] = total,
            ["limit"] = limit,
            ["records_format"] = format,
            ["resource_id"] = "_table_metadata",
            ["fields"] = new JsonArray([.. names.Select((n, i) => new JsonObject { ["id"] = n, ["type"] = i is 0 or 2 ? "int" : "text" })]),
            ["records"] = format is "csv" or "tsv" ? JsonValue.Create(written.ToString())
                : new JsonArray([.. rows.Select(r => format == "lists" ? (JsonNode)new JsonArray(r) : new JsonObject(r.Select((c, i) => KeyValuePair.Create(names[i], c))))]),
            ["_links"] = LinksOf(call.Parameters, limit, offset),
        };
        if (total)
        {
            answer["total"] = await tables.CountAsync(call.Ct);
            answer["total_was_estimated"] = false;
        }

        return answer;
    }

    private static string TextOf(TableAnswer answer, int ranks, char separator)
    {
        var rows = new StringBuilder();
        foreach (var (at, row) in answer.Rows.Index())
        {
            var rank = answer.Ranks is { } known ? Math.Round(known[at], 6).ToString(CultureInfo.InvariantCulture) : "1";
            DatastoreTable.AddRow(rows, row.Select(DatastoreTable.TextOf).Concat(Enumerable.Repeat(rank, ranks)), separator, "\n");
        }

        return rows.ToString();
    }

    private static int Offset(CkanParameters p) => p.Natural("offset", negative: $"invalid value \"{CkanFault.Shortened(p.Text("offset") ?? "")}\"") ?? 0;
}
