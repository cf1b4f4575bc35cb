using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;
using Zhengtong.Kernel.Identity;
using Zhengtong.Kernel.Jobs;
using Zhengtong.Kernel.Ledger;

namespace Zhengtong.Exchange.Nodes;

/// <summary>Turns a node's silence into a state that people see, and forgets nonces of requests that are too old to pass.</summary>
internal sealed class WatchNodes(ZhengtongDb db, TimeProvider clock, IOptions<NodeOptions> options) : IReconciler
{
    /// <inheritdoc/>
    public string Name => "exchange.nodes";

    /// <inheritdoc/>
    public TimeSpan Every => TimeSpan.FromSeconds(5);

    /// <inheritdoc/>
    public async Task<Pass> ReconcileAsync(CancellationToken ct)
    {
        var now = clock.GetUtcNow();
        var since = now.AddSeconds(-options.Value.SilentSeconds);
        var silent = await db.FrontEndNodes.Where(n => n.EnrolledAt != null && n.RevokedAt == null && n.SilentSince == null && n.LastSeenAt < since).ToListAsync(ct);
        foreach (var node in silent)
        {
            node.FallSilent(now);
            db.Ledger.Add(LedgerEntry.Of("exchange.node-silent", node.Id, Actor.Platform, now, after: new { node.Name, node.LastSeenAt }));
        }

        try { await db.SaveChangesAsync(ct); }
        // It reported in this very moment.
        catch (DbUpdateConcurrencyException) { return Pass.Settled(); }
        var oldest = now.AddSeconds(-3 * options.Value.SkewSeconds);
        await db.NodeNonces.Where(n => n.At < oldest).ExecuteDeleteAsync(ct);
        return Pass.Settled(silent.Count);
    }
}
