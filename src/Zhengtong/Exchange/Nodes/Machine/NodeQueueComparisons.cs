using System.Text.Json;
using Zhengtong.Exchange.Reconciliations;
using Zhengtong.Kernel;

namespace Zhengtong.Exchange.Nodes.Machine;

/// <summary>What a node found in a reconciliation, before it signs for it.</summary>
/// <param name="Salt">Salt of the digests, sealed by the node's vault.</param>
/// <param name="Sequence">Of the last batch that both sides hold.</param>
/// <param name="Rows">Rows compared on this side.</param>
/// <param name="Digest">Root digest over them.</param>
internal sealed record NotedComparison(byte[] Salt, long Sequence, long Rows, string Digest);

/// <summary>Reconciliations as this node remembers them: what it found itself, so that it signs nothing else; the salt, by which a repair finds its rows; and which repairs are done.</summary>
internal sealed partial class NodeQueue
{
    /// <summary>Most reconciliations that are remembered of one half.</summary>
    private const int MostComparisons = 200;

    private const string ComparisonTables =
        """
        CREATE TABLE IF NOT EXISTS comparisons (reconciliation TEXT NOT NULL, role TEXT NOT NULL, delivery TEXT NOT NULL, salt BLOB NOT NULL, sequence INTEGER NOT NULL, rows INTEGER NOT NULL,
          digest TEXT NOT NULL, repaired INTEGER NOT NULL DEFAULT 0, differences TEXT, at INTEGER NOT NULL, PRIMARY KEY (reconciliation, role)) WITHOUT ROWID;
        """;

    /// <summary>What was noted of it; null when nothing was.</summary>
    internal async Task<NotedComparison?> FindComparisonAsync(Guid reconciliation, NodeRole role, CancellationToken ct) => (await QueryAsync(
        "SELECT salt, sequence, rows, digest FROM comparisons WHERE reconciliation = $id AND role = $role", [("$id", Key(reconciliation)), ("$role", role.ToString())],
        r => new NotedComparison((byte[])r.GetValue(0), r.GetInt64(1), r.GetInt64(2), r.GetString(3)), ct)).SingleOrDefault();

    /// <summary>Notes what this side found, in place of an earlier look.</summary>
    internal Task NoteAsync(Guid reconciliation, NodeRole role, Guid delivery, NotedComparison noted, CancellationToken ct) => TogetherAsync(async () =>
    {
        await RunAsync(
            "INSERT OR REPLACE INTO comparisons (reconciliation, role, delivery, salt, sequence, rows, digest, at) VALUES ($id, $role, $delivery, $salt, $sequence, $rows, $digest, $at)",
            [("$id", Key(reconciliation)), ("$role", role.ToString()), ("$delivery", Key(delivery)), ("$salt", noted.Salt), ("$sequence", noted.Sequence), ("$rows", noted.Rows), ("$digest", noted.Digest),
                ("$at", clock.GetUtcNow().ToUnixTimeMilliseconds())], ct);
        await RunAsync(
            "DELETE FROM comparisons WHERE delivery = $delivery AND role = $role AND at < (SELECT min(at) FROM (SELECT at FROM comparisons WHERE delivery = $delivery AND role = $role ORDER BY at DESC LIMIT $most))",
            [("$delivery", Key(delivery)), ("$role", role.ToString()), ("$most", MostComparisons)], ct);
    }, ct);

    /// <summary>Notes which rows differ, by the digests of their keys, so that a person at this machine can be shown them.</summary>
    internal Task NoteAsync(Guid reconciliation, NodeRole role, IReadOnlyList<Difference> differences, CancellationToken ct) => ExecuteAsync(
        "UPDATE comparisons SET differences = $differences WHERE reconciliation = $id AND role = $role",
        [("$id", Key(reconciliation)), ("$role", role.ToString()), ("$differences", CanonicalJson.Of(differences))], ct);

    /// <summary>What was noted of a reconciliation on each side that this node is.</summary>
    internal async Task<IReadOnlyList<(NodeRole Role, Guid Delivery, byte[] Salt, IReadOnlyList<Difference> Differences)>> DifferencesAsync(Guid reconciliation, CancellationToken ct) => await QueryAsync(
        "SELECT role, delivery, salt, differences FROM comparisons WHERE reconciliation = $id AND differences IS NOT NULL", [("$id", Key(reconciliation))],
        r => (Enum.Parse<NodeRole>(r.GetString(0)), Guid.Parse(r.GetString(1)), (byte[])r.GetValue(2), (IReadOnlyList<Difference>)JsonSerializer.Deserialize<List<Difference>>(r.GetString(3), CanonicalJson.Options)!), ct);

    /// <summary>True when every row of the repair was sealed before; the platform may not have heard of it yet.</summary>
    internal async Task<bool> IsRepairedAsync(Guid delivery, Guid reconciliation, CancellationToken ct) =>
        (await QueryAsync("SELECT repaired FROM comparisons WHERE reconciliation = $id AND delivery = $delivery AND role = 'Provider'", [("$id", Key(reconciliation)), ("$delivery", Key(delivery))], r => r.GetInt64(0), ct)).Contains(1)
        || (await QueryAsync("SELECT text FROM queue WHERE delivery = $delivery AND kind = 'Repaired'", [("$delivery", Key(delivery))], r => r.GetString(0), ct)).Any(t => t.Contains($"{reconciliation:D}", StringComparison.Ordinal));

    /// <summary>Every row of the repair is sealed: noted together with the word of it to the platform.</summary>
    internal Task FinishRepairAsync(Guid delivery, NodeRepairedRequest repaired, CancellationToken ct) => TogetherAsync(async () =>
    {
        await RunAsync("UPDATE comparisons SET repaired = 1 WHERE reconciliation = $id AND role = 'Provider'", [("$id", Key(repaired.Reconciliation))], ct);
        await PutAsync(delivery, QueuedKind.Repaired, 0, CanonicalJson.Of(repaired), ct);
    }, ct);
}
