using System.Text.Json.Nodes;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Kernel.Search;
using Zhengtong.OpenData.Model;

namespace Zhengtong.OpenData.Ckan;

/// <summary>An organisation or a theme with what lists sort it by.</summary>
internal sealed record CkanGroup(JsonObject Dict, string Title, string Name, int Packages)
{
    /// <summary>The dict with or without the number of its datasets.</summary>
    internal JsonObject Shown(bool count)
    {
        if (count) { Dict["package_count"] = Packages; }
        else { Dict.Remove("package_count"); }
        return Dict;
    }
}

/// <summary>The themes, as CKAN's groups; and what lists of groups and organisations have in common.</summary>
internal static class CkanGroups
{
    private const int MostNames = 1000;
    private const int MostDicts = 25;
    private const int MostPackages = 1000;

    /// <summary>As it stands in a package dict.</summary>
    internal static JsonObject ShortOf(Theme theme) => new()
    {
        ["id"] = IdOf(theme),
        ["name"] = theme.Id,
        ["title"] = theme.Title,
        ["display_name"] = theme.Title,
        ["description"] = "",
        ["image_display_url"] = "",
    };

    internal static async Task<object?> ListAsync(CkanCall call) => Listed(call, await AllAsync(call), "groups");

    internal static async Task<object?> ShowAsync(CkanCall call)
    {
        var p = call.Parameters;
        var id = p.Required("id");
        var (datasets, count) = (p.Flag("include_datasets", false), p.Flag("include_dataset_count", true));
        p.Check();
        var theme = Find(id);
        var dict = new CkanGroup(FullOf(theme), theme.Title, theme.Id, await Of(call, theme).CountAsync(call.Ct)).Shown(count);
        if (datasets) { dict["packages"] = await PackagesAsync(call, Of(call, theme), MostPackages); }
        return dict;
    }

    internal static async Task<object?> PackageShowAsync(CkanCall call)
    {
        var id = call.Parameters.Required("id");
        var limit = call.Parameters.Natural("limit", MostPackages) ?? MostPackages;
        call.Parameters.Check();
        return await PackagesAsync(call, Of(call, Find(id)), limit);
    }

    internal static async Task<object?> AutocompleteAsync(CkanCall call) => Completed(call, await AllAsync(call));

    /// <summary>Who and what belongs to a group or organisation: datasets, never people.</summary>
    internal static async Task<object?> MembersAsync(CkanCall call)
    {
        var id = call.Parameters.Required("id");
        var kind = call.Parameters.Text("object_type");
        call.Parameters.Check();
        var theme = Theme.Find(id) ?? Theme.All.FirstOrDefault(t => IdOf(t) == id);
        IQueryable<Dataset> datasets;
        if (theme is not null) { datasets = Of(call, theme); }
        else
        {
            var organisation = await CkanOrganisations.FindAsync(call, id);
            datasets = CkanPackages.Public(call.Db).Where(d => d.PublisherId == organisation.Id);
        }

        if (kind is not (null or "package")) { return new JsonArray(); }
        return new JsonArray([.. (await datasets.OrderBy(d => d.Name).Select(d => d.Id).ToListAsync(call.Ct)).Select(d => new JsonArray(d.ToString(), "package", "public"))]);
    }

    /// <summary>The answer of group_list and organization_list.</summary>
    /// <param name="call">The call.</param>
    /// <param name="all">All of them.</param>
    /// <param name="named">The parameter that lists names.</param>
    internal static JsonArray Listed(CkanCall call, IEnumerable<CkanGroup> all, string named)
    {
        var p = call.Parameters;
        var (dicts, count) = (p.Flag("all_fields", false), p.Flag("include_dataset_count", true));
        var (limit, offset) = (p.Natural("limit"), p.Natural("offset") ?? 0);
        var (key, descending) = Order(p);
        var names = p.List(named);
        p.Check();
        if (p.Text("type") is { } type && type != (named == "groups" ? "group" : "organization")) { return []; }
        if (names is { Count: > 0 }) { all = all.Where(g => names.Contains(g.Name) || names.Contains((string)g.Dict["id"]!)); }
        if (p.Text("q") is { } q) { all = all.Where(g => Holds(g, q)); }
        var sorted = (key, descending) switch
        {
            ("name", false) => all.OrderBy(g => g.Name, StringComparer.Ordinal),
            ("name", true) => all.OrderByDescending(g => g.Name, StringComparer.Ordinal),
            ("package_count", false) => all.OrderBy(g => g.Packages).ThenBy(g => g.Name, StringComparer.Ordinal),
            ("package_count", true) => all.OrderByDescending(g => g.Packages).ThenBy(g => g.Name, StringComparer.Ordinal),
            (_, false) => all.OrderBy(g => g.Title, StringComparer.Ordinal).ThenBy(g => g.Name, StringComparer.Ordinal),
            _ => all.OrderByDescending(g => g.Title, StringComparer.Ordinal).ThenBy(g => g.Name, StringComparer.Ordinal),
        };
        var page = sorted.Skip(offset).Take(Math.Min(limit ?? int.MaxValue, dicts ? MostDicts : MostNames));
        return [.. page.Select(g => dicts ? (JsonNode)g.Shown(count) : JsonValue.Create(g.Name))];
    }

