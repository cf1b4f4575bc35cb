using System.Diagnostics;
using System.Globalization;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Exchange.Model;
using Zhengtong.Tests.Exchange.Support;
using Zhengtong.Tests.Support;

namespace Zhengtong.Tests.Exchange.Engine;

/// <summary>The promise "nothing is lost, nothing twice", tried on the real program: it is killed with SIGKILL again and again while it delivers a table that others are writing.</summary>
[OnDatabase]
public sealed class KillTests(ITestOutputHelper output)
{
    /// <summary>Twice what is delivered while the kills fall: more would only be delivered undisturbed.</summary>
    private const int Rows = 80_000;
    private const int Kills = 10;

    /// <summary>Small batches and short ticks, so that a kill falls into many places.</summary>
    private static readonly (string, string)[] Quick = [("Exchange:BatchRows", "1000"), ("Exchange:TickMilliseconds", "100")];

    [Fact]
    public async Task Kill9_TenTimesWhileRowsChange_BothSidesEndEqualAndEveryBatchHasBothReceiptsOnce()
    {
        // The departments' databases are of the platform's kind: each kind dies ten times as either.
        var kind = PlatformFixture.PostgresServer is null ? DataSourceKind.Sqlite : DataSourceKind.Postgres;
        var folder = Directory.CreateTempSubdirectory("zhengtong-kill-").FullName;
        var deployment = new Deployment(folder, PlatformFixture.PostgresServer is null ? null : await PlatformFixture.CreatePostgresDatabaseAsync(), "http://127.0.0.1:0", Demo: false);
        try
        {
            Route route;
            await using (var app = Platform.Build(deployment))
            {
                await app.PrepareOnCopyAsync();
                route = await ExchangeFixture.PrepareAsync(app.Services, deployment, kind, kind);
            }

            await route.Source.FillAsync(1, Rows);
            var seed = Environment.GetEnvironmentVariable("ZHENGTONG_SEED") is { Length: > 0 } given ? ulong.Parse(given, CultureInfo.InvariantCulture) : (ulong)Stopwatch.GetTimestamp();
            output.WriteLine($"seed {seed} (set ZHENGTONG_SEED to repeat the moments)");

            using var writing = new CancellationTokenSource();
            var writer = WriteAsync(route.Source, writing.Token);
            List<long> seen = [];
            for (var kill = 1; kill <= Kills; kill++)
            {
                using var program = await ServedProcess.ReadyAsync(deployment, Quick);
                // Every second one dies somewhere at its start; the others while rows arrive.
                var before = await route.Target.CountAsync("received");
                if (kill % 2 == 0) { await ArriveAsync(route, before); }
                var moment = (int)(Next(ref seed) % 600);
                await Task.Delay(moment);
                await program.KillAsync();
                seen.Add(await route.Target.CountAsync("received"));
                output.WriteLine($"kill {kill} {moment} ms after {(kill % 2 == 0 ? "rows arrived" : "the start")}: {seen[^1]} rows at the consumer");
            }

            seen.Distinct().Count().ShouldBeGreaterThan(3, "the kills did not fall into the delivery");
            await writing.CancelAsync();
            var changes = await writer;
            changes.ShouldBeGreaterThan(0);
            using (var program = await ServedProcess.ReadyAsync(deployment, Quick))
            {
                await EqualAsync(route);
                await program.KillAsync();
            }

            output.WriteLine($"{changes} writes by others, {await route.Source.CountAsync("enterprise")} rows in the end");
            await using (var app = Platform.Build(deployment)) { await ProveAsync(route with { Services = app.Services }); }
        }
        finally
        {
            Microsoft.Data.Sqlite.SqliteConnection.ClearAllPools();
            Directory.Delete(folder, recursive: true);
        }
    }

    private static async Task ProveAsync(Route route)
    {
        var delivery = await route.WithDb(db => db.Deliveries.AsNoTracking().SingleAsync(d => d.Id == route.Delivery));
        var batches = await route.BatchesAsync();
        batches.Select(b => b.Sequence).ShouldBe(Enumerable.Range(1, batches.Count).Select(n => (long)n));
        batches.ShouldAllBe(b => b.ReceivedAt != null);
        (delivery.BatchesReceived, delivery.RowsReceived).ShouldBe((batches.Count, batches.Sum(b => b.Rows)));
        // A snapshot row is read once, however often the program died.
        batches.Where(b => b.Phase == DeliveryPhase.Snapshot).Sum(b => b.Rows).ShouldBeGreaterThanOrEqualTo(Rows);

        var subjects = batches.ConvertAll(b => $"{route.Delivery:D}/{b.Sequence}");
        foreach (var told in new[] { "exchange.batch-sealed", "exchange.batch-received" })
        {
            var entries = await route.WithDb(db => db.Ledger.Where(e => e.Event == told).Select(e => e.Subject).ToListAsync());
            entries.ShouldBe(subjects, ignoreOrder: true);
        }

        var applied = await route.Target.QueryAsync("SELECT sequence, manifest_digest FROM zhengtong_watermark ORDER BY sequence");
        applied.ShouldBe(batches.ConvertAll(b => $"{b.Sequence}|{b.ManifestDigest}"));
        var receipts = await route.Target.QueryAsync("SELECT counter_receipt FROM zhengtong_watermark ORDER BY sequence");
        receipts.ShouldBe(batches.ConvertAll(b => b.CounterReceipt!));
        // Nothing waits in the relay any more.
        Directory.EnumerateFiles(Path.Combine(route.Services.GetRequiredService<Deployment>().DataDirectory, "relay"), "*", SearchOption.AllDirectories).ShouldBeEmpty();
    }

    /// <summary>What the department's own programs do meanwhile: new rows, changed rows, several in one transaction.</summary>
    private static async Task<int> WriteAsync(DepartmentTable source, CancellationToken ct)
    {
        var writes = 0;
        for (var next = Rows + 1; !ct.IsCancellationRequested; next += 20)
        {
            await source.FillAsync(next, next + 19, fresh: true);
            // By their keys: to look through the whole table each time would be most of the work here.
            await source.TouchAsync($"id IN ({string.Join(", ", Enumerable.Range(0, 50).Select(n => (n * (Rows / 50)) + writes))})", $"第{writes}次改名");
            writes++;
            await Task.Delay(50, CancellationToken.None);
        }

        return writes;
    }

    private static async Task EqualAsync(Route route)
    {
        var until = TimeProvider.System.GetUtcNow().AddSeconds(180);
        while (true)
        {
            if (await route.Target.CountAsync("received") == await route.Source.CountAsync("enterprise")
                && (await route.Source.RowsAsync()).SequenceEqual(await route.Target.RowsAsync("received"))) { return; }
            TimeProvider.System.GetUtcNow().ShouldBeLessThan(until, "source and target did not become equal");
            await Task.Delay(500);
        }
    }

    private static async Task ArriveAsync(Route route, long before)
    {
        var until = TimeProvider.System.GetUtcNow().AddSeconds(60);
        while (await route.Target.CountAsync("received") == before)
        {
            TimeProvider.System.GetUtcNow().ShouldBeLessThan(until, "nothing arrives");
            await Task.Delay(40);
        }
    }

    /// <summary>SplitMix64: the moments repeat with the seed.</summary>
    private static ulong Next(ref ulong state)
    {
        var mixed = state += 0x9E3779B97F4A7C15;
        mixed = (mixed ^ (mixed >> 30)) * 0xBF58476D1CE4E5B9;
        mixed = (mixed ^ (mixed >> 27)) * 0x94D049BB133111EB;
        return mixed ^ (mixed >> 31);
    }
}
