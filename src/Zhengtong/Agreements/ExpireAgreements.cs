using Microsoft.EntityFrameworkCore;
using Zhengtong.Agreements.Model;
using Zhengtong.Kernel.Identity;
using Zhengtong.Kernel.Jobs;
using Zhengtong.Kernel.Ledger;

namespace Zhengtong.Agreements;

/// <summary>Marks agreements whose period is over. Engines look at the period themselves, so a late mark lets nothing through; ledger event agreements.expired.</summary>
internal sealed class ExpireAgreements(ZhengtongDb db, TimeProvider clock) : IReconciler
{
    private const int MostAtOnce = 200;

    private static readonly AgreementState[] Open = [AgreementState.AwaitingSeals, AgreementState.InForce, AgreementState.Suspended];

    public string Name => "agreements.expiry";

    public TimeSpan Every => TimeSpan.FromMinutes(1);

    public async Task<Pass> ReconcileAsync(CancellationToken ct)
    {
        var now = clock.GetUtcNow();
        var over = await db.Agreements.Where(a => Open.Contains(a.State) && a.Until <= now).OrderBy(a => a.Until).Take(MostAtOnce).ToListAsync(ct);
        foreach (var agreement in over)
        {
            var before = agreement.State;
            agreement.Expire();
            db.Ledger.Add(LedgerEntry.Of("agreements.expired", agreement.Id, Actor.Platform, now, before: before));
        }

        await db.SaveChangesAsync(ct);
        return over.Count == MostAtOnce ? Pass.Unfinished(over.Count) : Pass.Settled(over.Count);
    }
}
