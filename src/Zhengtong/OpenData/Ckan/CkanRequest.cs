using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Extensions.Primitives;

namespace Zhengtong.OpenData.Ckan;

/// <summary>Where the parameters of a call stand: a form that is not empty; else, for what only reads, the address; else a JSON object in the body.</summary>
internal static class CkanRequest
{
    /// <summary>Most bytes of a body with rows.</summary>
    internal const int MostBytes = 64 * 1024 * 1024;

    private static readonly JsonDocumentOptions Reading = new() { MaxDepth = 32 };

    /// <summary>Reads the parameters.</summary>
    /// <param name="request">The request; its body is limited by the server.</param>
    /// <param name="reads">True for an action without side effects, which also takes them from the address.</param>
    /// <param name="ct">Stops reading.</param>
    /// <exception cref="CkanFault">400, a JSON string: the body is no JSON object.</exception>
    internal static async Task<JsonObject> ReadAsync(HttpRequest request, bool reads, CancellationToken ct)
    {
        var form = HttpMethods.IsPost(request.Method) ? await FormAsync(request, ct) : null;
        if (form is { Count: > 0 }) { return form; }
        if (reads && request.Query.Any(q => q.Key != "callback")) { return Of(request.Query); }
        if (!HttpMethods.IsPost(request.Method) || form is not null) { return []; }
        using var body = new MemoryStream();
        await request.Body.CopyToAsync(body, ct);
        return ObjectOf(body.GetBuffer().AsMemory(0, (int)body.Length));
    }

    /// <summary>The value of a JSON text; null when it is none.</summary>
    internal static JsonNode? TryParse(string text)
    {
        try
        {
            using var document = JsonDocument.Parse(text, Reading);
            return NodeOf(document.RootElement);
        }
        catch (JsonException) { return null; }
        catch (InvalidOperationException) { return null; }
    }

    /// <summary>A text that every database and encoder takes: no NUL, no half of a surrogate pair.</summary>
    internal static string Clean(string text)
    {
        var whole = true;
        for (var i = 0; i < text.Length && whole; i++)
        {
            if (char.IsHighSurrogate(text[i]) && i + 1 < text.Length && char.IsLowSurrogate(text[i + 1])) { i++; }
            else if (text[i] == '\0' || char.IsSurrogate(text[i])) { whole = false; }
        }

        if (whole) { return text; }
        var clean = new StringBuilder(text.Length);
        foreach (var rune in text.EnumerateRunes()) { clean.Append(rune.Value == 0 ? "\uFFFD" : rune.ToString()); }
        return clean.ToString();
    }

    /// <summary>The form; null when the body is none. A form of a single key without a value is the JSON of a client that sends it as a form.</summary>
    private static async Task<JsonObject?> FormAsync(HttpRequest request, CancellationToken ct)
    {
        var type = request.ContentType ?? "";
        if (type.StartsWith("multipart/form-data", StringComparison.OrdinalIgnoreCase))
        {
            try { return Of(await request.ReadFormAsync(ct)); }
            catch (InvalidDataException) { throw CkanFault.BadRequest("JSON Error: Error decoding form data."); }
            catch (IOException e) when (e is not BadHttpRequestException) { throw CkanFault.BadRequest("JSON Error: Error decoding form data."); }
        }

        if (!type.StartsWith("application/x-www-form-urlencoded", StringComparison.OrdinalIgnoreCase)) { return null; }
        using var reader = new StreamReader(request.Body, Encoding.UTF8);
        var raw = await reader.ReadToEndAsync(ct);
        // Not even encoded: what curl sends when nobody tells it the type.
        if (raw.AsSpan().TrimStart().StartsWith("{") && TryParse(raw) is JsonObject plain) { return plain; }
        var fields = QueryHelpers.ParseQuery(raw);
        if (fields.Count == 1 && fields.First() is { Value: [null or "" or "1"], Key: { } key } && key.AsSpan().TrimStart() is ['{' or '[', ..]) { return ObjectOf(Encoding.UTF8.GetBytes(key)); }
        return Of(fields);
    }

    private static JsonObject Of(IEnumerable<KeyValuePair<string, StringValues>> fields)
    {
        var read = new JsonObject();
        foreach (var (name, values) in fields)
        {
            read[Clean(name)] = values.Count > 1 ? new JsonArray([.. values.Select(v => (JsonNode?)JsonValue.Create(Clean(v ?? "")))]) : JsonValue.Create(Clean(values.ToString()));
        }

        return read;
    }

    private static JsonObject ObjectOf(ReadOnlyMemory<byte> json)
    {
        if (json.Span.Trim(" \t\r\n"u8).IsEmpty) { return []; }
        JsonNode? node;
        try
        {
            using var document = JsonDocument.Parse(json, Reading);
            node = NodeOf(document.RootElement);
        }
        catch (JsonException) { throw CkanFault.BadRequest("JSON Error: Error decoding JSON data. JSON data extracted from the request cannot be parsed"); }
        catch (InvalidOperationException) { throw CkanFault.BadRequest("JSON Error: Error decoding JSON data. JSON data extracted from the request holds a text that is no Unicode"); }
        return node as JsonObject ?? throw CkanFault.BadRequest($"JSON Error: Request data JSON decoded to {CkanFault.Shortened(node?.ToJsonString() ?? "None")} but it needs to be a dictionary.");
    }

    /// <summary>The value with clean texts; of a member that stands twice the last counts.</summary>
    private static JsonNode? NodeOf(JsonElement value)
    {
        switch (value.ValueKind)
        {
            case JsonValueKind.Object:
                var members = new JsonObject();
                foreach (var member in value.EnumerateObject()) { members[Clean(member.Name)] = NodeOf(member.Value); }
                return members;
            case JsonValueKind.Array: return new JsonArray([.. value.EnumerateArray().Select(NodeOf)]);
            case JsonValueKind.String: return JsonValue.Create(Clean(value.GetString()!));
            case JsonValueKind.Null or JsonValueKind.Undefined: return null;
            default: return JsonValue.Create(value.Clone());
        }
    }
}
