using CsCheck;
using Zhengtong.Cloud.Reclaim;
using Zhengtong.Tests.Support;

namespace Zhengtong.Tests.Cloud.Reclaim;

/// <summary>Whatever is done in whatever order, nothing is stopped without notice and time to object, nothing removed without copies, and nothing moves while an objection is open.</summary>
public sealed class ReclaimCaseTests
{
    private static readonly DateTimeOffset Start = new(2026, 11, 2, 1, 0, 0, TimeSpan.Zero);
    private static readonly TimeSpan Kept = TimeSpan.FromDays(10);

    [Fact]
    public void Any_SequenceOfActs_KeepsTheOrderOfSteps() => Gen.Select(Gen.Int[0, 9], Gen.Int[0, 4], Pick.Of<bool?>(true, true, true, false, null), Gen.Int[0, 99]).List[1, 40].Sample(acts =>
    {
        var reclaim = New();
        var (now, wish, noticed, objections, stopped, removed) = (Start, "running", (DateTimeOffset?)null, 0, (DateTimeOffset?)null, false);
        foreach (var (verb, days, idle, dice) in acts)
        {
            now = now.AddDays(days);
            var (before, revision) = (reclaim.State, reclaim.Revision);
            var isKept = wish == "stopped" && dice % 2 == 0;
            var isGone = removed && dice % 3 == 0;
            switch (verb)
            {
                case 0 or 1:
                    var told = reclaim.Notice(now, now.AddDays(7));
                    told.ShouldBe(before == ReclaimState.Found);
                    if (told) { noticed = now; }
                    break;
                case 2:
                    var may = reclaim.MayObject(now);
                    reclaim.Object("needed", now).ShouldBe(may);
                    if (may) { objections++; }
                    break;
                case 3 or 4:
                    var act = reclaim.Decide(verb == 3, "answer", now);
                    (act is not null).ShouldBe(before == ReclaimState.Objected);
                    if (act == ReclaimAct.Start) { wish = "running"; }
                    break;
                default:
                    var asLeft = dice < 97;
                    if (reclaim.Advance(new ReclaimSight(idle, dice == 42, asLeft, isKept, isGone), now, Kept) is { } step)
                    {
                        if (step == ReclaimAct.Stop)
                        {
                            (noticed is not null && now >= noticed.Value.AddDays(7)).ShouldBeTrue("stopped only when the time to object is over");
                            (before, idle).ShouldBe((ReclaimState.Noticed, true));
                            (wish, stopped) = ("stopped", now);
                        }

                        if (step == ReclaimAct.Remove)
                        {
                            (stopped is not null && now >= stopped.Value + Kept && isKept).ShouldBeTrue("removed only when kept for long enough and copied");
                            before.ShouldBe(ReclaimState.Stopped);
                            (wish, removed) = ("removed", true);
                        }

                        if (step == ReclaimAct.Start) { wish = "running"; }
                        // While an objection is open only its ground may fall away.
                        if (before == ReclaimState.Objected) { reclaim.State.ShouldBe(ReclaimState.Withdrawn); }
                    }

                    break;
            }

            if (before is ReclaimState.Reclaimed or ReclaimState.Withdrawn) { (reclaim.State, reclaim.Revision).ShouldBe((before, revision)); }
            if (reclaim.State != before) { reclaim.Revision.ShouldBeGreaterThan(revision); }
            objections.ShouldBeLessThanOrEqualTo(1);
            (reclaim.EndedAt is not null).ShouldBe(reclaim.IsOver);
            (reclaim.State == ReclaimState.Reclaimed).ShouldBe(reclaim.IsOver && removed);
            (reclaim.State == ReclaimState.Removing && !removed).ShouldBeFalse();
            if (reclaim.State == ReclaimState.Withdrawn && reclaim.Ground is WithdrawalGround.ObjectionUpheld or WithdrawalGround.Excluded) { wish.ShouldBe("running"); }
        }
    });

    [Fact]
    public void Sizes_OfThirtyDays_AreThree()
    {
        var days = Enumerable.Range(0, 30).Select(n => new EvidenceDay(100, n == 29 ? 600 : 200, 400, 1440)).ToList();
        var sizes = Sizing.Of(8000, 16_384, days);
        // Highest 60 %: 4.9 cores; mean 21.3 % and deviation 7.2 %: 2.4 cores; mean alone: 1.8 cores.
        sizes.Select(s => (s.Way, s.Cores)).ShouldBe([(SizingWay.Conservative, 5000L), (SizingWay.Moderate, 3000L), (SizingWay.Aggressive, 2000L)]);
        sizes.ShouldAllBe(s => s.MemoryMiB % 4 == 0 && s.MemoryMiB >= 6554 && s.MemoryMiB < 6562);
        Sizing.Of(500, 64, days).ShouldAllBe(s => s.Cores == 500 && s.MemoryMiB <= 64);
        Sizing.Of(2000, 1024, []).ShouldAllBe(s => s.Cores == 2000 && s.MemoryMiB == 1024);
    }

    [Fact]
    public void Evidence_OfDays_IsWeightedAndCovered()
    {
        var evidence = Evidence.Of([new(100, 500, 0, 1440), new(400, 900, 0, 720)], 2);
        evidence.ShouldBe(new Evidence(2, 750, 200, 900));
        Evidence.Of([], 30).ShouldBe(new Evidence(0, 0, 0, 0));
    }

    private static ReclaimCase New() => new() { Id = CloudWorld.NewId(), ResourceId = CloudWorld.NewId(), OrganisationId = Guid.Empty, Rules = 1, FoundAt = Start, CpuMean = 10, CpuPeak = 30, Days = 30, Coverage = 1000 };
}
