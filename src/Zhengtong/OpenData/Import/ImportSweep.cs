using Microsoft.EntityFrameworkCore;
using Zhengtong.Kernel.Jobs;

namespace Zhengtong.OpenData.Import;

/// <summary>Forgets imports that ended thirty days ago, with their hold on files; what is in a version stays.</summary>
internal sealed class ImportSweep(ZhengtongDb db, TimeProvider clock) : IReconciler
{
    private static readonly TimeSpan Kept = TimeSpan.FromDays(30);
    private const int Most = 100;

    public string Name => "open-data.import-sweeps";

    public TimeSpan Every => TimeSpan.FromHours(1);

    public async Task<Pass> ReconcileAsync(CancellationToken ct)
    {
        var before = clock.GetUtcNow() - Kept;
        var old = await db.ImportJobs.Where(j => j.ActiveResourceId == null && j.EndedAt < before).OrderBy(j => j.Id).Take(Most).ToListAsync(ct);
        if (old.Count == 0) { return Pass.Settled(); }
        var owners = old.ConvertAll(j => j.Owner);
        db.ObjectReferences.RemoveRange(await db.ObjectReferences.Where(r => owners.Contains(r.Owner)).ToListAsync(ct));
        db.ImportJobs.RemoveRange(old);
        await db.SaveChangesAsync(ct);
        return old.Count == Most ? Pass.Unfinished(old.Count) : Pass.Settled(old.Count);
    }
}
