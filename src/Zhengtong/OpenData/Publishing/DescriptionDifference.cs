using System.Text.Json;
using System.Text.Json.Nodes;
using Zhengtong.Kernel;
using Zhengtong.OpenData.Model;

namespace Zhengtong.OpenData.Publishing;

/// <summary>Which members of two descriptions differ.</summary>
internal static class DescriptionDifference
{
    /// <summary>Their names as on the wire, in order.</summary>
    internal static IReadOnlyList<string> Of(DatasetDescription before, DatasetDescription after)
    {
        var (old, now) = (Members(before), Members(after));
        return [.. old.Select(m => m.Key).Union(now.Select(m => m.Key)).Where(name => !JsonNode.DeepEquals(old[name], now[name])).Order(StringComparer.Ordinal)];
    }

    private static JsonObject Members(DatasetDescription description) => JsonSerializer.SerializeToNode(DatasetDescriptionBody.Of(description), CanonicalJson.Options)!.AsObject();
}
