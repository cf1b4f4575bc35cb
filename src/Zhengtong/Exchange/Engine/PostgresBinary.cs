using System.Buffers.Binary;
using Zhengtong.Catalogue.Model;

namespace Zhengtong.Exchange.Engine;

/// <summary>PostgreSQL's binary COPY format (https://www.postgresql.org/docs/current/sql-copy.html, "Binary Format"): a header, then for each row the
/// number of its fields and each field as length and bytes, big-endian; length -1 is null; a row of -1 fields ends it.</summary>
internal static class PostgresBinary
{
    /// <summary>Days from 1970 to 2000, where PostgreSQL counts from.</summary>
    internal const int EpochDays = 10_957;

    /// <summary>Microseconds from 1970 to 2000.</summary>
    internal const long EpochMicroseconds = 946_684_800_000_000;

    /// <summary>A field longer than this is refused rather than held in memory.</summary>
    internal const int MaxFieldBytes = 256 * 1024 * 1024;

    /// <summary>Signature, flags, length of the header's extension.</summary>
    internal static ReadOnlySpan<byte> Header =>
        [(byte)'P', (byte)'G', (byte)'C', (byte)'O', (byte)'P', (byte)'Y', (byte)'\n', 0xFF, (byte)'\r', (byte)'\n', 0, 0, 0, 0, 0, 0, 0, 0, 0];

    internal static ReadOnlySpan<byte> Trailer => [0xFF, 0xFF];
}

/// <summary>Takes rows out of a binary COPY stream and puts them into column buffers, value by value, without making an object for any of them.</summary>
/// <param name="columns">One for each field.</param>
/// <param name="arrays">Which of the fields are arrays; they become JSON.</param>
internal sealed class PostgresRowReader(IReadOnlyList<ColumnBuffer> columns, IReadOnlyList<int> arrays)
{
    private readonly PostgresArray? array = arrays.Count > 0 ? new PostgresArray() : null;
    private readonly int[] starts = new int[columns.Count];
    private readonly int[] lengths = new int[columns.Count];
    private bool headerRead;

    /// <summary>True once the trailer was read; what follows it is not ours.</summary>
    internal bool Ended { get; private set; }

    /// <summary>Takes one row (or the header, or the trailer) from the front; returns how many bytes it was, 0 when it is not there whole yet.</summary>
    /// <exception cref="InvalidDataException">Not a binary COPY of these columns.</exception>
    internal int Take(ReadOnlySpan<byte> bytes)
    {
        if (Ended) { return 0; }
        if (!headerRead) { return TakeHeader(bytes); }
        if (bytes.Length < 2) { return 0; }
        var fields = BinaryPrimitives.ReadInt16BigEndian(bytes);
        if (fields == -1)
        {
            Ended = true;
            return 2;
        }

        if (fields != columns.Count) { throw new InvalidDataException($"A row has {fields} fields instead of {columns.Count}"); }
        var at = 2;
        for (var n = 0; n < starts.Length; n++)
        {
            if (bytes.Length - at < 4) { return 0; }
            var length = BinaryPrimitives.ReadInt32BigEndian(bytes[at..]);
            if (length is < -1 or > PostgresBinary.MaxFieldBytes) { throw new InvalidDataException($"A field has length {length}"); }
            at += 4;
            starts[n] = at;
            lengths[n] = length;
            if (length > bytes.Length - at) { return 0; }
            at += Math.Max(0, length);
        }

        for (var n = 0; n < starts.Length; n++)
        {
            if (lengths[n] < 0) { columns[n].AppendNull(); }
            else if (array is not null && arrays.Contains(n)) { array.Append(columns[n], bytes.Slice(starts[n], lengths[n])); }
            else { Append(columns[n], bytes.Slice(starts[n], lengths[n])); }
        }

        return at;
    }

    private int TakeHeader(ReadOnlySpan<byte> bytes)
    {
        var size = PostgresBinary.Header.Length;
        if (bytes.Length < size) { return 0; }
        // The last eight bytes are flags and the extension's length; nothing uses either today, so anything but zero is a format we do not know.
        if (!bytes[..size].SequenceEqual(PostgresBinary.Header)) { throw new InvalidDataException("Not a binary COPY"); }
        headerRead = true;
        return size;
    }

    /// <summary>Puts a value in its type's binary form into a buffer.</summary>
    /// <exception cref="InvalidDataException">The bytes are no such value.</exception>
    internal static void Append(ColumnBuffer column, ReadOnlySpan<byte> field)
    {
        switch (column.Type)
        {
            case ItemType.Text:
                column.AppendText(field);
                break;
            case ItemType.Binary:
                column.AppendBytes(field);
                break;
            case ItemType.Integer:
                column.AppendInt64(field.Length switch
                {
                    8 => BinaryPrimitives.ReadInt64BigEndian(field),
                    4 => BinaryPrimitives.ReadInt32BigEndian(field),
                    2 => BinaryPrimitives.ReadInt16BigEndian(field),
                    _ => throw WrongLength(column, field),
                });
                break;
            case ItemType.Timestamp when field.Length == 8:
                var microseconds = BinaryPrimitives.ReadInt64BigEndian(field);
                // The two ends are PostgreSQL's -infinity and infinity and stay what they are.
                column.AppendInt64(microseconds is long.MaxValue or long.MinValue ? microseconds : microseconds + PostgresBinary.EpochMicroseconds);
                break;
            case ItemType.Date when field.Length == 4:
                var days = BinaryPrimitives.ReadInt32BigEndian(field);
                column.AppendDays(days is int.MaxValue or int.MinValue ? days : days + PostgresBinary.EpochDays);
                break;
            case ItemType.Boolean when field.Length == 1:
                column.AppendBoolean(field[0] != 0);
                break;
            case ItemType.Float when field.Length == 8:
                column.AppendDouble(BinaryPrimitives.ReadDoubleBigEndian(field));
                break;
            case ItemType.Float when field.Length == 4:
                column.AppendDouble(BinaryPrimitives.ReadSingleBigEndian(field));
                break;
            case ItemType.Decimal:
                var room = column.Open(PostgresNumeric.MaxTextLength(field));
                column.Close(PostgresNumeric.Format(field, room));
                break;
            default:
                throw WrongLength(column, field);
        }
    }

