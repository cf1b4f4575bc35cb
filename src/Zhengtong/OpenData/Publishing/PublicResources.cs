using Microsoft.EntityFrameworkCore;
using Zhengtong.OpenData.Model;

namespace Zhengtong.OpenData.Publishing;

/// <summary>The rows by which interfaces find what is published.</summary>
internal static class PublicResources
{
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
