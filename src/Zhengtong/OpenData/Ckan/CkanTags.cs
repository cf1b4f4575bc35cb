using System.Text.Json.Nodes;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Kernel.Search;

namespace Zhengtong.OpenData.Ckan;

/// <summary>The keywords of published datasets, as CKAN's free tags; there are no vocabularies. One query reads all that are in use.</summary>
internal static class CkanTags
{
    /// <summary>Values between bars, and how many datasets have this very list.</summary>
    internal sealed record BarList(string Values, int Count);

    internal static JsonObject DictOf(string tag) => new()
    {
        ["id"] = CkanCall.IdOf("tag", tag),
        ["name"] = tag,
        ["display_name"] = tag,
        ["vocabulary_id"] = null,
        ["state"] = "active",
    };

    /// <summary>How many datasets have each value.</summary>
    internal static Dictionary<string, int> Counted(IEnumerable<BarList> lists)
    {
        var counts = new Dictionary<string, int>(StringComparer.Ordinal);
        foreach (var list in lists)
        {
            foreach (var value in list.Values.Split('|', StringSplitOptions.RemoveEmptyEntries).Distinct()) { counts[value] = counts.GetValueOrDefault(value) + list.Count; }
        }

        return counts;
    }

    internal static async Task<object?> ListAsync(CkanCall call)
    {
        var p = call.Parameters;
        var dicts = p.Flag("all_fields", false);
        p.Check();
        if (p.Text("vocabulary_id") is not null) { throw CkanFault.NotFound("could not find vocabulary"); }
        var found = Holding(await AllAsync(call), p.Text("query") ?? p.Text("q"));
        return new JsonArray([.. found.Select(t => dicts ? (JsonNode)ShortOf(t) : JsonValue.Create(t))]);
    }

    internal static async Task<object?> SearchAsync(CkanCall call)
    {
        var p = call.Parameters;
        var queries = p.Several("query") is { Count: > 0 } several ? several : p.Several("q");
        var (limit, offset) = (p.Natural("limit"), p.Natural("offset") ?? 0);
        p.Check();
        if (p.Text("vocabulary_id") is not null) { throw CkanFault.NotFound("could not find vocabulary"); }
        IEnumerable<string> found = queries.Count == 0 ? [] : await AllAsync(call);
        foreach (var query in queries) { found = Holding(found, query); }
        var all = found.ToList();
        return new JsonObject { ["count"] = all.Count, ["results"] = new JsonArray([.. all.Skip(offset).Take(limit ?? int.MaxValue).Select(ShortOf)]) };
    }

    internal static async Task<object?> AutocompleteAsync(CkanCall call)
    {
        var p = call.Parameters;
        var query = p.Text("query") ?? p.Text("q");
        var (limit, offset) = (p.Natural("limit"), p.Natural("offset") ?? 0);
        p.Check();
        if (query is null || p.Text("vocabulary_id") is not null) { return new JsonArray(); }
        return new JsonArray([.. Holding(await AllAsync(call), query).Skip(offset).Take(limit ?? int.MaxValue).Select(t => (JsonNode)JsonValue.Create(t))]);
    }

    internal static async Task<object?> ShowAsync(CkanCall call)
    {
        var p = call.Parameters;
        var id = p.Required("id");
        var datasets = p.Flag("include_datasets", false);
        p.Check();
        if (p.Text("vocabulary_id") is not null) { throw CkanFault.NotFound("could not find vocabulary"); }
        var tag = (await AllAsync(call)).FirstOrDefault(t => t == id || CkanCall.IdOf("tag", t) == id) ?? throw CkanFault.NotFound();
        var dict = ShortOf(tag);
        if (datasets)
        {
            var between = $"|{tag}|";
            dict["packages"] = await CkanGroups.PackagesAsync(call, CkanPackages.Public(call.Db).Where(d => d.KeywordList.Contains(between)), 1000);
        }

        return dict;
    }

    private static JsonObject ShortOf(string tag)
    {
        var dict = DictOf(tag);
        dict.Remove("state");
        return dict;
    }

    private static IEnumerable<string> Holding(IEnumerable<string> tags, string? query)
    {
        if (query is null) { return tags; }
        var folded = Bigrams.Fold(query);
        return tags.Where(t => Bigrams.Fold(t).Contains(folded, StringComparison.Ordinal));
    }

    private static async Task<List<string>> AllAsync(CkanCall call) =>
        [.. Counted(await CkanPackages.Public(call.Db).Where(d => d.KeywordList != "|").Select(d => d.KeywordList).Distinct().Select(k => new BarList(k, 1)).ToListAsync(call.Ct)).Keys.Order(StringComparer.Ordinal)];
}
