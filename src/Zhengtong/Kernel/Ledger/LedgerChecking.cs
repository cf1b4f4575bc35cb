using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Zhengtong.Kernel.Identity;
using Zhengtong.Kernel.Jobs;

namespace Zhengtong.Kernel.Ledger;

/// <summary>Checks the ledger by itself: what is new every five minutes, all of it every <c>Ledger:FullCheckHours</c> hours (default 6) and, while it is small, each time.</summary>
internal sealed partial class LedgerChecking(ZhengtongDb db, LedgerCheck check, IConfiguration configuration, TimeProvider clock, ILogger<LedgerChecking> logger) : IReconciler
{
    /// <summary>Up to here a full check takes a few seconds.</summary>
    private const long Small = 100_000;

    public string Name => "kernel.ledger-check";

    public TimeSpan Every => TimeSpan.FromMinutes(5);

    public async Task<Pass> ReconcileAsync(CancellationToken ct)
    {
        var now = clock.GetUtcNow();
        var full = await db.LedgerChecks.AsNoTracking().Where(r => r.From == 0 && r.To == r.Size).OrderByDescending(r => r.StartedAt).FirstOrDefaultAsync(ct);
        var last = await db.LedgerChecks.AsNoTracking().OrderByDescending(r => r.StartedAt).FirstOrDefaultAsync(ct);
        var all = full is null || full.Size < Small || now - full.StartedAt >= TimeSpan.FromHours(configuration.GetValue("Ledger:FullCheckHours", 6.0));
        var run = await check.RunAsync(all ? 0 : last!.To, null, ct);
        if (run.FindingCount > 0)
        {
            LogFound(run.FindingCount, run.Findings);
            if (run.FindingCount != last?.FindingCount)
            {
                db.Ledger.Add(LedgerEntry.Of("kernel.ledger-fault-found", run.Id, Actor.Platform, clock.GetUtcNow(), after: new { run.FindingCount, run.From, run.To }));
                await db.SaveChangesAsync(ct);
            }
        }

        // What found nothing tells nothing after a quarter; what found something stays.
        var old = now.AddDays(-90);
        await db.LedgerChecks.Where(r => r.FindingCount == 0 && r.StartedAt < old).ExecuteDeleteAsync(ct);
        return Pass.Settled(run.FindingCount);
    }

    [LoggerMessage(LogLevel.Critical, "The ledger was altered: {Count} finding(s): {Findings}")]
    private partial void LogFound(int count, string findings);
}

/// <summary>Degraded while the last full check, or one after it, found something, and while entries wait longer than a minute for their place.
/// Not unhealthy: whoever alters one row must not be able to take the platform from its load balancer.</summary>
internal sealed class LedgerHealth(IServiceScopeFactory scopes, TimeProvider clock) : IHealthCheck
{
    public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        await using var scope = scopes.CreateAsyncScope();
        var db = scope.ServiceProvider.GetRequiredService<ZhengtongDb>();
        if (await StandingFindingsAsync(db, cancellationToken) is { } run)
        {
            return HealthCheckResult.Degraded(Text.Of("kernel.ledger.health.altered", run.FindingCount), data: new Dictionary<string, object> { ["findings"] = run.FindingCount, ["check"] = run.Id });
        }

        var late = clock.GetUtcNow().AddMinutes(-1);
        var waiting = await db.Ledger.CountAsync(e => e.Index == null && e.At < late, cancellationToken);
        return waiting == 0 ? HealthCheckResult.Healthy()
            : HealthCheckResult.Degraded(Text.Of("kernel.ledger.health.late", waiting), data: new Dictionary<string, object> { ["waiting"] = waiting });
    }

    /// <summary>The latest run with findings that no later full check has cleared; null when the ledger is whole as far as was looked.</summary>
    internal static async Task<LedgerCheckRun?> StandingFindingsAsync(ZhengtongDb db, CancellationToken ct)
    {
        var since = await db.LedgerChecks.Where(r => r.From == 0 && r.To == r.Size).OrderByDescending(r => r.StartedAt).Select(r => (DateTimeOffset?)r.StartedAt).FirstOrDefaultAsync(ct);
        return await db.LedgerChecks.AsNoTracking().Where(r => r.FindingCount > 0 && (since == null || r.StartedAt >= since)).OrderByDescending(r => r.StartedAt).FirstOrDefaultAsync(ct);
    }
}
