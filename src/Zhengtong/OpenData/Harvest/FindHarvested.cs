using Microsoft.EntityFrameworkCore;
using Zhengtong.Kernel.Search;
using Zhengtong.OpenData.Model;
using Zhengtong.OpenData.Portal;

namespace Zhengtong.OpenData.Harvest;

/// <summary>A harvested dataset in a list; public because a component takes it, what it holds is not.</summary>
public sealed class HarvestedCard
{
    private const int LongestSummary = 160;

    internal HarvestedCard(HarvestedDataset dataset, string source) => (Dataset, Source) = (dataset, source);

    /// <summary>The dataset.</summary>
    internal HarvestedDataset Dataset { get; }

    /// <summary>Name of its source.</summary>
    internal string Source { get; }

    /// <summary>The first words of its notes as plain text.</summary>
    internal string Summary => NotesHtml.Plain(Dataset.Description.Notes, LongestSummary);
}

/// <summary>The harvested datasets, by the words and facets of the portal's list. By what only our own datasets have - department, division, open attribute, cycle - none is found.</summary>
internal static class FindHarvested
{
    /// <summary>The value of the facet of sources that stands for our own datasets.</summary>
    internal const string Own = "own";

    /// <summary>How many there are.</summary>
    internal static Task<int> CountAsync(ZhengtongDb db, DatasetsAsked asked, CancellationToken ct) => Wanted(db, asked, null).CountAsync(ct);

    /// <summary>Some of them, in order.</summary>
    internal static async Task<IReadOnlyList<HarvestedCard>> PageAsync(ZhengtongDb db, DatasetsAsked asked, int skip, int take, CancellationToken ct)
    {
        var wanted = Wanted(db, asked, null);
        var terms = Terms(asked);
        var ordered = asked.Order switch
        {
            DatasetOrder.Relevance when terms.Count > 0 => wanted.Join(SearchIndex.WithAll(db, HarvestPortals.SearchKind, terms), d => d.Id, h => h.Subject, (d, h) => new { Dataset = d, h.Rank })
                .OrderByDescending(f => f.Rank).ThenByDescending(f => f.Dataset.ModifiedAt).ThenBy(f => f.Dataset.Id).Select(f => f.Dataset),
            DatasetOrder.Title => wanted.OrderBy(d => d.Title).ThenBy(d => d.Id),
            _ => wanted.OrderByDescending(d => d.ModifiedAt).ThenBy(d => d.Id),
        };
        return await ordered.Skip(skip).Take(take).Select(d => new HarvestedCard(d, db.HarvestSources.Where(s => s.Id == d.SourceId).Select(s => s.Name).First())).ToListAsync(ct);
    }

    /// <summary>Adds how many harvested datasets each value of a facet leaves.</summary>
    internal static async Task AddCountsAsync(ZhengtongDb db, DatasetsAsked asked, DatasetFacet facet, Dictionary<string, long> counts, CancellationToken ct)
    {
        var wanted = Wanted(db, asked, facet);
        var groups = facet switch
        {
            DatasetFacet.Theme => await wanted.GroupBy(d => d.ThemeList).Select(g => new { g.Key, Count = g.LongCount() }).ToListAsync(ct),
            DatasetFacet.Format => await wanted.GroupBy(d => d.FormatList).Select(g => new { g.Key, Count = g.LongCount() }).ToListAsync(ct),
            DatasetFacet.Licence => await wanted.Where(d => d.Licence != "").GroupBy(d => d.Licence).Select(g => new { g.Key, Count = g.LongCount() }).ToListAsync(ct),
            _ => [],
        };
        foreach (var group in groups)
        {
            foreach (var value in group.Key.Split('|', StringSplitOptions.RemoveEmptyEntries)) { counts[value] = counts.GetValueOrDefault(value) + group.Count; }
        }

        if (facet != DatasetFacet.Source) { return; }
        foreach (var group in await wanted.GroupBy(d => d.SourceId).Select(g => new { g.Key, Count = g.LongCount() }).ToListAsync(ct)) { counts[group.Key.ToString()] = group.Count; }
    }

    /// <summary>What sources are called.</summary>
    internal static async Task<Dictionary<string, string>> LabelsAsync(ZhengtongDb db, IReadOnlyCollection<string> values, CancellationToken ct)
    {
        var ids = values.Select(v => Guid.TryParse(v, out var id) ? id : Guid.Empty).ToList();
        var names = await db.HarvestSources.Where(s => ids.Contains(s.Id)).ToDictionaryAsync(s => s.Id, s => s.Name, ct);
        return values.ToDictionary(v => v, v => v == Own ? Kernel.Text.Of("open-data.harvest.own") : Guid.TryParse(v, out var id) ? names.GetValueOrDefault(id, v) : v);
    }

    private static IReadOnlyList<Term> Terms(DatasetsAsked asked) => [.. asked.Words.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries).SelectMany(Bigrams.ToFind).Distinct()];

    private static IQueryable<HarvestedDataset> Wanted(ZhengtongDb db, DatasetsAsked asked, DatasetFacet? but)
    {
        var wanted = db.HarvestedDatasets.AsNoTracking().Where(d => d.IsShown);
        if (asked.Words.Length > 0)
        {
            var terms = Terms(asked);
            if (terms.Count == 0) { return wanted.Where(_ => false); }
            var hits = SearchIndex.WithAll(db, HarvestPortals.SearchKind, terms).Select(h => h.Subject);
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
                case DatasetFacet.Licence:
                    wanted = wanted.Where(d => values.Contains(d.Licence));
                    break;
                case DatasetFacet.Source:
                    var sources = values.Select(v => Guid.TryParse(v, out var id) ? id : Guid.Empty).ToList();
                    wanted = wanted.Where(d => sources.Contains(d.SourceId));
                    break;
                default: return wanted.Where(_ => false);
            }
        }

        return wanted;
    }
}
