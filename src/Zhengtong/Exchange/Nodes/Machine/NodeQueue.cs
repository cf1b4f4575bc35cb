using Microsoft.Data.Sqlite;
using Zhengtong.Exchange.Engine;
using Zhengtong.Exchange.Model;
using Zhengtong.Exchange.Quality;

namespace Zhengtong.Exchange.Nodes.Machine;

/// <summary>What a queued message is.</summary>
internal enum QueuedKind
{
    /// <summary>A sealed batch.</summary>
    Batch,
    /// <summary>The snapshot begins; the number is its rows, about.</summary>
    Begun,
    /// <summary>All rows are copied anew; the text is the reason.</summary>
    Anew,
    /// <summary>Every row of the snapshot was sealed before.</summary>
    Finished,
    /// <summary>What is held back in quarantine, and what is settled of it; the text is the word of it.</summary>
    Aside,
    /// <summary>Every row of a repair was sealed before; the text says of which.</summary>
    Repaired,
    /// <summary>A back-fill begins, the batch before belongs to it, or it is over; the text says which.</summary>
    Filled,
}

/// <summary>The oldest message of a delivery.</summary>
internal sealed record Queued(long Id, Guid Delivery, QueuedKind Kind, long Number, string Text, string Signature, byte[] Ciphertext);

/// <summary>How much waits.</summary>
internal sealed record QueueStand(long Batches, long Bytes, DateTimeOffset? Oldest);

/// <summary>The node's memory: how far each of its providing halves has come, and what it sealed and has not handed in yet. A batch and the position behind it are saved together,
/// durably, so that whatever the platform or this process does, no row is lost and none is read twice. Positions are sealed, batches encrypted: nothing in it is plain.</summary>
internal sealed partial class NodeQueue : NodeMemory
{
    private const string QueueTables =
        """
        CREATE TABLE IF NOT EXISTS places (delivery TEXT PRIMARY KEY, half TEXT NOT NULL, phase TEXT NOT NULL, sequence INTEGER NOT NULL, manifest_digest TEXT,
          position BLOB, changes_from BLOB, clears INTEGER NOT NULL, keeps INTEGER NOT NULL) WITHOUT ROWID;
        CREATE TABLE IF NOT EXISTS queue (id INTEGER PRIMARY KEY AUTOINCREMENT, delivery TEXT NOT NULL, kind TEXT NOT NULL, number INTEGER NOT NULL, text TEXT NOT NULL,
          signature TEXT NOT NULL, length INTEGER NOT NULL, at INTEGER NOT NULL, ciphertext BLOB NOT NULL);
        CREATE INDEX IF NOT EXISTS queue_of_delivery ON queue (delivery, id);
        CREATE INDEX IF NOT EXISTS queue_stand ON queue (kind, at, length);
        """;

    private readonly TimeProvider clock;

    private NodeQueue(SqliteConnection connection, TimeProvider clock) : base(connection) => this.clock = clock;

    internal static Task<NodeQueue> OpenAsync(string path, TimeProvider clock, CancellationToken ct) =>
        OpenAsync(path, QueueTables + QuarantineTables + ComparisonTables + BackFillTables, connection => new NodeQueue(connection, clock), ct);

    /// <summary>How far the half has come; null when it never began here.</summary>
    internal async Task<Place?> FindPlaceAsync(Guid delivery, CancellationToken ct) => (await QueryAsync(
        "SELECT phase, sequence, manifest_digest, position, changes_from, clears FROM places WHERE delivery = $delivery", [("$delivery", Key(delivery))],
        r => new Place(Enum.Parse<DeliveryPhase>(r.GetString(0)), r.GetInt64(1), r.IsDBNull(2) ? null : r.GetString(2), Bytes(r, 3), Bytes(r, 4), r.GetInt64(5) != 0), ct)).SingleOrDefault();

