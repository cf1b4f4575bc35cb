using Microsoft.EntityFrameworkCore;
using Zhengtong.Catalogue.Model;
using Zhengtong.Kernel.Regions;
using Zhengtong.Kernel.Search;
using Zhengtong.OpenData.Harvest;
using Zhengtong.OpenData.Model;
using Zhengtong.Web;

namespace Zhengtong.OpenData.Portal;

/// <summary>A dataset in a list; public because a component takes it, what it holds is not.</summary>
public sealed class DatasetCard
{
    private const int LongestSummary = 160;

    internal DatasetCard(Dataset dataset, string publisher, long downloads) => (Dataset, Publisher, Downloads) = (dataset, publisher, downloads);

    /// <summary>The dataset.</summary>
    internal Dataset Dataset { get; }

    /// <summary>Short name of its department.</summary>
    internal string Publisher { get; }

    /// <summary>Downloads of the last 30 days.</summary>
    internal long Downloads { get; }

    /// <summary>The first words of its notes as plain text; empty for what is not open, of which only that it exists is public.</summary>
    internal string Summary => Dataset.OpenAttribute == OpenAttribute.NotOpen ? "" : NotesHtml.Plain(Dataset.Description.Notes, LongestSummary);
}

/// <summary>One value that a list can be narrowed down by.</summary>
/// <param name="Value">As in the address.</param>
/// <param name="Label">As people read it.</param>
/// <param name="Count">Datasets that it leaves under the other facets.</param>
internal sealed record FacetValue(string Value, string Label, long Count);

/// <summary>The published datasets, by words and facets.</summary>
internal static class FindDatasets
{
    /// <summary>Kind of the search entries that publication writes.</summary>
    internal const string SearchKind = "open-data.dataset";

    private const int MostFacetValues = 1000;

    /// <summary>Ids of what words find, best answers first, that are kept: who turns pages asks for the same order again.</summary>
    private const int MostKept = 1000;

    /// <summary>One page, in order: first which they are, then the rows of these alone.</summary>
    internal static async Task<IReadOnlyList<DatasetCard>> PageAsync(ZhengtongDb db, CatalogueMemory memory, DatasetsAsked asked, DateTimeOffset now, CancellationToken ct)
    {
        var since = Portal.Downloads.RankedSince(now);
        var skip = (asked.Page - 1) * DatasetsAsked.PageSize;
        var ordered = (await OrderedAsync(db, asked, since, ct)).Select(d => d.Id);
        List<Guid> ids = asked is { Order: DatasetOrder.Relevance, Words.Length: > 0 } && skip + DatasetsAsked.PageSize <= MostKept
            ? [.. (await memory.OfAsync($"page {(asked with { Page = 1 }).Address()}", () => ordered.Take(MostKept).ToListAsync(ct), i => i.Count, ct)).Skip(skip).Take(DatasetsAsked.PageSize)]
            : await ordered.Skip(skip).Take(DatasetsAsked.PageSize).ToListAsync(ct);
        var cards = (await Cards(db, db.Datasets.AsNoTracking().Where(d => d.State == DatasetState.Published && ids.Contains(d.Id)), since).ToListAsync(ct)).ToDictionary(c => c.Dataset.Id);
        return [.. ids.Where(cards.ContainsKey).Select(id => cards[id])];
    }

    /// <summary>All of them, in order, streamed.</summary>
    internal static async IAsyncEnumerable<DatasetCard> AllAsync(ZhengtongDb db, DatasetsAsked asked, DateTimeOffset now, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken ct)
    {
        var since = Portal.Downloads.RankedSince(now);
        await foreach (var card in Cards(db, await OrderedAsync(db, asked, since, ct), since).AsAsyncEnumerable().WithCancellation(ct)) { yield return card; }
    }

