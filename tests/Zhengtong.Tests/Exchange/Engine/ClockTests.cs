using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Zhengtong.Exchange.Engine;
using Zhengtong.Exchange.Model;
using Zhengtong.Exchange.Nodes.Machine;
using Zhengtong.Kernel.Objects;
using Zhengtong.Tests.Exchange.Nodes;
using Zhengtong.Tests.Exchange.Support;
using Zhengtong.Tests.Support;

namespace Zhengtong.Tests.Exchange.Engine;

/// <summary>The clocks of the platform and of front-end nodes are set forward and back by hours, and over the end of an agreement.</summary>
[OnDatabase]
public sealed class ClockTests
{
    [Fact]
    public async Task Run_ClockJumpsForwardAndBack_NoBatchIsLostAndNoReceiptComesBeforeItsBatch()
    {
        var clock = new MovableClock();
        await using var platform = await StillAsync(clock);
        var route = await platform.RouteAsync(clock);
        await route.Source.FillAsync(1, 350);
        (await route.RunAsync()).Problem.ShouldBeNull();
        foreach (var ahead in new[] { 5, -4, 0 })
        {
            // Sealed at one time, applied and receipted at another.
            await route.Target.ExecuteAsync("CREATE TRIGGER refuse BEFORE UPDATE ON received BEGIN SELECT raise(ABORT, 'refused'); END");
            await route.Source.TouchAsync("id % 3 = 0", $"改于{ahead}");
            (await route.RunAsync()).Problem.ShouldBe("exchange.value-does-not-fit");
            await route.Target.ExecuteAsync("DROP TRIGGER refuse");
            clock.Ahead = TimeSpan.FromHours(ahead);
            (await route.SettleAsync()).Problem.ShouldBeNull();
        }

        (await route.Target.RowsAsync("received")).ShouldBe(await route.Source.RowsAsync());
        var batches = await route.BatchesAsync();
        batches.Select(b => b.Sequence).ShouldBe(Enumerable.Range(1, batches.Count).Select(n => (long)n));
        batches.ShouldAllBe(b => b.ReceivedAt >= b.SealedAt);
        batches.ShouldAllBe(b => CounterReceipt.Parse(b.CounterReceipt!)!.AppliedAt >= b.SealedAt);
        batches.ShouldContain(b => b.ReceivedAt == b.SealedAt, "no batch was answered while the clock showed less than its seal");
        (await route.WithDb(db => db.Ledger.CountAsync(e => e.Event == "exchange.batch-received"))).ShouldBe(batches.Count);
    }

    [Fact]
    public async Task Run_AgreementEndsInMidDelivery_StopsBetweenTwoBatchesAndProvesWhatWasDelivered()
    {
        for (var rows = 5_000; ; rows *= 2)
        {
            var clock = new MovableClock();
            await using var platform = await StillAsync(clock);
            var route = await platform.RouteAsync(clock, s => s.BatchRows = 50);
            await route.Source.FillAsync(1, rows);
            var run = route.RunAsync();
            while (!run.IsCompleted && await route.Target.CountAsync("received") == 0) { await Task.Delay(5); }
            var end = TimeProvider.System.GetUtcNow().AddDays(1);
            clock.Ahead = TimeSpan.FromHours(25);
            // On a fast machine the end may come when all is delivered: then again, with more.
            if ((await run).State == DeliveryState.Waiting && rows < 200_000) { continue; }

            (await route.StateAsync()).State.ShouldBe(DeliveryState.Stopped);
            var delivered = await route.Target.CountAsync("received");
            delivered.ShouldBeInRange(50, rows - 1);
            (delivered % 50).ShouldBe(0);
            await route.Source.TouchAsync("id = 1", "到期之后");
            (await route.RunAsync()).State.ShouldBe(DeliveryState.Stopped);
            (await route.Target.CountAsync("received")).ShouldBe(delivered);
            (await route.Target.CountAsync("received", "name = '到期之后'")).ShouldBe(0);
            var received = (await route.BatchesAsync()).Where(b => b.ReceivedAt != null).ToList();
            received.Sum(b => b.Rows).ShouldBe((int)delivered);
            received.ShouldAllBe(b => b.SealedAt < end);
            (await route.Target.QueryAsync("SELECT sequence FROM zhengtong_watermark ORDER BY sequence")).ShouldBe(received.ConvertAll(b => $"{b.Sequence}"));
            // Nothing of it lies about any more.
            (await route.Services.GetRequiredService<ObjectStore>().ListPassingAsync($"relay/{route.Delivery:D}", CancellationToken.None)).ShouldBeEmpty();
            return;
        }
    }

