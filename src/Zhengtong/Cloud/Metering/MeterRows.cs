namespace Zhengtong.Cloud.Metering;

/// <summary>The newest figures of a resource, and what the next reading is compared with: one narrow row, so that lists need no samples.</summary>
internal sealed class MeterLatest
{
    internal required Guid ResourceId { get; init; }

    /// <summary>When it was read, in milliseconds since 1970.</summary>
    internal required long ReadAt { get; init; }

    /// <summary>When its counters were first seen to begin anew, likewise.</summary>
    internal required long StartedAt { get; init; }

    /// <summary>The counters as read.</summary>
    internal required long CpuMicroseconds { get; init; }

    internal required long BytesReceived { get; init; }

    internal required long BytesSent { get; init; }

    /// <summary>Processor in thousandths of a core; null when the reading before was missing.</summary>
    internal int? Cpu { get; init; }

    internal required int MemoryMiB { get; init; }

    internal required int DiskMiB { get; init; }

    internal long? ReceivedPerSecond { get; init; }

    internal long? SentPerSecond { get; init; }

    internal DateTimeOffset At => DateTimeOffset.FromUnixTimeMilliseconds(ReadAt);
}

/// <summary>What one round of readings said, of all resources together, within one hour: written as it comes, folded into hours and then removed.</summary>
internal sealed class MeterSheet
{
    internal required Guid Id { get; init; }

    /// <summary>Hours since 1970 (UTC).</summary>
    internal required int Hour { get; init; }

    /// <summary>In the form of <see cref="SheetPack"/>.</summary>
    internal required byte[] Slots { get; init; }
}

/// <summary>The sixty minutes of an hour of a resource.</summary>
internal sealed class MeterMinutes
{
    internal required Guid ResourceId { get; init; }

    /// <summary>Hours since 1970 (UTC).</summary>
    internal required int Hour { get; init; }

    /// <summary>In the form of <see cref="HourPack"/>.</summary>
    internal required byte[] Slots { get; init; }
}

/// <summary>A day of a resource, in China.</summary>
internal sealed class MeterDay
{
    internal required Guid ResourceId { get; init; }

    internal required DateOnly Day { get; init; }

    /// <summary>The day's figures.</summary>
    internal required MeterFigures Figures { get; init; }

    /// <summary>The figures of its hours, in the form of <see cref="DayPack"/>; null once they are older than they are kept.</summary>
    internal byte[]? Hours { get; init; }

    /// <summary>True once the day is over and its percentiles were taken from its minutes.</summary>
    internal required bool IsClosed { get; init; }
}

/// <summary>A month of a resource, in China: from its closed days.</summary>
internal sealed class MeterMonth
{
    internal required Guid ResourceId { get; init; }

    /// <summary>The first day of the month.</summary>
    internal required DateOnly Month { get; init; }

    internal required MeterFigures Figures { get; init; }

    /// <summary>Days that are in it.</summary>
    internal required int Days { get; init; }
}

/// <summary>What a stretch of time of a resource came to. Processor in thousandths of a core, memory and disk in MiB.</summary>
internal sealed record MeterFigures
{
    /// <summary>Minutes of which processor and network are known.</summary>
    internal int Covered { get; init; }

    internal int CpuMin { get; init; }

    internal int CpuMean { get; init; }

    internal int CpuMax { get; init; }

    /// <summary>The most outside the first minutes after a start; what sizes are recommended by.</summary>
    internal int CpuPeak { get; init; }

    /// <summary>95 of 100 minutes were not above; null where minutes are no longer at hand.</summary>
    internal int? CpuP95 { get; init; }

    /// <summary>Minutes of which memory and disk are known.</summary>
    internal int Gauged { get; init; }

    internal int MemoryMean { get; init; }

    internal int MemoryMax { get; init; }

    internal int? MemoryP95 { get; init; }

    internal int DiskMax { get; init; }

    /// <summary>Bytes.</summary>
    internal long Received { get; init; }

    internal long Sent { get; init; }

    /// <summary>How much of so many minutes is known, in thousandths.</summary>
    internal int CoverageOf(int minutes) => minutes == 0 ? 0 : (int)((long)Math.Min(Covered, minutes) * 1000 / minutes);

    /// <summary>From minutes.</summary>
    internal static MeterFigures Of(ReadOnlySpan<MeterSlot> slots)
    {
        var (rates, gauges) = (new List<int>(slots.Length), new List<int>(slots.Length));
        long cpu = 0, memory = 0, received = 0, sent = 0;
        int peak = 0, disk = 0;
        foreach (var slot in slots)
        {
            if (slot.HasRates)
            {
                rates.Add(slot.Cpu);
                (cpu, received, sent) = (cpu + slot.Cpu, received + slot.Received, sent + slot.Sent);
                if ((slot.Marks & SlotMarks.Starting) == 0) { peak = Math.Max(peak, slot.Cpu); }
            }

            if (slot.HasGauges)
            {
                gauges.Add(slot.MemoryMiB);
                memory += slot.MemoryMiB;
                disk = Math.Max(disk, slot.DiskMiB);
            }
        }

        rates.Sort();
        gauges.Sort();
        return new MeterFigures
        {
            Covered = rates.Count, CpuMin = rates.Count == 0 ? 0 : rates[0], CpuMax = rates.Count == 0 ? 0 : rates[^1], CpuMean = Mean(cpu, rates.Count), CpuPeak = peak, CpuP95 = Percentile95(rates),
            Gauged = gauges.Count, MemoryMean = Mean(memory, gauges.Count), MemoryMax = gauges.Count == 0 ? 0 : gauges[^1], MemoryP95 = Percentile95(gauges), DiskMax = disk, Received = received, Sent = sent,
        };
    }

    /// <summary>From shorter stretches; means are weighted by what is known of each. Percentiles cannot be had this way and are null.</summary>
    internal static MeterFigures Of(IReadOnlyCollection<MeterFigures> parts)
    {
        var (rated, gauged) = (parts.Where(p => p.Covered > 0).ToList(), parts.Where(p => p.Gauged > 0).ToList());
        var (covered, read) = (rated.Sum(p => p.Covered), gauged.Sum(p => p.Gauged));
        return new MeterFigures
        {
            Covered = covered, CpuMin = rated.Count == 0 ? 0 : rated.Min(p => p.CpuMin), CpuMax = rated.Count == 0 ? 0 : rated.Max(p => p.CpuMax), CpuMean = Mean(rated.Sum(p => (long)p.CpuMean * p.Covered), covered),
            CpuPeak = rated.Count == 0 ? 0 : rated.Max(p => p.CpuPeak), Gauged = read, MemoryMean = Mean(gauged.Sum(p => (long)p.MemoryMean * p.Gauged), read),
            MemoryMax = gauged.Count == 0 ? 0 : gauged.Max(p => p.MemoryMax), DiskMax = gauged.Count == 0 ? 0 : gauged.Max(p => p.DiskMax), Received = rated.Sum(p => p.Received), Sent = rated.Sum(p => p.Sent),
        };
    }

    private static int Mean(long sum, int count) => count == 0 ? 0 : (int)((sum + (count / 2)) / count);

    /// <summary>The smallest value that at least 95 of 100 do not exceed; null of nothing.</summary>
    private static int? Percentile95(List<int> sorted) => sorted.Count == 0 ? null : sorted[((sorted.Count * 95) + 99) / 100 - 1];
}
