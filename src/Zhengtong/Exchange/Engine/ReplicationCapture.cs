using System.Runtime.CompilerServices;
using System.Text;
using Npgsql;
using Npgsql.Replication;
using Npgsql.Replication.Internal;
using Npgsql.Replication.PgOutput;
using NpgsqlTypes;
using Zhengtong.Agreements;
using Zhengtong.Exchange.Model;

namespace Zhengtong.Exchange.Engine;

/// <summary>
/// Changes by PostgreSQL's logical replication. A position is a place in the log: behind it lie exactly the transactions that are still to be delivered.
/// <list type="number">
/// <item>The slot is made with an exported snapshot, and the first load reads that snapshot: what the load does not show, the stream brings, and the other way round.</item>
/// <item>Broken off, the rest of the load is read by key from a newer snapshot, and the stream still begins at the slot's first place. So some changes arrive twice: in a row
/// of the load that already shows them, and in the stream. That converges, because each change says what the row is afterwards and whether it is there at all: the last
/// change of a row in the stream decides, wherever the row came from; and a row that the stream does not name was the same in both snapshots.</item>
/// <item>Batches end between transactions. Only a transaction with more rows than fit into a batch is split; then the position stays before it until its last batch, and
/// what is read again after a crash is applied again to the same end.</item>
/// <item>A place is confirmed to the slot only after the delivery holds it; so the log is never given up before what it says is durable.</item>
/// </list>
/// </summary>
/// <remarks>A long value that a change did not touch is not in the stream. Then the row is looked up as it is now. It may be newer than the change, but then what made it
/// newer follows in the stream; the consumer sees a row that the provider's table really held, never one mixed of two.</remarks>
internal sealed class ReplicationCapture(PostgresDatabase database, PostgresReplication replication, Reading reading, PostgresSource opened) : Capture(opened)
{
    private static readonly TimeSpan BetweenLooks = TimeSpan.FromMilliseconds(5);

    /// <summary>The server sends each change by itself. Who takes each as it comes is woken for every one of them, which costs both sides more than the change; so they are let gather.</summary>
    private static readonly TimeSpan Gathering = TimeSpan.FromMilliseconds(1);
    private readonly ChangeBuffer buffer = new(reading);
    private readonly PgOutputReader message = new();
    private readonly PostgresArray array = new();
    private readonly HashSet<uint> unknownBy = [];
    private byte[] bytes = new byte[64 * 1024];
    private PostgresSource? load;
    private Plan? plan;
    private RowFilter? filter;

    internal override bool Keeps => true;

    internal override async Task CheckAsync(Place place, Position? position, Position? changesFrom, CancellationToken ct)
    {
        if (changesFrom is null) { return; }
        var wasPublished = await replication.IsPublishedAsync(ct);
        await PublishAsync(wasPublished, ct);
        if (!wasPublished) { throw Lost("publication-missing"); }
        if (await replication.FindSlotAsync(ct) is not { } slot) { throw Lost("slot-missing"); }
        if (slot.Status == "lost") { throw Lost("slot-lost"); }
        // Nothing is confirmed that the delivery does not hold. Is it, then the platform's database is older than the slot, or somebody else read from it.
        var known = place.Phase == DeliveryPhase.Snapshot ? changesFrom : position ?? changesFrom;
        if (slot.Confirmed > PlaceOf(known)) { throw Lost("slot-ahead"); }
        // The log ends before what was delivered: an old backup of the source was restored, and what was delivered since may never have been.
        if (await opened.LogAsync(flushed: false, ct) < PlaceOf(known)) { throw Lost("source-behind"); }
    }

    internal override async Task<Position?> BeginAsync(CancellationToken ct)
    {
        // The publication first: the stream cannot be read at places where there was none.
        await PublishAsync(false, ct);
        // The server makes a slot only once every transaction that was open has ended.
        (load, var from) = await opened.LetGoAsync(() => replication.CreateSlotAsync(reading, ct), ct);
        return PositionOf(from);
    }

    /// <summary>To make it waits for the table behind whoever waits for us to let it go.</summary>
    private Task PublishAsync(bool isThere, CancellationToken ct) => isThere
        ? replication.PublishAsync(reading.Table, reading.Items, Conditions, ct)
        : opened.LetGoAsync(async () =>
        {
            await replication.PublishAsync(reading.Table, reading.Items, Conditions, ct);
            return true;
        }, ct);

