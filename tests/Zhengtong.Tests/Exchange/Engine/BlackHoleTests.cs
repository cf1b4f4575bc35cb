using Zhengtong.Exchange.Model;
using Zhengtong.Tests.Exchange.Support;
using Zhengtong.Tests.Support;

namespace Zhengtong.Tests.Exchange.Engine;

/// <summary>A department's database that takes connections and never answers, from the beginning or from the middle of a batch on.</summary>
[OnDatabase(Once = true)]
public sealed class BlackHoleTests(ExchangeFixture exchange) : IClassFixture<ExchangeFixture>
{
    private const int Rows = 3_000;

    /// <summary>Far more than the two seconds of silence and what the libraries take to give up, far less than for ever.</summary>
    private static readonly TimeSpan Bound = TimeSpan.FromSeconds(90);

    [Theory]
    [InlineData(DataSourceKind.Postgres, CaptureKind.Watermark, 0)]
    [InlineData(DataSourceKind.Postgres, CaptureKind.Replication, 0)]
    [InlineData(DataSourceKind.Postgres, CaptureKind.Replication, 90_000)]
    [InlineData(DataSourceKind.MySql, CaptureKind.Comparison, 0)]
    [InlineData(DataSourceKind.MySql, CaptureKind.Comparison, 90_000)]
    public async Task Run_ProvidersDatabaseBehindABlackHole_EndsInTimeSaysSoAndGoesOn(DataSourceKind kind, CaptureKind capture, long after)
    {
        Link? link = null;
        var route = await exchange.RouteAsync(kind, DataSourceKind.Sqlite, s => (s.Capture, s.SilenceSeconds, s.SourceThrough) = (capture, 2, c => Link.Over(c, out link)));
        await using var disposed = link!;
        await FallIntoHoleAsync(route, link!, after, "exchange.source-unreachable");
    }

    [Theory]
    [InlineData(DataSourceKind.Postgres, 0)]
    [InlineData(DataSourceKind.Postgres, 5_000)]
    [InlineData(DataSourceKind.MySql, 0)]
    [InlineData(DataSourceKind.MySql, 5_000)]
    public async Task Run_ConsumersDatabaseBehindABlackHole_EndsInTimeSaysSoAndEveryBatchIsAppliedOnce(DataSourceKind kind, long after)
    {
        Link? link = null;
        var route = await exchange.RouteAsync(DataSourceKind.Sqlite, kind, s => (s.SilenceSeconds, s.TargetThrough) = (2, c => Link.Over(c, out link)));
        await using var disposed = link!;
        await FallIntoHoleAsync(route, link!, after, "exchange.target-unreachable");
        var batches = await route.BatchesAsync();
        (await route.Target.QueryAsync("SELECT sequence, manifest_digest FROM zhengtong_watermark ORDER BY sequence")).ShouldBe(batches.ConvertAll(b => $"{b.Sequence}|{b.ManifestDigest}"));
        batches.Sum(b => b.Rows).ShouldBe(Rows);
    }

    [Theory]
    [InlineData(DataSourceKind.Postgres)]
    [InlineData(DataSourceKind.MySql)]
    public async Task Run_ConnectionToTheConsumerForgottenOnTheWay_ItsServerLetsGoOfWhatItHeldAndTheBatchIsAppliedOnce(DataSourceKind kind)
    {
        // What stands between has forgotten the connection: the server waits for the rest of a transaction of which nobody knows any more, and holds its locks.
        Link? link = null;
        var route = await exchange.RouteAsync(DataSourceKind.Sqlite, kind, s => (s.SilenceSeconds, s.TargetThrough) = (2, c => Link.Over(c, out link)));
        await using var disposed = link!;
        await route.Source.FillAsync(1, Rows);
        // When the watermark's row is written and locked.
        link!.Spoil(Spoiling.Stranded, 5_000, kind == DataSourceKind.Postgres ? "INSERT 0 1" : "");
        (await route.RunAsync().WaitAsync(Bound)).Problem.ShouldBe("exchange.target-unreachable");
        await GoOnAsync(route);
        var batches = await route.BatchesAsync();
        (await route.Target.QueryAsync("SELECT sequence, manifest_digest FROM zhengtong_watermark ORDER BY sequence")).ShouldBe(batches.ConvertAll(b => $"{b.Sequence}|{b.ManifestDigest}"));
        batches.Sum(b => b.Rows).ShouldBe(Rows);
    }

    [Fact]
    public async Task Reconciler_OneDeliveryInABlackHole_HoldsNoTurnThatAnotherWaitsFor()
    {
        await using var platform = await OwnPlatform.StartAsync(b => (b.Configuration["Exchange:Parallel"], b.Configuration["Exchange:SilenceSeconds"]) = ("1", "2"));
        var deployment = platform.App.Services.GetRequiredService<Deployment>();
        Link? link = null;
        var lost = await ExchangeFixture.PrepareAsync(platform.App.Services, deployment, DataSourceKind.Postgres, DataSourceKind.Sqlite, s => (s.Capture, s.SourceThrough) = (CaptureKind.Comparison, c =>
        {
            var over = Link.Over(c, out link);
            link.Spoil(Spoiling.Hole, 0);
            return over;
        }));
        await using var disposed = link!;
        await lost.Source.FillAsync(1, 10);
        await UntilAsync(async () => (await lost.StateAsync()).Problem == "exchange.source-unreachable");
        var well = await ExchangeFixture.PrepareAsync(platform.App.Services, deployment, DataSourceKind.Sqlite, DataSourceKind.Sqlite, s => s.Capture = CaptureKind.Comparison);
        for (var change = 1; change <= 3; change++)
        {
            await well.Source.FillAsync(change * 10, (change * 10) + 9, fresh: true);
            await UntilAsync(async () => await well.Target.CountAsync("received") == change * 10);
        }

        (await lost.StateAsync()).Failures.ShouldBeGreaterThan(0);
        link!.Mend();
        await UntilAsync(async () => await lost.Target.CountAsync("received") == 10);
    }

    private static async Task FallIntoHoleAsync(Support.Route route, Link link, long after, string code)
    {
        await route.Source.FillAsync(1, Rows);
        link.Spoil(Spoiling.Hole, after);
        var failed = await route.RunAsync().WaitAsync(Bound);
        (failed.State, failed.Problem).ShouldBe((DeliveryState.Failed, code));
        failed.ProblemDetail!.ShouldContain("exchange.fault.");
        link.Mend();
        await GoOnAsync(route);
    }

    /// <summary>Runs, as the reconciler would again and again, until all is delivered.</summary>
    private static async Task GoOnAsync(Support.Route route)
    {
        var until = TimeProvider.System.GetUtcNow() + Bound;
        while ((await route.RunAsync().WaitAsync(Bound)).Problem is not null || !(await route.Source.RowsAsync()).SequenceEqual(await route.Target.RowsAsync("received")))
        {
            TimeProvider.System.GetUtcNow().ShouldBeLessThan(until, (await route.StateAsync()).Problem);
        }
    }
}
