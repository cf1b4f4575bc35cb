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

    /// <summary>Some of them, in order: first which they are, then the rows of these alone.</summary>
    internal static async Task<IReadOnlyList<HarvestedCard>> PageAsync(ZhengtongDb db, DatasetsAsked asked, int skip, int take, CancellationToken ct)
    {
        var wanted = Wanted(db, asked);
        var terms = FindDatasets.TermsOf(asked.Words);
        var ordered = asked.Order switch
        {
            DatasetOrder.Relevance when terms.Count > 0 => wanted.Join(SearchIndex.WithAll(db, HarvestPortals.SearchKind, terms), d => d.Id, h => h.Subject, (d, h) => new { Dataset = d, h.Rank })
                .OrderByDescending(f => f.Rank).ThenByDescending(f => f.Dataset.ModifiedAt).ThenBy(f => f.Dataset.Id).Select(f => f.Dataset),
            DatasetOrder.Title => wanted.OrderBy(d => d.Title).ThenBy(d => d.Id),
            _ => wanted.OrderByDescending(d => d.ModifiedAt).ThenBy(d => d.Id),
        };
        var ids = await ordered.Select(d => d.Id).Skip(skip).Take(take).ToListAsync(ct);
        var cards = (await db.HarvestedDatasets.AsNoTracking().Where(d => d.IsShown && ids.Contains(d.Id))
            .Select(d => new HarvestedCard(d, db.HarvestSources.Where(s => s.Id == d.SourceId).Select(s => s.Name).First())).ToListAsync(ct)).ToDictionary(c => c.Dataset.Id);
        return [.. ids.Where(cards.ContainsKey).Select(id => cards[id])];
    }

    /// <summary>What sources are called.</summary>
    internal static async Task<Dictionary<string, string>> LabelsAsync(ZhengtongDb db, IReadOnlyCollection<string> values, CancellationToken ct)
    {
        var ids = values.Select(v => Guid.TryParse(v, out var id) ? id : Guid.Empty).ToList();
        var names = await db.HarvestSources.Where(s => ids.Contains(s.Id)).ToDictionaryAsync(s => s.Id, s => s.Name, ct);
        return values.ToDictionary(v => v, v => v == Own ? Kernel.Text.Of("open-data.harvest.own") : Guid.TryParse(v, out var id) ? names.GetValueOrDefault(id, v) : v);
    }

    /// <summary>The shown datasets that the words find; all of them without words.</summary>
    internal static IQueryable<HarvestedDataset> Found(ZhengtongDb db, string words)
    {
        var found = db.HarvestedDatasets.AsNoTracking().Where(d => d.IsShown);
        if (words.Length == 0) { return found; }
        var terms = FindDatasets.TermsOf(words);
        if (terms.Count == 0) { return found.Where(_ => false); }
        var hits = SearchIndex.WithAll(db, HarvestPortals.SearchKind, terms).Select(h => h.Subject);
        return found.Where(d => hits.Contains(d.Id));
    }

    private static IQueryable<HarvestedDataset> Wanted(ZhengtongDb db, DatasetsAsked asked)
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
