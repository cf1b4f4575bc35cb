using Microsoft.EntityFrameworkCore;
using Zhengtong.Kernel.Objects;
using Zhengtong.OpenData.Model;

namespace Zhengtong.OpenData.Publishing;

/// <summary>The objects a version needs: files, tables, lists of bad rows, its manifest.</summary>
internal static class VersionObjects
{
    /// <summary>How the object store names the version that needs an object.</summary>
    internal static string OwnerOf(Guid version) => $"open-data:version:{version}";

    /// <summary>Every object of these resources, each once.</summary>
    internal static IReadOnlySet<Digest> Of(IEnumerable<DatasetResource> resources)
    {
        var digests = new HashSet<Digest>();
        foreach (var resource in resources)
        {
            digests.Add(resource.Content);
            if (resource.Table is { } table) { digests.Add(table.Content); }
            if (resource.BadRows is { } bad) { digests.Add(bad); }
        }

        return digests;
    }

    /// <summary>Makes the version's references what its resources need, to be saved together with it.</summary>
    internal static async Task ReferAsync(ZhengtongDb db, DatasetVersion version, DateTimeOffset now, CancellationToken ct)
    {
        var owner = OwnerOf(version.Id);
        var present = await db.ObjectReferences.Where(r => r.Owner == owner).ToListAsync(ct);
        var needed = new HashSet<Digest>(Of(version.Resources));
        if (version.Manifest is { } manifest) { needed.Add(manifest); }
        db.ObjectReferences.RemoveRange(present.Where(r => !needed.Contains(r.Digest)));
        db.ObjectReferences.AddRange(needed.Except(present.Select(r => r.Digest)).Select(d => new ObjectReference { Digest = d, Owner = owner, Since = now }));
    }
}
