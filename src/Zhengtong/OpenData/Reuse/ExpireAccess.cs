using Microsoft.EntityFrameworkCore;
using Zhengtong.Kernel;
using Zhengtong.Kernel.Identity;
using Zhengtong.Kernel.Jobs;
using Zhengtong.Kernel.Ledger;

namespace Zhengtong.OpenData.Reuse;

/// <summary>Writes down which grants are over. Nobody reads with one after its last day, whether this has run or not.</summary>
internal sealed class ExpireAccess(ZhengtongDb db, TimeProvider clock) : IReconciler
{
    private const int AtOnce = 200;

    public string Name => "open-data.expired-access";

    public TimeSpan Every => TimeSpan.FromMinutes(30);

    public async Task<Pass> ReconcileAsync(CancellationToken ct)
    {
        var now = clock.GetUtcNow();
        var today = ChinaTime.DateOf(now);
        var over = await db.AccessApplications.Where(a => a.State == AccessState.Granted && a.Until < today).OrderBy(a => a.Id).Take(AtOnce).ToListAsync(ct);
        foreach (var application in over)
        {
            application.Expire();
            db.Ledger.Add(LedgerEntry.Of("open-data.access-expired", application.Id, Actor.Platform, now, after: new { dataset = application.DatasetId, key = application.KeyId, application.Until }));
        }

        try { await db.SaveChangesAsync(ct); }
        // An officer took one back in the same moment: look again.
        catch (DbUpdateConcurrencyException) { return Pass.Unfinished(0); }
        return over.Count < AtOnce ? Pass.Settled(over.Count) : Pass.Unfinished(over.Count);
    }
}
