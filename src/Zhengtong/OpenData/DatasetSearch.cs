using Microsoft.EntityFrameworkCore;
using Zhengtong.Kernel.Search;
using Zhengtong.OpenData.Model;

namespace Zhengtong.OpenData;

/// <summary>By what a dataset is found. At start, whatever is published and has no entry in the index yet gets it.</summary>
internal sealed class DatasetSearch : IStartupStep
{
    /// <summary>How the index names datasets.</summary>
    internal const string Kind = "open-data.dataset";

    private const int AtOnce = 200;

    /// <summary>Title; notes, keywords, themes, publisher, and the names and titles of resources and columns. To be saved together with the publication.</summary>
    internal static async Task PutAsync(ZhengtongDb db, Dataset dataset, DatasetVersion version, CancellationToken ct)
    {
        var publisher = await db.Organisations.Where(o => o.Id == dataset.PublisherId).Select(o => o.Name + " " + o.ShortName).SingleAsync(ct);
        var d = version.Description;
        await SearchIndex.PutAsync(db, Kind, dataset.Id, d.Title, string.Join('\n',
        [
            dataset.Name, publisher, string.Join(' ', d.Keywords), d.Notes, string.Join(' ', d.Themes.Select(t => Theme.Find(t)?.Title)),
            .. version.Resources.Select(r => $"{r.Name} {r.Description}"),
            .. version.Resources.SelectMany(r => r.Table?.Columns ?? []).Select(c => $"{c.Name} {c.Title}").Distinct(),
        ]), ct);
    }

    public async Task RunAsync(IServiceProvider scope, CancellationToken ct)
    {
        var db = scope.GetRequiredService<ZhengtongDb>();
        while (true)
        {
            var missing = await db.Datasets.Where(d => d.State == DatasetState.Published && !db.SearchEntries.Any(e => e.Kind == Kind && e.Subject == d.Id)).OrderBy(d => d.Id).Take(AtOnce).ToListAsync(ct);
            if (missing.Count == 0) { return; }
            foreach (var dataset in missing) { await PutAsync(db, dataset, await db.DatasetVersions.SingleAsync(v => v.Id == dataset.CurrentVersionId, ct), ct); }
            await db.SaveChangesAsync(ct);
            db.ChangeTracker.Clear();
        }
    }
}