    /// <summary>The answer of the autocomplete actions.</summary>
    internal static JsonArray Completed(CkanCall call, IEnumerable<CkanGroup> all)
    {
        var q = call.Parameters.Text("q") ?? "";
        var limit = call.Parameters.Natural("limit") ?? 20;
        call.Parameters.Check();
        return [.. all.Where(g => Holds(g, q)).OrderBy(g => g.Title, StringComparer.Ordinal).Take(limit).Select(g => new JsonObject { ["id"] = g.Dict["id"]!.DeepClone(), ["name"] = g.Name, ["title"] = g.Title })];
    }

    /// <summary>The keys that a dict has when it stands alone.</summary>
    internal static JsonObject Completed(JsonObject dict)
    {
        dict["display_name"] = dict["title"]!.DeepClone();
        dict["image_display_url"] = "";
        dict["num_followers"] = 0;
        foreach (var list in (string[])["extras", "groups", "users", "tags"]) { dict[list] = new JsonArray(); }
        return dict;
    }

    /// <summary>The newest datasets.</summary>
    internal static async Task<JsonArray> PackagesAsync(CkanCall call, IQueryable<Dataset> datasets, int limit) =>
        [.. await CkanPackages.DictsAsync(call, await datasets.OrderByDescending(d => d.ModifiedAt).ThenBy(d => d.Id).Take(limit).ToListAsync(call.Ct))];

    /// <summary>How many published datasets each theme has.</summary>
    internal static async Task<Dictionary<string, int>> CountsAsync(IQueryable<Dataset> datasets, CancellationToken ct) =>
        CkanTags.Counted(await datasets.GroupBy(d => d.ThemeList).Select(g => new CkanTags.BarList(g.Key, g.Count())).ToListAsync(ct));

    private static async Task<List<CkanGroup>> AllAsync(CkanCall call)
    {
        var counts = await CountsAsync(CkanPackages.Public(call.Db), call.Ct);
        return [.. Theme.All.Select(t => new CkanGroup(FullOf(t), t.Title, t.Id, counts.GetValueOrDefault(t.Id)))];
    }

    private static Theme Find(string idOrName) => Theme.Find(idOrName) ?? Theme.All.FirstOrDefault(t => IdOf(t) == idOrName) ?? throw CkanFault.NotFound();

    private static IQueryable<Dataset> Of(CkanCall call, Theme theme)
    {
        var between = $"|{theme.Id}|";
        return CkanPackages.Public(call.Db).Where(d => d.ThemeList.Contains(between));
    }

    private static string IdOf(Theme theme) => CkanCall.IdOf("group", theme.Id);

    private static JsonObject FullOf(Theme theme)
    {
        var dict = ShortOf(theme);
        dict["type"] = "group";
        dict["image_url"] = "";
        dict["created"] = null;
        dict["is_organization"] = false;
        dict["approval_status"] = "approved";
        dict["state"] = "active";
        return Completed(dict);
    }

    private static bool Holds(CkanGroup group, string q) =>
        Bigrams.Fold(group.Title).Contains(Bigrams.Fold(q), StringComparison.Ordinal) || group.Name.Contains(q, StringComparison.OrdinalIgnoreCase);

    /// <summary><c>title asc</c>, or name or package_count (<c>packages</c> too); without a direction ascending.</summary>
    private static (string Key, bool Descending) Order(CkanParameters p)
    {
        var words = (p.Text("sort") ?? p.Text("order_by") ?? "title asc").Split((char[])[' ', '\t', ','], StringSplitOptions.RemoveEmptyEntries);
        var key = words.Length > 0 ? words[0] : "title";
        key = key is "packages" ? "package_count" : key is "display_name" ? "title" : key;
        if (key is not ("title" or "name" or "package_count") || words.Length > 2 || (words.Length == 2 && words[1].ToLowerInvariant() is not ("asc" or "desc"))) { p.Wrong("sort", "Cannot sort by this field"); }
        return (key, words.Length > 1 && words[1].Equals("desc", StringComparison.OrdinalIgnoreCase));
    }
}
