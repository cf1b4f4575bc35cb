using Microsoft.EntityFrameworkCore;
using Zhengtong.Exchange.Engine;
using Zhengtong.Kernel.Jobs;

namespace Zhengtong.Exchange.Nodes;

/// <summary>Removes ciphertexts that a crash kept from being removed with their receipt, where a front-end node provides. Only those of batches that are receipted or given up: what no batch
/// names may be one that a node is handing in at this moment. Where the platform provides, each run sweeps for itself.</summary>
internal sealed class SweepNodeRelay(ZhengtongDb db, NodeDeliveries deliveries, Relay relay) : IReconciler
{
    private const int AtOnce = 500;

    /// <inheritdoc/>
    public string Name => "exchange.node-relay";

    /// <inheritdoc/>
    public TimeSpan Every => TimeSpan.FromSeconds(20);

    /// <inheritdoc/>
    public async Task<Pass> ReconcileAsync(CancellationToken ct)
    {
        var removed = 0;
        foreach (var delivery in (await deliveries.AllHalvesAsync(ct)).Where(h => h.Value.Provider is not null).Select(h => h.Key))
        {
            foreach (var digests in (await relay.ListAsync(delivery, ct)).Chunk(AtOnce))
            {
                var done = await db.Batches.Where(b => b.DeliveryId == delivery && digests.Contains(b.CiphertextDigest) && (b.ReceivedAt != null || b.VoidedAt != null)).Select(b => b.CiphertextDigest).ToListAsync(ct);
                foreach (var digest in done) { await relay.RemoveAsync(delivery, digest, ct); }
                removed += done.Count;
            }
        }

        return Pass.Settled(removed);
    }
}
