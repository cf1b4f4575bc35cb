using Zhengtong.Exchange.Engine;
using Zhengtong.Exchange.Timetables;

namespace Zhengtong.Tests.Exchange.Timetables;

/// <summary>Who gets the next free turn.</summary>
public sealed class TurnsTests
{
    private static readonly DateTimeOffset Start = new(2026, 11, 23, 0, 0, 0, TimeSpan.Zero);

    [Fact]
    public void Take_DueAtOnce_HigherFirstAndThenWhoeverWaitedLongest()
    {
        var turns = new Turns(TimeSpan.FromSeconds(60));
        var (low, normal, early, high) = (One(DeliveryPriority.Low), One(DeliveryPriority.Normal), One(DeliveryPriority.Normal), One(DeliveryPriority.High));
        turns.Add(low, Start);
        turns.Add(normal, Start.AddSeconds(2));
        turns.Add(early, Start.AddSeconds(1));
        turns.Add(high, Start.AddSeconds(3));
        turns.Add(One(DeliveryPriority.High), Start.AddSeconds(500));
        new[] { turns.Take(Start.AddSeconds(5)), turns.Take(Start.AddSeconds(5)), turns.Take(Start.AddSeconds(5)), turns.Take(Start.AddSeconds(5)), turns.Take(Start.AddSeconds(5)) }
            .ShouldBe([high, early, normal, low, null]);
        turns.NextAt.ShouldBe(Start.AddSeconds(500));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(60)]
    public void Take_OneTurnAtATimeAndAStreamOfHighOnes_TheLowOneStillRuns(int step)
    {
        var turns = new Turns(TimeSpan.FromSeconds(step));
        var low = One(DeliveryPriority.Low);
        // Twenty high ones, each due again the moment it has run: always more than the one turn can do.
        var highs = Enumerable.Range(0, 20).Select(_ => One(DeliveryPriority.High)).ToList();
        turns.Add(low, Start);
        foreach (var high in highs) { turns.Add(high, Start); }
        var now = Start;
        for (var runs = 1; ; runs++)
        {
            var taken = turns.Take(now).ShouldNotBeNull();
            if (taken == low) { break; }
            now = now.AddSeconds(3);
            turns.Add(taken, now);
            // Behind what became due within two steps, and no longer.
            runs.ShouldBeLessThanOrEqualTo(20 + (2 * step / 3) + 1);
        }
    }

    private static Turn One(DeliveryPriority priority) => new(Guid.CreateVersion7(TimeProvider.System.GetUtcNow()), true, priority);
}
