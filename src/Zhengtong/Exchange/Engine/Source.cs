using System.Text;
using System.Text.Json;
using Zhengtong.Exchange.Model;

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

    /// <summary>All agreed rows in no order, each with whether it was changed behind the given position; null: nothing is asked, none counts as changed.</summary>
    internal abstract IAsyncEnumerable<ComparedGroup> AllAsync(Position? delivered, CancellationToken ct);

    public abstract ValueTask DisposeAsync();

    /// <summary>Buffers for the agreed items in order.</summary>
    protected ColumnBuffer[] NewBuffers() => Reading.NewBuffers();

    /// <summary>What keeps the table from being read: as a provider's source, or, without a capture, as a consumer's target.</summary>
    protected static List<Fault> FaultsOf(DepartmentDatabase database, TableShape table, Reading reading)
    {
        if (reading.Capture is null) { return database.TargetFaults(table, reading.Items); }
        var faults = database.SourceFaults(table, reading.Items, reading.Watermark);
        // The database compares bytes it does not understand; of a condition in Chinese it would find no row.
        if (reading.Encoding == TextEncoding.Gb18030) { faults.AddRange(reading.Rows.Where(r => !r.Values.All(v => Ascii.IsValid(v))).Select(r => new Fault("rows", "exchange.fault.encoding-condition", r.Column))); }
        faults.AddRange(reading.Rows.Where(r => table.Find(r.Column) is null).Select(r => new Fault("rows", "exchange.fault.column-missing", r.Column)));
        return faults;
    }

    /// <summary>Whose table is not as it should be.</summary>
    protected static Kernel.Http.ProblemType UnfitOf(Reading reading) => reading.Capture is null ? ExchangeProblems.TargetUnfit : ExchangeProblems.SourceChanged;

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
/// <param name="Rows">How many rows, at least 1; 0 only when it clears.</param>
/// <param name="Last">The position of the last row.</param>
/// <param name="Deletes">How many of the rows, the last ones, are not to be there any more: of these only the key counts, the rest is null. A key occurs once in a group.</param>
/// <param name="Clears">True when all rows of before go first.</param>
internal sealed record RowGroup(IReadOnlyList<ColumnBuffer> Columns, int Rows, Position Last, int Deletes = 0, bool Clears = false);

/// <summary>Rows to compare. The buffers belong to the source, which fills them again for the next group.</summary>
/// <param name="Columns">The agreed items in order.</param>
/// <param name="Changed">A boolean for each row: true when it was changed behind the position asked for.</param>
/// <param name="Rows">How many rows, at least 1.</param>
internal sealed record ComparedGroup(IReadOnlyList<ColumnBuffer> Columns, ColumnBuffer Changed, int Rows);

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
/// <param name="Lag">How long ago the bound was taken: what was committed since may lie beyond it.</param>
internal sealed record HorizonBound(string? Value, TimeSpan Lag = default);

/// <summary>
/// Watermarks are given out when a transaction writes, and seen when it commits: a slow transaction's rows turn up behind rows that were already read.
/// So each look notes a bound and who was writing at that moment. Once all of those have ended, every row below the bound can be seen, and a reader who
/// stays below it misses nothing.
/// </summary>
/// <remarks>What remains for change data capture: deletions, rows that stop meeting the row conditions, watermarks set by a clock other than the
/// database's own, and a clock that is turned back. A transaction that never ends holds back changes until it does; none is lost.</remarks>
internal sealed class Horizon(TimeProvider clock)
{
    private const int MostLooks = 1000;
    private readonly List<(HorizonBound Bound, long At, HashSet<string> Open)> looks = [];

    /// <summary>Notes a new look and returns the newest bound that has become safe, or null.</summary>
    /// <param name="bound">The bound, taken before <paramref name="open"/>.</param>
    /// <param name="open">The transactions open after the bound was taken.</param>
    internal HorizonBound? Look(HorizonBound bound, IReadOnlyCollection<string> open)
    {
        foreach (var (_, _, before) in looks) { before.IntersectWith(open); }
        if (looks.Count < MostLooks) { looks.Add((bound, clock.GetTimestamp(), [.. open])); }
        var safe = looks.FindLastIndex(l => l.Open.Count == 0);
        if (safe < 0) { return null; }
        looks.RemoveRange(0, safe);
        return looks[0].Bound with { Lag = clock.GetElapsedTime(looks[0].At) };
    }
}
