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

    /// <summary>How many there are.</summary>
    internal static async Task<long> CountAsync(ZhengtongDb db, DatasetsAsked asked, CancellationToken ct) => await (await WantedAsync(db, asked, null, ct)).LongCountAsync(ct);

    /// <summary>One page, in order.</summary>
    internal static async Task<IReadOnlyList<DatasetCard>> PageAsync(ZhengtongDb db, DatasetsAsked asked, DateTimeOffset now, CancellationToken ct) =>
        await (await CardsAsync(db, asked, now, ct)).Skip((asked.Page - 1) * DatasetsAsked.PageSize).Take(DatasetsAsked.PageSize).ToListAsync(ct);

    /// <summary>All of them, in order, streamed.</summary>
    internal static async IAsyncEnumerable<DatasetCard> AllAsync(ZhengtongDb db, DatasetsAsked asked, DateTimeOffset now, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken ct)
    {
        await foreach (var card in (await CardsAsync(db, asked, now, ct)).AsAsyncEnumerable().WithCancellation(ct)) { yield return card; }
    }

    /// <summary>The values of each facet with how many datasets each leaves, most first; a chosen one is always among them.</summary>
    internal static async Task<IReadOnlyDictionary<DatasetFacet, IReadOnlyList<FacetValue>>> FacetsAsync(ZhengtongDb db, DatasetsAsked asked, CancellationToken ct)
    {
        var found = new Dictionary<DatasetFacet, IReadOnlyList<FacetValue>>();
        foreach (var facet in Enum.GetValues<DatasetFacet>())
        {
            var counts = await CountsAsync(db, await WantedAsync(db, asked, facet, ct), facet, ct);
            await FindHarvested.AddCountsAsync(db, asked, facet, counts, ct);
            // Where nothing is harvested there is nothing to choose.
            if (facet == DatasetFacet.Source && counts.Keys.All(k => k == FindHarvested.Own)) { counts.Clear(); }
            foreach (var chosen in asked.Chosen[facet]) { counts.TryAdd(chosen, 0); }
            var labels = await LabelsAsync(db, facet, counts.Keys, ct);
            found[facet] = [.. counts.OrderByDescending(c => c.Value).ThenBy(c => labels[c.Key], StringComparer.CurrentCulture).Select(c => new FacetValue(c.Key, labels[c.Key], c.Value))];
        }

        return found;
    }

    private static async Task<IQueryable<DatasetCard>> CardsAsync(ZhengtongDb db, DatasetsAsked asked, DateTimeOffset now, CancellationToken ct)
    {
        var since = Portal.Downloads.RankedSince(now);
        var wanted = await WantedAsync(db, asked, null, ct);
        var terms = TermsOf(asked.Words);
        var ordered = asked.Order switch
        {
            DatasetOrder.Relevance when terms.Count > 0 => wanted.Join(SearchIndex.WithAll(db, SearchKind, terms), d => d.Id, h => h.Subject, (d, h) => new { Dataset = d, h.Rank })
                .OrderByDescending(f => f.Rank).ThenByDescending(f => f.Dataset.ModifiedAt).ThenBy(f => f.Dataset.Id).Select(f => f.Dataset),
            DatasetOrder.Title => wanted.OrderBy(d => d.Title).ThenBy(d => d.Id),
            DatasetOrder.Rating => wanted.OrderByDescending(d => (db.DatasetRatings.Where(r => r.DatasetId == d.Id).Sum(r => r.Stars) + 15.0) / (db.DatasetRatings.Count(r => r.DatasetId == d.Id) + 5.0)).ThenByDescending(d => d.ModifiedAt).ThenBy(d => d.Id),
            DatasetOrder.Rows => wanted.OrderByDescending(d => d.Rows).ThenBy(d => d.Id),
            DatasetOrder.Downloads => wanted.OrderByDescending(d => db.DownloadCounts.Where(c => c.DatasetId == d.Id && c.Day >= since).Sum(c => c.Count)).ThenByDescending(d => d.ModifiedAt).ThenBy(d => d.Id),
            _ => wanted.OrderByDescending(d => d.ModifiedAt).ThenBy(d => d.Id),
        };
        return ordered.Select(d => new DatasetCard(d, db.Organisations.Where(o => o.Id == d.PublisherId).Select(o => o.ShortName).First(),
            db.DownloadCounts.Where(c => c.DatasetId == d.Id && c.Day >= since).Sum(c => c.Count)));
    }

    private static IReadOnlyList<Term> TermsOf(string words) => [.. words.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries).SelectMany(Bigrams.ToFind).Distinct()];

    /// <summary>The published datasets under every facet but one, whose own values are being counted.</summary>
    private static async Task<IQueryable<Dataset>> WantedAsync(ZhengtongDb db, DatasetsAsked asked, DatasetFacet? but, CancellationToken ct)
    {
        var wanted = db.Datasets.AsNoTracking().Where(d => d.State == DatasetState.Published);
        if (asked.Words.Length > 0)
        {
            var terms = TermsOf(asked.Words);
            // Signs alone are found nowhere.
            if (terms.Count == 0) { return wanted.Where(_ => false); }
            var hits = SearchIndex.WithAll(db, SearchKind, terms).Select(h => h.Subject);
            wanted = wanted.Where(d => hits.Contains(d.Id));
        }

        foreach (var (facet, values) in asked.Chosen.Where(c => c.Value.Count > 0 && c.Key != but))
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

    private static async Task<Dictionary<string, long>> CountsAsync(ZhengtongDb db, IQueryable<Dataset> wanted, DatasetFacet facet, CancellationToken ct)
    {
        var counts = new Dictionary<string, long>(StringComparer.Ordinal);
        switch (facet)
        {
            case DatasetFacet.Theme:
                await foreach (var group in wanted.GroupBy(d => d.ThemeList).Select(g => new { g.Key, Count = g.LongCount() }).AsAsyncEnumerable().WithCancellation(ct)) { AddEach(group.Key, group.Count); }
                break;
            case DatasetFacet.Format:
                await foreach (var group in wanted.GroupBy(d => d.FormatList).Select(g => new { g.Key, Count = g.LongCount() }).AsAsyncEnumerable().WithCancellation(ct)) { AddEach(group.Key, group.Count); }
                break;
            case DatasetFacet.Publisher:
                foreach (var group in await wanted.GroupBy(d => d.PublisherId).Select(g => new { g.Key, Count = g.LongCount() }).OrderByDescending(g => g.Count).Take(MostFacetValues).ToListAsync(ct)) { Add(group.Key.ToString(), group.Count); }
                break;
            case DatasetFacet.Licence:
                foreach (var group in await wanted.GroupBy(d => d.Licence).Select(g => new { g.Key, Count = g.LongCount() }).ToListAsync(ct)) { Add(group.Key, group.Count); }
                break;
            case DatasetFacet.Attribute:
                foreach (var group in await wanted.GroupBy(d => d.OpenAttribute).Select(g => new { g.Key, Count = g.LongCount() }).ToListAsync(ct)) { Add(Show.Kebab(group.Key.ToString()), group.Count); }
                break;
            case DatasetFacet.Cycle:
                foreach (var group in await wanted.GroupBy(d => d.UpdateCycle).Select(g => new { g.Key, Count = g.LongCount() }).ToListAsync(ct)) { Add(Show.Kebab(group.Key.ToString()), group.Count); }
                break;
            case DatasetFacet.Source: Add(FindHarvested.Own, await wanted.LongCountAsync(ct)); break;
            default:
                var places = await wanted.GroupBy(d => new { d.Region, d.PublisherId }).Select(g => new { g.Key.Region, g.Key.PublisherId, Count = g.LongCount() }).ToListAsync(ct);
                var publishers = places.Where(p => p.Region is null).Select(p => p.PublisherId).Distinct().ToList();
                var own = await db.Organisations.Where(o => publishers.Contains(o.Id)).ToDictionaryAsync(o => o.Id, o => o.Region.Value, ct);
                foreach (var place in places) { Add(place.Region ?? own[place.PublisherId], place.Count); }
                break;
        }

        return counts;

        void Add(string value, long count) => counts[value] = counts.GetValueOrDefault(value) + count;

        void AddEach(string list, long count)
        {
            foreach (var value in list.Split('|', StringSplitOptions.RemoveEmptyEntries)) { Add(value, count); }
        }
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
