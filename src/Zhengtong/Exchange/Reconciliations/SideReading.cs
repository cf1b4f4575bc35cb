using System.Buffers.Binary;
using Zhengtong.Exchange.Engine;
using Zhengtong.Exchange.Quality;
using Zhengtong.Kernel.Secrets;

namespace Zhengtong.Exchange.Reconciliations;

/// <summary>One reading of one side's table, where the two sides are not in one place: counts and digests of the rows, and of their keys, in a form that travels. No row and no key is in it.</summary>
/// <param name="leaves">The ranges of which each row is told; null for the first reading, which tells of every range its count and sum.</param>
internal sealed class SideReading(IReadOnlySet<int>? leaves)
{
    private const int KeySize = 16;
    private const int SumSize = 32;
    private const int RangeSize = 2 + 8 + SumSize;

    /// <summary>Every range's count and sum; of the first reading.</summary>
    internal KeyRanges Ranges { get; } = new();

    /// <summary>Rows of the ranges asked for, by the digests of their keys.</summary>
    internal Dictionary<UInt128, RowSum> Rows { get; } = [];

    /// <summary>Digests of the keys of rows that are no differences: changed since the last batch, or held back in quarantine.</summary>
    internal HashSet<UInt128> LeftOut { get; } = [];

    /// <summary>Of those left out, how many changed since the last batch.</summary>
    internal int Changed { get; private set; }

    /// <summary>Of those left out, how many wait in quarantine.</summary>
    internal int Held { get; private set; }

    /// <summary>Rows that were read.</summary>
    internal long Read { get; private set; }

    /// <summary>Reads the provider's agreed rows, masked as they left, without those that changed behind the place or wait in quarantine. All of it sees the table as of one moment where the database can;
    /// so a reading stands by itself, and nothing has to be held open until the next.</summary>
    /// <returns>Null when nobody can say what changed since: the delivery's next run copies all rows anew.</returns>
    internal static async Task<SideReading?> OfProviderAsync(
        ProvidingRoute route, Place place, Vault vault, IReadOnlyList<ReleasedRow> held, RowDigests digests, IReadOnlySet<int>? leaves, Func<int, Task> advance, CancellationToken ct)
    {
        var (source, reading, masking) = (route.Source, new SideReading(leaves), new Masking(route.Terms.Items, route.Secrets.Mask));
        foreach (var row in held)
        {
            var columns = RowBytes.Read(route.Terms.Items, vault.Open(row.Row, QuarantinedRow.PurposeOf(row.Id)));
            if (reading.LeftOut.Add(digests.KeyOf(masking.Mask(columns, 1), 0))) { reading.Held++; }
        }

        await using var capture = await Delivering.Explained(source, Side.Source, () => source.OpenCaptureAsync(route.Delivery, route.Reading, new Horizon(TimeProvider.System), steady: true, ct));
        var position = Providing.Open(vault, route.Delivery, place.Position);
        var marks = route.Reading.Capture == Model.CaptureKind.Watermark;
        if (!marks && !await Comparing.TellChangedAsync(capture, route, place, vault, masking, LeaveOut, ct)) { return null; }
        await reading.TakeAsync(new ComparedSide(source, Side.Source, capture.Source, marks ? position : null, masking), digests, advance, ct);
        return reading;

        void LeaveOut(RowGroup group)
        {
            for (var row = 0; row < group.Rows; row++) { reading.Leave(digests.KeyOf(group.Columns, row)); }
        }
    }

    /// <summary>Reads the consumer's table without the rows that the provider left out.</summary>
    internal static async Task<SideReading> OfConsumerAsync(
        ReceivingRoute route, int batchRows, int batchBytes, IReadOnlySet<UInt128> leftOut, RowDigests digests, IReadOnlySet<int>? leaves, Func<int, Task> advance, CancellationToken ct)
    {
        var reading = new SideReading(leaves);
        reading.LeftOut.UnionWith(leftOut);
        await using var target = await OpenAsync(route, batchRows, batchBytes, ct);
        await reading.TakeAsync(new ComparedSide(route.Target, Side.Target, target, null), digests, advance, ct);
        reading.LeftOut.Clear();
        return reading;
    }

    /// <summary>The consumer's table as it is compared: the agreed columns of all its rows.</summary>
    internal static Task<Source> OpenAsync(ReceivingRoute route, int batchRows, int batchBytes, CancellationToken ct) => Delivering.Explained(
        route.Target, Side.Target, () => route.Target.OpenSourceAsync(new Reading(route.Table, route.Terms.Items, [], null, null, batchRows, batchBytes), ct));

