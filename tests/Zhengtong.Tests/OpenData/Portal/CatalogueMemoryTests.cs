using Zhengtong.OpenData.Portal;
using Zhengtong.Tests.Support;

namespace Zhengtong.Tests.OpenData.Portal;

public sealed class CatalogueMemoryTests
{
    private static readonly CancellationToken Ct = CancellationToken.None;
    private readonly MovableClock clock = new();
    private int counted;

    private Task<string> Count() => Task.FromResult($"{++counted}");

    [Fact]
    public async Task Of_AskedAgain_CountsOnceUntilTheTimeIsOver()
    {
        using var memory = new CatalogueMemory(new CatalogueChanges(), clock);
        (await memory.OfAsync("a", Count, _ => 1, Ct)).ShouldBe("1");
        (await memory.OfAsync("a", Count, _ => 1, Ct)).ShouldBe("1");
        (await memory.OfAsync("b", Count, _ => 1, Ct)).ShouldBe("2");
        clock.Ahead = CatalogueMemory.Longest;
        (await memory.OfAsync("a", Count, _ => 1, Ct)).ShouldBe("3");
    }

    [Fact]
    public async Task Of_ManyAtOnce_CountsOnce()
    {
        using var memory = new CatalogueMemory(new CatalogueChanges(), clock);
        var gate = new TaskCompletionSource();
        async Task<string> Waiting()
        {
            await gate.Task;
            return await Count();
        }

        var answers = Enumerable.Range(0, 16).Select(_ => memory.OfAsync("a", Waiting, _ => 1, Ct)).ToList();
        gate.SetResult();
        (await Task.WhenAll(answers)).ShouldAllBe(a => a == "1");
    }

    [Fact]
    public async Task Of_CountThatFails_IsNotKeptAndHoldsNobodyUp()
    {
        using var memory = new CatalogueMemory(new CatalogueChanges(), clock);
        await Should.ThrowAsync<InvalidOperationException>(() => memory.OfAsync<string>("a", () => throw new InvalidOperationException(), _ => 1, Ct));
        (await memory.OfAsync("a", Count, _ => 1, Ct)).ShouldBe("1");
    }

    [Fact]
    public async Task Of_AnswerLargerThanAllRoom_IsAnsweredAndNotKept()
    {
        using var memory = new CatalogueMemory(new CatalogueChanges(), clock);
        (await memory.OfAsync("a", Count, _ => 1_000_000, Ct)).ShouldBe("1");
        (await memory.OfAsync("a", Count, _ => 1_000_000, Ct)).ShouldBe("2");
    }
}
