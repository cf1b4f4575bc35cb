using Zhengtong.Kernel.Search;
using Zhengtong.OpenData.Model;

namespace Zhengtong.OpenData.Harvest;

/// <summary>By what a harvested dataset is found: its title, notes, organisation, keywords, the names of its distributions and its source.</summary>
internal static class HarvestedSearch
{
    private const int MostDistributions = 50;

    /// <summary>Puts it into the index, or takes it out when it is not shown; to be saved together with the change.</summary>
    /// <param name="db">The caller's context.</param>
    /// <param name="dataset">The dataset as it will be.</param>
    /// <param name="source">Its source.</param>
    /// <param name="entry">What the index has of it; null for nothing.</param>
    internal static void Put(ZhengtongDb db, HarvestedDataset dataset, HarvestSource source, SearchEntry? entry)
    {
        if (!dataset.IsShown)
        {
            if (entry is not null) { db.SearchEntries.Remove(entry); }
            return;
        }

        var d = dataset.Description;
        if (entry is null) { db.SearchEntries.Add(entry = new SearchEntry { Kind = HarvestPortals.SearchKind, Subject = dataset.Id, Title = "", Body = "" }); }
        entry.Title = Bigrams.ToIndex(dataset.Title);
        entry.Body = Bigrams.ToIndex(string.Join('\n', d.Keywords.Concat(d.Distributions.Take(MostDistributions).Select(x => x.Name)).Prepend(source.Name).Prepend(d.Organisation).Prepend(d.Title).Prepend(d.Notes)));
    }
}
