using Microsoft.EntityFrameworkCore;
using Zhengtong.Cloud.Model;
using Zhengtong.Kernel.Jobs;

namespace Zhengtong.Cloud.Sites;

/// <summary>Lets go of the names and files of sites that are gone.</summary>
internal sealed class SweepSites(ZhengtongDb db) : IReconciler
{
    public string Name => "cloud.sites";

    public TimeSpan Every => TimeSpan.FromMinutes(10);

    public async Task<Pass> ReconcileAsync(CancellationToken ct)
    {
        var gone = await db.CloudSites.Where(s => db.CloudResources.Any(r => r.Id == s.ResourceId && r.State == CloudResourceState.Removed)).OrderBy(s => s.ResourceId).Take(100).ToListAsync(ct);
        if (gone.Count == 0) { return Pass.Settled(0); }
        var owners = gone.ConvertAll(s => CloudSite.OwnerOf(s.ResourceId));
        db.ObjectReferences.RemoveRange(await db.ObjectReferences.Where(r => owners.Contains(r.Owner)).ToListAsync(ct));
        db.CloudSites.RemoveRange(gone);
        await db.SaveChangesAsync(ct);
        return gone.Count == 100 ? Pass.Unfinished(gone.Count) : Pass.Settled(gone.Count);
    }
}
