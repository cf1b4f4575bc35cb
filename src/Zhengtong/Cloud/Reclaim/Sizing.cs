namespace Zhengtong.Cloud.Reclaim;

/// <summary>A day of evidence, in thousandths of what the resource has.</summary>
/// <param name="CpuMean">Processor, the mean.</param>
/// <param name="CpuPeak">Processor, the most outside the first minutes after a start.</param>
/// <param name="MemoryMax">Memory, the most.</param>
/// <param name="Covered">Minutes that are known.</param>
internal readonly record struct EvidenceDay(int CpuMean, int CpuPeak, int MemoryMax, int Covered);

/// <summary>What days of evidence come to.</summary>
/// <param name="Days">How many there are.</param>
/// <param name="Coverage">How much of the days asked for is known, in thousandths.</param>
/// <param name="CpuMean">In thousandths, weighted by what is known.</param>
/// <param name="CpuPeak">The highest.</param>
internal readonly record struct Evidence(int Days, int Coverage, int CpuMean, int CpuPeak)
{
    internal static Evidence Of(IReadOnlyCollection<EvidenceDay> days, int asked)
    {
        var covered = days.Sum(d => (long)d.Covered);
        return new Evidence(days.Count, asked == 0 ? 0 : (int)Math.Min(1000, covered * 1000 / (asked * 1440L)), covered == 0 ? 0 : (int)(days.Sum(d => (long)d.CpuMean * d.Covered) / covered), days.Count == 0 ? 0 : days.Max(d => d.CpuPeak));
    }
}

/// <summary>How careful a recommended size is.</summary>
public enum SizingWay
{
    /// <summary>保守: by the highest day.</summary>
    Conservative,
    /// <summary>适中: by the mean of the days' peaks and one standard deviation.</summary>
    Moderate,
    /// <summary>积极: by the mean of the days' peaks.</summary>
    Aggressive,
}

/// <summary>A recommended size.</summary>
/// <param name="Way">How careful.</param>
/// <param name="Cores">Processor in thousandths of a core.</param>
/// <param name="MemoryMiB">Memory.</param>
internal readonly record struct SizeAdvice(SizingWay Way, long Cores, long MemoryMiB);

/// <summary>Sizes by the peaks of days, after the method that ManageIQ documents: allocated times base, and a tenth of a unit, rounded up; whole cores of at least one, memory in steps of 4 MiB of at least 32. Never more than there is.</summary>
internal static class Sizing
{
    internal static IReadOnlyList<SizeAdvice> Of(long cores, long memory, IReadOnlyCollection<EvidenceDay> days) =>
        [.. Enum.GetValues<SizingWay>().Select(way => new SizeAdvice(way,
            Math.Min(cores, Math.Max(1000, 1000 * (long)Math.Ceiling((cores / 1000.0 * Base(way, [.. days.Select(d => d.CpuPeak)]) / 1000) + 0.1))),
            Math.Min(memory, Math.Max(32, 4 * (long)Math.Ceiling(((memory * Base(way, [.. days.Select(d => d.MemoryMax)]) / 1000) + 0.1) / 4)))))];

    /// <summary>In thousandths of what is allocated.</summary>
    private static double Base(SizingWay way, List<int> peaks)
    {
        if (peaks.Count == 0) { return 1000; }
        var mean = peaks.Average();
        return way switch
        {
            SizingWay.Conservative => peaks.Max(),
            SizingWay.Moderate => Math.Min(peaks.Max(), mean + Math.Sqrt(peaks.Average(p => (p - mean) * (p - mean)))),
            _ => mean,
        };
    }
}
