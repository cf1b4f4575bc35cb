using System.Runtime.CompilerServices;
using Zhengtong.Exchange.Model;
using Zhengtong.Exchange.Reconciliations;

namespace Zhengtong.Exchange.Engine;

/// <summary>Changes by comparison: digests of all rows are compared with those of what was delivered, range of keys by range of keys (<see cref="KeyRanges"/>). Finds
/// insertions, updates and deletions in any table of any database, and needs no column, no right and no setting for it; what happened between two looks is seen as one change.
/// The table is read once when nothing changed, twice when something did; memory does not grow with it.</summary>
/// <remarks>The index is kept on the provider's side: so the consumer's table need not be read, and the two halves of a delivery may be far apart.</remarks>
internal sealed class ComparisonCapture(Guid delivery, Reading reading, Source source, DeliveredIndexes indexes) : Capture(source)
{
    private readonly int[] key = [.. reading.Items.Index().Where(i => i.Item.IsKey).Select(i => i.Index)];
    private readonly ChangeBuffer buffer = new(reading);
    private DeliveredIndex? index;

    internal override bool Keeps => true;

    internal override async Task CheckAsync(Place place, Position? position, Position? changesFrom, CancellationToken ct)
    {
        if (changesFrom is null) { return; }
        index = await DeliveredIndex.OpenAsync(indexes, delivery, ct);
        if (index is null || index.Name != changesFrom.Values[0]) { throw Lost(); }
        // A batch is noted before it is sealed: the index is as old as the position, or one batch ahead.
        var batches = BatchesOf(place.Phase == DeliveryPhase.Changes && position is not null ? position : changesFrom);
        if (index.Batches - batches is not (0 or 1)) { throw Lost(); }
        await index.DoubtAsync(batches, ct);
    }

    internal override async Task<Position?> BeginAsync(CancellationToken ct)
    {
        if (index is not null) { await index.DisposeAsync(); }
        index = await DeliveredIndex.CreateAsync(indexes, delivery, ct);
        return PositionOf(index);
    }

    internal override async IAsyncEnumerable<RowGroup> SnapshotAsync(Position? after, [EnumeratorCancellation] CancellationToken ct)
    {
        var digests = new RowDigests(reading.Items, Index.Salt);
        await foreach (var group in Source.SnapshotAsync(after, ct))
        {
            await Index.NoteAsync(group, digests, key, isChange: false, ct);
            yield return group;
            await Index.SealedAsync(ct);
        }
    }

    internal override Task<IAsyncEnumerable<RowGroup>?> ChangesAsync(Position after, Following? following, CancellationToken ct) => Task.FromResult<IAsyncEnumerable<RowGroup>?>(KeptAsync(ct));

    private async IAsyncEnumerable<RowGroup> KeptAsync([EnumeratorCancellation] CancellationToken ct)
    {
        var digests = new RowDigests(reading.Items, Index.Salt);
        await foreach (var group in CompareAsync(ct))
        {
            await Index.NoteAsync(group, digests, key, isChange: true, ct);
            yield return group with { Last = PositionOf(Index) };
            await Index.SealedAsync(ct);
        }
    }

    internal override IAsyncEnumerable<RowGroup> ChangedAsync(Position delivered, CancellationToken ct) => CompareAsync(ct);

    private async IAsyncEnumerable<RowGroup> CompareAsync([EnumeratorCancellation] CancellationToken ct)
    {
        var digests = new RowDigests(reading.Items, Index.Salt);
        var (now, before) = (new KeyRanges(), await Index.RangesAsync(ct));
        await foreach (var group in Source.AllAsync(null, ct))
        {
            for (var row = 0; row < group.Rows; row++) { now.Add(digests.KeyOf(group.Columns, row), digests.RowOf(group.Columns, row)); }
        }

        now.Close();
        buffer.Reset();
        var (differing, _) = now.DifferencesTo(before);
        foreach (var leaves in Comparing.GroupsOf(differing, now, before))
        {
            var expected = await Index.RowsAsync(leaves, ct);
            await foreach (var group in Source.AllAsync(null, ct))
            {
                for (var row = 0; row < group.Rows; row++)
                {
                    var found = digests.KeyOf(group.Columns, row);
                    if (!leaves.Contains(KeyRanges.LeafOf(found)) || (expected.Remove(found, out var was) && was == digests.RowOf(group.Columns, row))) { continue; }
                    for (var n = 0; n < group.Columns.Count; n++) { buffer.Rows[n].AppendFrom(group.Columns[n], row); }
                    buffer.Upsert();
                    if (!buffer.IsFull(reading.BatchRows, reading.BatchBytes)) { continue; }
                    yield return buffer.Take(new Position([]));
                    buffer.Reset();
                }
            }

            // What is left was delivered and is there no more.
            foreach (var gone in expected.Keys)
            {
                await Index.PutKeyAsync(gone, buffer.Keys, ct);
                buffer.Delete();
                if (!buffer.IsFull(reading.BatchRows, reading.BatchBytes)) { continue; }
                yield return buffer.Take(new Position([]));
                buffer.Reset();
            }
        }

        if (!buffer.IsEmpty) { yield return buffer.Take(new Position([])); }
    }

    public override async ValueTask DisposeAsync()
    {
        if (index is not null) { await index.DisposeAsync(); }
        await base.DisposeAsync();
    }

    private DeliveredIndex Index => index ?? throw new InvalidOperationException("The index was not opened");

    private static long BatchesOf(Position position) => long.Parse(position.Values[1], System.Globalization.CultureInfo.InvariantCulture);

    private static Position PositionOf(DeliveredIndex index) => new([index.Name, $"{index.Batches}"]);

    private static CaptureLostException Lost() => new(new Fault("", "exchange.copy-reason.index-missing"));
}
