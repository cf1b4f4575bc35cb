using Microsoft.EntityFrameworkCore;
using Zhengtong.Kernel.Jobs;

namespace Zhengtong.Kernel.Notices;

/// <summary>Keeps notices for half a year; what they told of stands in the ledger for good.</summary>
internal sealed class DropOldNotices(ZhengtongDb db, TimeProvider clock) : IReconciler
{
    /// <summary>How many days a notice stays.</summary>
    internal const int KeepDays = 180;

    public string Name => "kernel.old-notices";

    public TimeSpan Every => TimeSpan.FromHours(6);

    public async Task<Pass> ReconcileAsync(CancellationToken ct)
    {
        var before = clock.GetUtcNow().AddDays(-KeepDays);
        return Pass.Settled(await db.Notices.Where(n => n.At < before).ExecuteDeleteAsync(ct));
    }
}
