using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Kernel.Search;
using Zhengtong.OpenData.Model;
using Zhengtong.OpenData.Portal;
using Zhengtong.OpenData.Publishing;

namespace Zhengtong.OpenData.Ckan;

/// <summary>package_search: the one action that every client of a portal calls. Which they are, their rows, publishers and resources, and one query each for the count with its facets and for tags,
/// however many rows are asked for; what was counted, and the order of what words find, is kept for a short time.</summary>
internal static class PackageSearch
{
    private const int MostRows = 1000;

    /// <summary>Ids that are kept in the order of how well they answer.</summary>
    private const int MostKept = 1000;

    internal static readonly string[] Parameters =
    [
        "q", "fq", "fq_list", "sort", "rows", "start", "facet", "facet.field", "facet.limit", "facet.mincount", "fl", "include_private", "include_drafts", "include_deleted",
        "use_default_schema", "extras", "qf", "wt", "bf", "boost", "tie", "defType", "mm", "df",
    ];

    internal static async Task<object?> HandleAsync(CkanCall call)
    {
        var p = call.Parameters;
        var unknown = p.Given.Select(g => g.Key).Where(k => !Parameters.Contains(k) && !k.StartsWith("ext_", StringComparison.Ordinal)).Order(StringComparer.Ordinal).ToList();
        if (unknown.Count > 0) { throw CkanFault.SearchQuery($"Invalid search parameters: [{string.Join(", ", unknown.Take(10).Select(u => CkanFault.Quoted(CkanFault.Shortened(u))))}]"); }
        var (rows, start) = (p.Natural("rows", MostRows) ?? 10, p.Natural("start") ?? 0);
        var (facets, facetLimit, facetLeast) = (p.Flag("facet", true), p.Whole("facet.limit") ?? 50, p.Whole("facet.mincount") ?? 1);
        var (fields, only) = (p.List("facet.field") ?? [], p.List("fl") is { Count: > 0 } fl && !fl.Contains("*") ? fl : null);
        foreach (var flag in (string[])["include_private", "include_drafts", "include_deleted", "use_default_schema"]) { p.Flag(flag, false); }
        var (fq, fqList) = (p.Several("fq"), p.Several("fq_list"));
        var q = p.Several("q");
        p.Check();
        var query = SolrQuery.AllOf([.. q.Select(SolrParser.Parse)]);
        var filter = new DatasetFilter(call.Db, call.Now);
        var found = CkanPackages.Public(call.Db).Where(filter.Of(query));
        foreach (var restriction in fq.Concat(fqList)) { found = found.Where(filter.Of(SolrParser.Parse(restriction))); }
        var (sort, orders) = Order(p.Text("sort"));
        var ranking = orders.Any(o => o.Field == "score") ? DatasetFilter.Ranking(query) : [];
        var memory = call.Service<CatalogueMemory>();
        // What comes of words and dates, without what only chooses among it. Texts of people are in the caller's language.
        var question = JsonSerializer.Serialize(new { q, fq, fqList, CultureInfo.CurrentUICulture.Name });
        IReadOnlyList<string> wanted = facets ? [.. fields.Distinct().Take(50)] : [];
        var counted = wanted.Any(f => f != "tags") ? await memory.OfAsync($"facets {question}", () => CountedAsync(call, found), c => c.Facets.Values.Sum(f => f.Count), call.Ct) : null;
        var count = counted?.Count ?? await memory.OfAsync($"count {question}", () => found.CountAsync(call.Ct), _ => 1, call.Ct);
        var page = rows == 0 || start >= count ? [] : await PageAsync(start, rows);
        var (counts, shown) = (new JsonObject(), new JsonObject());
        foreach (var field in wanted)
        {
            var all = field == "tags" ? await memory.OfAsync($"tags {question}", () => TagsAsync(call, found), t => t.Count, call.Ct) : counted!.Facets.GetValueOrDefault(field, []);
            var items = Limited(all, facetLimit, facetLeast);
            counts[field] = new JsonObject(items.Select(i => KeyValuePair.Create(i.Name, (JsonNode?)i.Count)));
            shown[field] = new JsonObject
            {
                ["title"] = field,
                ["items"] = new JsonArray([.. items.OrderByDescending(i => i.Title, StringComparer.Ordinal).Select(i => new JsonObject { ["name"] = i.Name, ["display_name"] = i.Title, ["count"] = i.Count })]),
            };
        }

        return new JsonObject
        {
            ["count"] = count,
            ["facets"] = counts,
            ["results"] = new JsonArray([.. await CkanPackages.DictsAsync(call, page, only)]),
            ["sort"] = sort,
            ["search_facets"] = shown,
        };

        // First which they are, then the rows of these alone: what is sorted is narrow.
        async Task<List<Dataset>> PageAsync(int from, int most)
        {
            var ordered = Sorted(call.Db, found, ranking, orders).Select(d => d.Id);
            List<Guid> ids = ranking.Count > 0 && (long)from + most <= MostKept
                ? [.. (await memory.OfAsync($"page {sort} {question}", () => ordered.Take(MostKept).ToListAsync(call.Ct), i => i.Count, call.Ct)).Skip(from).Take(most)]
                : await ordered.Skip(from).Take(most).ToListAsync(call.Ct);
            var rowsOf = await CkanPackages.Public(call.Db).Where(d => ids.Contains(d.Id)).ToDictionaryAsync(d => d.Id, call.Ct);
            return [.. ids.Where(rowsOf.ContainsKey).Select(id => rowsOf[id])];
        }
    }