    internal override Task<long> EstimateAsync(CancellationToken ct) => (load ?? Source).EstimateAsync(ct);

    internal override async IAsyncEnumerable<RowGroup> SnapshotAsync(Position? after, [EnumeratorCancellation] CancellationToken ct)
    {
        await foreach (var group in (load ?? Source).SnapshotAsync(after, ct)) { yield return group; }
        if (load is null) { yield break; }
        // Its transaction held back the table's clean-up.
        await load.DisposeAsync();
        load = null;
    }

    internal override async Task<IAsyncEnumerable<RowGroup>?> ChangesAsync(Position after, Following? following, CancellationToken ct)
    {
        var (from, until) = (PlaceOf(after), await opened.LogAsync(flushed: true, ct));
        return until > from ? StreamAsync(from, until, following, confirms: true, ct) : AsyncEnumerable.Empty<RowGroup>();
    }

    internal override async IAsyncEnumerable<RowGroup> ChangedAsync(Position delivered, [EnumeratorCancellation] CancellationToken ct)
    {
        // Up to what is written, not only to what is on disk: others see a commit that need not be there yet.
        var (from, until) = (PlaceOf(delivered), await opened.LogAsync(flushed: false, ct));
        if (until <= from) { yield break; }
        await foreach (var group in StreamAsync(from, until, null, confirms: false, ct)) { yield return group; }
    }

    internal override async Task<LogWatch?> WatchAsync(CancellationToken ct) =>
        await replication.FindSlotAsync(ct) is { } slot ? new LogWatch(slot.BehindBytes, slot.Status ?? "reserved") : null;

    public override async ValueTask DisposeAsync()
    {
        if (load is not null) { await load.DisposeAsync(); }
        await base.DisposeAsync();
    }

    private IReadOnlyList<string> Conditions => [.. reading.Rows.Select(r => r.Column)];

    /// <summary>Reads the transactions between two places, and as long as it is followed those behind.</summary>
    private async IAsyncEnumerable<RowGroup> StreamAsync(NpgsqlLogSequenceNumber from, NpgsqlLogSequenceNumber until, Following? following, bool confirms, [EnumeratorCancellation] CancellationToken ct)
    {
        filter = await opened.FilterAsync(ct);
        buffer.Reset();
        await using var connection = await replication.OpenAsync(reading.Encoding, ct);
        if (confirms) { connection.SetReplicationStatus(from); }
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(ct);
        KeyValuePair<string, string?>[] options = [new("proto_version", "1"), new("publication_names", $"\"{replication.Name}\""), new("binary", "true")];
        await using var messages = connection.StartLogicalReplication(new PgOutputReplicationSlot(replication.Name), stop.Token, from, options).GetAsyncEnumerator(stop.Token);
        await using var ending = new LastStep(this, stop);
        // Behind the last whole transaction that was gathered, and behind the last that was handed on.
        var (whole, handed) = (from, from);
        var isWithin = false;
        // What a run finds when it begins waits for nothing; what comes while it is followed, for its cycle.
        var (isFirst, hasMoved) = (true, false);
        while (true)
        {
            var isTold = !await NextAsync(connection, messages, until, isWithin, ct);
            var (kind, length) = (PgOutputKind.Other, 0);
            if (isTold)
            {
                if (until > whole) { whole = until; }
            }
            else
            {
                length = await TakeAsync(messages.Current.Data, ct);
                kind = message.Read(bytes.AsSpan(0, length));
            }

            switch (kind)
            {
                case PgOutputKind.Begin:
                    isWithin = true;
                    break;
                case PgOutputKind.Commit:
                    (isWithin, whole) = (false, new NpgsqlLogSequenceNumber(message.CommitEnd));
                    break;
                case PgOutputKind.Relation:
                    plan = await PlanAsync(message.Relation!, ct);
                    break;
                case PgOutputKind.Truncate when message.Truncated.Contains(plan?.Relation ?? 0):
                    buffer.Clear();
                    unknownBy.Clear();
                    break;
                case PgOutputKind.Insert or PgOutputKind.Update or PgOutputKind.Delete:
                    Gather(kind, bytes.AsSpan(0, length));
                    break;
                default:
                    break;
            }

            // A transaction that fits into a batch stays whole: between transactions a batch is closed when it is full, within one only when it is twice as full.
            var isFull = isWithin ? buffer.IsFull(2 * reading.BatchRows, 2L * reading.BatchBytes) : kind == PgOutputKind.Commit && buffer.IsFull(reading.BatchRows, reading.BatchBytes);
            isTold |= !isWithin && whole >= until;
            var isDue = isTold ? isFirst || following is null or { IsDue: true } : kind == PgOutputKind.Commit && !isFirst && following is { IsDue: true };
            if ((isFull && !buffer.Shrink()) || (isDue && !buffer.IsEmpty))
            {
                await LookUpAsync(ct);
                yield return buffer.Take(PositionOf(whole));
                buffer.Reset();
                (handed, hasMoved) = (whole, true);
                if (confirms) { connection.SetReplicationStatus(whole); }
            }

            if (isDue)
            {
                // A cycle without a change ends it: to look at a quiet table now and then costs less than to follow it.
                if (isTold && (following is null || !hasMoved || await following.MustEndAsync(ct))) { break; }
                following!.Begin();
                (isFirst, hasMoved) = (false, false);
                // Meanwhile the table is whoever's wants to alter it.
                await opened.LetGoAsync(ct);
            }

            if (!isTold) { continue; }
            await following!.RestAsync(ct);
            until = await opened.LogAsync(flushed: true, ct);
        }

        if (confirms)
        {
            // Nothing to deliver, and yet the log moved on: noted by the delivery now, confirmed at the next run. So a quiet table holds no log.
            if (whole > handed) { Reached = PositionOf(whole); }
            await connection.SendStatusUpdate(ct);
        }

        await stop.CancelAsync();
        await EndAsync(messages);
    }

