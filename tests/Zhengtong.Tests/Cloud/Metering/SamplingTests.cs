using CsCheck;
using Zhengtong.Cloud.Metering;

namespace Zhengtong.Tests.Cloud.Metering;

/// <summary>Minutes of counters: rates, gaps, restarts, repeats.</summary>
public sealed class SamplingTests
{
    private static readonly Guid Resource = new("0190aaaa-0000-7000-8000-000000000001");
    private static readonly DateTimeOffset Start = new(2026, 11, 2, 3, 0, 20, TimeSpan.Zero);

    [Fact]
    public void Take_ReadingsAMinuteApart_TellTheShareOfACore()
    {
        var (latest, slots) = Run((0, 0), (60, 30_000_000), (120, 150_000_000));
        slots.Values.Select(s => s.Cpu).ShouldBe([0, 500, 2000]);
        slots.Values.Select(s => s.HasRates).ShouldBe([false, true, true]);
        latest!.Cpu.ShouldBe(2000);
        slots.Values.Last().MemoryMiB.ShouldBe(100);
    }

    [Fact]
    public void Take_GapOfFiveMinutes_LeavesThemUnknown()
    {
        var (_, slots) = Run((0, 0), (60, 30_000_000), (360, 90_000_000), (420, 120_000_000));
        slots.Keys.Select(k => k - slots.Keys.First()).ShouldBe([0L, 1, 6, 7]);
        slots.Values.Select(s => s.HasRates).ShouldBe([false, true, false, true]);
    }

    [Fact]
    public void Take_WindowThatFillsAMinuteBetween_TellsThatMinuteToo()
    {
        // 59.9 s after the full minute, then 0.2 s after the next but one.
        var (_, slots) = Run((39.9, 0), (100.2, 30_150_000));
        slots.Count.ShouldBe(3);
        slots.Values.Skip(1).Select(s => (s.HasRates, s.HasGauges)).ShouldBe([(true, false), (true, true)]);
    }

    [Fact]
    public void Take_SmallerCounter_StartsAnew()
    {
        var (latest, slots) = Run((0, 500_000_000), (60, 530_000_000), (120, 6_000_000));
        slots.Values.Last().Cpu.ShouldBe(100);
        latest!.StartedAt.ShouldBe(Start.AddSeconds(120).ToUnixTimeMilliseconds());
        (slots.Values.Last().Marks & SlotMarks.Starting).ShouldBe(SlotMarks.Starting);
    }

    [Fact]
    public void Take_SameMinuteTwiceOrOlder_CountsOnce()
    {
        var (_, once) = Run((0, 0), (60, 30_000_000), (120, 60_000_000));
        var (_, twice) = Run((0, 0), (60, 30_000_000), (60, 30_000_000), (65, 31_000_000), (0, 0), (120, 60_000_000));
        twice.ShouldBe(once);
    }

    [Fact]
    public void Take_AnyReadings_NeverTellMoreThanWasUsed() => Gen.Select(Gen.Int[1, 200], Gen.Long[0, 400_000_000]).List[2, 40].Sample(steps =>
    {
        var (at, counter) = (0d, 0L);
        var readings = steps.Select(s => (at += s.Item1, counter += s.Item2)).ToArray();
        var (_, slots) = Run(readings);
        // A window may end within a minute that it is taken to fill: at most one minute more, at the highest rate.
        var most = slots.Values.Select(s => (long)s.Cpu).DefaultIfEmpty().Max();
        slots.Values.Where(s => s.HasRates).Sum(s => (long)s.Cpu * 60).ShouldBeLessThanOrEqualTo((counter / 1000) + (2 * most * 60 * slots.Count));
        slots.Keys.ShouldBeUnique();
        slots.Values.ShouldAllBe(s => s.Cpu >= 0 && s.Received >= 0);
    });

    [Fact]
    public void Packs_AnySlots_ComeBackAsTheyWere() => Gen.Select(Gen.Int[0, 7], Gen.Int[0, 64_000], Gen.Int[0, 1_000_000], Gen.Int[0, 1_000_000], Gen.Long[0, long.MaxValue / 2]).Array[60].Sample(all =>
    {
        var slots = all.Select(s =>
        {
            var marks = (SlotMarks)s.Item1;
            var (rates, gauges) = ((marks & SlotMarks.Rates) != 0, (marks & SlotMarks.Gauges) != 0);
            return new MeterSlot(marks, rates ? s.Item2 : 0, gauges ? s.Item3 : 0, gauges ? s.Item4 : 0, rates ? s.Item5 : 0, rates ? s.Item5 / 3 : 0);
        }).ToArray();
        HourPack.Read(HourPack.Write(slots)).ShouldBe(slots);
        var sheet = new PackWriter();
        foreach (var (minute, slot) in slots.Index()) { SheetPack.Write(sheet, Resource, minute, slot); }
        var read = new List<MeterSlot>();
        SheetPack.Read(sheet.ToArray(), (_, _, slot) => read.Add(slot));
        read.ShouldBe(slots);
        var hours = new SortedDictionary<int, MeterFigures> { [3] = MeterFigures.Of(slots.Where(s => s.Received < 1L << 50).ToArray()), [23] = new() };
        DayPack.Read(DayPack.Write(hours)).ShouldBe(hours);
    }, iter: 200);

    [Fact]
    public void Figures_OfMinutes_AreLeastMeanMostAndTheNinetyFifth()
    {
        var slots = Enumerable.Range(1, 60).Select(n => new MeterSlot(SlotMarks.Rates | SlotMarks.Gauges | (n == 60 ? SlotMarks.Starting : 0), n, 100 + n, 7, n, 2)).ToArray();
        var figures = MeterFigures.Of(slots);
        (figures.Covered, figures.CpuMin, figures.CpuMean, figures.CpuMax, figures.CpuPeak, figures.CpuP95).ShouldBe((60, 1, 31, 60, 59, 57));
        (figures.MemoryMax, figures.MemoryP95, figures.DiskMax, figures.Received, figures.Sent).ShouldBe((160, 157, 7, 1830L, 120L));
        figures.CoverageOf(60).ShouldBe(1000);
        MeterFigures.Of([figures, figures with { Covered = 30, CpuMean = 1 }, new MeterFigures()]).CpuMean.ShouldBe(21);
    }

    private static (MeterLatest? Latest, SortedDictionary<long, MeterSlot> Slots) Run(params (double Seconds, long Cpu)[] readings)
    {
        MeterLatest? latest = null;
        var slots = new SortedDictionary<long, MeterSlot>();
        foreach (var (seconds, cpu) in readings)
        {
            latest = Sampling.Take(latest, new MeterReading(Resource, Start.AddSeconds(seconds), cpu, 100L << 20, 2L << 30, cpu / 1000, cpu / 2000), slots.Add) ?? latest;
        }

        return (latest, slots);
    }
}