    internal static async Task<object?> ListAsync(CkanCall call)
    {
        var (limit, offset) = (call.Parameters.Natural("limit"), call.Parameters.Natural("offset") ?? 0);
        call.Parameters.Check();
        var names = CkanPackages.Public(call.Db).OrderBy(d => d.Name).Select(d => d.Name).Skip(offset);
        return new JsonArray([.. (await (limit is { } most ? names.Take(most) : names).ToListAsync(call.Ct)).Select(n => (JsonNode)JsonValue.Create(n))]);
    }

    internal static async Task<object?> CurrentAsync(CkanCall call)
    {
        var (limit, offset) = (call.Parameters.Natural("limit", MostRows) ?? MostRows, call.Parameters.Natural("offset") ?? 0);
        call.Parameters.Check();
        var datasets = await CkanPackages.Public(call.Db).OrderByDescending(d => d.ModifiedAt).ThenBy(d => d.Id).Skip(offset).Take(limit).ToListAsync(call.Ct);
        return new JsonArray([.. await CkanPackages.DictsAsync(call, datasets)]);
    }

    internal static async Task<object?> ShowAsync(CkanCall call)
    {
        var id = call.Parameters.Text("id") ?? call.Parameters.Required("name_or_id");
        call.Parameters.Check();
        // Who prepares the next version sees that one: what is read, changed and sent back must be the same thing.
        if (await CkanDrafts.SeenAsync(call, id) is { } draft) { return await CkanDrafts.DictAsync(call, draft.Dataset, draft.Version); }
        return await CkanPackages.DictAsync(call, await CkanPackages.FindAsync(call, id));
    }

    internal static async Task<object?> AutocompleteAsync(CkanCall call)
    {
        var q = call.Parameters.Required("q");
        var limit = call.Parameters.Natural("limit", MostRows) ?? 10;
        call.Parameters.Check();
        var typed = q.ToLowerInvariant();
        var found = await CkanPackages.Public(call.Db).Where(d => d.Name.Contains(typed) || d.Title.ToLower().Contains(typed)).OrderBy(d => d.Title).ThenBy(d => d.Id).Take(limit).Select(d => new { d.Name, d.Title }).ToListAsync(call.Ct);
        return new JsonArray([.. found.Select(d =>
        {
            var byTitle = d.Title.Contains(q, StringComparison.OrdinalIgnoreCase);
            return new JsonObject { ["name"] = d.Name, ["title"] = d.Title, ["match_field"] = byTitle ? "title" : "name", ["match_displayed"] = byTitle ? $"{d.Title} ({d.Name})" : d.Name };
        })]);
    }

    /// <summary>The datasets in order; the id decides last, so that pages neither repeat nor miss any.</summary>
    private static IQueryable<Dataset> Sorted(ZhengtongDb db, IQueryable<Dataset> found, IReadOnlyList<Term> ranking, IReadOnlyList<(string Field, bool Descending)> orders)
    {
        var ranked = ranking.Count == 0 ? found.Select(d => new Ranked { Dataset = d, Rank = 0 })
            : found.LeftJoin(SearchIndex.WithAll(db, DatasetSearch.Kind, ranking), d => d.Id, h => h.Subject, (d, h) => new Ranked { Dataset = d, Rank = (double?)h!.Rank ?? 0 });
        IOrderedQueryable<Ranked>? sorted = null;
        foreach (var (field, descending) in orders)
        {
            sorted = field switch
            {
                "score" when ranking.Count > 0 => By(r => r.Rank),
                "name" => By(r => r.Dataset.Name),
                "title" or "title_string" => By(r => r.Dataset.Title),
                "metadata_created" => By(r => r.Dataset.PublishedAt),
                "metadata_modified" => By(r => r.Dataset.ModifiedAt),
                "id" => By(r => r.Dataset.Id),
                // Nobody counts views, and without words all score the same.
                _ => sorted,
            };

            IOrderedQueryable<Ranked> By<T>(System.Linq.Expressions.Expression<Func<Ranked, T>> key) =>
                sorted is null ? descending ? ranked.OrderByDescending(key) : ranked.OrderBy(key) : descending ? sorted.ThenByDescending(key) : sorted.ThenBy(key);
        }

        return (sorted is null ? ranked.OrderBy(r => r.Dataset.Id) : sorted.ThenBy(r => r.Dataset.Id)).Select(r => r.Dataset);
    }

