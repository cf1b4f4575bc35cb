using System.Text.Json;
using Zhengtong.Kernel;

namespace Zhengtong.Catalogue.Model;

/// <summary>What the platform reads from a provider's OpenAPI document (OpenAPI 3.0 and 3.1, section "Paths Object"): its operations. The rest is for people and clients.</summary>
/// <param name="Operations">In the document's order; empty when it cannot be read.</param>
/// <param name="Fault">What is wrong, in the reader's language; null when nothing.</param>
internal sealed record OpenApiText(IReadOnlyList<ServiceOperation> Operations, string? Fault)
{
    internal const int MaxLength = 1_000_000;
    internal const int MostOperations = 500;
    private const int LongestPath = 500;

    private static readonly string[] Methods = ["GET", "PUT", "POST", "DELETE", "OPTIONS", "HEAD", "PATCH", "TRACE"];

    /// <summary>Reads the document; never throws.</summary>
    internal static OpenApiText Read(string text)
    {
        try
        {
            using var document = JsonDocument.Parse(text, new JsonDocumentOptions { MaxDepth = 64 });
            return Read(document.RootElement);
        }
        // A text with half a surrogate pair is found only when it is read.
        catch (Exception e) when (e is JsonException or InvalidOperationException) { return Refused("catalogue.openapi-json"); }
    }

    private static OpenApiText Read(JsonElement root)
    {
        if (root.ValueKind != JsonValueKind.Object || !(StringOf(root, "openapi") is { } version && version.StartsWith("3.", StringComparison.Ordinal))) { return Refused("catalogue.openapi-version"); }
        if (!root.TryGetProperty("paths", out var paths) || paths.ValueKind != JsonValueKind.Object) { return Refused("catalogue.openapi-paths"); }
        List<ServiceOperation> operations = [];
        foreach (var path in paths.EnumerateObject().Where(p => p.Value.ValueKind == JsonValueKind.Object))
        {
            if (!IsPath(path.Name)) { return Refused("catalogue.openapi-path", path.Name.Length > 100 ? path.Name[..100] : path.Name); }
            foreach (var method in path.Value.EnumerateObject().Where(m => m.Value.ValueKind == JsonValueKind.Object && Methods.Contains(m.Name.ToUpperInvariant())))
            {
                operations.Add(new ServiceOperation(method.Name.ToUpperInvariant(), path.Name, Short(StringOf(method.Value, "summary") ?? StringOf(method.Value, "description") ?? "")));
            }
        }

        return operations.Count switch
        {
            0 => Refused("catalogue.openapi-paths"),
            > MostOperations => Refused("catalogue.openapi-many", MostOperations),
            _ when operations.DistinctBy(o => o.Name).Count() < operations.Count => Refused("catalogue.openapi-twice"),
            _ => new OpenApiText(operations, null),
        };
    }

    /// <summary>Segments of plain characters or one parameter in braces: nothing that could be read in two ways.</summary>
    private static bool IsPath(string path) => path is ['/', .. var rest] && path.Length <= LongestPath
        && !path.Contains("//", StringComparison.Ordinal)
        && rest.Split('/').All(s => s is not ("." or "..") && (IsParameter(s) || s.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.' or '~' or '!' or '$' or '\'' or '(' or ')' or '*' or '+' or ',' or '=' or ':' or '@')));

    private static bool IsParameter(string segment) => segment is ['{', .. var name, '}'] && name.Length > 0 && name.All(c => char.IsLetterOrDigit(c) || c is '-' or '_' or '.');

    private static string? StringOf(JsonElement element, string name) => element.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;

    private static string Short(string text) => text.Length <= 200 ? text : text[..199] + "…";

    private static OpenApiText Refused(string key, params object[] arguments) => new([], Text.Of(key, arguments));
}
