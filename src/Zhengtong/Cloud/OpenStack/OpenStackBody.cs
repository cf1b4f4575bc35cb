using System.Text.Json;
using Zhengtong.Kernel.Http;

namespace Zhengtong.Cloud.OpenStack;

/// <summary>Bodies as OpenStack's clients send them: members that nobody asked for are passed over, for each client sends others.</summary>
internal static class OpenStackBody
{
    private static readonly JsonDocumentOptions Strict = new() { MaxDepth = 32 };

    /// <summary>The body's object; null when it is none.</summary>
    internal static async Task<JsonElement?> ReadAsync(HttpContext http, CancellationToken ct)
    {
        try
        {
            using var document = await JsonDocument.ParseAsync(http.Request.Body, Strict, ct);
            return document.RootElement.ValueKind == JsonValueKind.Object ? document.RootElement.Clone() : null;
        }
        catch (JsonException) { return null; }
    }

    /// <summary>What stands at the end of a path of members; null when there is nothing.</summary>
    internal static JsonElement? At(this JsonElement element, params ReadOnlySpan<string> path)
    {
        var here = element;
        foreach (var name in path)
        {
            if (here.ValueKind != JsonValueKind.Object || !here.TryGetProperty(name, out here)) { return null; }
        }

        return here;
    }

    /// <summary>The text there; null when there is none, or one that no text of ours is.</summary>
    internal static string? TextAt(this JsonElement element, params ReadOnlySpan<string> path)
    {
        if (element.At(path) is not { ValueKind: JsonValueKind.String } found) { return null; }
        try { return found.GetString() is { } text && RequestFaults.IsStorable(text) ? text : null; }
        // Half a surrogate pair, escaped.
        catch (InvalidOperationException) { return null; }
    }

    /// <summary>The address of this platform as the client reached it, without a slash at its end.</summary>
    internal static string RootOf(HttpContext http) => $"{http.Request.Scheme}://{http.Request.Host}{OpenStackModule.Root}";
}
