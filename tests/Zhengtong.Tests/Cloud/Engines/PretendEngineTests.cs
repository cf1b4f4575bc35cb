using System.Net;
using Zhengtong.Cloud.Engines;

namespace Zhengtong.Tests.Cloud.Engines;

/// <summary>The engine in memory keeps to the contract, and can break it as asked.</summary>
public sealed class PretendEngineTests : EngineContract, IAsyncLifetime
{
    private readonly PretendEngine engine = new(TimeProvider.System);

    public async ValueTask InitializeAsync()
    {
        (await engine.EnsureNetworkAsync(new EngineNetwork(Network, IPNetwork.Parse("10.0.0.0/16"), new Dictionary<string, string>()), Ct)).ShouldBeDone();
        (await engine.EnsureProjectAsync(new EngineProject(Project, new Dictionary<string, string>()) { Networks = [Network] }, Ct)).ShouldBeDone();
    }

    public ValueTask DisposeAsync()
    {
        engine.Dispose();
        return ValueTask.CompletedTask;
    }

    internal override CloudEngine Engine => engine;

    internal override EngineName Project { get; } = EngineName.Parse("tests");

    internal override EngineName Network { get; } = EngineName.Parse("zone");

    [Fact]
    public async Task Create_Gone_IsUnreachableAndNothingIsMade()
    {
        engine.IsGone = true;
        var id = NewId();
        (await engine.CreateAsync(Order(id), Ct)).MayRepeat.ShouldBeTrue();
        Said(await engine.FindAsync(id, Ct)).ShouldBe((EngineOutcome.Unreachable, "no-connection"));
        engine.IsGone = false;
        Said(await engine.FindAsync(id, Ct)).ShouldBe((EngineOutcome.NotFound, "instance"));
    }

    [Fact]
    public async Task Create_AnswerLost_IsUnknownAndItIsThere()
    {
        engine.LosesAnswers = true;
        var id = NewId();
        (await engine.CreateAsync(Order(id), Ct)).Outcome.ShouldBe(EngineOutcome.Unknown);
        (await engine.FindAsync(id, Ct)).IsDone.ShouldBeTrue();
    }

    [Fact]
    public async Task Create_FullLyingOrBehindOurBack_IsAsAsked()
    {
        engine.IsFull = true;
        Said(await engine.CreateAsync(Order(NewId()), Ct)).ShouldBe((EngineOutcome.Full, "memory"));
        (engine.IsFull, engine.Lies) = (false, true);
        var id = NewId();
        (await engine.CreateAsync(Order(id), Ct)).ShouldBeDone();
        engine.IsThere(id).ShouldBeFalse();
        engine.Lies = false;
        (await engine.CreateAsync(Order(id), Ct)).ShouldBeDone();
        engine.LoseBehindOurBack(id);
        (await engine.FindAsync(id, Ct)).Outcome.ShouldBe(EngineOutcome.NotFound);
    }

    [Fact]
    public async Task Create_SlowAndCancelled_Throws()
    {
        engine.Slowness = TimeSpan.FromMinutes(1);
        using var stop = new CancellationTokenSource(TimeSpan.FromMilliseconds(50));
        await Should.ThrowAsync<OperationCanceledException>(() => engine.CreateAsync(Order(NewId()), stop.Token));
    }

    internal override Task MakeForeignAsync(InstanceId id)
    {
        engine.MakeForeign(id);
        return Task.CompletedTask;
    }

    internal override Task<bool> IsThereAsync(InstanceId id) => Task.FromResult(engine.IsThere(id));
}
