using CsCheck;
using Zhengtong.OpenData.Tables;

namespace Zhengtong.Tests.OpenData.Tables;

public sealed class FairSlotsTests
{
    private static readonly CancellationToken Ct = CancellationToken.None;

    [Fact]
    public async Task Take_ByOneCaller_LeavesAPlaceForOthers()
    {
        var slots = new FairSlots(4, 3);
        var greedy = Enumerable.Range(0, 10).Select(_ => slots.TakeAsync("greedy", 1, Ct)).ToList();
        greedy.Count(t => t.IsCompleted).ShouldBe(3);
        var other = slots.TakeAsync("other", 1, Ct);
        other.IsCompleted.ShouldBeTrue();
        (await other).Dispose();
        greedy.Count(t => t.IsCompleted).ShouldBe(3);
        (await greedy[0]).Dispose();
        (await greedy[3].WaitAsync(TimeSpan.FromSeconds(10))).ShouldNotBeNull();
    }

    [Fact]
    public async Task Take_WhenManyWait_ServesWhoeverHoldsLeast()
    {
        var slots = new FairSlots(1, 1);
        var first = await slots.TakeAsync("a", 1, Ct);
        var order = new List<string>();
        var waiting = new List<Task>();
        foreach (var caller in (string[])["a", "a", "b", "c", "b"]) { waiting.Add(Enter(caller)); }
        first.Dispose();
        await Task.WhenAll(waiting).WaitAsync(TimeSpan.FromSeconds(10));
        order.ShouldBe(["a", "a", "b", "c", "b"], "All hold as many: whoever waits longest");

        var more = new FairSlots(2, 2);
        var (one, two) = (await more.TakeAsync("a", 1, Ct), await more.TakeAsync("b", 1, Ct));
        var (again, fresh) = (more.TakeAsync("a", 1, Ct), more.TakeAsync("c", 1, Ct));
        two.Dispose();
        (await fresh.WaitAsync(TimeSpan.FromSeconds(10))).ShouldNotBeNull("c holds none, a holds one and came before");
        again.IsCompleted.ShouldBeFalse();
        one.Dispose();
        (await again.WaitAsync(TimeSpan.FromSeconds(10))).ShouldNotBeNull();

        async Task Enter(string caller)
        {
            using var place = await slots.TakeAsync(caller, 1, Ct);
            lock (order) { order.Add(caller); }
        }
    }

    [Fact]
    public async Task Take_TwoAtOnce_NeverHoldsOneOfThem()
    {
        // Were they taken one by one, two comparisons would each hold one place and wait for the other's.
        var slots = new FairSlots(2, 2);
        var one = await slots.TakeAsync("x", 1, Ct);
        var (a, b) = (slots.TakeAsync("a", 2, Ct), slots.TakeAsync("b", 2, Ct));
        var late = slots.TakeAsync("c", 1, Ct);
        late.IsCompleted.ShouldBeFalse("Nobody passes by who needs two");
        one.Dispose();
        (await a.WaitAsync(TimeSpan.FromSeconds(10))).Dispose();
        (await b.WaitAsync(TimeSpan.FromSeconds(10))).Dispose();
        (await late.WaitAsync(TimeSpan.FromSeconds(10))).ShouldNotBeNull();
        await Should.ThrowAsync<ArgumentOutOfRangeException>(() => slots.TakeAsync("x", 3, Ct));
    }

    [Fact]
    public async Task Take_Cancelled_LeavesTheQueue()
    {
        var slots = new FairSlots(2, 2);
        var one = await slots.TakeAsync("x", 1, Ct);
        using var stop = new CancellationTokenSource();
        var (gone, behind) = (slots.TakeAsync("a", 2, stop.Token), slots.TakeAsync("b", 1, Ct));
        behind.IsCompleted.ShouldBeFalse();
        await stop.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(() => gone);
        (await behind.WaitAsync(TimeSpan.FromSeconds(10))).Dispose();
        one.Dispose();
        // All places are there again.
        (await slots.TakeAsync("y", 2, Ct).WaitAsync(TimeSpan.FromSeconds(10))).Dispose();
    }

    [Fact]
    public async Task Take_AnyCallers_NeverGiveMoreThanThereAreAndServeAll()
    {
        await Gen.Select(Gen.Int[2, 6], Gen.Select(Gen.Int[0, 3], Gen.Int[1, 2]).List[1, 60]).SampleAsync(async (total, asks) =>
        {
            var most = Math.Max(2, total - 1);
            var slots = new FairSlots(total, most);
            var gate = new Lock();
            var (held, each, worst, worstEach) = (0, new int[4], 0, 0);
            await Task.WhenAll(asks.Select(async ask =>
            {
                var (caller, count) = ask;
                using var place = await slots.TakeAsync(caller.ToString(System.Globalization.CultureInfo.InvariantCulture), count, Ct);
                lock (gate)
                {
                    (held, each[caller]) = (held + count, each[caller] + count);
                    (worst, worstEach) = (Math.Max(worst, held), Math.Max(worstEach, each[caller]));
                }

                await Task.Yield();
                lock (gate) { (held, each[caller]) = (held - count, each[caller] - count); }
            })).WaitAsync(TimeSpan.FromSeconds(20));
            worst.ShouldBeLessThanOrEqualTo(total);
            worstEach.ShouldBeLessThanOrEqualTo(most);
        }, iter: 100, threads: 1);
    }
}
