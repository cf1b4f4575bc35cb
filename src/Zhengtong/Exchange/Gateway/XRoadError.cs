using System.Text;
using System.Text.Json;
using System.Xml;
using Microsoft.Net.Http.Headers;
using Zhengtong.Kernel;

namespace Zhengtong.Exchange.Gateway;

/// <summary>A refusal as X-Road clients read it (pr-rest 1.0.4, section 4.6): 400 for what the client got wrong, 500 for all else, the type in a header and in the body.</summary>
internal static class XRoadError
{
    private static readonly string[] Xml = ["text/xml", "application/xml", "text/*"];

    internal static async Task WriteAsync(HttpContext http, Refusal refusal)
    {
        var message = refusal.Detail is null ? refusal.Problem.Title : $"{refusal.Problem.Title}: {refusal.Detail}";
        var detail = Guid.CreateVersion7(http.RequestServices.GetRequiredService<TimeProvider>().GetUtcNow()).ToString();
        http.Response.StatusCode = refusal.Type.StartsWith("Client.", StringComparison.Ordinal) ? 400 : 500;
        http.Response.Headers["X-Road-Error"] = refusal.Type;
        var xml = WantedXml(http);
        var body = xml is null ? Encoding.UTF8.GetBytes(JsonSerializer.Serialize(new { type = refusal.Type, message, detail }, CanonicalJson.Options)) : Document(refusal.Type, message, detail);
        http.Response.ContentType = $"{xml ?? "application/json"};charset=utf-8";
        http.Response.ContentLength = body.Length;
        if (!HttpMethods.IsHead(http.Request.Method)) { await http.Response.Body.WriteAsync(body, http.RequestAborted); }
    }

    /// <summary>The XML type that Accept names; null for JSON.</summary>
    private static string? WantedXml(HttpContext http)
    {
        if (!MediaTypeHeaderValue.TryParseList(http.Request.Headers.Accept, out var accepted)) { return null; }
        var named = accepted.Select(a => a.MediaType.Value?.ToLowerInvariant()).FirstOrDefault(a => Xml.Contains(a));
        return named == "text/*" ? "text/xml" : named;
    }

    private static byte[] Document(string type, string message, string detail)
    {
        using var bytes = new MemoryStream();
        using (var writer = XmlWriter.Create(bytes, new XmlWriterSettings { Encoding = new UTF8Encoding(false) }))
        {
            writer.WriteStartElement("error");
            writer.WriteElementString("type", type);
            writer.WriteElementString("message", message);
            writer.WriteElementString("detail", detail);
            writer.WriteEndElement();
        }

        return bytes.ToArray();
    }
}
