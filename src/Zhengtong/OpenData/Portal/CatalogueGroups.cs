using Microsoft.EntityFrameworkCore;
using Zhengtong.Catalogue.Model;
using Zhengtong.Kernel.Regions;
using Zhengtong.OpenData.Harvest;
using Zhengtong.OpenData.Model;
using Zhengtong.Web;

namespace Zhengtong.OpenData.Portal;

/// <summary>Datasets that are alike in everything a list is narrowed down by, and how many they are.</summary>
internal sealed record CatalogueGroup
{
    /// <summary>The harvest source; null for our own.</summary>
    internal Guid? SourceId { get; init; }

    /// <summary>Themes between bars.</summary>
    internal required string ThemeList { get; init; }

    /// <summary>Formats between bars.</summary>
    internal required string FormatList { get; init; }

    /// <summary>Licence; empty where a source names none of ours.</summary>
    internal required string Licence { get; init; }

    /// <summary>The department; null for what is harvested, like all that follows.</summary>
    internal Guid? PublisherId { get; init; }

    /// <summary>The division it is about, its department's own where it says none: 12 digits.</summary>
    internal string? Region { get; init; }

    /// <summary>开放属性.</summary>
    internal OpenAttribute? Attribute { get; init; }

    /// <summary>更新周期.</summary>
    internal UpdateCycle? Cycle { get; init; }

    /// <summary>How many, from 1.</summary>
    internal required long Count { get; init; }

    /// <summary>The values it is counted under.</summary>
    internal IEnumerable<string> ValuesOf(DatasetFacet facet) => facet switch
    {
        DatasetFacet.Theme => ThemeList.Split('|', StringSplitOptions.RemoveEmptyEntries),
        DatasetFacet.Format => FormatList.Split('|', StringSplitOptions.RemoveEmptyEntries),
        DatasetFacet.Licence => SourceId is not null && Licence.Length == 0 ? [] : [Licence],
        DatasetFacet.Source => [SourceId?.ToString() ?? FindHarvested.Own],
        DatasetFacet.Publisher => One(PublisherId?.ToString()),
        DatasetFacet.Region => One(Region),
        DatasetFacet.Attribute => One(Attribute is { } a ? Show.Kebab(a.ToString()) : null),
        DatasetFacet.Cycle => One(Cycle is { } c ? Show.Kebab(c.ToString()) : null),
        _ => [],
    };

    /// <summary>True when one of the chosen values of the facet takes it in.</summary>
    internal bool Answers(DatasetFacet facet, IReadOnlyList<string> chosen) => facet switch
    {
        DatasetFacet.Theme => chosen.Any(v => ThemeList.Contains($"|{v}|", StringComparison.Ordinal)),
        DatasetFacet.Format => chosen.Any(v => FormatList.Contains($"|{v}|", StringComparison.Ordinal)),
        DatasetFacet.Publisher => chosen.Any(v => Guid.TryParse(v, out var id) && id == PublisherId),
        DatasetFacet.Source => SourceId is null ? chosen.Contains(FindHarvested.Own) : chosen.Any(v => Guid.TryParse(v, out var id) && id == SourceId),
        DatasetFacet.Region => Region is not null && chosen.Any(v => RegionCode.TryParse(v, null, out var code) && code.Value == Region),
        _ => ValuesOf(facet).Any(chosen.Contains),
    };

    private static string[] One(string? value) => value is null ? [] : [value];
}

/// <summary>The catalogue by what lists are narrowed down by, own and harvested datasets together: one look into each table answers every total and every facet for the same words.</summary>
internal static class CatalogueGroups
{
    /// <summary>The groups of what these words find; all there are without words.</summary>
    internal static Task<IReadOnlyList<CatalogueGroup>> ReadAsync(ZhengtongDb db, CatalogueMemory memory, string words, CancellationToken ct) =>
        memory.OfAsync<IReadOnlyList<CatalogueGroup>>($"groups {words}", () => ReadAsync(db, words, ct), g => g.Count, ct);

