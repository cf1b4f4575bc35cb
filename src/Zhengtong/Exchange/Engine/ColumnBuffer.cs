using System.Buffers.Binary;
using System.Text;
using System.Text.Unicode;
using Apache.Arrow;
using Apache.Arrow.Types;
using Zhengtong.Agreements;
using Zhengtong.Catalogue.Model;

namespace Zhengtong.Exchange.Engine;

/// <summary>The values of one item on their way into a batch, laid out as Arrow wants them. Filled row by row, handed to Arrow without a copy,
/// cleared, filled again: a delivery of any size uses the same few buffers.</summary>
/// <remarks>Integers, floats, dates (days since 1970) and timestamps (microseconds since 1970, UTC) have a fixed width. Text is UTF-8. Decimals
/// travel as text in plain notation, because only text keeps every digit and every trailing zero of any precision.</remarks>
/// <param name="type">The item's type.</param>
/// <param name="decoding">For texts that are read in another encoding than UTF-8.</param>
internal sealed class ColumnBuffer(ItemType type, Gb18030Text? decoding = null)
{
    private byte[] validity = new byte[1024];
    private byte[] values = new byte[8192];
    private byte[] offsets = new byte[8192];
    private int length;
    private int used;
    private int nulls;
    private SortedDictionary<int, byte[]>? unfit;
    private int unfitBytes;

    internal ItemType Type => type;

    internal int Count => length;

    /// <summary>True when texts are read in another encoding than UTF-8.</summary>
    internal bool Decodes => decoding is not null;

    /// <summary>Bytes this column adds to the batch, about.</summary>
    internal int Bytes => (IsVariable(type) ? used + (4 * length) : used) + unfitBytes;

    /// <summary>Values that are none of the type, by their row.</summary>
    internal IReadOnlyDictionary<int, byte[]> Unfit => unfit ?? NoneUnfit;

    /// <summary>How Arrow calls the type.</summary>
    internal static IArrowType ArrowTypeOf(ItemType type) => type switch
    {
        ItemType.Integer => Int64Type.Default,
        ItemType.Float => DoubleType.Default,
        ItemType.Boolean => BooleanType.Default,
        ItemType.Date => Date32Type.Default,
        ItemType.Timestamp => Microseconds,
        ItemType.Binary => BinaryType.Default,
        _ => StringType.Default,
    };

    internal static bool IsVariable(ItemType type) => type is ItemType.Text or ItemType.Decimal or ItemType.Binary;

    internal static Schema SchemaOf(IReadOnlyList<AgreedItem> items, IReadOnlyDictionary<string, string> metadata) =>
        new([.. items.Select(i => new Field(i.Column, ArrowTypeOf(i.Type), nullable: !i.IsKey))], metadata);

    internal void Clear()
    {
        length = used = nulls = unfitBytes = 0;
        unfit?.Clear();
    }

    internal void AppendNull()
    {
        Mark(valid: false);
        nulls++;
        switch (type)
        {
            case ItemType.Boolean: SetBit(ref values, length, on: false); break;
            case ItemType.Date: Reserve(4).Clear(); used += 4; break;
            case ItemType.Integer or ItemType.Float or ItemType.Timestamp: Reserve(8).Clear(); used += 8; break;
            default: break;
        }

        End();
    }

    /// <summary>A value that is none of the type, for databases that check no types: null wherever it is read, and <see cref="UnfitAt"/> tells what stood there. Such a row never goes into a batch.</summary>
    /// <param name="written">The value as its database writes it, UTF-8.</param>
    internal void AppendUnfit(ReadOnlySpan<byte> written)
    {
        (unfit ??= [])[length] = written.ToArray();
        unfitBytes += written.Length;
        AppendNull();
    }

    /// <summary>An integer, or a timestamp in microseconds since 1970.</summary>
    internal void AppendInt64(long value)
    {
        Mark(valid: true);
        BinaryPrimitives.WriteInt64LittleEndian(Reserve(8), value);
        used += 8;
        End();
    }

    internal void AppendDouble(double value) => AppendInt64(BitConverter.DoubleToInt64Bits(value));

    /// <summary>A date in days since 1970.</summary>
    internal void AppendDays(int value)
    {
        Mark(valid: true);
        BinaryPrimitives.WriteInt32LittleEndian(Reserve(4), value);
        used += 4;
        End();
    }

    internal void AppendBoolean(bool value)
    {
        Mark(valid: true);
        SetBit(ref values, length, value);
        End();
    }

    /// <summary>Text as UTF-8, a decimal in plain notation, or bytes.</summary>
    internal void AppendBytes(ReadOnlySpan<byte> value)
    {
        value.CopyTo(Open(value.Length));
        Close(value.Length);
    }

