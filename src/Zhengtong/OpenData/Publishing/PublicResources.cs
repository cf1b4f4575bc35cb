using Microsoft.EntityFrameworkCore;
using Zhengtong.OpenData.Model;

namespace Zhengtong.OpenData.Publishing;

/// <summary>The rows by which interfaces find what is published.</summary>
internal static class PublicResources
{
    /// <summary>The resources that a caller may read: those of datasets that stand open to everybody, and those of conditionally open ones that were granted. Everything that serves rows asks here, or
    /// <see cref="MayRead"/>, which says the same of one.</summary>
    internal static IQueryable<PublicResource> ReadableBy(ZhengtongDb db, IReadOnlySet<Guid> granted)
    {
        var all = db.PublicResources.AsNoTracking();
        if (granted.Count == 0) { return all.Where(r => r.IsGiven && db.Datasets.Any(d => d.Id == r.DatasetId && d.State == DatasetState.Published && d.OpenAttribute == OpenAttribute.Unconditional)); }
        var ids = granted.ToList();
        return all.Where(r => db.Datasets.Any(d => d.Id == r.DatasetId && d.State == DatasetState.Published
            && ((r.IsGiven && d.OpenAttribute == OpenAttribute.Unconditional) || (d.OpenAttribute == OpenAttribute.Conditional && ids.Contains(d.Id)))));
    }

    /// <summary>True when the caller may read a resource of the published dataset.</summary>
    internal static bool MayRead(Dataset dataset, PublicResource resource, IReadOnlySet<Guid> granted) => dataset.State == DatasetState.Published
        && ((resource.IsGiven && dataset.OpenAttribute == OpenAttribute.Unconditional) || (dataset.OpenAttribute == OpenAttribute.Conditional && granted.Contains(dataset.Id)));

    /// <summary>Says what the public has of a dataset from the caller's next save on: the resources of this version. Commits with the publication, so that none is seen before it.</summary>
    internal static async Task PutAsync(ZhengtongDb db, DatasetVersion version, CancellationToken ct)
    {
        var before = await db.PublicResources.Where(r => r.DatasetId == version.DatasetId).ToDictionaryAsync(r => r.Id, ct);
        foreach (var row in PublicResource.Of(version))
        {
            if (before.Remove(row.Id, out var same)) { db.Entry(same).CurrentValues.SetValues(row); }
            else { db.PublicResources.Add(row); }
        }

        db.PublicResources.RemoveRange(before.Values);
    }
}