    /// <summary>The next message; false when the server has told all up to the place asked for.</summary>
    private async Task<bool> NextAsync(LogicalReplicationConnection connection, IAsyncEnumerator<XLogDataMessage> messages, NpgsqlLogSequenceNumber until, bool isWithin, CancellationToken ct)
    {
        try
        {
            if (pending is null)
            {
                var next = messages.MoveNextAsync();
                if (next.IsCompleted) { return await next ? true : throw Ended(); }
                pending = next.AsTask();
            }

            var waiting = pending;
            // What the server says between messages is seen only in how far it has come. All that was committed up to there was sent before.
            while (!waiting.IsCompleted)
            {
                if (!isWithin && connection.LastReceivedLsn >= until) { return false; }
                await Task.WhenAny(waiting, Task.Delay(BetweenLooks, ct));
                ct.ThrowIfCancellationRequested();
            }

            pending = null;
            if (!await waiting) { throw Ended(); }
            await Task.Delay(Gathering, ct);
            return true;
        }
        // The log still tells of a time at which the publication was not there.
        catch (PostgresException e) when (e.SqlState == PostgresErrorCodes.UndefinedObject) { throw Lost("publication-missing"); }
    }

    /// <summary>Never by itself: then nobody knows whether all was told.</summary>
    private static NpgsqlException Ended() => new("The server ended the stream");

    private Task<bool>? pending;

    /// <summary>Lets the server know that no more is read; what it says to that is of no interest.</summary>
    private async Task EndAsync(IAsyncEnumerator<XLogDataMessage> messages)
    {
        try
        {
            if (pending is not null) { await pending; } else { await messages.MoveNextAsync(); }
        }
        catch (Exception e) when (e is OperationCanceledException or NpgsqlException or IOException or ObjectDisposedException) { }
        pending = null;
    }