    [Fact]
    public async Task Run_AgreementEndsBetweenABatchAndItsReceipt_TheReceiptIsStillFetchedAndNothingMoreLeaves()
    {
        var clock = new MovableClock();
        await using var platform = await StillAsync(clock);
        var route = await platform.RouteAsync(clock);
        await route.Source.FillAsync(1, 350);
        // The platform dies, as it were, when the first batch is in the consumer's table and its receipt not yet in the platform's.
        await platform.RefuseReceiptsAsync();
        (await route.RunAsync()).State.ShouldBe(DeliveryState.Failed);
        (await route.Target.CountAsync("received")).ShouldBe(100);
        (await route.BatchesAsync()).ShouldAllBe(b => b.ReceivedAt == null);
        await platform.TakeReceiptsAsync();
        clock.Ahead = TimeSpan.FromHours(25);

        (await route.RunAsync()).State.ShouldBe(DeliveryState.Stopped);
        (await route.Target.CountAsync("received")).ShouldBe(100);
        var batches = await route.BatchesAsync();
        batches[0].ReceivedAt.ShouldNotBeNull();
        batches.Skip(1).ShouldAllBe(b => b.ReceivedAt == null);
        (await route.Target.QueryAsync("SELECT sequence, counter_receipt FROM zhengtong_watermark")).ShouldBe([$"1|{batches[0].CounterReceipt}"]);
        (await route.WithDb(db => db.Ledger.CountAsync(e => e.Event == "exchange.batch-received"))).ShouldBe(1);
        (await route.StateAsync()).RowsReceived.ShouldBe(100);
    }

    [Fact]
    public async Task Reconciler_ClockSetBack_DoesNotWaitForTheTimeItHadShown()
    {
        var clock = new MovableClock();
        await using var platform = await StillAsync(clock);
        var route = await platform.RouteAsync(clock, s => s.EverySeconds = 600);
        await route.Source.FillAsync(1, 10);
        clock.Ahead = TimeSpan.FromHours(5);
        (await route.RunAsync()).NextRunAt.ShouldBeGreaterThan(TimeProvider.System.GetUtcNow().AddHours(5));
        (await route.Target.CountAsync("received")).ShouldBe(10);
        await route.Source.FillAsync(11, 20, fresh: true);
        clock.Ahead = TimeSpan.Zero;
        await platform.App.StartAsync();
        await UntilAsync(async () => await route.Target.CountAsync("received") == 20);
        await platform.App.StopAsync();
    }

    [Fact]
    public async Task Nodes_EachClockInTurnGoesAheadAndBack_RefusedWithACodeThatSaysSoAndNothingIsLostOrDoubled()
    {
        var (here, there, beyond) = (new MovableClock(), new MovableClock(), new MovableClock());
        await using var scene = await NodeScene.PrepareAsync(DataSourceKind.Sqlite, DataSourceKind.Sqlite, change: s => s.Capture = CaptureKind.Comparison);
        await scene.Source.FillAsync(1, 600);
        await scene.ServeAsync(here);
        await scene.EnrolAsync(scene.Provider);
        await scene.EnrolAsync(scene.Consumer);
        await scene.RunAsync(scene.Provider, there);
        await scene.RunAsync(scene.Consumer, beyond);
        await scene.EqualAsync();
        var change = 0;
        foreach (var (clock, hours, off) in new[] { (there, 5, scene.Provider), (there, -5, scene.Provider), (beyond, 5, scene.Consumer), (beyond, -5, scene.Consumer), (here, 5, scene.Provider), (here, -5, scene.Consumer) })
        {
            clock.Ahead = TimeSpan.FromHours(hours);
            await scene.Source.TouchAsync($"id % 5 = {++change % 5}", $"第{change}次");
            await scene.UntilAsync(() => Task.FromResult(off.Open().Report?.Problem == "exchange.node-clock-off"), $"nobody says that a clock is off by {hours} hours");
            clock.Ahead = TimeSpan.Zero;
            await scene.Source.TouchAsync($"id % 7 = {change % 7}", $"第{change}次之后");
            await scene.EqualAsync();
            await scene.UntilAsync(() => Task.FromResult(off.Open().Report is { Problem: null, QueuedBatches: 0 }), "the node is not well again");
        }

        await scene.ProveAsync();
        (await scene.WithDb(db => db.Batches.AsNoTracking().ToListAsync())).ShouldAllBe(b => b.ReceivedAt >= b.SealedAt);
        (await scene.WithDb(db => db.Ledger.CountAsync(e => e.Event == "exchange.copy-begun-anew"))).ShouldBe(0);
    }

