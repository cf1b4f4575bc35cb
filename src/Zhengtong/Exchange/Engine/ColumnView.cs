using System.Buffers.Binary;
using System.Runtime.InteropServices;
using Apache.Arrow;
using Apache.Arrow.Types;
using Zhengtong.Catalogue.Model;

namespace Zhengtong.Exchange.Engine;

/// <summary>The values of one item as they came out of a batch. Reads Arrow's buffers in place; every access is within bounds or throws,
/// so a batch that lies about its lengths is refused and never read beyond.</summary>
internal sealed class ColumnView
{
    private readonly ArraySegment<byte> validity;
    private readonly ArraySegment<byte> offsets;
    private readonly ArraySegment<byte> values;

    /// <exception cref="InvalidDataException">The array is of another type, or its buffers are too short.</exception>
    internal ColumnView(ItemType type, IArrowArray array)
    {
        var data = array.Data;
        if (data.DataType.TypeId != ColumnBuffer.ArrowTypeOf(type).TypeId || data.Offset != 0) { throw new InvalidDataException($"Column is {data.DataType.Name}"); }
        if (data.DataType is TimestampType { Unit: not TimeUnit.Microsecond }) { throw new InvalidDataException("Timestamps are not microseconds"); }
        Type = type;
        Count = data.Length;
        validity = data.NullCount == 0 ? [] : BufferOf(data, 0, (Count + 7) / 8);
        if (ColumnBuffer.IsVariable(type))
        {
            offsets = BufferOf(data, 1, (Count + 1) * 4);
            values = BufferOf(data, 2, Count == 0 ? 0 : OffsetAt(Count));
        }
        else
        {
            values = BufferOf(data, 1, type switch { ItemType.Boolean => (Count + 7) / 8, ItemType.Date => Count * 4, _ => Count * 8 });
        }
    }

    internal ItemType Type { get; }

    internal int Count { get; }

    internal bool IsNull(int row) => validity.Count > 0 && (validity[row >> 3] & (1 << (row & 7))) == 0;

    internal long Int64At(int row) => BinaryPrimitives.ReadInt64LittleEndian(values.AsSpan(row * 8, 8));

    internal double DoubleAt(int row) => BitConverter.Int64BitsToDouble(Int64At(row));

    internal int DaysAt(int row) => BinaryPrimitives.ReadInt32LittleEndian(values.AsSpan(row * 4, 4));

    internal bool BooleanAt(int row) => (values[row >> 3] & (1 << (row & 7))) != 0;

    internal ReadOnlySpan<byte> BytesAt(int row)
    {
        var start = OffsetAt(row);
        return values.AsSpan(start, OffsetAt(row + 1) - start);
    }

    private int OffsetAt(int row) => BinaryPrimitives.ReadInt32LittleEndian(offsets.AsSpan(row * 4, 4));

    private static ArraySegment<byte> BufferOf(ArrayData data, int index, int needed)
    {
        var memory = data.Buffers[index].Memory;
        if (needed < 0 || memory.Length < needed) { throw new InvalidDataException("Buffer is shorter than its column"); }
        return MemoryMarshal.TryGetArray(memory[..needed], out var segment) ? segment : new ArraySegment<byte>(memory[..needed].ToArray());
    }
}