    /// <summary>An enumerator must not be let go in the middle of a step: whoever breaks off waits until the server's next word, which nobody wants any more, has come or is given up.</summary>
    private sealed class LastStep(ReplicationCapture capture, CancellationTokenSource stop) : IAsyncDisposable
    {
        public async ValueTask DisposeAsync()
        {
            await stop.CancelAsync();
            if (capture.pending is { } step) { await ((Task)step).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing); }
            capture.pending = null;
        }
    }

    private async Task<int> TakeAsync(Stream data, CancellationToken ct)
    {
        var length = (int)data.Length;
        if (length > bytes.Length) { bytes = new byte[Math.Max(length, bytes.Length * 2)]; }
        await data.ReadExactlyAsync(bytes.AsMemory(0, length), ct);
        return length;
    }

    /// <summary>Rows of which the stream did not tell all are read as they are now.</summary>
    private async Task LookUpAsync(CancellationToken ct)
    {
        if (!buffer.HasUnknown) { return; }
        await opened.HoldAsync(ct);
        await opened.SeeAsync(unknownBy, ct);
        unknownBy.Clear();
        await foreach (var group in opened.OfKeysAsync(buffer.TakeUnknown(), ct))
        {
            for (var row = 0; row < group.Rows; row++)
            {
                for (var n = 0; n < group.Columns.Count; n++) { buffer.Rows[n].AppendFrom(group.Columns[n], row); }
                buffer.Upsert();
            }
        }
    }

    private void Gather(PgOutputKind kind, ReadOnlySpan<byte> from)
    {
        if (plan is null || message.RelationId != plan.Relation) { throw new InvalidDataException("A change of a table that was not described"); }
        var isNow = kind != PgOutputKind.Delete && Holds(message.New, from);
        switch (kind)
        {
            case PgOutputKind.Insert:
                if (isNow) { PutRow(from); }
                break;
            case PgOutputKind.Delete:
                if (Holds(message.Old, from)) { Delete(message.Old, from); }
                break;
            default:
                // Without an old image nothing of the identity was changed, and so nothing of what the row conditions ask for.
                var was = message.HasOld ? Holds(message.Old, from) : isNow;
                var moved = message.HasOld && KeyMoved(from);
                if (was && moved) { Delete(message.Old, from); }
                if (isNow) { PutRow(from); }
                else if (was && !moved) { Delete(message.New, from); }
                break;
        }
    }

    private void Delete(PgOutputTuple row, ReadOnlySpan<byte> from)
    {
        PutKey(row, from);
        buffer.Delete();
    }

    private void PutKey(PgOutputTuple row, ReadOnlySpan<byte> from)
    {
        for (var k = 0; k < buffer.Keys.Count; k++) { Put(buffer.Keys[k], row, plan!.Items[buffer.KeyItems[k]], from); }
    }

    private void PutRow(ReadOnlySpan<byte> from)
    {
        var isWhole = true;
        foreach (var field in plan!.Items) { isWhole &= IsKnown(message.New, field); }
        if (isWhole)
        {
            for (var n = 0; n < plan.Items.Length; n++) { Put(buffer.Rows[n], message.New, plan.Items[n], from); }
            buffer.Upsert();
            return;
        }

        PutKey(message.New, from);
        var before = buffer.FindLast();
        if (before < 0)
        {
            buffer.Unknown();
            unknownBy.Add(message.TransactionId);
            return;
        }

        for (var n = 0; n < plan.Items.Length; n++)
        {
            if (IsKnown(message.New, plan.Items[n])) { Put(buffer.Rows[n], message.New, plan.Items[n], from); } else { buffer.Rows[n].AppendFrom(buffer.Rows[n], before); }
        }

        buffer.Upsert();
    }

    /// <summary>True when the stream tells the value: in the row itself, or, left out because it was not touched, in the old image.</summary>
    private bool IsKnown(PgOutputTuple row, Field field) => !row.IsUnchanged(field.Place) || (message.HasOld && (message.OldIsFull || field.IsIdentity));

    private void Put(ColumnBuffer column, PgOutputTuple row, Field field, ReadOnlySpan<byte> from)
    {
        if (row.IsUnchanged(field.Place)) { row = message.Old; }
        if (row.IsNull(field.Place)) { column.AppendNull(); return; }
        var value = row.Of(field.Place, from);
        switch (field.Form)
        {
            case Form.Uuid: column.AppendBytes(Encoding.UTF8.GetBytes(new Guid(value, bigEndian: true).ToString("D"))); break;
            // One byte says which version of the format the text behind it is.
            case Form.Jsonb: column.AppendBytes(value[1..]); break;
            case Form.Array: array.Append(column, value); break;
            default: PostgresRowReader.Append(column, value); break;
        }
    }

    private bool KeyMoved(ReadOnlySpan<byte> from)
    {
        foreach (var item in buffer.KeyItems)
        {
            var field = plan!.Items[item];
            if (!message.New.IsUnchanged(field.Place) && !message.New.Of(field.Place, from).SequenceEqual(message.Old.Of(field.Place, from))) { return true; }
        }

        return false;
    }

    private bool Holds(PgOutputTuple row, ReadOnlySpan<byte> from)
    {
        if (filter is null) { return true; }
        for (var n = 0; n < filter.Conditions.Count; n++)
        {
            var value = filter.Conditions[n].Value;
            value.Clear();
            Put(value, row, plan!.Conditions[n], from);
        }

        return filter.Holds();
    }

    /// <summary>Compares the table, as it was when the changes that follow were made, with what is agreed.</summary>
    /// <exception cref="ExchangeFault">It no longer gives what is agreed; every difference is named.</exception>
    private async Task<Plan> PlanAsync(PgOutputRelation relation, CancellationToken ct)
    {
        if (relation.Schema != reading.Table.Schema || relation.Table != reading.Table.Table) { throw new ExchangeFault(ExchangeProblems.SourceChanged, $"{relation.Schema}.{relation.Table}"); }
        var types = await opened.TypesAsync(relation.Columns.Select(c => c.TypeId), ct);
        List<Fault> faults = [];
        Field[] items = [.. reading.Items.Select(i => FieldOf(i.Column, i))];
        Field[] conditions = [.. reading.Rows.Select(r => FieldOf(r.Column, null))];
        if (faults.Count > 0) { throw new ExchangeFault(ExchangeProblems.SourceChanged, faults); }
        var outside = reading.Items.Index().Where(i => i.Item.IsKey && !items[i.Index].IsIdentity).Select(i => i.Item.Column).Concat(reading.Rows.Index().Where(r => !conditions[r.Index].IsIdentity).Select(r => r.Item.Column));
        if (outside.ToList() is { Count: > 0 } missing) { throw new ExchangeFault(ExchangeProblems.CaptureUnfit, [new Fault("table", "exchange.fault.capture-identity-was", string.Join(", ", missing))]); }
        return new Plan(relation.Id, items, conditions);

        Field FieldOf(string column, AgreedItem? item)
        {
            var place = relation.Columns.Index().Where(c => c.Item.Name == column).Select(c => (int?)c.Index).SingleOrDefault();
            if (place is not { } at)
            {
                faults.Add(new Fault("table", "exchange.fault.column-missing", column));
                return default;
            }

            var type = types.GetValueOrDefault(relation.Columns[at].TypeId, "?");
            if (item is null)
            {
                // The condition's values were read in the column's type of today.
                if (opened.Table.Find(column)!.Type is var now && now != type) { faults.Add(new Fault("rows", "exchange.fault.type", column, type, now)); }
            }
            else if (!database.Gives(new TableColumn(column, type, false, false, null, null), item.Type))
            {
                faults.Add(new Fault("table", "exchange.fault.type", column, type, item.Type.ToString()));
            }

            return new Field(at, relation.Columns[at].IsIdentity, type switch { "uuid" => Form.Uuid, "jsonb" => Form.Jsonb, _ => PostgresArray.Gives(type) ? Form.Array : Form.Plain });
        }
    }

    private static NpgsqlLogSequenceNumber PlaceOf(Position position) => NpgsqlLogSequenceNumber.Parse(position.Values[0]);

    private static Position PositionOf(NpgsqlLogSequenceNumber place) => new([place.ToString()]);

    private static CaptureLostException Lost(string why) => new(new Fault("", $"exchange.copy-reason.{why}"));

    private enum Form : byte { Plain, Uuid, Jsonb, Array }

    /// <summary>Where a value lies in the stream's rows.</summary>
    private readonly record struct Field(int Place, bool IsIdentity, Form Form);

    /// <summary>How the stream's rows become agreed ones.</summary>
    private sealed record Plan(uint Relation, Field[] Items, Field[] Conditions);
}