    /// <summary>The values of each facet with how many datasets each leaves, most first; a chosen one is always among them.</summary>
    internal static async Task<IReadOnlyDictionary<DatasetFacet, IReadOnlyList<FacetValue>>> FacetsAsync(ZhengtongDb db, IReadOnlyList<CatalogueGroup> groups, DatasetsAsked asked, CancellationToken ct)
    {
        var found = new Dictionary<DatasetFacet, IReadOnlyList<FacetValue>>();
        foreach (var facet in Enum.GetValues<DatasetFacet>())
        {
            var counts = CatalogueGroups.Counts(groups, asked, facet);
            if (facet == DatasetFacet.Publisher && counts.Count > MostFacetValues) { counts = counts.OrderByDescending(c => c.Value).Take(MostFacetValues).ToDictionary(StringComparer.Ordinal); }
            if (facet == DatasetFacet.Source) { counts.TryAdd(FindHarvested.Own, 0); }
            // Where nothing is harvested there is nothing to choose.
            if (facet == DatasetFacet.Source && counts.Keys.All(k => k == FindHarvested.Own)) { counts.Clear(); }
            foreach (var chosen in asked.Chosen[facet]) { counts.TryAdd(chosen, 0); }
            var labels = await LabelsAsync(db, facet, counts.Keys, ct);
            found[facet] = [.. counts.OrderByDescending(c => c.Value).ThenBy(c => labels[c.Key], StringComparer.CurrentCulture).Select(c => new FacetValue(c.Key, labels[c.Key], c.Value))];
        }

        return found;
    }

    private static async Task<IQueryable<Dataset>> OrderedAsync(ZhengtongDb db, DatasetsAsked asked, DateOnly since, CancellationToken ct)
    {
        var wanted = await WantedAsync(db, asked, ct);
        var terms = TermsOf(asked.Words);
        return asked.Order switch
        {
            DatasetOrder.Relevance when terms.Count > 0 => wanted.Join(SearchIndex.WithAll(db, SearchKind, terms), d => d.Id, h => h.Subject, (d, h) => new { Dataset = d, h.Rank })
                .OrderByDescending(f => f.Rank).ThenByDescending(f => f.Dataset.ModifiedAt).ThenBy(f => f.Dataset.Id).Select(f => f.Dataset),
            DatasetOrder.Title => wanted.OrderBy(d => d.Title).ThenBy(d => d.Id),
            DatasetOrder.Rating => wanted.OrderByDescending(d => (db.DatasetRatings.Where(r => r.DatasetId == d.Id).Sum(r => r.Stars) + 15.0) / (db.DatasetRatings.Count(r => r.DatasetId == d.Id) + 5.0)).ThenByDescending(d => d.ModifiedAt).ThenBy(d => d.Id),
            DatasetOrder.Rows => wanted.OrderByDescending(d => d.Rows).ThenBy(d => d.Id),
            DatasetOrder.Downloads => wanted.OrderByDescending(d => db.DownloadCounts.Where(c => c.DatasetId == d.Id && c.Day >= since).Sum(c => c.Count)).ThenByDescending(d => d.ModifiedAt).ThenBy(d => d.Id),
            _ => wanted.OrderByDescending(d => d.ModifiedAt).ThenBy(d => d.Id),
        };
    }

    private static IQueryable<DatasetCard> Cards(ZhengtongDb db, IQueryable<Dataset> datasets, DateOnly since) =>
        datasets.Select(d => new DatasetCard(d, db.Organisations.Where(o => o.Id == d.PublisherId).Select(o => o.ShortName).First(),
            db.DownloadCounts.Where(c => c.DatasetId == d.Id && c.Day >= since).Sum(c => c.Count)));

