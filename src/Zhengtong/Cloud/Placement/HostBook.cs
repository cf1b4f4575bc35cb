using System.Globalization;
using System.Text;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Cloud.Model;
using Zhengtong.Cloud.Quotas;

namespace Zhengtong.Cloud.Placement;

/// <summary>The change of what is allocated on a host.</summary>
internal readonly record struct HostChange(Guid Host, string Kind, long Amount);

/// <summary>What is allocated on hosts: changed by conditional statements within the caller's transaction, after the quota's counters and in the order of the hosts' ids.</summary>
internal static class HostBook
{
    /// <summary>Sums by host and kind, in the order in which they are written.</summary>
    internal static IReadOnlyList<HostChange> Of(IEnumerable<HostChange> changes) =>
        [.. changes.GroupBy(c => (c.Host, c.Kind)).Select(g => new HostChange(g.Key.Host, g.Key.Kind, g.Sum(c => c.Amount))).Where(c => c.Amount != 0)
            .OrderBy(c => c.Host).ThenBy(c => c.Kind, StringComparer.Ordinal)];

    /// <summary>True when every change was made. False when a host was full, closed or unknown: the caller MUST go back to before.</summary>
    internal static Task<bool> TryChangeAsync(ZhengtongDb db, IReadOnlyList<HostChange> changes, CancellationToken ct) => ChangeAsync(db, changes, mustFit: true, ct);

    /// <summary>Counts on a host what its engine has there already, whether it is open or has room or not: the book must not say otherwise than it is. False when the host has no such kind.</summary>
    internal static Task<bool> CountAsync(ZhengtongDb db, Guid host, IReadOnlyList<ResourceAmount> amounts, CancellationToken ct) => ChangeAsync(db, Of(amounts.Select(a => new HostChange(host, a.Kind, a.Amount))), mustFit: false, ct);

    private static async Task<bool> ChangeAsync(ZhengtongDb db, IReadOnlyList<HostChange> changes, bool mustFit, CancellationToken ct)
    {
        if (changes.Count == 0) { return true; }
        var (table, clock) = Tables(db);
        var (sql, values) = (new StringBuilder(), new List<object>(changes.Count * 3));
        sql.Append(CultureInfo.InvariantCulture, $"UPDATE {clock} SET generation = generation + 1 WHERE id = 1;\n");
        foreach (var change in changes)
        {
            var at = values.Count;
            sql.Append(CultureInfo.InvariantCulture, $"UPDATE {table} SET used = used + {{{at}}}, generation = (SELECT c.generation FROM {clock} c WHERE c.id = 1) ");
            sql.Append(CultureInfo.InvariantCulture, $"WHERE host_id = {{{at + 1}}} AND kind = {{{at + 2}}} AND used + {{{at}}} >= 0");
            if (mustFit && change.Amount > 0) { sql.Append(CultureInfo.InvariantCulture, $" AND is_open AND used + {{{at}}} <= capacity"); }
            sql.Append(";\n");
            values.AddRange([change.Amount, change.Host, change.Kind]);
        }

        return await db.Database.ExecuteSqlRawAsync(sql.ToString(), values, ct) == changes.Count + 1;
    }

    /// <summary>Moves the clock; what the caller changes of hosts within its transaction carries the number.</summary>
    internal static async Task<long> TickAsync(ZhengtongDb db, CancellationToken ct)
    {
        await db.PlacementClocks.ExecuteUpdateAsync(set => set.SetProperty(c => c.Generation, c => c.Generation + 1), ct);
        return await db.PlacementClocks.Select(c => c.Generation).SingleAsync(ct);
    }

