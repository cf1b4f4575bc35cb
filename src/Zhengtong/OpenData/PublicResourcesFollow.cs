using Microsoft.EntityFrameworkCore;
using Zhengtong.OpenData.Model;

namespace Zhengtong;

internal partial class ZhengtongDb
{
    /// <inheritdoc/>
    public override async Task<int> SaveChangesAsync(bool acceptAllChangesOnSuccess, CancellationToken cancellationToken = default)
    {
        await FollowPublicationsAsync(cancellationToken);
        return await base.SaveChangesAsync(acceptAllChangesOnSuccess, cancellationToken);
    }

    /// <summary>The rows by which interfaces find resources are rewritten in the save that publishes, whoever publishes: none can forget them, and none is seen before the version is.</summary>
    private async Task FollowPublicationsAsync(CancellationToken ct)
    {
        var published = ChangeTracker.Entries<Dataset>()
            .Where(e => e.State is EntityState.Added or EntityState.Modified && e.Entity.CurrentVersionId is not null && (e.State == EntityState.Added || e.Property(d => d.CurrentVersionId).IsModified))
            .Select(e => e.Entity).ToList();
        foreach (var dataset in published)
        {
            if (ChangeTracker.Entries<PublicResource>().Any(r => r.State == EntityState.Added && r.Entity.DatasetId == dataset.Id)) { continue; }
            var version = await DatasetVersions.FindAsync([dataset.CurrentVersionId], ct);
            if (version is null) { continue; }
            var before = await PublicResources.Where(r => r.DatasetId == dataset.Id).ToDictionaryAsync(r => r.Id, ct);
            foreach (var row in PublicResource.Of(version))
            {
                if (before.Remove(row.Id, out var same)) { Entry(same).CurrentValues.SetValues(row); }
                else { PublicResources.Add(row); }
            }

            PublicResources.RemoveRange(before.Values);
        }
    }
}
