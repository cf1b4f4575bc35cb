namespace Zhengtong.Cloud.Metering;

/// <summary>What an engine told of one resource at one moment. Counters grow from the start of the instance and begin anew when it starts again.</summary>
/// <param name="ResourceId">The resource.</param>
/// <param name="At">When it was read.</param>
/// <param name="CpuMicroseconds">Processor time since the start.</param>
/// <param name="MemoryBytes">Memory in use now.</param>
/// <param name="DiskBytes">Disk in use now; 0 where the storage cannot tell.</param>
/// <param name="BytesReceived">Since the start.</param>
/// <param name="BytesSent">Since the start.</param>
internal readonly record struct MeterReading(Guid ResourceId, DateTimeOffset At, long CpuMicroseconds, long MemoryBytes, long DiskBytes, long BytesReceived, long BytesSent);

/// <summary>What a slot of a minute knows.</summary>
[Flags]
internal enum SlotMarks
{
    /// <summary>Nothing: a gap. It stays one; nobody guesses what was in it.</summary>
    None = 0,
    /// <summary>Processor and network: two readings at most <see cref="Sampling.LongestWindow"/> apart stand around it.</summary>
    Rates = 1,
    /// <summary>Memory and disk were read in this minute.</summary>
    Gauges = 2,
    /// <summary>The instance had been running for less than <see cref="Sampling.Settling"/>: what it does then is no evidence of what it needs.</summary>
    Starting = 4,
}

/// <summary>One minute of one resource.</summary>
/// <param name="Marks">What of it is known.</param>
/// <param name="Cpu">Processor in thousandths of a core, the mean of the minute.</param>
/// <param name="MemoryMiB">Memory in use.</param>
/// <param name="DiskMiB">Disk in use.</param>
/// <param name="Received">Bytes in this minute.</param>
/// <param name="Sent">Bytes in this minute.</param>
internal readonly record struct MeterSlot(SlotMarks Marks, int Cpu, int MemoryMiB, int DiskMiB, long Received, long Sent)
{
    internal bool HasRates => (Marks & SlotMarks.Rates) != 0;

    internal bool HasGauges => (Marks & SlotMarks.Gauges) != 0;

    /// <summary>Both of one minute together; what the first knows stays.</summary>
    internal MeterSlot With(MeterSlot other)
    {
        var merged = this;
        if (!HasRates && other.HasRates) { merged = merged with { Marks = merged.Marks | (other.Marks & (SlotMarks.Rates | SlotMarks.Starting)), Cpu = other.Cpu, Received = other.Received, Sent = other.Sent }; }
        if (!HasGauges && other.HasGauges) { merged = merged with { Marks = merged.Marks | SlotMarks.Gauges, MemoryMiB = other.MemoryMiB, DiskMiB = other.DiskMiB }; }
        return merged;
    }
}
