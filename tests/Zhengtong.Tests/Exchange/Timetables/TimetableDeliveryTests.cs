using Microsoft.EntityFrameworkCore;
using Zhengtong.Exchange.Engine;
using Zhengtong.Exchange.Model;
using Zhengtong.Exchange.Timetables;
using Zhengtong.Tests.Exchange.Support;
using Zhengtong.Tests.Support;
using Route = Zhengtong.Tests.Exchange.Support.Route;

namespace Zhengtong.Tests.Exchange.Timetables;

/// <summary>Deliveries between PostgreSQL tables under a timetable.</summary>
[OnDatabase]
public sealed class TimetableDeliveryTests(ExchangeFixture exchange) : IClassFixture<ExchangeFixture>
{
    [Fact]
    public async Task Run_OutsideItsHours_WaitsUntilTheyOpen()
    {
        var clock = new MovableClock();
        var route = await FilledAsync(300, s => s.Clock = clock);
        await SetAsync(route, t => t.OpenIn([LaterToday()]));
        await route.Engine().RunAsync(route.Delivery, new Horizon(TimeProvider.System), null, CancellationToken.None);
        var waiting = await route.StateAsync();
        (waiting.State, waiting.Problem, waiting.Sequence, waiting.ChangesFrom, waiting.CaughtUpAt).ShouldBe((DeliveryState.Waiting, null, 0L, null, null));

        clock.Ahead = TimeSpan.FromMinutes(150);
        (await route.SettleAsync()).Problem.ShouldBeNull();
        (await route.Target.RowsAsync("received")).ShouldBe(await route.Source.RowsAsync());
    }

    [Fact]
    public async Task Run_ItsHoursCloseMeanwhile_EndsBehindABatchAndGoesOnLater()
    {
        var route = await FilledAsync(600);
        await SetAsync(route, t => t.LimitTo(100, null));
        var run = RunAsync(route, route.Engine());
        await UntilAsync(async () => (await route.BatchesAsync()).Any(b => b.ReceivedAt is not null));
        await SetAsync(route, t => t.OpenIn([LaterToday()]));
        await run;
        var paused = await route.StateAsync();
        (paused.State, paused.Problem, paused.Phase, paused.CaughtUpAt).ShouldBe((DeliveryState.Waiting, null, DeliveryPhase.Snapshot, null));
        var batches = await route.BatchesAsync();
        batches.Sum(b => b.Rows).ShouldBeInRange(100, 599);
        batches.ShouldAllBe(b => b.ReceivedAt != null);

        await SetAsync(route, t =>
        {
            t.OpenIn([]);
            t.LimitTo(null, null);
        });
        (await route.SettleAsync()).Problem.ShouldBeNull();
        // No row was read twice.
        (await route.BatchesAsync()).Sum(b => b.Rows).ShouldBe(600);
    }

    [Fact]
    public async Task Run_AskedForOutsideItsHours_GoesAheadOnce()
    {
        var route = await FilledAsync(250);
        await SetAsync(route, t => t.OpenIn([LaterToday()]));
        await route.WithDb(db => db.Deliveries.Where(d => d.Id == route.Delivery).ExecuteUpdateAsync(s => s.SetProperty(d => d.AskedAt, TimeProvider.System.GetUtcNow())));
        await UntilAsync(async () =>
        {
            await route.Engine().RunAsync(route.Delivery, new Horizon(TimeProvider.System), null, CancellationToken.None);
            return await route.Target.CountAsync("received") == 250 && (await route.StateAsync()).AskedAt is null;
        });

        await route.Source.FillAsync(251, 260);
        await route.Engine().RunAsync(route.Delivery, new Horizon(TimeProvider.System), null, CancellationToken.None);
        (await route.Target.CountAsync("received")).ShouldBe(250);
    }

    [Fact]
    public async Task Run_AskedForWhileATransactionIsOpen_IsAnsweredOnceItsLookIsYoungEnough()
    {
        var route = await FilledAsync(100);
        (await route.SettleAsync()).Problem.ShouldBeNull();
        await SetAsync(route, t => t.OpenIn([LaterToday()]));
        await route.Source.FillAsync(101, 150, fresh: true);
        await using var writer = new Npgsql.NpgsqlConnection(route.Source.Registered);
        await writer.OpenAsync();
        await using var open = await writer.BeginTransactionAsync();
        await using (var nothing = new Npgsql.NpgsqlCommand("SELECT 1", writer, open)) { await nothing.ExecuteScalarAsync(); }
        await route.WithDb(db => db.Deliveries.Where(d => d.Id == route.Delivery).ExecuteUpdateAsync(s => s.SetProperty(d => d.AskedAt, TimeProvider.System.GetUtcNow())));
        // Late enough to be answered, were it not for the transaction.
        await Task.Delay(TimeSpan.FromSeconds(4));
        (await route.RunAsync()).AskedAt.ShouldNotBeNull();
        (await route.Target.CountAsync("received")).ShouldBe(100);

        await open.CommitAsync();
        await UntilAsync(async () => (await route.RunAsync()).AskedAt is null);
        (await route.Target.CountAsync("received")).ShouldBe(150);
    }