    private static (string Shown, List<(string Field, bool Descending)> Orders) Order(string? sort)
    {
        if (sort is null or "rank") { sort = "score desc, metadata_modified desc"; }
        var orders = new List<(string, bool)>();
        foreach (var part in sort.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries).Take(20))
        {
            var words = part.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);
            if (words.Length > 2 || (words.Length == 2 && words[1].ToLowerInvariant() is not ("asc" or "desc"))
                || words[0] is not ("score" or "name" or "title" or "title_string" or "metadata_created" or "metadata_modified" or "views_recent" or "views_total" or "id"))
            {
                throw CkanFault.SearchQuery("Invalid \"sort\" parameter");
            }

            orders.Add((words[0], words.Length == 2 && words[1].Equals("desc", StringComparison.OrdinalIgnoreCase)));
        }

        return (sort, orders);
    }

    private static async Task<IReadOnlyList<FacetItem>> TagsAsync(CkanCall call, IQueryable<Dataset> found) =>
        Same(CkanTags.Counted(await found.GroupBy(d => d.KeywordList).Select(g => new CkanTags.BarList(g.Key, g.Count())).ToListAsync(call.Ct)));

    /// <summary>The count and every facet but that of tags, of which there are too many kinds.</summary>
    private static async Task<Counted> CountedAsync(CkanCall call, IQueryable<Dataset> found)
    {
        var groups = await CatalogueGroups.OwnAsync(found, call.Ct);
        var publishers = Of<Guid>(g => [g.PublisherId!.Value]);
        var organisations = await call.Db.Organisations.AsNoTracking().Where(o => publishers.Keys.Contains(o.Id)).ToListAsync(call.Ct);
        var regions = Same(Of<string>(g => g.Region is null ? [] : [g.Region]));
        var attributes = Same(Of<string>(g => [JsonNamingPolicy.CamelCase.ConvertName($"{g.Attribute}")]));
        return new Counted((int)groups.Sum(g => g.Count), new Dictionary<string, IReadOnlyList<FacetItem>>
        {
            ["organization"] = [.. organisations.Select(o => new FacetItem(CkanOrganisations.NameOf(o), o.Name, publishers[o.Id]))],
            ["owner_org"] = [.. organisations.Select(o => new FacetItem(o.Id.ToString(), o.Name, publishers[o.Id]))],
            ["groups"] = [.. Of<string>(g => g.ValuesOf(DatasetFacet.Theme)).Select(c => new FacetItem(c.Key, Theme.Find(c.Key)?.Title ?? c.Key, c.Value))],
            ["res_format"] = Same(Of<string>(g => g.ValuesOf(DatasetFacet.Format))),
            ["license_id"] = [.. Of<string>(g => [g.Licence]).Select(c => new FacetItem(c.Key, Licence.Find(c.Key)?.Title ?? c.Key, c.Value))],
            ["spatial_region"] = regions, ["extras_spatial_region"] = regions, ["open_attribute"] = attributes, ["extras_open_attribute"] = attributes,
        });

        Dictionary<T, int> Of<T>(Func<CatalogueGroup, IEnumerable<T>> values) where T : notnull
        {
            var counts = new Dictionary<T, int>();
            foreach (var group in groups)
            {
                foreach (var value in values(group).Distinct()) { counts[value] = counts.GetValueOrDefault(value) + (int)group.Count; }
            }

            return counts;
        }
    }

    private static IReadOnlyList<FacetItem> Same(Dictionary<string, int> counts) => [.. counts.Select(c => new FacetItem(c.Key, c.Key, c.Value))];

    /// <summary>The most frequent ones; a negative limit takes all.</summary>
    private static List<FacetItem> Limited(IEnumerable<FacetItem> items, int limit, int least) =>
        [.. items.Where(i => i.Count >= least).OrderByDescending(i => i.Count).ThenBy(i => i.Name, StringComparer.Ordinal).Take(limit < 0 ? int.MaxValue : limit)];

    private sealed record FacetItem(string Name, string Title, int Count);

    /// <summary>How many there are, and under each field its values.</summary>
    private sealed record Counted(int Count, IReadOnlyDictionary<string, IReadOnlyList<FacetItem>> Facets);

    /// <summary>A dataset and how well it answers.</summary>
    private sealed class Ranked
    {
        public Dataset Dataset { get; init; } = null!;

        public double Rank { get; init; }
    }
}
