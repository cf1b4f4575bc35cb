using Zhengtong.Exchange.Gateway;

namespace Zhengtong.Tests.Exchange.Gateway;

public sealed class FreshTests
{
    private static readonly TimeSpan Life = TimeSpan.FromSeconds(1);
    private readonly HandClock clock = new();

    [Fact]
    public async Task Read_ByManyAtOnce_AsksOnce()
    {
        var (asked, answer) = (0, new TaskCompletionSource<int>());
        var values = new FreshReading<string, int>(clock, Life, _ => { Interlocked.Increment(ref asked); return answer.Task; });
        var waiting = Enumerable.Range(0, 50).Select(_ => values.ReadAsync("a").AsTask()).ToList();
        answer.SetResult(7);
        (await Task.WhenAll(waiting)).ShouldAllBe(v => v == 7);
        (await values.ReadAsync("a")).ShouldBe(7);
        asked.ShouldBe(1);
    }

    [Fact]
    public async Task Read_InTheSecondHalfOfItsTime_AnswersAtOnceAndReadsAhead()
    {
        var answers = new Queue<Task<int>>([Task.FromResult(1)]);
        var values = new FreshReading<string, int>(clock, Life, _ => answers.Dequeue());
        (await values.ReadAsync("a")).ShouldBe(1);
        clock.Pass(Life * 0.6);
        var next = new TaskCompletionSource<int>();
        answers.Enqueue(next.Task);
        (await values.ReadAsync("a")).ShouldBe(1);
        (await values.ReadAsync("a")).ShouldBe(1);
        next.SetResult(2);
        // Read from the first one's time on: it is believed until 1.6.
        clock.Pass(Life * 0.7);
        (await values.ReadAsync("a")).ShouldBe(2);
    }

    [Fact]
    public async Task Read_WhenItsTimeIsOver_NeverGivesWhatIsOlder()
    {
        var answers = new Queue<TaskCompletionSource<int>>([new(), new()]);
        var (early, late) = (answers.ElementAt(0), answers.ElementAt(1));
        var values = new FreshReading<string, int>(clock, Life, _ => answers.Dequeue().Task);
        var first = values.ReadAsync("a").AsTask();
        clock.Pass(Life * 0.5);
        var second = values.ReadAsync("a").AsTask();
        // The first reading took so long that what it saw is older than the second may get.
        clock.Pass(Life);
        late.SetResult(2);
        early.SetResult(1);
        (await first).ShouldBe(1);
        (await second).ShouldBe(2);
    }

    [Fact]
    public async Task Read_ThatFails_FailsForThoseWhoWaitAndIsTriedAgain()
    {
        var fails = true;
        var values = new FreshReading<string, int>(clock, Life, async _ => { await Task.Yield(); return fails ? throw new InvalidDataException() : 3; });
        await Should.ThrowAsync<InvalidDataException>(values.ReadAsync("a").AsTask());
        fails = false;
        (await values.ReadAsync("a")).ShouldBe(3);
        // Ahead of its time nobody hears of it.
        fails = true;
        clock.Pass(Life * 0.6);
        (await values.ReadAsync("a")).ShouldBe(3);
    }

    private sealed class HandClock : TimeProvider
    {
        private long now = 1;

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public override long GetTimestamp() => Interlocked.Read(ref now);

        internal void Pass(TimeSpan time) => Interlocked.Add(ref now, time.Ticks);
    }
}