    /// <summary>The terms of words, each once; none when they are but signs.</summary>
    internal static IReadOnlyList<Term> TermsOf(string words) => [.. words.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries).SelectMany(Bigrams.ToFind).Distinct()];

    /// <summary>The published datasets that the words find; all of them without words.</summary>
    internal static IQueryable<Dataset> Found(ZhengtongDb db, string words)
    {
        var found = db.Datasets.AsNoTracking().Where(d => d.State == DatasetState.Published);
        if (words.Length == 0) { return found; }
        var terms = TermsOf(words);
        // Signs alone are found nowhere.
        if (terms.Count == 0) { return found.Where(_ => false); }
        var hits = SearchIndex.WithAll(db, SearchKind, terms).Select(h => h.Subject);
        return found.Where(d => hits.Contains(d.Id));
    }

    /// <summary>The published datasets that the words find and every facet takes in; as <see cref="CatalogueGroup.Answers"/>.</summary>
    private static async Task<IQueryable<Dataset>> WantedAsync(ZhengtongDb db, DatasetsAsked asked, CancellationToken ct)
    {
        var wanted = Found(db, asked.Words);
        foreach (var (facet, values) in asked.Chosen.Where(c => c.Value.Count > 0))
        {
            switch (facet)
            {
                case DatasetFacet.Theme:
                    var themes = values.Select(v => $"|{v}|").ToList();
                    wanted = wanted.Where(d => themes.Any(t => d.ThemeList.Contains(t)));
                    break;
                case DatasetFacet.Format:
                    var formats = values.Select(v => $"|{v}|").ToList();
                    wanted = wanted.Where(d => formats.Any(f => d.FormatList.Contains(f)));
                    break;
                case DatasetFacet.Publisher:
                    var publishers = values.Select(v => Guid.TryParse(v, out var id) ? id : Guid.Empty).ToList();
                    wanted = wanted.Where(d => publishers.Contains(d.PublisherId));
                    break;
                case DatasetFacet.Licence:
                    wanted = wanted.Where(d => values.Contains(d.Licence));
                    break;
                case DatasetFacet.Attribute:
                    var attributes = Members<OpenAttribute>(values);
                    wanted = wanted.Where(d => attributes.Contains(d.OpenAttribute));
                    break;
                case DatasetFacet.Cycle:
                    var cycles = Members<UpdateCycle>(values);
                    wanted = wanted.Where(d => cycles.Contains(d.UpdateCycle));
                    break;
                case DatasetFacet.Source:
                    if (!values.Contains(FindHarvested.Own)) { wanted = wanted.Where(_ => false); }
                    break;
                case DatasetFacet.Region:
                    var codes = values.Select(v => RegionCode.TryParse(v, null, out var code) ? code : (RegionCode?)null).OfType<RegionCode>().ToList();
                    var written = codes.Select(c => c.Value).ToList();
                    var own = await db.Organisations.Where(o => codes.Contains(o.Region)).Select(o => o.Id).ToListAsync(ct);
                    wanted = wanted.Where(d => d.Region != null ? written.Contains(d.Region) : own.Contains(d.PublisherId));
                    break;
            }
        }

        return wanted;
    }

    /// <summary>What each value is called; the value itself where nothing is.</summary>
    private static async Task<Dictionary<string, string>> LabelsAsync(ZhengtongDb db, DatasetFacet facet, IReadOnlyCollection<string> values, CancellationToken ct)
    {
        switch (facet)
        {
            case DatasetFacet.Publisher:
                var ids = values.Select(v => Guid.TryParse(v, out var id) ? id : Guid.Empty).ToList();
                var names = await db.Organisations.Where(o => ids.Contains(o.Id)).ToDictionaryAsync(o => o.Id, o => o.ShortName, ct);
                return values.ToDictionary(v => v, v => Guid.TryParse(v, out var id) ? names.GetValueOrDefault(id, v) : v);
            case DatasetFacet.Region:
                var codes = values.Select(v => RegionCode.TryParse(v, null, out var code) ? code : (RegionCode?)null).OfType<RegionCode>().ToList();
                var called = await RegionNames.FullAsync(db, codes, ct);
                return values.ToDictionary(v => v, v => RegionCode.TryParse(v, null, out var code) && called.GetValueOrDefault(code) is { Length: > 0 } name ? name : v);
            case DatasetFacet.Source: return await FindHarvested.LabelsAsync(db, values, ct);
            case DatasetFacet.Theme: return values.ToDictionary(v => v, v => Theme.Find(v)?.Title ?? v);
            case DatasetFacet.Licence: return values.ToDictionary(v => v, v => Licence.Find(v)?.Title ?? v);
            case DatasetFacet.Attribute: return values.ToDictionary(v => v, v => Members<OpenAttribute>([v]) is [var a] ? PortalWords.Of(a) : v);
            case DatasetFacet.Cycle: return values.ToDictionary(v => v, v => Members<UpdateCycle>([v]) is [var c] ? Show.Word("catalogue", c) : v);
            default: return values.ToDictionary(v => v, v => v);
        }
    }

    private static List<T> Members<T>(IEnumerable<string> values) where T : struct, Enum => [.. Enum.GetValues<T>().Where(m => values.Contains(Show.Kebab(m.ToString()), StringComparer.Ordinal))];
}
