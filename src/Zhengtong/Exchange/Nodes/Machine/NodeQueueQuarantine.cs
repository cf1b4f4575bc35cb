using System.Text.Json;
using Zhengtong.Exchange.Quality;
using Zhengtong.Kernel;

namespace Zhengtong.Exchange.Nodes.Machine;

/// <summary>A row that this node holds back.</summary>
/// <param name="Id">Its id, by which the platform knows it.</param>
/// <param name="Delivery">Its delivery.</param>
/// <param name="Reasons">Why.</param>
/// <param name="At">Since when.</param>
/// <param name="Row">The row, sealed by the node's vault.</param>
internal sealed record HeldRow(Guid Id, Guid Delivery, IReadOnlyList<QualityReason> Reasons, DateTimeOffset At, byte[] Row);

/// <summary>Quarantine on a node: the rows are here alone, sealed; the platform is told why and how many. What is saved here leaves for the platform in the same save, in its order.</summary>
internal sealed partial class NodeQueue
{
    private const string QuarantineTables =
        """
        CREATE TABLE IF NOT EXISTS quarantine (id TEXT PRIMARY KEY, delivery TEXT NOT NULL, key TEXT NOT NULL, reasons TEXT NOT NULL, at INTEGER NOT NULL, row BLOB NOT NULL) WITHOUT ROWID;
        CREATE INDEX IF NOT EXISTS quarantine_of_delivery ON quarantine (delivery, key);
        """;

    /// <summary>Digests of the keys of the rows that are held back.</summary>
    internal async Task<IReadOnlyList<string>> HeldKeysAsync(Guid delivery, CancellationToken ct) =>
        await QueryAsync("SELECT key FROM quarantine WHERE delivery = $delivery", [("$delivery", Key(delivery))], r => r.GetString(0), ct);

    /// <summary>All rows that are held back, delivery by delivery, the first first.</summary>
    internal async Task<IReadOnlyList<HeldRow>> ListHeldAsync(CancellationToken ct) => await QueryAsync(
        "SELECT id, delivery, reasons, at, row FROM quarantine ORDER BY delivery, at, id", [],
        r => new HeldRow(
            Guid.Parse(r.GetString(0)), Guid.Parse(r.GetString(1)), JsonSerializer.Deserialize<List<QualityReason>>(r.GetString(2), CanonicalJson.Options)!,
            DateTimeOffset.FromUnixTimeMilliseconds(r.GetInt64(3)), (byte[])r.GetValue(4)), ct);

    /// <summary>Those of the rows that are still here.</summary>
    internal async Task<IReadOnlyList<ReleasedRow>> FindHeldAsync(Guid delivery, IReadOnlyList<Guid> ids, int most, CancellationToken ct)
    {
        List<ReleasedRow> found = [];
        foreach (var id in ids)
        {
            if (found.Count == most) { break; }
            found.AddRange(await QueryAsync(
                "SELECT row FROM quarantine WHERE id = $id AND delivery = $delivery", [("$id", Key(id)), ("$delivery", Key(delivery))], r => new ReleasedRow(id, (byte[])r.GetValue(0)), ct));
        }

        return found;
    }

    /// <summary>Keeps what stays behind where no row of a group is left to seal, together with the position behind the group.</summary>
    internal Task SetAsideAsync(Guid delivery, SetAside aside, byte[]? position, CancellationToken ct) => TogetherAsync(async () =>
    {
        var after = (await ReadAsync("SELECT sequence FROM places WHERE delivery = $delivery", [("$delivery", Key(delivery))], r => r.GetInt64(0), ct)).Single();
        if (position is not null) { await RunAsync("UPDATE places SET position = $position WHERE delivery = $delivery", [("$delivery", Key(delivery)), ("$position", position)], ct); }
        await HoldAsync(delivery, aside, null, after, ct);
    }, ct);

    /// <summary>Part of a save: what stays behind, what is settled, and the word of both to the platform.</summary>
    private async Task HoldAsync(Guid delivery, SetAside aside, long? batch, long after, CancellationToken ct)
    {
        if (aside.Clears) { await RunAsync("DELETE FROM quarantine WHERE delivery = $delivery", [("$delivery", Key(delivery))], ct); }
        foreach (var newer in aside.Newer) { await RunAsync("DELETE FROM quarantine WHERE delivery = $delivery AND key = $key", [("$delivery", Key(delivery)), ("$key", newer)], ct); }
        foreach (var sent in aside.Sent) { await RunAsync("DELETE FROM quarantine WHERE id = $id", [("$id", Key(sent))], ct); }
        foreach (var row in aside.Rejected)
        {
            await RunAsync(
                "INSERT INTO quarantine VALUES ($id, $delivery, $key, $reasons, $at, $row)",
                [("$id", Key(row.Id)), ("$delivery", Key(delivery)), ("$key", row.KeyDigest), ("$reasons", CanonicalJson.Of(row.Reasons)), ("$at", clock.GetUtcNow().ToUnixTimeMilliseconds()), ("$row", row.Row)], ct);
        }

        foreach (var part in NodeSetAsideRequest.Of(aside, batch, after)) { await PutAsync(delivery, QueuedKind.Aside, 0, CanonicalJson.Of(part), ct); }
    }
}
