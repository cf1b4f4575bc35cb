using Microsoft.EntityFrameworkCore;
using Zhengtong.Cloud.Model;

namespace Zhengtong.Cloud;

/// <summary>What other modules may read of a consumer's hold.</summary>
internal sealed record HoldCard(Guid Consumer, Guid Node, IReadOnlyList<ResourceAmount> Amounts, HoldState State, DateTimeOffset? ExpiresAt);

/// <summary>What other modules may ask the cloud.</summary>
internal sealed class CloudLookup(ZhengtongDb db)
{
    /// <summary>The node at which an organisation's orders are held; null when it has no quota.</summary>
    internal Task<Guid?> FindNodeAsync(Guid organisation, CancellationToken ct)
    {
        var key = QuotaNode.KeyOf(organisation);
        return db.QuotaNodes.Where(n => n.Key == key).Select(n => (Guid?)n.Id).SingleOrDefaultAsync(ct);
    }

    /// <summary>The hold of a consumer, or null.</summary>
    internal Task<HoldCard?> FindHoldAsync(Guid consumer, CancellationToken ct) =>
        db.Holds.AsNoTracking().Where(h => h.ConsumerId == consumer).Select(h => new HoldCard(h.ConsumerId, h.NodeId, h.Amounts, h.State, h.ExpiresAt)).SingleOrDefaultAsync(ct);
}
