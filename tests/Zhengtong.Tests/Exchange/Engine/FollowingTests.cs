using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Agreements;
using Zhengtong.Exchange.Engine;
using Zhengtong.Exchange.Model;
using Zhengtong.Exchange.Quality;
using Zhengtong.Kernel.Calendar;
using Zhengtong.Kernel.Identity;
using Zhengtong.Kernel.Secrets;
using Zhengtong.Tests.Exchange.Support;
using Zhengtong.Tests.Support;
using Route = Zhengtong.Tests.Exchange.Support.Route;

namespace Zhengtong.Tests.Exchange.Engine;

/// <summary>A run that goes on with what is committed while it reads.</summary>
[OnDatabase]
public sealed class FollowingTests(ExchangeFixture exchange) : IClassFixture<ExchangeFixture>
{
    [Fact]
    public async Task Run_TableThatChangesAllTheTime_IsFollowedInBatchesOneCycleApart()
    {
        var route = await StreamedAsync();
        var isOver = false;
        var run = RunAsync(route, () => !Volatile.Read(ref isOver));
        var last = 10;
        var until = TimeProvider.System.GetUtcNow().AddSeconds(6);
        while (TimeProvider.System.GetUtcNow() < until)
        {
            await route.Source.FillAsync(last + 1, last + 10);
            last += 10;
            await Task.Delay(100);
        }

        run.IsCompleted.ShouldBeFalse();
        var seen = await route.Target.CountAsync("received");
        seen.ShouldBeGreaterThan(10);
        Volatile.Write(ref isOver, true);
        await run;
        await EqualAsync(route);
        var batches = (await route.BatchesAsync()).Where(b => b.Phase == DeliveryPhase.Changes).ToList();
        batches.Count.ShouldBeGreaterThanOrEqualTo(2);
        // The first comes at once; each that is not full, a cycle behind the one before.
        foreach (var (before, after) in batches.Skip(1).Zip(batches.Skip(2)).Where(p => p.Second.Rows < 100)) { (after.SealedAt - before.SealedAt).TotalSeconds.ShouldBeGreaterThan(0.5); }
    }

    [Fact]
    public async Task Run_NothingChangesForACycle_EndsByItself()
    {
        var route = await StreamedAsync();
        await route.Source.FillAsync(11, 20);
        await RunAsync(route, () => true).WaitAsync(TimeSpan.FromSeconds(60));
        await EqualAsync(route);
        (await route.StateAsync()).State.ShouldBe(DeliveryState.Waiting);
    }

    [Fact]
    public async Task Run_WhileFollowed_KeepsNobodyFromAlteringTheTable()
    {
        var (route, writing, run) = await FollowedAsync();
        await using var _ = writing;
        await route.Source.ExecuteAsync("SET lock_timeout = '5s'; ALTER TABLE enterprise ADD COLUMN remark text");
        var before = await route.Target.CountAsync("received");
        await UntilAsync(async () => await route.Target.CountAsync("received") > before + 20);
        await writing.StopAsync();
        await run;
        await EqualAsync(route);
    }

    [Fact]
    public async Task Run_OrderWhileFollowed_EndsWithinACycleSoThatItIsCarriedOut()
    {
        var (route, writing, run) = await FollowedAsync();
        await using var _ = writing;
        await route.WithDb(db => db.Deliveries.Where(d => d.Id == route.Delivery).ExecuteUpdateAsync(s => s.SetProperty(d => d.Orders, d => d.Orders + 1)));
        await run.WaitAsync(TimeSpan.FromSeconds(30));
        (await route.StateAsync()).IsOrdered.ShouldBeTrue();
    }

    [Fact]
    public async Task Run_RowDoubtedWhileFollowed_EndsSoThatTheNextKnowsOfIt()
    {
        var (route, writing, run) = await FollowedAsync();
        await using var _ = writing;
        await using (var scope = route.Services.CreateAsyncScope())
        {
            var services = scope.ServiceProvider;
            (await OpenCorrection.Handle(
                route.Delivery, new OpenCorrectionRequest(["7"], "name", "与营业执照不符"),
                new Actor(route.Delivery, "张三", route.Consumer.Id, route.Consumer.Region, new HashSet<Role> { Role.DepartmentOfficer }), services.GetRequiredService<ZhengtongDb>(),
                services.GetRequiredService<AgreementsLookup>(), services.GetRequiredService<QualitySecrets>(), services.GetRequiredService<WorkingCalendar>(), services.GetRequiredService<Vault>(),
                TimeProvider.System, CancellationToken.None)).Result.ShouldBeOfType<Created<OpenCorrectionResponse>>();
        }

        await run.WaitAsync(TimeSpan.FromSeconds(30));
        (await route.StateAsync()).IsOrdered.ShouldBeTrue();
    }

