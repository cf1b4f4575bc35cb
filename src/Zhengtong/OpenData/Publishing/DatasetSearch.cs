using Microsoft.EntityFrameworkCore;
using Zhengtong.Kernel.Search;
using Zhengtong.OpenData.Model;

namespace Zhengtong.OpenData.Publishing;

/// <summary>By what a published dataset is found. At start, whatever has no entry in the index yet gets it.</summary>
internal sealed class DatasetSearch : IStartupStep
{
    /// <summary>How the index names datasets.</summary>
    internal const string Kind = "open-data.dataset";

    private const int AtOnce = 100;

    /// <summary>Title, notes, keywords, publisher, names of resources, names and titles of columns; to be saved together with the publication.</summary>
    internal static async Task PutAsync(ZhengtongDb db, Dataset dataset, DatasetVersion version, CancellationToken ct)
    {
        var publisher = await db.Organisations.Where(o => o.Id == dataset.PublisherId).Select(o => new { o.Name, o.ShortName }).SingleAsync(ct);
        var body = new List<string> { version.Description.Notes, dataset.Name, publisher.Name, publisher.ShortName };
        body.AddRange(version.Description.Keywords);
        foreach (var resource in version.Resources)
        {
            body.Add(resource.Name);
            body.Add(resource.Description);
            foreach (var column in resource.Table?.Columns ?? [])
            {
                body.Add(column.Name);
                if (column.Title is not null) { body.Add(column.Title); }
            }
        }

        await SearchIndex.PutAsync(db, Kind, dataset.Id, version.Description.Title, string.Join('\n', body), ct);
    }

    public async Task RunAsync(IServiceProvider scope, CancellationToken ct)
    {
        var db = scope.GetRequiredService<ZhengtongDb>();
        while (true)
        {
            var missing = await db.Datasets.Where(d => d.State == DatasetState.Published && !db.SearchEntries.Any(e => e.Kind == Kind && e.Subject == d.Id)).OrderBy(d => d.Id).Take(AtOnce)
                .Join(db.DatasetVersions, d => d.CurrentVersionId, v => v.Id, (d, v) => new { Dataset = d, Version = v }).ToListAsync(ct);
            if (missing.Count == 0) { return; }
            foreach (var found in missing) { await PutAsync(db, found.Dataset, found.Version, ct); }
            await db.SaveChangesAsync(ct);
            db.ChangeTracker.Clear();
        }
    }
}
