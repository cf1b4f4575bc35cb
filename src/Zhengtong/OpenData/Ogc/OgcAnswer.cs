using System.Globalization;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.Net.Http.Headers;
using Zhengtong.OpenData.Tables;

namespace Zhengtong.OpenData.Ogc;

/// <summary>The two forms of an answer, JSON and HTML, its links, and its refusals.</summary>
internal static class OgcAnswer
{
    /// <summary>The coordinate system of every answer: longitude and latitude in WGS 84.</summary>
    internal const string Crs84 = "http://www.opengis.net/def/crs/OGC/1.3/CRS84";

    internal const string Json = "application/json";
    internal const string GeoJson = "application/geo+json";
    internal const string Html = "text/html";

    private static readonly JsonSerializerOptions Pretty = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, WriteIndented = true };

    /// <summary>The address of the platform as this caller sees it, without a slash at its end.</summary>
    internal static string BaseOf(HttpContext http) => $"{http.Request.Scheme}://{http.Request.Host}{http.Request.PathBase}";

    /// <summary>True when the caller asked for HTML: by <c>f=html</c>, or by an Accept header that ranks it before JSON.</summary>
    /// <exception cref="OgcException">Another value of <c>f</c>.</exception>
    internal static bool WantsHtml(HttpContext http)
    {
        if (http.Request.Query.TryGetValue("f", out var f))
        {
            return f.ToString() switch { "html" => true, "json" or "geojson" => false, var other => throw new OgcException(400, $"f: json or html, not '{Shortened(other)}'") };
        }

        if (!MediaTypeHeaderValue.TryParseList(http.Request.Headers.Accept, out var accepted)) { return false; }
        double? html = null, json = null;
        foreach (var type in accepted)
        {
            var quality = type.Quality ?? 1;
            if (type.MediaType.Equals(Html, StringComparison.OrdinalIgnoreCase)) { html = quality; }
            else if (type.SubType.Equals("json", StringComparison.OrdinalIgnoreCase) || type.SubType.EndsWith("+json", StringComparison.OrdinalIgnoreCase)) { json = Math.Max(json ?? 0, quality); }
        }

        return html > (json ?? 0);
    }

    /// <summary>Only these parameters, and <c>f</c>: the standard has every other refused.</summary>
    /// <exception cref="OgcException">One that is not known, or that comes twice.</exception>
    internal static void OnlyKnows(HttpContext http, params ReadOnlySpan<string> names)
    {
        foreach (var (name, values) in http.Request.Query)
        {
            if (name != "f" && !names.Contains(name)) { throw new OgcException(400, $"Unknown parameter '{Shortened(name)}'"); }
            if (values.Count > 1) { throw new OgcException(400, $"Parameter '{Shortened(name)}' comes {values.Count.ToString(CultureInfo.InvariantCulture)} times"); }
        }
    }

    /// <summary>Gives the answer about a table its entity tag; true when the caller has the same already. Weak: the moment of the answer and its packing are not part of it.</summary>
    internal static bool IsKnown(HttpContext http, PublicTable table, bool html)
    {
        var state = $"{typeof(OgcAnswer).Module.ModuleVersionId}|{BaseOf(http)}|{http.Request.Path}|{http.Request.QueryString}|{html}|{CultureInfo.CurrentUICulture.Name}|{table.DatasetTitle}|{table.Table.Content.Value}";
        var tag = new EntityTagHeaderValue($"\"{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(state)).AsSpan(0, 16))}\"", isWeak: true);
        (http.Response.GetTypedHeaders().ETag, http.Response.Headers.CacheControl) = (tag, "no-cache");
        return http.Request.GetTypedHeaders().IfNoneMatch is { Count: > 0 } tags && tags.Any(t => t.Equals(EntityTagHeaderValue.Any) || t.Compare(tag, useStrongComparison: false));
    }

    /// <summary>One link of an answer.</summary>
    internal static JsonObject Link(string href, string rel, string type, string title) => new() { ["href"] = href, ["rel"] = rel, ["type"] = type, ["title"] = title };

    /// <summary>The links to the answer itself and to its other form, keeping all parameters.</summary>
    internal static IEnumerable<JsonObject> SelfLinks(HttpContext http, bool html, string json = Json)
    {
        var (asJson, asHtml) = (Addressed(http, "json"), Addressed(http, "html"));
        yield return html ? Link(asHtml, "self", Html, "HTML") : Link(asJson, "self", json, "JSON");
        yield return html ? Link(asJson, "alternate", json, "JSON") : Link(asHtml, "alternate", Html, "HTML");
    }

    /// <summary>The address asked for, with another form or another parameter.</summary>
    internal static string Addressed(HttpContext http, string format, string? parameter = null, string? value = null)
    {
        var kept = http.Request.Query.Where(q => q.Key != "f" && q.Key != parameter).Select(q => KeyValuePair.Create(q.Key, q.Value)).ToList();
        if (value is not null) { kept.Add(new(parameter!, value)); }
        kept.Add(new("f", format));
        return BaseOf(http) + http.Request.Path.ToUriComponent() + QueryString.Create(kept).ToUriComponent();
    }

    /// <summary>The answer in the form the caller wants; the HTML form shows the same members.</summary>
    internal static IResult Of(HttpContext http, JsonObject answer, string title, string json = Json) =>
        WantsHtml(http) ? Page(title, answer) : Results.Text(answer.ToJsonString(Pretty), json, Encoding.UTF8);

    /// <summary>Refusals as problem documents, as the rest of the platform gives them; the public may read from any origin.</summary>
    internal static async ValueTask<object?> FaultsAsync(EndpointFilterInvocationContext context, EndpointFilterDelegate next)
    {
        context.HttpContext.Response.Headers.AccessControlAllowOrigin = "*";
        try { return await next(context); }
        catch (OgcException e) { return (e.Status == 404 ? OpenDataProblems.NotFound : OpenDataProblems.BadQuestion).Because(e.Message); }
        catch (TableQueryException e) { return OpenDataProblems.BadQuestion.Because(e.Message); }
        catch (TableQueryTooCostlyException e) { return OpenDataProblems.TooCostly.Because(e.Message); }
    }

    /// <summary>So that a refusal never repeats more than a little of what was sent.</summary>
    internal static string Shortened(string text) => text.Length <= 60 ? text : text[..60] + "…";

    /// <summary>A page that shows the answer's members as lists and tables: enough to walk the interface with a browser, in the reader's language where the platform speaks.</summary>
    internal static IResult Page(string title, JsonObject answer)
    {
        var html = new StringBuilder();
        html.Append(CultureInfo.InvariantCulture, $"<!doctype html><html lang=\"{CultureInfo.CurrentUICulture.Name}\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width\">");
        html.Append(CultureInfo.InvariantCulture, $"<title>{Encoded(title)}</title><link rel=\"stylesheet\" href=\"/theme.css\"></head><body><main class=\"ogc\"><h1>{Encoded(title)}</h1>");
        Members(html, answer);
        return Results.Text(html.Append("</main></body></html>").ToString(), "text/html; charset=utf-8", Encoding.UTF8);
    }

    private static void Members(StringBuilder html, JsonObject members)
    {
        html.Append("<dl>");
        foreach (var (name, value) in members)
        {
            html.Append(CultureInfo.InvariantCulture, $"<dt>{Encoded(name)}</dt><dd>");
            Value(html, value);
            html.Append("</dd>");
        }

        html.Append("</dl>");
    }

    private static void Value(StringBuilder html, JsonNode? value)
    {
        switch (value)
        {
            case JsonObject link when link["href"] is { } href && link["rel"] is { } rel:
                html.Append(CultureInfo.InvariantCulture, $"<a rel=\"{Encoded(rel.ToString())}\" href=\"{Encoded(href.ToString())}\">{Encoded(link["title"]?.ToString() ?? href.ToString())}</a> ({Encoded(rel.ToString())})");
                break;
            case JsonObject members:
                Members(html, members);
                break;
            case JsonArray { Count: > 0 } list when list.All(i => i is JsonValue):
                html.Append(Encoded(string.Join(", ", list.Select(i => i!.ToString()))));
                break;
            case JsonArray list:
                html.Append("<ul>");
                foreach (var item in list)
                {
                    html.Append("<li>");
                    Value(html, item);
                    html.Append("</li>");
                }

                html.Append("</ul>");
                break;
            default:
                html.Append(Encoded(value?.ToString() ?? "—"));
                break;
        }
    }

    private static string Encoded(string text) => WebUtility.HtmlEncode(text);
}

/// <summary>A refusal of the interface.</summary>
internal sealed class OgcException(int status, string detail) : Exception(detail)
{
    /// <summary>400 or 404.</summary>
    internal int Status { get; } = status;
}