    [Fact]
    public async Task Order_InTheMidstOfARun_WaitsForAnother()
    {
        var route = await FilledAsync(100);
        await SetAsync(route, t => t.LimitTo(50, null));
        var run = RunAsync(route, route.Engine());
        await UntilAsync(async () => (await route.BatchesAsync()).Count > 0);
        await route.WithDb(db => db.Deliveries.Where(d => d.Id == route.Delivery).ExecuteUpdateAsync(s => s.SetProperty(d => d.Orders, d => d.Orders + 1)));
        await run;
        (await route.StateAsync()).IsOrdered.ShouldBeTrue();
        await RunAsync(route, route.Engine());
        (await route.StateAsync()).IsOrdered.ShouldBeFalse();
    }

    [Fact]
    public async Task Run_RowsPerSecond_AreNeverPassedAndItsTurnIsGivenAway()
    {
        var route = await FilledAsync(300);
        await SetAsync(route, t => t.LimitTo(50, null));
        var engine = route.Engine();
        var run = RunAsync(route, engine);
        var rested = false;
        while (!run.IsCompleted)
        {
            rested |= engine.Rests(route.Delivery);
            await Task.Delay(20);
        }

        await run;
        rested.ShouldBeTrue();
        engine.Rests(route.Delivery).ShouldBeFalse();
        var batches = await route.BatchesAsync();
        batches.Sum(b => b.Rows).ShouldBe(300);
        for (var n = 1; n < batches.Count; n++)
        {
            (batches[n].SealedAt - batches[0].SealedAt).TotalSeconds.ShouldBeGreaterThanOrEqualTo((batches.Take(n).Sum(b => b.Rows) / 50.0) - 0.05);
        }

        (await route.Target.RowsAsync("received")).ShouldBe(await route.Source.RowsAsync());
    }

    [Fact]
    public async Task Run_LowRate_MakesSmallBatchesInsteadOfLongRests()
    {
        var route = await FilledAsync(100, s => s.BatchRows = 50_000);
        await SetAsync(route, t => t.LimitTo(20, null));
        var run = RunAsync(route, route.Engine());
        await UntilAsync(async () => (await route.BatchesAsync()).Count > 0);
        // Changed meanwhile: the run ends behind a batch, the next goes by the new limits.
        await SetAsync(route, t => t.LimitTo(null, 100_000_000));
        await run;
        (await route.BatchesAsync())[0].Rows.ShouldBe(40);
        (await route.SettleAsync()).Problem.ShouldBeNull();
        (await route.BatchesAsync()).Sum(b => b.Rows).ShouldBe(100);
    }

    [Fact]
    public async Task Left_RowsAndBytes_TheSlowerDecides()
    {
        var pacer = new Pacer(TimeProvider.System);
        var pace = new Pace(new PaceTerms([], 1_000, 1_000_000, DeliveryPriority.Normal, null), Pace.NoCalendar);
        pacer.Left(pace).ShouldBe(TimeSpan.Zero);
        pacer.Sent(TimeProvider.System.GetTimestamp(), 100, 60_000_000);
        pacer.Left(pace).TotalSeconds.ShouldBeInRange(30, 60);
        pacer.Left(Pace.Free).ShouldBe(TimeSpan.Zero);
        pacer.Rests.ShouldBeFalse();
        using var stop = new CancellationTokenSource();
        var resting = pacer.RestAsync(TimeSpan.FromMinutes(10), stop.Token);
        pacer.Rests.ShouldBeTrue();
        await stop.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(resting);
        pacer.Rests.ShouldBeFalse();
    }

