using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;

namespace Zhengtong.OpenData.Ckan;

/// <summary>A refusal in the API's own shape.</summary>
/// <param name="status">HTTP status.</param>
/// <param name="body">The <c>error</c> object with its <c>__type</c>; a text when the whole body is one JSON string, as for an unknown action.</param>
internal sealed class CkanFault(int status, JsonNode body) : Exception(body.ToJsonString())
{
    /// <summary>HTTP status, 400 to 507.</summary>
    internal int Status { get; } = status;

    /// <summary>See the constructor.</summary>
    internal JsonNode Body { get; } = body;

    /// <summary>400 whose body is a JSON string.</summary>
    internal static CkanFault BadRequest(string what) => new(400, JsonValue.Create($"Bad request: {what}"));

    internal static CkanFault NotFound(string? what = null) => Of(404, "Not Found Error", what is null ? "Not found" : $"Not found: {what}");

    internal static CkanFault Forbidden(string? what = null) => Of(403, "Authorization Error", what is null ? "Access denied" : $"Access denied: {what}");

    /// <summary>An unknown parameter or sort field of package_search.</summary>
    internal static CkanFault SearchQuery(string what) => Of(400, "Search Query Error", $"Search Query is invalid: {Quoted(what)}");

    /// <summary>A query that cannot be read.</summary>
    internal static CkanFault Search(string what) => Of(409, "Search Error", $"Search error: {Quoted(what)}");

    /// <summary>Wrong nesting.</summary>
    internal static CkanFault Integrity(string what, JsonNode data)
    {
        var fault = Of(400, "Integrity Error", what);
        fault.Body["data"] = data.DeepClone();
        return fault;
    }

    /// <summary>One wrong parameter.</summary>
    internal static CkanFault Invalid(string parameter, string message) => Invalid(new JsonObject { [parameter] = new JsonArray(message) });

    /// <summary>Wrong parameters: one key each, its value the messages.</summary>
    internal static CkanFault Invalid(JsonObject errors)
    {
        errors["__type"] = "Validation Error";
        return new(409, errors);
    }

    /// <summary>No space is left for what was sent.</summary>
    internal static CkanFault StoreFull() => Of(507, "Insufficient Storage Error", "No space is left on the platform for what was sent; nothing of it was kept, send it again later");

    internal static CkanFault Of(int status, string type, string message) => new(status, new JsonObject { ["message"] = message, ["__type"] = type });

    /// <summary>A text as Python shows it, because clients compare these messages: double quotes when it holds single ones only.</summary>
    internal static string Quoted(string text)
    {
        var quote = text.Contains('\'', StringComparison.Ordinal) && !text.Contains('"', StringComparison.Ordinal) ? '"' : '\'';
        var shown = new StringBuilder().Append(quote);
        foreach (var c in text)
        {
            _ = c switch
            {
                '\\' => shown.Append("\\\\"),
                '\n' => shown.Append("\\n"),
                '\r' => shown.Append("\\r"),
                '\t' => shown.Append("\\t"),
                _ when c == quote => shown.Append('\\').Append(c),
                < ' ' => shown.Append(CultureInfo.InvariantCulture, $"\\x{(int)c:x2}"),
                _ => shown.Append(c),
            };
        }

        return shown.Append(quote).ToString();
    }

    /// <summary>So that a refusal never repeats more than a little of what was sent.</summary>
    internal static string Shortened(string text) => text.Length <= 200 ? text : string.Concat(text.AsSpan(0, char.IsHighSurrogate(text[199]) ? 199 : 200), "…");
}
