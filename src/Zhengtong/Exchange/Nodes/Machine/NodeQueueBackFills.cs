using Zhengtong.Exchange.BackFills;
using Zhengtong.Kernel;

namespace Zhengtong.Exchange.Nodes.Machine;

/// <summary>A back-fill as this node remembers it.</summary>
/// <param name="Order">A <see cref="BackFillOrder"/>, sealed by the node's vault: the range's values are payload. Null when it is over.</param>
/// <param name="Position">Behind the last sealed row, sealed by the half; null before the first.</param>
internal sealed record HeldBackFill(byte[]? Order, byte[]? Position);

/// <summary>Back-fills on a node: what was ordered, and how far it has come. A batch and the row that it ends with are saved together, so that whatever breaks it off, it goes on behind the last sealed row.</summary>
internal sealed partial class NodeQueue
{
    private const string BackFillTables =
        """
        CREATE TABLE IF NOT EXISTS back_fills (id TEXT PRIMARY KEY, delivery TEXT NOT NULL, ordered BLOB, position BLOB) WITHOUT ROWID;
        """;

    /// <summary>What is remembered of it; null when nothing is.</summary>
    internal async Task<HeldBackFill?> FindBackFillAsync(Guid delivery, Guid backFill, CancellationToken ct) => (await QueryAsync(
        "SELECT ordered, position FROM back_fills WHERE id = $id AND delivery = $delivery", [("$id", Key(backFill)), ("$delivery", Key(delivery))],
        r => new HeldBackFill(Bytes(r, 0), Bytes(r, 1)), ct)).SingleOrDefault();

    /// <summary>Keeps an order.</summary>
    internal Task TakeBackFillAsync(Guid delivery, Guid backFill, byte[] ordered, CancellationToken ct) => ExecuteAsync(
        "INSERT INTO back_fills (id, delivery, ordered) VALUES ($id, $delivery, $ordered)", [("$id", Key(backFill)), ("$delivery", Key(delivery)), ("$ordered", ordered)], ct);

    /// <summary>Forgets those of a delivery that the platform names no more.</summary>
    internal Task ForgetBackFillsAsync(Guid delivery, Guid? but, CancellationToken ct) => ExecuteAsync(
        "DELETE FROM back_fills WHERE delivery = $delivery AND id <> $but", [("$delivery", Key(delivery)), ("$but", but is { } id ? Key(id) : "")], ct);

    internal Task BeginBackFillAsync(Guid delivery, Guid backFill, long estimatedRows, CancellationToken ct) =>
        TogetherAsync(() => PutAsync(delivery, QueuedKind.Filled, 0, CanonicalJson.Of(new NodeBackFillRequest(backFill, estimatedRows, null, null)), ct), ct);

    /// <summary>It is over, by whatever: noted together with the word of it to the platform.</summary>
    internal Task EndBackFillAsync(Guid delivery, Guid backFill, string? problem, CancellationToken ct) => TogetherAsync(async () =>
    {
        await RunAsync("INSERT OR REPLACE INTO back_fills (id, delivery) VALUES ($id, $delivery)", [("$id", Key(backFill)), ("$delivery", Key(delivery))], ct);
        await PutAsync(delivery, QueuedKind.Filled, 0, CanonicalJson.Of(new NodeBackFillRequest(backFill, null, null, problem)), ct);
    }, ct);

    /// <summary>Part of the save of a batch: the row that it ends with, and the word to the platform that it belongs to the back-fill.</summary>
    private async Task AdvanceAsync(Guid delivery, BackFillStep step, long sequence, CancellationToken ct)
    {
        await RunAsync("UPDATE back_fills SET position = $position WHERE id = $id", [("$id", Key(step.BackFill)), ("$position", step.Position)], ct);
        await PutAsync(delivery, QueuedKind.Filled, 0, CanonicalJson.Of(new NodeBackFillRequest(step.BackFill, null, sequence, null)), ct);
    }
}