    private async Task TakeAsync(ComparedSide side, RowDigests digests, Func<int, Task> advance, CancellationToken ct)
    {
        await using var groups = side.Source.AllAsync(side.Delivered, ct).GetAsyncEnumerator(ct);
        while (await Delivering.Explained(side.Database, side.Side, async () => await groups.MoveNextAsync()))
        {
            var group = groups.Current;
            var columns = side.Masking?.Mask(group.Columns, group.Rows) ?? group.Columns;
            for (var row = 0; row < group.Rows; row++)
            {
                var key = digests.KeyOf(columns, row);
                if (group.Changed.BooleanAt(row)) { Leave(key); }
                if (LeftOut.Contains(key)) { continue; }
                if (leaves is null) { Ranges.Add(key, digests.RowOf(columns, row)); }
                else if (leaves.Contains(KeyRanges.LeafOf(key))) { Rows[key] = digests.RowOf(columns, row); }
            }

            Read += group.Rows;
            await advance(group.Rows);
        }
    }

    private void Leave(UInt128 key)
    {
        if (LeftOut.Add(key)) { Changed++; }
    }

    /// <summary>Three lists, each behind its number in 4 bytes, big-endian: ranges that are not empty (2 bytes, count in 8, sum in 32), rows (16 bytes of the key's digest, 32 of the row's), keys left out (16 bytes).</summary>
    internal byte[] ToBytes()
    {
        var ranges = Ranges.Filled().ToList();
        var bytes = new byte[12 + (ranges.Count * RangeSize) + (Rows.Count * (KeySize + SumSize)) + (LeftOut.Count * KeySize)];
        var rest = bytes.AsSpan();
        BinaryPrimitives.WriteInt32BigEndian(Next(ref rest, 4), ranges.Count);
        foreach (var (leaf, count, sum) in ranges)
        {
            BinaryPrimitives.WriteUInt16BigEndian(Next(ref rest, 2), (ushort)leaf);
            BinaryPrimitives.WriteInt64BigEndian(Next(ref rest, 8), count);
            Put(Next(ref rest, SumSize), sum);
        }

        BinaryPrimitives.WriteInt32BigEndian(Next(ref rest, 4), Rows.Count);
        foreach (var (key, sum) in Rows)
        {
            BinaryPrimitives.WriteUInt128BigEndian(Next(ref rest, KeySize), key);
            Put(Next(ref rest, SumSize), sum);
        }

        BinaryPrimitives.WriteInt32BigEndian(Next(ref rest, 4), LeftOut.Count);
        foreach (var key in LeftOut) { BinaryPrimitives.WriteUInt128BigEndian(Next(ref rest, KeySize), key); }
        return bytes;

        static void Put(Span<byte> into, RowSum sum)
        {
            BinaryPrimitives.WriteUInt128BigEndian(into, sum.High);
            BinaryPrimitives.WriteUInt128BigEndian(into[16..], sum.Low);
        }
    }

    /// <summary>Reads what <see cref="ToBytes"/> wrote; null for anything else.</summary>
    internal static SideReading? Parse(ReadOnlySpan<byte> bytes)
    {
        var reading = new SideReading(null);
        if (CountOf(ref bytes, RangeSize) is not { } ranges || ranges > KeyRanges.Leaves) { return null; }
        for (var n = 0; n < ranges; n++)
        {
            var count = BinaryPrimitives.ReadInt64BigEndian(bytes[2..]);
            if (count < 1) { return null; }
            reading.Ranges.Put(BinaryPrimitives.ReadUInt16BigEndian(bytes), count, SumOf(bytes[10..]));
            bytes = bytes[RangeSize..];
        }

        if (CountOf(ref bytes, KeySize + SumSize) is not { } rows) { return null; }
        for (var n = 0; n < rows; n++)
        {
            reading.Rows[BinaryPrimitives.ReadUInt128BigEndian(bytes)] = SumOf(bytes[KeySize..]);
            bytes = bytes[(KeySize + SumSize)..];
        }

        if (CountOf(ref bytes, KeySize) is not { } left || bytes.Length != left * KeySize) { return null; }
        for (var n = 0; n < left; n++) { reading.LeftOut.Add(BinaryPrimitives.ReadUInt128BigEndian(bytes[(n * KeySize)..])); }
        return reading;
    }

    private static RowSum SumOf(ReadOnlySpan<byte> bytes) => new(BinaryPrimitives.ReadUInt128BigEndian(bytes), BinaryPrimitives.ReadUInt128BigEndian(bytes[16..]));

    private static int? CountOf(ref ReadOnlySpan<byte> bytes, int size)
    {
        if (bytes.Length < 4) { return null; }
        var count = BinaryPrimitives.ReadInt32BigEndian(bytes);
        bytes = bytes[4..];
        return count < 0 || (long)count * size > bytes.Length ? null : count;
    }

    private static Span<byte> Next(ref Span<byte> rest, int size)
    {
        var next = rest[..size];
        rest = rest[size..];
        return next;
    }
}
