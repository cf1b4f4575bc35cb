using System.Text.Json;
using System.Text.Json.Nodes;
using Zhengtong.Cloud.Model;

namespace Zhengtong.Cloud.Brokers;

/// <summary>Parameters of a broker's plan, in which a text such as <c>$disk</c> stands for how much of that kind is ordered; <c>$$</c> begins a text with one dollar sign.</summary>
internal static class BrokeredParameters
{
    /// <summary>Characters of what the operator writes.</summary>
    internal const int LongestTemplate = 10_000;

    /// <summary>Characters of what is sent: a number may be longer than the kind that it stands for.</summary>
    internal const int Longest = 100_000;

    private static readonly JsonDocumentOptions Bounds = new() { MaxDepth = 32, AllowDuplicateProperties = false };

    /// <summary>What is sent for these amounts; null for nothing.</summary>
    internal static string? Fill(string? template, IReadOnlyList<ResourceAmount> amounts) => template is null ? null : Filled(JsonNode.Parse(template, documentOptions: Bounds), amounts)!.ToJsonString();

    /// <summary>The kinds that are told, or null when it is no JSON object.</summary>
    internal static IReadOnlySet<string>? KindsIn(string template)
    {
        try
        {
            using var document = JsonDocument.Parse(template, Bounds);
            if (document.RootElement.ValueKind != JsonValueKind.Object) { return null; }
            var kinds = new HashSet<string>(StringComparer.Ordinal);
            Collect(document.RootElement, kinds);
            return kinds;
        }
        catch (JsonException) { return null; }
    }

    private static void Collect(JsonElement at, HashSet<string> kinds)
    {
        switch (at.ValueKind)
        {
            case JsonValueKind.Object:
                foreach (var member in at.EnumerateObject()) { Collect(member.Value, kinds); }
                break;
            case JsonValueKind.Array:
                foreach (var item in at.EnumerateArray()) { Collect(item, kinds); }
                break;
            case JsonValueKind.String when KindOf(at.GetString()!) is { } kind:
                kinds.Add(kind);
                break;
        }
    }

    private static JsonNode? Filled(JsonNode? at, IReadOnlyList<ResourceAmount> amounts)
    {
        switch (at)
        {
            case JsonObject members:
                return new JsonObject(members.Select(m => KeyValuePair.Create(m.Key, Filled(m.Value, amounts))));
            case JsonArray items:
                return new JsonArray([.. items.Select(i => Filled(i, amounts))]);
            case JsonValue value when value.TryGetValue<string>(out var text) && text.StartsWith('$'):
                return KindOf(text) is { } kind ? JsonValue.Create(amounts.Get(kind)) : JsonValue.Create(text[1..]);
            default:
                return at?.DeepClone();
        }
    }

    private static string? KindOf(string text) => text.StartsWith('$') && !text.StartsWith("$$", StringComparison.Ordinal) ? text[1..] : null;
}