    /// <summary>Begins where the platform stands. Where it has batches already, what the consumer has cannot be known here, and all is copied anew.</summary>
    internal Task AdoptAsync(Guid delivery, string half, NodePlace there, string reason, CancellationToken ct) => TogetherAsync(async () =>
    {
        await RunAsync("DELETE FROM queue WHERE delivery = $delivery", [("$delivery", Key(delivery))], ct);
        await RunAsync(
            "INSERT OR REPLACE INTO places VALUES ($delivery, $half, 'Snapshot', $sequence, $digest, NULL, NULL, $clears, 0)",
            [("$delivery", Key(delivery)), ("$half", half), ("$sequence", there.Sequence), ("$digest", there.ManifestDigest), ("$clears", there.Sequence > 0)], ct);
        // What was sealed of a repair or of a back-fill may never have left: it begins anew.
        await RunAsync("UPDATE comparisons SET repaired = 0 WHERE delivery = $delivery", [("$delivery", Key(delivery))], ct);
        await RunAsync("DELETE FROM back_fills WHERE delivery = $delivery", [("$delivery", Key(delivery))], ct);
        // What was held back before is here no more, or will be read again.
        await HoldAsync(delivery, SetAside.Nothing with { Clears = true }, null, there.Sequence, ct);
        if (there.Sequence > 0) { await PutAsync(delivery, QueuedKind.Anew, 0, reason, ct); }
    }, ct);

    /// <summary>What the half has to do, kept with its place: when it is over for good, this says what has to be given back.</summary>
    internal Task RememberAsync(Guid delivery, string half, CancellationToken ct) =>
        ExecuteAsync("UPDATE places SET half = $half WHERE delivery = $delivery AND half <> $half", [("$delivery", Key(delivery)), ("$half", half)], ct);

    internal Task KeepAsync(Guid delivery, CancellationToken ct) => ExecuteAsync("UPDATE places SET keeps = 1 WHERE delivery = $delivery", [("$delivery", Key(delivery))], ct);

    internal Task ReachAsync(Guid delivery, byte[] position, CancellationToken ct) =>
        ExecuteAsync("UPDATE places SET position = $position WHERE delivery = $delivery", [("$delivery", Key(delivery)), ("$position", position)], ct);

    internal Task BeginSnapshotAsync(Guid delivery, byte[] changesFrom, long estimatedRows, CancellationToken ct) => TogetherAsync(async () =>
    {
        await RunAsync("UPDATE places SET changes_from = $from WHERE delivery = $delivery", [("$delivery", Key(delivery)), ("$from", changesFrom)], ct);
        await PutAsync(delivery, QueuedKind.Begun, estimatedRows, "", ct);
    }, ct);

    internal Task StartOverAsync(Guid delivery, string reason, CancellationToken ct) => TogetherAsync(async () =>
    {
        await RunAsync("UPDATE places SET phase = 'Snapshot', position = NULL, changes_from = NULL, clears = 1 WHERE delivery = $delivery", [("$delivery", Key(delivery))], ct);
        await PutAsync(delivery, QueuedKind.Anew, 0, reason, ct);
    }, ct);

    internal Task FinishSnapshotAsync(Guid delivery, CancellationToken ct) => TogetherAsync(async () =>
    {
        await RunAsync("UPDATE places SET phase = 'Changes', position = changes_from WHERE delivery = $delivery", [("$delivery", Key(delivery))], ct);
        await PutAsync(delivery, QueuedKind.Finished, 0, "", ct);
    }, ct);

    /// <summary>Takes a batch and the position behind it.</summary>
    internal Task PublishAsync(Guid delivery, PublishedBatch batch, CancellationToken ct) => TogetherAsync(async () =>
    {
        var moved = await RunAsync(
            "UPDATE places SET sequence = $sequence, manifest_digest = $digest, position = coalesce($position, position), clears = 0 WHERE delivery = $delivery AND sequence = $sequence - 1",
            [("$delivery", Key(delivery)), ("$sequence", batch.Sequence), ("$digest", batch.Sealed.ManifestDigest), ("$position", batch.Position)], ct);
        if (moved != 1) { throw new InvalidOperationException($"Batch {batch.Sequence} is not the next one"); }
        await RunAsync(
            "INSERT INTO queue (delivery, kind, number, text, signature, length, at, ciphertext) VALUES ($delivery, 'Batch', $number, $text, $signature, $length, $at, $ciphertext)",
            [("$delivery", Key(delivery)), ("$number", batch.Sequence), ("$text", batch.Sealed.Manifest), ("$signature", batch.Sealed.Signature), ("$length", batch.Sealed.Ciphertext.Length),
                ("$at", batch.SealedAt.ToUnixTimeMilliseconds()), ("$ciphertext", batch.Sealed.Ciphertext.ToArray())], ct);
        await HoldAsync(delivery, batch.Aside, batch.Sequence, batch.Sequence - 1, ct);
        if (batch.Step is { } step) { await AdvanceAsync(delivery, step, batch.Sequence, ct); }
    }, ct);