    /// <summary>Lets a consumer's claims follow its hold: gone when it is released, other amounts when it was resized.</summary>
    /// <returns>Null when they follow; else what did not fit, and the caller MUST go back to before.</returns>
    internal static async Task<IReadOnlyList<HostChange>?> FollowAsync(ZhengtongDb db, Hold before, Hold after, DateTimeOffset now, CancellationToken ct)
    {
        var isReleased = after.State == HoldState.Released;
        if (!isReleased && before.Amounts.SequenceEqual(after.Amounts)) { return null; }
        var claims = await db.HostClaims.AsNoTracking().Where(c => c.ConsumerId == after.ConsumerId && c.ReleasedAt == null).ToListAsync(ct);
        if (claims.Count == 0) { return null; }
        if (isReleased)
        {
            foreach (var claim in claims) { await ReleaseAsync(db, claim, now, ct); }
            return null;
        }

        var wanted = await OnHostAsync(db, after.Amounts, ct);
        var changes = Of(claims.SelectMany(c => Amounts.Between(c.Amounts, wanted).Select(b => new HostChange(c.HostId, b.Kind, b.Change))));
        if (!await TryChangeAsync(db, changes, ct)) { return changes; }
        foreach (var claim in claims)
        {
            var revision = claim.Revision + 1;
            await db.HostClaims.Where(c => c.Id == claim.Id).ExecuteUpdateAsync(set => set.SetProperty(c => c.Amounts, wanted).SetProperty(c => c.Revision, revision), ct);
        }

        return null;
    }

    /// <summary>Gives back what a claim has on its host; false when it was given back already.</summary>
    internal static async Task<bool> ReleaseAsync(ZhengtongDb db, HostClaim claim, DateTimeOffset now, CancellationToken ct)
    {
        var revision = claim.Revision + 1;
        if (await db.HostClaims.Where(c => c.Id == claim.Id && c.ReleasedAt == null && c.Revision == claim.Revision)
            .ExecuteUpdateAsync(set => set.SetProperty(c => c.ReleasedAt, now).SetProperty(c => c.Revision, revision), ct) == 0) { return false; }
        return await TryChangeAsync(db, Of(claim.Amounts.Select(a => new HostChange(claim.HostId, a.Kind, -a.Amount))), ct)
            ? true : throw new CountersDriftedException($"Host {claim.HostId} counts less than claim {claim.Id} is to give back");
    }

    /// <summary>Only the kinds that hosts give.</summary>
    internal static async Task<IReadOnlyList<ResourceAmount>> OnHostAsync(ZhengtongDb db, IReadOnlyList<ResourceAmount> amounts, CancellationToken ct)
    {
        var kinds = await db.ResourceKinds.Where(k => k.IsOnHost).Select(k => k.Code).ToListAsync(ct);
        return [.. amounts.Where(a => kinds.Contains(a.Kind))];
    }

    /// <summary>By how much the changes are too much for their hosts as they are now.</summary>
    internal static async Task<IReadOnlyList<Shortage>> LackingAsync(ZhengtongDb db, IReadOnlyList<HostChange> changes, CancellationToken ct)
    {
        var ids = changes.Select(c => c.Host).Distinct().ToList();
        var names = await db.CloudHosts.Where(h => ids.Contains(h.Id)).Select(h => new { h.Id, h.Name }).ToDictionaryAsync(h => h.Id, h => h.Name, ct);
        var there = await db.HostInventories.AsNoTracking().Where(i => ids.Contains(i.HostId)).ToDictionaryAsync(i => (i.HostId, i.Kind), ct);
        var lacking = new List<Shortage>();
        foreach (var change in changes.Where(c => c.Amount > 0))
        {
            var row = there.GetValueOrDefault((change.Host, change.Kind));
            var (capacity, used) = (row is { IsOpen: true } ? row.Capacity : 0, row?.Used ?? 0);
            if (used + change.Amount > capacity) { lacking.Add(new Shortage(change.Host, null, names[change.Host], change.Kind, capacity, used, change.Amount, used + change.Amount - capacity)); }
        }

        // Given back between the statement and the question: the refusal stands, with what was asked.
        return lacking.Count > 0 ? lacking : [.. changes.Where(c => c.Amount > 0).Take(1).Select(c => new Shortage(c.Host, null, names[c.Host], c.Kind, c.Amount, c.Amount, c.Amount, c.Amount))];
    }

    private static (string Table, string Clock) Tables(ZhengtongDb db) => db.Database.IsNpgsql() ? ("cloud.host_inventories", "cloud.placement_clock") : ("host_inventories", "placement_clock");
}
