using Microsoft.EntityFrameworkCore;
using Zhengtong.Cloud.Engines;
using Zhengtong.Cloud.Model;
using Zhengtong.Cloud.Placement;
using Zhengtong.Kernel;
using Zhengtong.Kernel.Identity;
using Zhengtong.Kernel.Ledger;

namespace Zhengtong.Cloud.Delivery;

/// <summary>Lets the books follow an engine that moved instances to other members: an evacuation, or somebody there.</summary>
internal static class HostMoves
{
    /// <summary>Every resource of the pool that its engine has on another member is counted there instead, each in a transaction of its own.</summary>
    /// <returns>How many changed their host.</returns>
    internal static async Task<int> FollowAsync(ZhengtongDb db, ResourcePool pool, IReadOnlyDictionary<InstanceId, EngineInstance> there, DateTimeOffset now, CancellationToken ct)
    {
        var hosts = await db.CloudHosts.AsNoTracking().Where(h => h.PoolId == pool.Id).ToDictionaryAsync(h => h.Name, h => h.Id, StringComparer.Ordinal, ct);
        if (hosts.Count < 2) { return 0; }
        var placed = await db.CloudResources.AsNoTracking()
            .Where(r => r.PoolId == pool.Id && r.HostId != null && r.State != CloudResourceState.Removed && (r.Form == ResourceForm.Instance || r.Form == ResourceForm.Site))
            .Select(r => new { r.Id, r.OrganisationId, Host = r.HostId!.Value }).ToListAsync(ct);
        var moved = 0;
        foreach (var one in placed)
        {
            var id = new InstanceId(InstanceSurroundings.ProjectOf(one.OrganisationId), EngineName.Parse($"r{one.Id:N}"));
            if (there.GetValueOrDefault(id)?.Member is not { } member || !hosts.TryGetValue(member, out var host) || host == one.Host) { continue; }
            db.ChangeTracker.Clear();
            try
            {
                await using var transaction = await db.Database.BeginTransactionAsync(ct);
                if (!await MoveAsync(db, one.Id, one.Host, host, now, ct)) { continue; }
                await transaction.CommitAsync(ct);
                moved++;
            }
            catch (Exception e) when (DatabaseErrors.IsLostRace(e))
            {
                // Somebody changed it meanwhile; the next look sees what is so then.
            }
        }

        db.ChangeTracker.Clear();
        return moved;
    }

    /// <summary>False when it does not stand where it was thought to: the caller MUST NOT commit.</summary>
    private static async Task<bool> MoveAsync(ZhengtongDb db, Guid id, Guid from, Guid to, DateTimeOffset now, CancellationToken ct)
    {
        var resource = await db.CloudResources.SingleAsync(r => r.Id == id, ct);
        if (resource.IsGone || resource.HostId != from) { return false; }
        var claims = await db.HostClaims.AsNoTracking().Where(c => c.ConsumerId == id && c.ReleasedAt == null).ToListAsync(ct);
        if (claims is not [var claim] || claim.HostId != from) { return false; }

        // An engine knows nothing of groups that are to stand apart; where it put two together the books say so instead of refusing what is so.
        var group = resource.SpreadGroup is { } spread && !await db.HostClaims.AnyAsync(c => c.ReleasedAt == null && c.SpreadGroup == spread && c.HostId == to, ct) ? spread : null;
        var names = await db.CloudHosts.AsNoTracking().Where(h => h.Id == from || h.Id == to).ToDictionaryAsync(h => h.Id, h => h.Name, ct);
        if (!await HostBook.ReleaseAsync(db, claim, now, ct) || !await HostBook.CountAsync(db, to, claim.Amounts, ct)) { return false; }
        var strategy = await db.ResourcePools.Where(p => p.Id == claim.PoolId).Select(p => p.Strategy).SingleAsync(ct);
        var stands = new HostClaim { Id = Guid.CreateVersion7(now), ConsumerId = id, PoolId = claim.PoolId, HostId = to, Amounts = claim.Amounts, SpreadGroup = group, CreatedAt = now };
        // Nobody chose: the engine moved it.
        db.AddRange(stands, new PlacementRecord { ClaimId = stands.Id, ConsumerId = id, At = now, Explanation = new PlacementExplanation(new HostCandidate(claim.PoolId, to, names[to], 0, 0), [], 0, 0, [], strategy, 0) });
        resource.HostId = to;
        resource.Touch();
        db.Ledger.Add(LedgerEntry.Of("cloud.resource-moved", id, Actor.Platform, now, before: new { host = names[from] }, after: new { host = names[to], resource.Number, apart = resource.SpreadGroup is null ? (bool?)null : group is not null }));
        await db.SaveChangesAsync(ct);
        return true;
    }
}