    /// <summary>Text as the source encodes it. What is no text in that encoding is none of the type.</summary>
    /// <exception cref="ExchangeFault">It is not one that a key may be.</exception>
    internal void AppendText(ReadOnlySpan<byte> value)
    {
        if (decoding is null ? Utf8.IsValid(value) : decoding.TryDecode(ref value)) { AppendBytes(value); } else { AppendUnfit(Encoding.UTF8.GetBytes($"\\x{Convert.ToHexStringLower(value)}")); }
    }

    /// <summary>A value of another buffer of the same type.</summary>
    internal void AppendFrom(ColumnBuffer other, int row)
    {
        if (other.UnfitAt(row) is { } written) { AppendUnfit(written); return; }
        if (other.IsNull(row)) { AppendNull(); return; }
        switch (type)
        {
            case ItemType.Boolean: AppendBoolean(other.BooleanAt(row)); break;
            case ItemType.Date: AppendDays(other.DaysAt(row)); break;
            case ItemType.Integer or ItemType.Float or ItemType.Timestamp: AppendInt64(other.Int64At(row)); break;
            default: AppendBytes(other.BytesAt(row)); break;
        }
    }

    /// <summary>Room for a value of at most so many bytes, written in place; <see cref="Close"/> says how many there were.</summary>
    internal Span<byte> Open(int atMost)
    {
        Mark(valid: true);
        return Reserve(atMost);
    }

    internal void Close(int written)
    {
        used += written;
        End();
    }

    /// <summary>A value of the buffer; valid until the buffer is cleared.</summary>
    internal bool IsNull(int row) => (validity[row >> 3] & (1 << (row & 7))) == 0;

    /// <summary>What stands where a value of the type is due; null where one does, or null.</summary>
    internal byte[]? UnfitAt(int row) => unfit is { Count: > 0 } ? unfit.GetValueOrDefault(row) : null;

    internal long Int64At(int row) => BinaryPrimitives.ReadInt64LittleEndian(values.AsSpan(row * 8));

    internal double DoubleAt(int row) => BitConverter.Int64BitsToDouble(Int64At(row));

    internal int DaysAt(int row) => BinaryPrimitives.ReadInt32LittleEndian(values.AsSpan(row * 4));

    internal bool BooleanAt(int row) => (values[row >> 3] & (1 << (row & 7))) != 0;

    internal ReadOnlySpan<byte> BytesAt(int row) => values.AsSpan(OffsetAt(row)..OffsetAt(row + 1));

    /// <summary>The values as an Arrow array over these same buffers: use it before the next <see cref="Clear"/>.</summary>
    internal IArrowArray Build()
    {
        var bitmap = nulls == 0 ? ArrowBuffer.Empty : new ArrowBuffer(validity.AsMemory(0, (length + 7) / 8));
        ArrowBuffer[] buffers = IsVariable(type)
            ? [bitmap, new ArrowBuffer(offsets.AsMemory(0, (length + 1) * 4)), new ArrowBuffer(values.AsMemory(0, used))]
            : [bitmap, new ArrowBuffer(values.AsMemory(0, type == ItemType.Boolean ? (length + 7) / 8 : used))];
        return ArrowArrayFactory.BuildArray(new ArrayData(ArrowTypeOf(type), length, nulls, 0, buffers));
    }

    private static readonly SortedDictionary<int, byte[]> NoneUnfit = [];
    private static readonly TimestampType Microseconds = new(TimeUnit.Microsecond, "UTC");

    private void Mark(bool valid)
    {
        if (length == 0) { BinaryPrimitives.WriteInt32LittleEndian(offsets, 0); }
        SetBit(ref validity, length, valid);
    }

    private void End()
    {
        length++;
        if (!IsVariable(type)) { return; }
        if ((length + 1) * 4 > offsets.Length) { System.Array.Resize(ref offsets, offsets.Length * 2); }
        BinaryPrimitives.WriteInt32LittleEndian(offsets.AsSpan(length * 4), used);
    }

    private int OffsetAt(int row) => BinaryPrimitives.ReadInt32LittleEndian(offsets.AsSpan(row * 4));

    private Span<byte> Reserve(int bytes)
    {
        if (used + bytes > values.Length) { System.Array.Resize(ref values, Math.Max(values.Length * 2, used + bytes)); }
        return values.AsSpan(used, bytes);
    }

    private static void SetBit(ref byte[] bits, int index, bool on)
    {
        if (index >> 3 >= bits.Length) { System.Array.Resize(ref bits, bits.Length * 2); }
        var mask = (byte)(1 << (index & 7));
        if (on) { bits[index >> 3] |= mask; } else { bits[index >> 3] &= (byte)~mask; }
    }
}
