namespace Zhengtong.Cloud.Metering;

/// <summary>Whole numbers one after the other, small ones in few bytes (LEB128); signed ones as zigzag.</summary>
internal sealed class PackWriter(int capacity = 1024)
{
    private byte[] bytes = new byte[capacity];
    private int length;

    internal int Length => length;

    internal void Byte(byte value)
    {
        Room(1);
        bytes[length++] = value;
    }

    internal void Id(Guid id)
    {
        Room(16);
        id.TryWriteBytes(bytes.AsSpan(length));
        length += 16;
    }

    /// <param name="value">0 or more.</param>
    internal void Number(long value)
    {
        Room(10);
        var rest = (ulong)value;
        while (rest >= 0x80)
        {
            bytes[length++] = (byte)(rest | 0x80);
            rest >>= 7;
        }

        bytes[length++] = (byte)rest;
    }

    internal void Signed(long value) => Number((value << 1) ^ (value >> 63));

    internal byte[] ToArray() => bytes[..length];

    private void Room(int more)
    {
        if (length + more > bytes.Length) { Array.Resize(ref bytes, Math.Max(bytes.Length * 2, length + more)); }
    }
}

/// <summary>Reads what <see cref="PackWriter"/> wrote.</summary>
internal ref struct PackReader(ReadOnlySpan<byte> bytes)
{
    private ReadOnlySpan<byte> rest = bytes;

    internal readonly bool IsEmpty => rest.IsEmpty;

    internal byte Byte()
    {
        var value = rest[0];
        rest = rest[1..];
        return value;
    }

    internal Guid Id()
    {
        var id = new Guid(rest[..16]);
        rest = rest[16..];
        return id;
    }

    internal long Number()
    {
        var (value, shift) = (0UL, 0);
        while (true)
        {
            var next = Byte();
            value |= (ulong)(next & 0x7F) << shift;
            if (next < 0x80) { return (long)value; }
            shift += 7;
        }
    }

    internal long Signed()
    {
        var value = Number();
        return (long)((ulong)value >> 1) ^ -(value & 1);
    }
}

/// <summary>Slots of many resources in one hour: id, minute, marks, figures.</summary>
internal static class SheetPack
{
    internal static void Write(PackWriter to, Guid resource, int minute, MeterSlot slot)
    {
        to.Id(resource);
        to.Byte((byte)minute);
        SlotPack.Write(to, slot, default);
    }

    /// <summary>Reads the slots of one resource.</summary>
    internal static void Find(ReadOnlySpan<byte> sheet, Guid resource, Action<int, MeterSlot> each)
    {
        var from = new PackReader(sheet);
        while (!from.IsEmpty)
        {
            var (id, minute) = (from.Id(), from.Byte());
            var slot = SlotPack.Read(ref from, default);
            if (id == resource) { each(minute, slot); }
        }
    }

    /// <summary>Reads all slots of a sheet in their order.</summary>
    internal static void Read(ReadOnlySpan<byte> sheet, Action<Guid, int, MeterSlot> each)
    {
        var from = new PackReader(sheet);
        while (!from.IsEmpty)
        {
            var (resource, minute) = (from.Id(), from.Byte());
            each(resource, minute, SlotPack.Read(ref from, default));
        }
    }
}

/// <summary>Sixty slots, each told by its difference from the one before; at most some six hundred bytes.</summary>
internal static class HourPack
{
    internal const int Minutes = 60;

    internal static byte[] Write(ReadOnlySpan<MeterSlot> slots)
    {
        var to = new PackWriter(512);
        MeterSlot last = default;
        foreach (var slot in slots)
        {
            SlotPack.Write(to, slot, last);
            if (slot.HasGauges) { last = slot; }
        }

        return to.ToArray();
    }

    internal static MeterSlot[] Read(ReadOnlySpan<byte> packed)
    {
        var slots = new MeterSlot[Minutes];
        var from = new PackReader(packed);
        MeterSlot last = default;
        for (var n = 0; n < Minutes; n++)
        {
            slots[n] = SlotPack.Read(ref from, last);
            if (slots[n].HasGauges) { last = slots[n]; }
        }

        return slots;
    }
}

internal static class SlotPack
{
    internal static void Write(PackWriter to, MeterSlot slot, MeterSlot last)
    {
        to.Byte((byte)slot.Marks);
        if (slot.HasRates)
        {
            to.Number(slot.Cpu);
            to.Number(slot.Received);
            to.Number(slot.Sent);
        }

        if (slot.HasGauges)
        {
            to.Signed(slot.MemoryMiB - last.MemoryMiB);
            to.Signed(slot.DiskMiB - last.DiskMiB);
        }
    }

    internal static MeterSlot Read(ref PackReader from, MeterSlot last)
    {
        var slot = new MeterSlot { Marks = (SlotMarks)from.Byte() };
        if (slot.HasRates) { slot = slot with { Cpu = (int)from.Number(), Received = from.Number(), Sent = from.Number() }; }
        if (slot.HasGauges) { slot = slot with { MemoryMiB = (int)(last.MemoryMiB + from.Signed()), DiskMiB = (int)(last.DiskMiB + from.Signed()) }; }
        return slot;
    }
}

/// <summary>The figures of a day's hours, by hour of the day in China (0 to 23), those that have any.</summary>
internal static class DayPack
{
    internal static byte[] Write(IReadOnlyDictionary<int, MeterFigures> hours)
    {
        var to = new PackWriter(256);
        foreach (var (hour, f) in hours.OrderBy(h => h.Key))
        {
            to.Byte((byte)hour);
            foreach (var number in new long[] { f.Covered, f.CpuMin, f.CpuMean, f.CpuMax, f.CpuPeak, f.CpuP95 + 1 ?? 0, f.Gauged, f.MemoryMean, f.MemoryMax, f.MemoryP95 + 1 ?? 0, f.DiskMax, f.Received, f.Sent }) { to.Number(number); }
        }

        return to.ToArray();
    }

    internal static SortedDictionary<int, MeterFigures> Read(ReadOnlySpan<byte> packed)
    {
        var hours = new SortedDictionary<int, MeterFigures>();
        var from = new PackReader(packed);
        while (!from.IsEmpty)
        {
            var hour = from.Byte();
            hours[hour] = new MeterFigures
            {
                Covered = (int)from.Number(), CpuMin = (int)from.Number(), CpuMean = (int)from.Number(), CpuMax = (int)from.Number(), CpuPeak = (int)from.Number(), CpuP95 = Perhaps(from.Number()),
                Gauged = (int)from.Number(), MemoryMean = (int)from.Number(), MemoryMax = (int)from.Number(), MemoryP95 = Perhaps(from.Number()), DiskMax = (int)from.Number(), Received = from.Number(), Sent = from.Number(),
            };
        }

        return hours;
    }

    private static int? Perhaps(long number) => number == 0 ? null : (int)(number - 1);
}