    /// <summary>Those that every facet takes in, but for one whose own values are being counted.</summary>
    internal static IEnumerable<CatalogueGroup> Narrowed(IReadOnlyList<CatalogueGroup> groups, DatasetsAsked asked, DatasetFacet? but)
    {
        var chosen = asked.Chosen.Where(c => c.Value.Count > 0 && c.Key != but).ToList();
        return groups.Where(g => chosen.TrueForAll(c => g.Answers(c.Key, c.Value)));
    }

    /// <summary>How many of our own and of the harvested ones are asked for.</summary>
    internal static (long Own, long Harvested) Totals(IReadOnlyList<CatalogueGroup> groups, DatasetsAsked asked)
    {
        var (own, harvested) = (0L, 0L);
        foreach (var group in Narrowed(groups, asked, null))
        {
            if (group.SourceId is null) { own += group.Count; }
            else { harvested += group.Count; }
        }

        return (own, harvested);
    }

    /// <summary>How many datasets each value of a facet leaves under the others.</summary>
    internal static Dictionary<string, long> Counts(IReadOnlyList<CatalogueGroup> groups, DatasetsAsked asked, DatasetFacet facet)
    {
        var counts = new Dictionary<string, long>(StringComparer.Ordinal);
        foreach (var group in Narrowed(groups, asked, facet))
        {
            foreach (var value in group.ValuesOf(facet)) { counts[value] = counts.GetValueOrDefault(value) + group.Count; }
        }

        return counts;
    }

    /// <summary>The groups of our own datasets; their division is the one they say themselves, null where they say none.</summary>
    internal static async Task<List<CatalogueGroup>> OwnAsync(IQueryable<Dataset> found, CancellationToken ct)
    {
        // Few different texts stand in many groups.
        var texts = new Dictionary<string, string>(StringComparer.Ordinal);
        string Once(string text) => texts.TryGetValue(text, out var known) ? known : texts[text] = text;
        var groups = found.GroupBy(d => new { d.PublisherId, d.Licence, d.OpenAttribute, d.UpdateCycle, d.Region, d.ThemeList, d.FormatList })
            .Select(g => new { g.Key.PublisherId, g.Key.Licence, g.Key.OpenAttribute, g.Key.UpdateCycle, g.Key.Region, g.Key.ThemeList, g.Key.FormatList, Count = g.LongCount() });
        var own = new List<CatalogueGroup>();
        await foreach (var g in groups.AsAsyncEnumerable().WithCancellation(ct))
        {
            own.Add(new CatalogueGroup
            {
                PublisherId = g.PublisherId, Licence = Once(g.Licence), Attribute = g.OpenAttribute, Cycle = g.UpdateCycle, Region = g.Region is null ? null : Once(g.Region), ThemeList = Once(g.ThemeList), FormatList = Once(g.FormatList), Count = g.Count,
            });
        }

        return own;
    }

    private static async Task<IReadOnlyList<CatalogueGroup>> ReadAsync(ZhengtongDb db, string words, CancellationToken ct)
    {
        var own = await OwnAsync(FindDatasets.Found(db, words), ct);
        var publishers = own.Where(g => g.Region is null).Select(g => g.PublisherId!.Value).Distinct().ToList();
        var regions = await db.Organisations.AsNoTracking().Where(o => publishers.Contains(o.Id)).ToDictionaryAsync(o => o.Id, o => o.Region.Value, ct);
        var harvested = await FindHarvested.Found(db, words).GroupBy(d => new { d.SourceId, d.Licence, d.ThemeList, d.FormatList })
            .Select(g => new { g.Key.SourceId, g.Key.Licence, g.Key.ThemeList, g.Key.FormatList, Count = g.LongCount() }).ToListAsync(ct);
        return
        [
            .. own.Select(g => g.Region is null ? g with { Region = regions[g.PublisherId!.Value] } : g),
            .. harvested.Select(g => new CatalogueGroup { SourceId = g.SourceId, Licence = g.Licence, ThemeList = g.ThemeList, FormatList = g.FormatList, Count = g.Count }),
        ];
    }
}
