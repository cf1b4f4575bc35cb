using Microsoft.EntityFrameworkCore;
using Zhengtong.Cloud.Model;
using Zhengtong.Kernel.Jobs;

namespace Zhengtong.Cloud.Quotas;

/// <summary>Gives reservations back whose lifetime is over, each in a transaction of its own: one that cannot be given back keeps no other.</summary>
internal sealed partial class ExpireHolds(ZhengtongDb db, TimeProvider clock, ILogger<ExpireHolds> logger) : IReconciler
{
    private const int AtOnce = 200;

    public string Name => "cloud.expired-holds";

    public TimeSpan Every => TimeSpan.FromSeconds(10);

    public async Task<Pass> ReconcileAsync(CancellationToken ct)
    {
        var now = clock.GetUtcNow();
        var over = await db.Holds.AsNoTracking().Where(h => h.State == HoldState.Reserved && h.ExpiresAt <= now).OrderBy(h => h.ExpiresAt).Select(h => h.ConsumerId).Take(AtOnce).ToListAsync(ct);
        var released = 0;
        foreach (var consumer in over)
        {
            await using var transaction = await db.Database.BeginTransactionAsync(ct);
            try
            {
                if ((await Holds.ExpireAsync(db, consumer, now, ct)).Result == HoldResult.Done) { released++; }
                await transaction.CommitAsync(ct);
            }
            catch (CountersDriftedException e)
            {
                // The recount alarms about it and mends it; the next round comes again.
                LogDrifted(e, consumer);
                db.ChangeTracker.Clear();
            }
        }

        return over.Count == AtOnce && released > 0 ? Pass.Unfinished(released) : Pass.Settled(released);
    }

    [LoggerMessage(LogLevel.Error, "The reservation of {Consumer} could not be given back: a counter is smaller than it should be")]
    private partial void LogDrifted(Exception failure, Guid consumer);
}