    [Fact]
    public async Task Priority_OneTurnAtATimeAndHighOnesAlwaysDue_TheLowOneComesLastAndStillRuns()
    {
        var first = await FirstOfThreeAsync(async routes =>
        {
            for (var n = 0; n < 3; n++) { await SetAsync(routes[n], t => t.Rank(n == 0 ? DeliveryPriority.Low : DeliveryPriority.High)); }
            var now = TimeProvider.System.GetUtcNow();
            await routes[0].WithDb(db => db.Deliveries.ExecuteUpdateAsync(s => s.SetProperty(d => d.NextRunAt, now)));
        });
        first[0].ShouldBeGreaterThan(first[1]);
        first[0].ShouldBeGreaterThan(first[2]);
    }

    [Fact]
    public async Task Order_OneTurnAtATimeAndOthersDueForLong_GoesFirst()
    {
        var first = await FirstOfThreeAsync(async routes =>
        {
            await SetAsync(routes[0], t => t.Rank(DeliveryPriority.Low));
            var past = TimeProvider.System.GetUtcNow().AddHours(-1);
            await routes[0].WithDb(db => db.Deliveries.ExecuteUpdateAsync(s => s.SetProperty(d => d.NextRunAt, past)));
            await routes[0].WithDb(db => db.Deliveries.Where(d => d.Id == routes[0].Delivery).ExecuteUpdateAsync(s => s.SetProperty(d => d.Orders, 1)));
        });
        first[0].ShouldBeLessThan(first[1]);
        first[0].ShouldBeLessThan(first[2]);
    }

    /// <summary>When each of three deliveries sealed its first batch, on a platform that runs one at a time.</summary>
    private static async Task<List<DateTimeOffset>> FirstOfThreeAsync(Func<IReadOnlyList<Route>, Task> prepare)
    {
        var folder = Directory.CreateTempSubdirectory("zhengtong-turns-").FullName;
        var deployment = new Deployment(folder, PlatformFixture.PostgresServer is null ? null : await PlatformFixture.CreatePostgresDatabaseAsync(), "http://127.0.0.1:0", Demo: false);
        var first = new List<DateTimeOffset>();
        await using (var app = Platform.Build(deployment, b =>
        {
            (b.Configuration["Exchange:Parallel"], b.Configuration["Exchange:PrioritySeconds"], b.Configuration["Exchange:TickMilliseconds"]) = ("1", "3", "100");
            (b.Configuration["Exchange:BatchRows"], b.Configuration["Exchange:ReconcileHour"]) = ("50", "-1");
        }))
        {
            await app.PrepareOnCopyAsync();
            List<Route> routes = [];
            for (var n = 0; n < 3; n++)
            {
                // A file has no other writers: every run can begin.
                var route = await ExchangeFixture.PrepareAsync(app.Services, deployment, DataSourceKind.Sqlite, DataSourceKind.Sqlite);
                await route.Source.FillAsync(1, 200);
                routes.Add(route);
            }

            await prepare(routes);
            await app.StartAsync();
            foreach (var route in routes) { await UntilAsync(async () => await route.Target.CountAsync("received") == 200, route.SayAsync); }
            foreach (var route in routes) { first.Add((await route.BatchesAsync())[0].SealedAt); }
            await app.StopAsync();
        }

        Microsoft.Data.Sqlite.SqliteConnection.ClearAllPools();
        Directory.Delete(folder, recursive: true);
        return first;
    }

    private async Task<Route> FilledAsync(int rows, Action<RouteSettings>? change = null)
    {
        var route = await exchange.RouteAsync(DataSourceKind.Postgres, DataSourceKind.Postgres, change);
        await route.Source.FillAsync(1, rows);
        return route;
    }

    /// <summary>One run; another where it could not begin yet, because the database still showed a transaction of whoever filled it.</summary>
    private static async Task RunAsync(Route route, Delivering engine)
    {
        do { await engine.RunAsync(route.Delivery, new Horizon(TimeProvider.System), null, CancellationToken.None); }
        while (await route.StateAsync() is { State: DeliveryState.Waiting, Phase: DeliveryPhase.Snapshot, ChangesFrom: null, Sequence: 0 });
    }

    private static Task SetAsync(Route route, Action<Timetable> change) => route.WithDb(async db =>
    {
        change(await db.TimetableToChangeAsync(route.Delivery, CancellationToken.None));
        return await db.SaveTimetableAsync(CancellationToken.None);
    });

    /// <summary>An hour that begins in two: closed now.</summary>
    internal static RunningWindow LaterToday() => new(null, InChina(2), InChina(3));

    private static string InChina(int hours) => TimeProvider.System.GetUtcNow().ToOffset(TimeSpan.FromHours(8 + hours)).ToString("HH:mm", System.Globalization.CultureInfo.InvariantCulture);
}