    private static InvalidDataException WrongLength(ColumnBuffer column, ReadOnlySpan<byte> field) => new($"A field of {field.Length} bytes is no {column.Type}");
}

/// <summary>Writes rows of a batch as a binary COPY stream into a buffer that the caller empties.</summary>
/// <param name="columns">The batch's columns in the order of the COPY.</param>
/// <param name="arrays">For each column the type of the target's when that is an array, else null.</param>
/// <param name="widths">For integers the bytes of the target's column: 2, 4 or 8; for decimals the digits it keeps after the point, -1 for any; else unused.</param>
internal sealed class PostgresRowWriter(IReadOnlyList<ColumnView> columns, IReadOnlyList<int> widths, IReadOnlyList<string?> arrays)
{
    private readonly PostgresArray? array = arrays.Any(a => a is not null) ? new PostgresArray() : null;
    private readonly ColumnView[] columns = [.. columns];
    private byte[] buffer = new byte[256 * 1024];
    private int used;

    /// <summary>What was written since the last <see cref="Clear"/>.</summary>
    internal ReadOnlyMemory<byte> Written => buffer.AsMemory(0, used);

    internal void Clear() => used = 0;

    internal void WriteHeader() => Put(PostgresBinary.Header);

    internal void WriteTrailer() => Put(PostgresBinary.Trailer);

    /// <exception cref="OverflowException">An integer does not fit the target's column.</exception>
    /// <exception cref="InvalidDataException">A value is not of its column's type.</exception>
    internal void WriteRow(int row)
    {
        BinaryPrimitives.WriteInt16BigEndian(Room(2), (short)columns.Length);
        used += 2;
        for (var n = 0; n < columns.Length; n++)
        {
            if (columns[n].IsNull(row))
            {
                BinaryPrimitives.WriteInt32BigEndian(Room(4), -1);
                used += 4;
            }
            else if (arrays[n] is { } type)
            {
                Write(array!.BinaryOf(type, columns[n].BytesAt(row)));
            }
            else
            {
                WriteField(columns[n], row, widths[n]);
            }
        }
    }

    private void WriteField(ColumnView column, int row, int width)
    {
        switch (column.Type)
        {
            case ItemType.Text or ItemType.Binary:
                Write(column.BytesAt(row));
                break;
            case ItemType.Integer when width == 4:
                BinaryPrimitives.WriteInt32BigEndian(Field(4), checked((int)column.Int64At(row)));
                break;
            case ItemType.Integer when width == 2:
                BinaryPrimitives.WriteInt16BigEndian(Field(2), checked((short)column.Int64At(row)));
                break;
            case ItemType.Integer:
                BinaryPrimitives.WriteInt64BigEndian(Field(8), column.Int64At(row));
                break;
            case ItemType.Timestamp:
                var microseconds = column.Int64At(row);
                BinaryPrimitives.WriteInt64BigEndian(Field(8), microseconds is long.MaxValue or long.MinValue ? microseconds : microseconds - PostgresBinary.EpochMicroseconds);
                break;
            case ItemType.Date:
                var days = column.DaysAt(row);
                BinaryPrimitives.WriteInt32BigEndian(Field(4), days is int.MaxValue or int.MinValue ? days : days - PostgresBinary.EpochDays);
                break;
            case ItemType.Boolean:
                Field(1)[0] = column.BooleanAt(row) ? (byte)1 : (byte)0;
                break;
            case ItemType.Float:
                BinaryPrimitives.WriteDoubleBigEndian(Field(8), column.DoubleAt(row));
                break;
            case ItemType.Decimal:
                var text = column.BytesAt(row);
                // The server would round in silence.
                if (width >= 0 && text.IndexOf((byte)'.') is var point && point >= 0 && text[(point + 1)..].TrimEnd((byte)'0').Length > width) { throw new OverflowException("Too many digits after the point"); }
                var room = Room(4 + PostgresNumeric.MaxBinaryLength(text.Length));
                var length = PostgresNumeric.Parse(text, room[4..]);
                BinaryPrimitives.WriteInt32BigEndian(room, length);
                used += 4 + length;
                break;
            default:
                throw new InvalidDataException($"{column.Type} has no binary form");
        }
    }

    private void Write(ReadOnlySpan<byte> field)
    {
        BinaryPrimitives.WriteInt32BigEndian(Room(4 + field.Length), field.Length);
        field.CopyTo(buffer.AsSpan(used + 4));
        used += 4 + field.Length;
    }

    /// <summary>Length and room of a field of fixed width.</summary>
    private Span<byte> Field(int bytes)
    {
        var room = Room(4 + bytes);
        BinaryPrimitives.WriteInt32BigEndian(room, bytes);
        used += 4 + bytes;
        return room.Slice(4, bytes);
    }

    private Span<byte> Room(int bytes)
    {
        if (used + bytes > buffer.Length) { Array.Resize(ref buffer, Math.Max(buffer.Length * 2, used + bytes)); }
        return buffer.AsSpan(used);
    }

    private void Put(ReadOnlySpan<byte> bytes)
    {
        bytes.CopyTo(Room(bytes.Length));
        used += bytes.Length;
    }
}
