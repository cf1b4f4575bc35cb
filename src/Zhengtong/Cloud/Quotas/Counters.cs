using System.Globalization;
using System.Text;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Cloud.Model;

namespace Zhengtong.Cloud.Quotas;

/// <summary>A counter is smaller than what is to be taken from it: somebody changed it beside the movements. Nothing was changed; a recount mends it.</summary>
internal sealed class CountersDriftedException(string message) : Exception(message);

/// <summary>A part of a change: amounts at a node and at those above it.</summary>
/// <param name="Leaf">The lowest node.</param>
/// <param name="FromDepth">The nodes above that stand higher than this are left out; 0 for none.</param>
/// <param name="Kind">Code of the kind.</param>
/// <param name="Reserved">Change of what is reserved.</param>
/// <param name="Active">Change of what is active.</param>
internal readonly record struct Leg(QuotaNode Leaf, int FromDepth, string Kind, long Reserved, long Active);

/// <summary>The change of one counter.</summary>
internal readonly record struct CounterChange(int Depth, Guid Node, string Kind, long Reserved, long Active)
{
    internal long Growth => Reserved + Active;
}

/// <summary>The counters of the quota tree: changed by conditional statements within the caller's transaction, from the root to the leaf, so that of two who
/// take at once the second sees what the first left, and none waits for one who waits for it.</summary>
internal static class Counters
{
    /// <summary>What the legs change at each node, in the order in which it is written. What a node gives on the one leg and gets back on another is not written.</summary>
    internal static IReadOnlyList<CounterChange> Of(IEnumerable<Leg> legs)
    {
        var sums = new Dictionary<(int Depth, Guid Node, string Kind), (long Reserved, long Active)>();
        var lines = new Dictionary<Guid, Guid[]>();
        foreach (var leg in legs)
        {
            if (!lines.TryGetValue(leg.Leaf.Id, out var line)) { lines[leg.Leaf.Id] = line = leg.Leaf.Line; }
            for (var depth = leg.FromDepth; depth < line.Length; depth++)
            {
                var sum = sums.GetValueOrDefault((depth, line[depth], leg.Kind));
                sums[(depth, line[depth], leg.Kind)] = (sum.Reserved + leg.Reserved, sum.Active + leg.Active);
            }
        }

        return [.. sums.Where(s => s.Value != default).Select(s => new CounterChange(s.Key.Depth, s.Key.Node, s.Key.Kind, s.Value.Reserved, s.Value.Active))
            .OrderBy(c => c.Depth).ThenBy(c => c.Node).ThenBy(c => c.Kind, StringComparer.Ordinal)];
    }

    /// <summary>True when every change was made. False when one did not fit: the caller MUST go back to a savepoint from before.</summary>
    internal static async Task<bool> TryChangeAsync(ZhengtongDb db, IReadOnlyList<CounterChange> changes, CancellationToken ct)
    {
        if (changes.Count == 0) { return true; }
        var table = db.Database.IsNpgsql() ? "cloud.quota_counters" : "quota_counters";
        var (sql, values) = (new StringBuilder(), new List<object>(changes.Count * 4));
        foreach (var change in changes)
        {
            var at = values.Count;
            sql.Append(CultureInfo.InvariantCulture, $"UPDATE {table} SET reserved = reserved + {{{at}}}, active = active + {{{at + 1}}} WHERE node_id = {{{at + 2}}} AND kind = {{{at + 3}}} ");
            sql.Append(CultureInfo.InvariantCulture, $"AND reserved + {{{at}}} >= 0 AND active + {{{at + 1}}} >= 0");
            if (change.Growth > 0) { sql.Append(CultureInfo.InvariantCulture, $" AND (\"limit\" IS NULL OR reserved + active + {{{at}}} + {{{at + 1}}} <= \"limit\")"); }
            sql.Append(";\n");
            values.AddRange([change.Reserved, change.Active, change.Node, change.Kind]);
        }

        // One round trip, statement by statement in this order.
        return await db.Database.ExecuteSqlRawAsync(sql.ToString(), values, ct) == changes.Count;
    }