    [Fact]
    public async Task Nodes_AgreementEndsInMidDelivery_WhatWasAppliedIsReceiptedAndNothingMoreLeaves()
    {
        for (var rows = 10_000; ; rows *= 2)
        {
            // All three go by one clock here.
            var clock = new MovableClock();
            await using var scene = await NodeScene.PrepareAsync(DataSourceKind.Sqlite, DataSourceKind.Sqlite, change: s => s.Capture = CaptureKind.Comparison);
            await scene.Source.FillAsync(1, rows);
            await scene.ServeAsync(clock);
            await scene.EnrolAsync(scene.Provider);
            await scene.EnrolAsync(scene.Consumer);
            var provider = (await scene.RunAsync(scene.Provider, clock)).Services.GetRequiredService<NodeWork>();
            await scene.RunAsync(scene.Consumer, clock);
            await scene.UntilAsync(async () => await scene.Target.CountAsync("received") > 0, "nothing arrives");
            clock.Ahead = TimeSpan.FromHours(25);
            await scene.UntilAsync(() => scene.WithDb(db => db.Deliveries.AnyAsync(d => d.State == DeliveryState.Stopped)), "the delivery does not stop");
            // What was under way comes to its end: whatever was applied is receipted, and nobody keeps what may not flow any more.
            await scene.UntilAsync(
                async () => await scene.Target.CountAsync("received") == (await ReceivedAsync()).Sum(b => b.Rows) && !scene.RelayFiles().Any() && (await provider.StandAsync(CancellationToken.None)).QueuedBatches == 0,
                "what was applied is not receipted, or what waits is kept");
            var delivered = await scene.Target.CountAsync("received");
            // On a fast machine the end may come when all is delivered: then again, with more.
            if (delivered == rows && rows < 200_000) { continue; }

            delivered.ShouldBeInRange(1, rows - 1);
            var received = await ReceivedAsync();
            received.Select(b => b.Sequence).ShouldBe(Enumerable.Range(1, received.Count).Select(n => (long)n));
            received.ShouldAllBe(b => b.SealedAt <= b.ReceivedAt);
            (await scene.Target.QueryAsync("SELECT sequence, counter_receipt FROM zhengtong_watermark ORDER BY sequence")).ShouldBe(received.ConvertAll(b => $"{b.Sequence}|{b.CounterReceipt}"));
            await scene.Source.TouchAsync("id = 1", "到期之后");
            await Task.Delay(1500);
            (await scene.Target.CountAsync("received", "name = '到期之后'")).ShouldBe(0);
            return;

            Task<List<Batch>> ReceivedAsync() => scene.WithDb(db => db.Batches.AsNoTracking().Where(b => b.ReceivedAt != null).OrderBy(b => b.Sequence).ToListAsync());
        }
    }

    private static async Task<Still> StillAsync(MovableClock clock)
    {
        var folder = Directory.CreateTempSubdirectory("zhengtong-clock-").FullName;
        var deployment = new Deployment(folder, PlatformFixture.PostgresServer is null ? null : await PlatformFixture.CreatePostgresDatabaseAsync(), "http://127.0.0.1:0", Demo: false);
        var app = Platform.Build(deployment, builder => builder.Services.Replace(ServiceDescriptor.Singleton<TimeProvider>(clock)));
        await app.PrepareOnCopyAsync();
        return new Still(app, deployment);
    }

    /// <summary>A platform that does nothing by itself.</summary>
    private sealed record Still(WebApplication App, Deployment Deployment) : IAsyncDisposable
    {
        internal Task<Support.Route> RouteAsync(MovableClock clock, Action<RouteSettings>? change = null) =>
            ExchangeFixture.PrepareAsync(App.Services, Deployment, DataSourceKind.Sqlite, DataSourceKind.Sqlite, s =>
            {
                (s.Clock, s.Capture) = (clock, CaptureKind.Comparison);
                change?.Invoke(s);
            });

        /// <summary>From now on the platform's database takes no counter-receipt.</summary>
        internal Task RefuseReceiptsAsync() => SqlAsync(Deployment.Database is null
            ? ["CREATE TRIGGER refuse BEFORE UPDATE OF counter_receipt ON batches BEGIN SELECT raise(ABORT, 'refused'); END"]
            : ["CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RAISE EXCEPTION ''refused''; END'", "CREATE TRIGGER refuse BEFORE UPDATE OF counter_receipt ON exchange.batches FOR EACH ROW EXECUTE FUNCTION refuse()"]);

        internal Task TakeReceiptsAsync() => SqlAsync([Deployment.Database is null ? "DROP TRIGGER refuse" : "DROP TRIGGER refuse ON exchange.batches"]);

        private async Task SqlAsync(string[] statements)
        {
            await using var scope = App.Services.CreateAsyncScope();
            foreach (var sql in statements) { await scope.ServiceProvider.GetRequiredService<ZhengtongDb>().Database.ExecuteSqlRawAsync(sql); }
        }

        public async ValueTask DisposeAsync()
        {
            await App.DisposeAsync();
            Microsoft.Data.Sqlite.SqliteConnection.ClearAllPools();
            Directory.Delete(Deployment.DataDirectory, recursive: true);
        }
    }
}