    /// <summary>Deliveries of which something waits.</summary>
    internal async Task<IReadOnlyList<Guid>> WaitingAsync(CancellationToken ct) => await QueryAsync("SELECT DISTINCT delivery FROM queue", [], r => Guid.Parse(r.GetString(0)), ct);

    /// <summary>The oldest message of a delivery; null when none waits.</summary>
    internal async Task<Queued?> FirstAsync(Guid delivery, CancellationToken ct) => (await QueryAsync(
        "SELECT id, kind, number, text, signature, ciphertext FROM queue WHERE delivery = $delivery ORDER BY id LIMIT 1", [("$delivery", Key(delivery))],
        r => new Queued(r.GetInt64(0), delivery, Enum.Parse<QueuedKind>(r.GetString(1)), r.GetInt64(2), r.GetString(3), r.GetString(4), (byte[])r.GetValue(5)), ct)).SingleOrDefault();

    /// <summary>The platform has it.</summary>
    internal Task RemoveAsync(long id, CancellationToken ct) => ExecuteAsync("DELETE FROM queue WHERE id = $id", [("$id", id)], ct);

    internal async Task<QueueStand> StandAsync(CancellationToken ct) => (await QueryAsync(
        "SELECT count(*), coalesce(sum(length), 0), min(at) FROM queue WHERE kind = 'Batch'", [],
        r => new QueueStand(r.GetInt64(0), r.GetInt64(1), r.IsDBNull(2) ? null : DateTimeOffset.FromUnixTimeMilliseconds(r.GetInt64(2))), ct)).Single();

    /// <summary>Halves that began here, with what they had to do and whether something is kept for them at the source.</summary>
    internal async Task<IReadOnlyList<(Guid Delivery, string Half, bool Keeps)>> BegunAsync(CancellationToken ct) =>
        await QueryAsync("SELECT delivery, half, keeps FROM places", [], r => (Guid.Parse(r.GetString(0)), r.GetString(1), r.GetInt64(2) != 0), ct);

    /// <summary>Forgets a half that is over for good, and what of it was not handed in.</summary>
    internal Task ForgetAsync(Guid delivery, CancellationToken ct) => TogetherAsync(async () =>
    {
        await RunAsync("DELETE FROM queue WHERE delivery = $delivery", [("$delivery", Key(delivery))], ct);
        await RunAsync("DELETE FROM places WHERE delivery = $delivery", [("$delivery", Key(delivery))], ct);
        await RunAsync("DELETE FROM quarantine WHERE delivery = $delivery", [("$delivery", Key(delivery))], ct);
        await RunAsync("DELETE FROM comparisons WHERE delivery = $delivery", [("$delivery", Key(delivery))], ct);
        await RunAsync("DELETE FROM back_fills WHERE delivery = $delivery", [("$delivery", Key(delivery))], ct);
    }, ct);

    private Task<int> PutAsync(Guid delivery, QueuedKind kind, long number, string text, CancellationToken ct) => RunAsync(
        "INSERT INTO queue (delivery, kind, number, text, signature, length, at, ciphertext) VALUES ($delivery, $kind, $number, $text, '', 0, $at, zeroblob(0))",
        [("$delivery", Key(delivery)), ("$kind", kind.ToString()), ("$number", number), ("$text", text), ("$at", clock.GetUtcNow().ToUnixTimeMilliseconds())], ct);

    private static string Key(Guid delivery) => $"{delivery:D}";

    private static byte[]? Bytes(SqliteDataReader row, int column) => row.IsDBNull(column) ? null : (byte[])row.GetValue(column);
}
