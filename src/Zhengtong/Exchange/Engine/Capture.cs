using Zhengtong.Exchange.Model;

namespace Zhengtong.Exchange.Engine;

/// <summary>What the capture of changes kept at the source is gone: nobody can say what changed meanwhile. All rows are copied anew, and what is not among them goes.</summary>
internal sealed class CaptureLostException(Fault reason) : Exception(reason.Key)
{
    internal Fault Reason => reason;
}

/// <summary>How far the source's database keeps its log for a delivery.</summary>
/// <param name="BehindBytes">Bytes of log that are kept.</param>
/// <param name="Status">As the database calls it: reserved, extended, unreserved, lost.</param>
internal sealed record LogWatch(long BehindBytes, string Status);

/// <summary>How the provider's half finds what changed, one class a <see cref="CaptureKind"/>. First load and changes meet without a gap: where changes begin
/// is fixed before the first row of the snapshot is read.</summary>
internal abstract class Capture(Source source) : IAsyncDisposable
{
    /// <summary>The table's reader.</summary>
    internal Source Source { get; } = source;

    /// <summary>True when something is kept at the source that has to be given back when the delivery ends for good.</summary>
    internal virtual bool Keeps => false;

    /// <summary>Looks, at the start of each run, whether the capture can go on from where the delivery stands.</summary>
    /// <exception cref="CaptureLostException">It cannot, and all rows are to be copied anew.</exception>
    /// <exception cref="ExchangeFault">It cannot until somebody does something.</exception>
    internal virtual Task CheckAsync(Place place, Position? position, Position? changesFrom, CancellationToken ct) => Task.CompletedTask;

    /// <summary>Fixes where changes begin, before the first row of a snapshot is read; null: wait and try again.</summary>
    internal abstract Task<Position?> BeginAsync(CancellationToken ct);

    /// <summary>How many rows the snapshot will have, about.</summary>
    internal virtual Task<long> EstimateAsync(CancellationToken ct) => Source.EstimateAsync(ct);

    /// <summary>All agreed rows in the order of the key, behind the given one. Each group counts as kept when the next is asked for.</summary>
    internal virtual IAsyncEnumerable<RowGroup> SnapshotAsync(Position? after, CancellationToken ct) => Source.SnapshotAsync(after, ct);

    /// <summary>What changed behind the position, up to now; null: wait and try again. Each group counts as kept when the next is asked for.</summary>
    /// <param name="after">The position.</param>
    /// <param name="following">How long to go on with what changes meanwhile, where that costs less than to begin anew; null for not at all.</param>
    /// <param name="ct">Stops the reading.</param>
    internal abstract Task<IAsyncEnumerable<RowGroup>?> ChangesAsync(Position after, Following? following, CancellationToken ct);

    /// <summary>Behind all that <see cref="ChangesAsync"/> looked at to its end, when that is further than the last group; null when it is not.</summary>
    internal Position? Reached { get; private protected set; }

    /// <summary>How long before <see cref="ChangesAsync"/> was asked it looked: what was committed within that time it may not have brought.</summary>
    internal TimeSpan Lag { get; private protected set; }

    /// <summary>Rows changed behind the position that the source's reader cannot tell apart itself; only their keys count. Keeps nothing.</summary>
    internal virtual IAsyncEnumerable<RowGroup> ChangedAsync(Position delivered, CancellationToken ct) => AsyncEnumerable.Empty<RowGroup>();

    /// <summary>What the source keeps for the delivery; null when nothing.</summary>
    internal virtual Task<LogWatch?> WatchAsync(CancellationToken ct) => Task.FromResult<LogWatch?>(null);

    public virtual ValueTask DisposeAsync() => Source.DisposeAsync();
}

/// <summary>Changes by a column that grows with each change of a row. Finds no deletions, and no rows that stop meeting the row conditions.</summary>
internal sealed class WatermarkCapture(Source source, Horizon horizon) : Capture(source)
{
    internal override async Task<Position?> BeginAsync(CancellationToken ct) =>
        await Source.AdvanceAsync(horizon, ct) is { } from ? new Position(from.Value is null ? [] : [from.Value]) : null;

    internal override async Task<IAsyncEnumerable<RowGroup>?> ChangesAsync(Position after, Following? following, CancellationToken ct)
    {
        if (await Source.AdvanceAsync(horizon, ct) is not { } until) { return null; }
        Lag = until.Lag;
        return Source.ChangesAsync(after, until, ct);
    }
}