    /// <summary>What does not fit at which node; empty when all fits by now.</summary>
    /// <exception cref="CountersDriftedException">More is to be given back than the counter holds.</exception>
    internal static async Task<IReadOnlyList<Shortage>> ShortagesAsync(ZhengtongDb db, IReadOnlyList<CounterChange> changes, CancellationToken ct)
    {
        var ids = changes.Select(c => c.Node).Distinct().ToList();
        var nodes = await db.QuotaNodes.AsNoTracking().Where(n => ids.Contains(n.Id)).ToDictionaryAsync(n => n.Id, ct);
        var counters = await db.QuotaCounters.AsNoTracking().Where(c => ids.Contains(c.NodeId)).ToDictionaryAsync(c => (c.NodeId, c.Kind), ct);
        var lacking = new List<(CounterChange Change, long Limit, long Held)>();
        foreach (var change in changes)
        {
            var counter = counters.GetValueOrDefault((change.Node, change.Kind));
            var (reserved, active) = (counter?.Reserved ?? 0, counter?.Active ?? 0);
            if (reserved + change.Reserved < 0 || active + change.Active < 0)
            {
                throw new CountersDriftedException($"Node {change.Node} counts {reserved} + {active} of {change.Kind}, less than is to be given back");
            }

            if (change.Growth <= 0 || (counter is null ? nodes[change.Node].IsOpenByDefault : counter.Limit is null)) { continue; }
            var limit = counter?.Limit ?? 0;
            if (reserved + active + change.Growth > limit) { lacking.Add((change, limit, reserved + active)); }
        }

        if (lacking.Count == 0) { return []; }
        var names = await NodeNames.OfAsync(db, [.. lacking.Select(l => nodes[l.Change.Node]).Distinct()], ct);
        return [.. lacking.Select(l => new Shortage(
            l.Change.Node, nodes[l.Change.Node].Level, names[l.Change.Node], l.Change.Kind, l.Limit, l.Held, l.Change.Growth, l.Held + l.Change.Growth - l.Limit))];
    }

    /// <summary>Makes the missing counters of nodes that are open by default; true when one was made.</summary>
    internal static async Task<bool> OpenAsync(ZhengtongDb db, IReadOnlyList<CounterChange> changes, CancellationToken ct)
    {
        var ids = changes.Select(c => c.Node).Distinct().ToList();
        var open = await db.QuotaNodes.AsNoTracking().Where(n => ids.Contains(n.Id) && n.Level == QuotaLevel.Project).Select(n => n.Id).ToListAsync(ct);
        if (open.Count == 0) { return false; }
        var there = (await db.QuotaCounters.AsNoTracking().Where(c => open.Contains(c.NodeId)).Select(c => new { c.NodeId, c.Kind }).ToListAsync(ct)).Select(c => (c.NodeId, c.Kind)).ToHashSet();
        var missing = changes.Where(c => open.Contains(c.Node) && !there.Contains((c.Node, c.Kind))).Select(c => (c.Node, c.Kind)).ToList();
        var known = await db.ResourceKinds.Select(k => k.Code).ToListAsync(ct);
        var made = false;
        foreach (var (node, kind) in missing.Where(m => known.Contains(m.Kind)))
        {
            // Another may make the same row at this moment: then there is nothing left to do.
            FormattableString insert = db.Database.IsNpgsql()
                ? (FormattableString)$"INSERT INTO cloud.quota_counters (node_id, kind, reserved, active) VALUES ({node}, {kind}, 0, 0) ON CONFLICT DO NOTHING"
                : $"INSERT INTO quota_counters (node_id, kind, reserved, active) VALUES ({node}, {kind}, 0, 0) ON CONFLICT DO NOTHING";
            await db.Database.ExecuteSqlAsync(insert, ct);
            made = true;
        }

        return made;
    }
}
