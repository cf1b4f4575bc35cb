namespace Zhengtong.Cloud.Metering;

/// <summary>Makes minutes of cumulative counters. Pure: what was, and one reading, give the minutes that are now known and what is to be remembered.
/// A window between two readings tells the mean of every minute that it fills; a longer one than <see cref="LongestWindow"/> tells nothing, and the minutes in it stay gaps.
/// A counter that is smaller than before began anew, so its value is what was used since.</summary>
internal static class Sampling
{
    /// <summary>Two readings further apart leave a gap between them.</summary>
    internal static readonly TimeSpan LongestWindow = TimeSpan.FromSeconds(125);

    /// <summary>How long after its start an instance's load says nothing about its need.</summary>
    internal static readonly TimeSpan Settling = TimeSpan.FromMinutes(15);

    private const long Minute = 60_000;

    /// <summary>The minute that a moment lies in, counted from 1970 (UTC).</summary>
    internal static long MinuteOf(DateTimeOffset at) => Math.DivRem(at.ToUnixTimeMilliseconds(), Minute).Quotient;

    /// <summary>Takes a reading in.</summary>
    /// <param name="before">What was remembered of the resource; null for one that is read for the first time.</param>
    /// <param name="reading">The reading.</param>
    /// <param name="each">Is given every minute that is now known.</param>
    /// <returns>What is to be remembered; null when the reading is of a minute that has one already, or older: it counts for nothing.</returns>
    internal static MeterLatest? Take(MeterLatest? before, MeterReading reading, Action<long, MeterSlot> each)
    {
        var at = reading.At.ToUnixTimeMilliseconds();
        var minute = at / Minute;
        if (before is not null && minute <= before.ReadAt / Minute) { return null; }
        var (memory, disk) = (MebiBytes(reading.MemoryBytes), MebiBytes(reading.DiskBytes));
        var isRestarted = before is null || reading.CpuMicroseconds < before.CpuMicroseconds;
        var started = isRestarted ? at : before!.StartedAt;
        var marks = at - started < Settling.TotalMilliseconds ? SlotMarks.Starting : SlotMarks.None;
        int? cpu = null;
        long? received = null, sent = null;
        if (before is not null && at - before.ReadAt <= LongestWindow.TotalMilliseconds)
        {
            var window = at - before.ReadAt;
            // Microseconds in a window of milliseconds: the quotient is the share of a core in thousandths.
            cpu = (int)Math.Min(int.MaxValue, Grown(before.CpuMicroseconds, reading.CpuMicroseconds, isRestarted) / window);
            received = Grown(before.BytesReceived, reading.BytesReceived, isRestarted) * Minute / window;
            sent = Grown(before.BytesSent, reading.BytesSent, isRestarted) * Minute / window;
            for (var filled = (before.ReadAt / Minute) + 1; filled <= minute; filled++)
            {
                var slot = new MeterSlot(marks | SlotMarks.Rates, cpu.Value, 0, 0, received.Value, sent.Value);
                each(filled, filled == minute ? slot with { Marks = slot.Marks | SlotMarks.Gauges, MemoryMiB = memory, DiskMiB = disk } : slot);
            }
        }
        else { each(minute, new MeterSlot(marks | SlotMarks.Gauges, 0, memory, disk, 0, 0)); }

        return new MeterLatest
        {
            ResourceId = reading.ResourceId, ReadAt = at, StartedAt = started, CpuMicroseconds = reading.CpuMicroseconds, BytesReceived = reading.BytesReceived, BytesSent = reading.BytesSent,
            Cpu = cpu, MemoryMiB = memory, DiskMiB = disk, ReceivedPerSecond = received / 60, SentPerSecond = sent / 60,
        };
    }

    private static long Grown(long before, long now, bool isRestarted) => Math.Min(isRestarted || now < before ? Math.Max(0, now) : now - before, long.MaxValue / Minute);

    private static int MebiBytes(long bytes) => (int)Math.Clamp((bytes + (1 << 19)) >> 20, 0, int.MaxValue);
}
