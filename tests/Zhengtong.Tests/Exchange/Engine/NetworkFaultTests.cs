using System.Diagnostics;
using Zhengtong.Exchange.Model;
using Zhengtong.Tests.Exchange.Support;
using Zhengtong.Tests.Support;

namespace Zhengtong.Tests.Exchange.Engine;

/// <summary>The network between the platform and a department's database: cut, silent, slow, noisy.</summary>
[OnDatabase(Once = true)]
public sealed class NetworkFaultTests(ExchangeFixture exchange) : IClassFixture<ExchangeFixture>
{
    private const int Rows = 3_000;

    [Theory]
    [InlineData(DataSourceKind.Postgres, CaptureKind.Replication, Spoiling.Cut)]
    [InlineData(DataSourceKind.Postgres, CaptureKind.Replication, Spoiling.HalfClose)]
    [InlineData(DataSourceKind.Postgres, CaptureKind.Watermark, Spoiling.Silence)]
    [InlineData(DataSourceKind.Postgres, CaptureKind.Watermark, Spoiling.Noise)]
    [InlineData(DataSourceKind.MySql, CaptureKind.Watermark, Spoiling.Cut)]
    [InlineData(DataSourceKind.MySql, CaptureKind.Watermark, Spoiling.Silence)]
    public async Task Run_LinkToTheProviderSpoiltInMidBatch_SaysSoAndGoesOnWhereItWas(DataSourceKind kind, CaptureKind capture, Spoiling how)
    {
        Link? link = null;
        var route = await exchange.RouteAsync(kind, DataSourceKind.Sqlite, s => (s.Capture, s.SilenceSeconds, s.SourceThrough) = (capture, 2, c => Link.Over(c, out link)));
        await using var disposed = link!;
        await route.Source.FillAsync(1, Rows);
        await SpoilAsync(route, link!, how, "exchange.source-unreachable", 90_000);
        // Changes too, whichever way they are found.
        await route.Source.FillAsync(Rows + 1, Rows + 1500, fresh: true);
        // A watermark is read up to a second back.
        await Task.Delay(1200);
        await route.RunAsync();
        await route.Source.TouchAsync("id % 2 = 0", "线路中断时的变更");
        await Task.Delay(1200);
        await SpoilAsync(route, link!, how, "exchange.source-unreachable", 30_000);
        // The snapshot went on behind its last row.
        (await route.BatchesAsync()).Where(b => b.Phase == DeliveryPhase.Snapshot).Sum(b => b.Rows).ShouldBeInRange(Rows, Rows + 1500);
        (await route.BatchesAsync()).ShouldAllBe(b => b.VoidedAt == null);
    }

    [Theory]
    [InlineData(DataSourceKind.Postgres, Spoiling.Cut)]
    [InlineData(DataSourceKind.Postgres, Spoiling.HalfClose)]
    public async Task Run_LinkToTheConsumerSpoiltInMidBatch_EveryBatchIsAppliedOnce(DataSourceKind kind, Spoiling how)
    {
        Link? link = null;
        var route = await exchange.RouteAsync(DataSourceKind.Sqlite, kind, s => (s.SilenceSeconds, s.TargetThrough) = (2, c => Link.Over(c, out link)));
        await using var disposed = link!;
        await route.Source.FillAsync(1, Rows);
        await SpoilAsync(route, link!, how, "exchange.target-unreachable", 6_000);
        var batches = await route.BatchesAsync();
        (await route.Target.QueryAsync("SELECT sequence, manifest_digest FROM zhengtong_watermark ORDER BY sequence")).ShouldBe(batches.ConvertAll(b => $"{b.Sequence}|{b.ManifestDigest}"));
        batches.Sum(b => b.Rows).ShouldBe(Rows);
    }

    [Theory]
    [InlineData(DataSourceKind.Postgres, DataSourceKind.MySql)]
    [InlineData(DataSourceKind.MySql, DataSourceKind.Postgres)]
    public async Task Run_SlowLinks_TakeTheirTimeAndAreNoFault(DataSourceKind from, DataSourceKind to)
    {
        Link? near = null, far = null;
        var route = await exchange.RouteAsync(from, to, s => (s.BatchRows, s.SilenceSeconds, s.SourceThrough, s.TargetThrough) = (1000, 5, c => Link.Over(c, out near), c => Link.Over(c, out far)));
        await using var first = near!;
        await using var second = far!;
        await route.Source.FillAsync(1, 2000);
        await route.Source.ExecuteAsync("UPDATE enterprise SET note = repeat('慢', 40)");
        (near!.BytesPerSecond, far!.BytesPerSecond) = (150_000, 150_000);
        near.Delay = far.Delay = TimeSpan.FromMilliseconds(20);
        var watch = Stopwatch.StartNew();
        (await route.RunAsync()).Problem.ShouldBeNull();
        watch.Elapsed.ShouldBeGreaterThan(TimeSpan.FromSeconds(2));
        (await route.Target.RowsAsync("received")).ShouldBe(await route.Source.RowsAsync());
        (await route.BatchesAsync()).Count(b => b.Phase == DeliveryPhase.Snapshot).ShouldBe(2);
    }

    /// <summary>Spoils the link again and again, a little later each time, and at last no more.</summary>
    private static async Task SpoilAsync(Support.Route route, Link link, Spoiling how, string code, int each)
    {
        var failed = 0;
        for (var attempt = 1; attempt <= (how == Spoiling.Silence ? 1 : 3); attempt++)
        {
            link.Spoil(how, attempt * each);
            var watch = Stopwatch.StartNew();
            var state = await route.RunAsync();
            watch.Elapsed.ShouldBeLessThan(TimeSpan.FromSeconds(20));
            if (state.Problem is null) { continue; }
            // Noise can be anything, also something that the database's library breaks at: then the run says that, and goes on all the same.
            if (how != Spoiling.Noise) { state.Problem.ShouldBe(code); }
            if (how == Spoiling.Silence) { state.ProblemDetail!.ShouldContain("exchange.fault."); }
            failed++;
        }

        failed.ShouldBeGreaterThan(0, "the link was spoilt where nothing was said any more");
        link.Mend();
        (await route.SettleAsync()).Problem.ShouldBeNull();
        (await route.Target.RowsAsync("received")).ShouldBe(await route.Source.RowsAsync());
    }
}