    [Fact]
    public async Task Reconciler_TwoThatChangeAllTheTimeAndOneTurn_NeitherKeepsItFromTheOther()
    {
        await using var platform = await OwnPlatform.StartAsync(b => (b.Configuration["Exchange:Parallel"], b.Configuration["Exchange:TickMilliseconds"]) = ("1", "100"));
        var deployment = platform.App.Services.GetRequiredService<Deployment>();
        List<Route> routes = [];
        for (var n = 0; n < 2; n++)
        {
            routes.Add(await ExchangeFixture.PrepareAsync(platform.App.Services, deployment, DataSourceKind.Postgres, DataSourceKind.Postgres, s => s.Capture = CaptureKind.Replication));
            await routes[n].Source.FillAsync(1, 10);
        }

        foreach (var route in routes) { await UntilAsync(async () => (await route.StateAsync()).Phase == DeliveryPhase.Changes, route.SayAsync); }
        await using var one = new Writer(routes[0], from: 11);
        await using var other = new Writer(routes[1], from: 11);
        // Alone, each would be followed for a minute.
        for (var round = 0; round < 3; round++)
        {
            foreach (var route in routes)
            {
                var seen = await route.Target.CountAsync("received");
                await UntilAsync(async () => await route.Target.CountAsync("received") > seen, route.SayAsync, seconds: 30);
            }
        }

        await one.StopAsync();
        await other.StopAsync();
        foreach (var route in routes)
        {
            await UntilAsync(async () => await route.Target.CountAsync("received") == await route.Source.CountAsync("enterprise"), route.SayAsync);
            await EqualAsync(route);
        }
    }

    [Fact]
    public async Task Run_AgreementRevokedWhileFollowed_HandsOnNothingMore()
    {
        var (route, writing, run) = await FollowedAsync();
        await using var _ = writing;
        await route.ChangeAsync(a => a.Revoke());
        await run.WaitAsync(TimeSpan.FromSeconds(60));
        var after = await route.Target.CountAsync("received");
        (await route.StateAsync()).State.ShouldBe(DeliveryState.Stopped);
        await Task.Delay(1500);
        (await route.Target.CountAsync("received")).ShouldBe(after);
    }

    private async Task<Route> StreamedAsync()
    {
        var route = await exchange.RouteAsync(DataSourceKind.Postgres, DataSourceKind.Postgres, s => s.Capture = CaptureKind.Replication);
        await route.Source.FillAsync(1, 10);
        (await route.SettleAsync()).Problem.ShouldBeNull();
        return route;
    }

    /// <summary>A run that goes on while somebody writes.</summary>
    private async Task<(Route Route, Writer Writing, Task Run)> FollowedAsync()
    {
        var route = await StreamedAsync();
        var writing = new Writer(route, from: 11);
        var run = RunAsync(route, () => true);
        await UntilAsync(async () => await route.Target.CountAsync("received") > 30);
        run.IsCompleted.ShouldBeFalse();
        return (route, writing, run);
    }

    private static Task RunAsync(Route route, Func<bool> follows) => route.Engine().RunAsync(route.Delivery, new Horizon(TimeProvider.System), follows, CancellationToken.None);

    private static async Task EqualAsync(Route route) => (await route.Target.RowsAsync("received")).ShouldBe(await route.Source.RowsAsync());

    /// <summary>A department's program that writes a row about every 50 ms.</summary>
    private sealed class Writer : IAsyncDisposable
    {
        private readonly CancellationTokenSource stop = new();
        private readonly Task writing;

        internal Writer(Route route, int from) => writing = Task.Run(async () =>
        {
            for (var id = from; !stop.IsCancellationRequested; id++)
            {
                await route.Source.FillAsync(id, id);
                await Task.Delay(50);
            }
        });

        internal async Task StopAsync()
        {
            await stop.CancelAsync();
            await writing;
        }

        public async ValueTask DisposeAsync()
        {
            await StopAsync();
            stop.Dispose();
        }
    }
}
