using System.Text.Json;

namespace Zhengtong.Exchange.Engine;

/// <summary>The provider's side of a delivery: reads exactly the agreed columns and rows, in an order that can be continued behind any row.</summary>
internal abstract class Source(Reading reading) : IAsyncDisposable
{
    protected Reading Reading { get; } = reading;

    /// <summary>How many rows a snapshot will have, about.</summary>
    internal abstract Task<long> EstimateAsync(CancellationToken ct);

    /// <summary>Looks how far changes may be read now without missing one that is still uncommitted; null means: wait, something older is still open.
    /// The horizon holds what was seen before and is kept between the runs of one delivery.</summary>
    internal abstract Task<HorizonBound?> AdvanceAsync(Horizon horizon, CancellationToken ct);

    /// <summary>All agreed rows in the order of the key, behind the given one.</summary>
    internal abstract IAsyncEnumerable<RowGroup> SnapshotAsync(Position? after, CancellationToken ct);

    /// <summary>The agreed rows with a watermark behind the given position and within the bound, in the order of watermark and key.</summary>
    internal abstract IAsyncEnumerable<RowGroup> ChangesAsync(Position after, HorizonBound until, CancellationToken ct);

    public abstract ValueTask DisposeAsync();

    /// <summary>Buffers for the agreed items in order.</summary>
    protected ColumnBuffer[] NewBuffers() => [.. Reading.Items.Select(i => new ColumnBuffer(i.Type))];

    protected bool IsFull(IReadOnlyList<ColumnBuffer> columns)
    {
        var rows = columns[0].Count;
        if (rows >= Reading.BatchRows) { return true; }
        // Adding up the sizes costs as much as a few values; every 64th row is often enough.
        return (rows & 63) == 0 && rows > 0 && columns.Sum(c => (long)c.Bytes) >= Reading.BatchBytes;
    }
}

/// <summary>Rows for one batch. The buffers belong to the source, which fills them again for the next group.</summary>
/// <param name="Columns">The agreed items in order.</param>
/// <param name="Rows">How many rows, at least 1.</param>
/// <param name="Last">The position of the last row.</param>
internal sealed record RowGroup(IReadOnlyList<ColumnBuffer> Columns, int Rows, Position Last);

/// <summary>Behind which row reading goes on. In a snapshot the key's values; in the changes the watermark's value, then the key's; only the watermark where
/// changes begin, that row included; nothing at all: from the very first. The values are payload: kept sealed.</summary>
/// <param name="Values">As the source's own database writes them.</param>
internal sealed record Position(IReadOnlyList<string> Values)
{
    internal byte[] ToBytes() => JsonSerializer.SerializeToUtf8Bytes(Values);

    internal static Position From(byte[] bytes) => new(JsonSerializer.Deserialize<string[]>(bytes)!);
}

/// <summary>How far changes may be read.</summary>
/// <param name="Value">A watermark as the source's database writes it; null when the table has none yet.</param>
internal sealed record HorizonBound(string? Value);

/// <summary>
/// Watermarks are given out when a transaction writes, and seen when it commits: a slow transaction's rows turn up behind rows that were already read.
/// So each look notes a bound and who was writing at that moment. Once all of those have ended, every row below the bound can be seen, and a reader who
/// stays below it misses nothing.
/// </summary>
/// <remarks>What remains for change data capture: deletions, rows that stop meeting the row conditions, watermarks set by a clock other than the
/// database's own, and a clock that is turned back. A transaction that never ends holds back changes until it does; none is lost.</remarks>
internal sealed class Horizon
{
    private const int MostLooks = 1000;
    private readonly List<(HorizonBound Bound, HashSet<string> Open)> looks = [];

    /// <summary>Notes a new look and returns the newest bound that has become safe, or null.</summary>
    /// <param name="bound">The bound, taken before <paramref name="open"/>.</param>
    /// <param name="open">The transactions open after the bound was taken.</param>
    internal HorizonBound? Look(HorizonBound bound, IReadOnlyCollection<string> open)
    {
        foreach (var (_, before) in looks) { before.IntersectWith(open); }
        if (looks.Count < MostLooks) { looks.Add((bound, [.. open])); }
        var safe = looks.FindLastIndex(l => l.Open.Count == 0);
        if (safe < 0) { return null; }
        looks.RemoveRange(0, safe);
        return looks[0].Bound;
    }
}
