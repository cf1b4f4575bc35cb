using Microsoft.EntityFrameworkCore;
using Zhengtong.Catalogue.Model;
using Zhengtong.Kernel.Search;

namespace Zhengtong.Catalogue;

/// <summary>By what an information resource is found. At start, whatever has no entry in the index yet gets it.</summary>
internal sealed class CatalogueSearch : IStartupStep
{
    /// <summary>How the index names information resources.</summary>
    internal const string Kind = "catalogue.resource";

    private const int AtOnce = 200;

    /// <summary>Name, abstract, names and columns of the items; to be saved together with the resource.</summary>
    internal static Task PutAsync(ZhengtongDb db, InformationResource resource, CancellationToken ct) =>
        SearchIndex.PutAsync(db, Kind, resource.Id, resource.Name, string.Join('\n', [resource.Abstract, .. resource.Items.Select(i => $"{i.Name}\n{i.Column}")]), ct);

    public async Task RunAsync(IServiceProvider scope, CancellationToken ct)
    {
        var db = scope.GetRequiredService<ZhengtongDb>();
        while (true)
        {
            var missing = await db.Resources.Where(r => !db.SearchEntries.Any(e => e.Kind == Kind && e.Subject == r.Id)).OrderBy(r => r.Id).Take(AtOnce).ToListAsync(ct);
            if (missing.Count == 0) { return; }
            foreach (var resource in missing) { await PutAsync(db, resource, ct); }
            await db.SaveChangesAsync(ct);
            db.ChangeTracker.Clear();
        }
    }
}
