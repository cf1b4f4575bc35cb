using System.Net;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Exchange.Model;
using Zhengtong.Kernel.Secrets;
using Zhengtong.Tests.Exchange.Files;
using Zhengtong.Tests.Exchange.Nodes;
using Zhengtong.Tests.Exchange.Support;
using Zhengtong.Tests.Support;

namespace Zhengtong.Tests.Exchange.Engine;

/// <summary>No space is left: where batches wait, where files lie, where the platform keeps all it has, where a front-end node keeps its queue.</summary>
[OnDatabase]
public sealed class DiskFullTests
{
    private const int Megabyte = 1024 * 1024;

    [Fact]
    public async Task Run_NoSpaceWhereBatchesWait_SaysSoLosesNothingAndGoesOnWhenThereIsSpace()
    {
        var folder = Directory.CreateTempSubdirectory("zhengtong-full-").FullName;
        var relay = Path.Combine(folder, "relay");
        var disk = await SmallDisk.MountAsync(relay, 3);
        try
        {
            var deployment = await DeploymentAsync(folder);
            await using var app = Platform.Build(deployment);
            await app.PrepareOnCopyAsync();
            var route = await ExchangeFixture.PrepareAsync(app.Services, deployment, DataSourceKind.Sqlite, DataSourceKind.Sqlite, s => s.Capture = CaptureKind.Comparison);
            await route.Source.FillAsync(1, 1000);
            await route.Source.ExecuteAsync("UPDATE enterprise SET photo = randomblob(1000)");
            // Some batches still find room, the next one does not.
            disk.Fill(leaving: 64 * 1024);
            for (var attempt = 1; attempt <= 3; attempt++)
            {
                var failed = await route.RunAsync();
                (failed.State, failed.Problem, failed.Failures).ShouldBe((DeliveryState.Failed, "exchange.store-full", attempt));
            }

            var before = await route.BatchesAsync();
            before.ShouldAllBe(b => b.ReceivedAt != null);
            (await route.Target.CountAsync("received")).ShouldBe(before.Sum(b => b.Rows));
            // Told once, not at each attempt.
            (await route.WithDb(db => db.Ledger.CountAsync(e => e.Event == "exchange.delivery-failed"))).ShouldBe(1);

            disk.Empty();
            (await route.RunAsync()).Problem.ShouldBeNull();
            (await route.Target.RowsAsync("received")).ShouldBe(await route.Source.RowsAsync());
            await ProveAsync(route);
            // Nor is a half-written batch left.
            Directory.EnumerateFiles(relay, "*", SearchOption.AllDirectories).ShouldBeEmpty();
        }
        finally
        {
            Microsoft.Data.Sqlite.SqliteConnection.ClearAllPools();
            await disk.DisposeAsync();
            Directory.Delete(folder, recursive: true);
        }
    }

    [Fact]
    public async Task Serve_NoSpaceInTheWholeDataFolder_StaysUpSaysSoAndGoesOnByItself()
    {
        var folder = Directory.CreateTempSubdirectory("zhengtong-full-").FullName;
        var disk = await SmallDisk.MountAsync(folder, 96);
        try
        {
            var deployment = await DeploymentAsync(folder);
            Support.Route route;
            await using (var app = Platform.Build(deployment))
            {
                await app.PrepareOnCopyAsync();
                // The departments' databases have disks of their own.
                route = await ExchangeFixture.PrepareAsync(app.Services, deployment, DataSourceKind.Postgres, DataSourceKind.Postgres, s => s.Capture = CaptureKind.Comparison);
            }

            await route.Source.FillAsync(1, 300);
            using var program = await ServedProcess.ReadyAsync(deployment, ("Exchange:BatchRows", "100"), ("Exchange:TickMilliseconds", "100"));
            await UntilAsync(async () => await route.Target.CountAsync("received") == 300, () => program.Output);
            disk.Fill();
            await route.Source.FillAsync(301, 1500, fresh: true);
            // Far more than what the files that are there have room for.
            await route.Source.ExecuteAsync("UPDATE enterprise SET photo = decode(repeat('ab', 20000), 'hex')");
            await UntilAsync(() => Task.FromResult(program.Output.Contains("exchange.store-full", StringComparison.Ordinal)), () => program.Output);
            (await route.Target.CountAsync("received")).ShouldBeLessThan(1500);
            program.HasEnded.ShouldBeFalse(program.Output);

            disk.Empty();
            await UntilAsync(async () => (await route.Source.RowsAsync()).SequenceEqual(await route.Target.RowsAsync("received")), () => program.Output);
            // The last receipt follows the rows.
            await using (var app = Platform.Build(deployment))
            {
                route = route with { Services = app.Services };
                await UntilAsync(async () => (await route.BatchesAsync()).All(b => b.ReceivedAt != null) && (await route.StateAsync()).Problem is null, () => program.Output);
                await program.KillAsync();
                await ProveAsync(route);
            }
        }
        finally
        {
            Microsoft.Data.Sqlite.SqliteConnection.ClearAllPools();
            await disk.DisposeAsync();
            Directory.Delete(folder, recursive: true);
        }
    }

    [Fact]
    public async Task Upload_NoSpaceForTheContent_IsToldSoAndGoesOnWhereItWas()
    {
        await using var platform = await OwnPlatform.StartAsync();
        var files = Path.Combine(platform.Folder, "files");
        await using var disk = await SmallDisk.MountAsync(files, 32);
        var parties = await FileParties.MakeAsync(platform.App.Services, SuiteName.International);
        using var client = await parties.ProviderAsync(new Uri(platform.App.Urls.First()));
        var bytes = FileParties.Bytes(10_000_000);
        var id = await client.CreateUploadAsync(parties, bytes.Length);
        // One segment finds room, the next one does not.
        disk.Fill(leaving: 6L * Megabyte);
        var refused = await client.AppendAsync(id, 0, bytes);
        (refused.StatusCode, await refused.ReadProblemCode()).ShouldBe((HttpStatusCode.InsufficientStorage, "exchange.store-full"));
        var at = (int)await client.OffsetAsync(id);
        at.ShouldBeInRange(1, bytes.Length - 1);
        Directory.EnumerateFiles(files, "*.draft", SearchOption.AllDirectories).ShouldBeEmpty();

        disk.Empty();
        (await client.AppendAsync(id, at, bytes[at..])).StatusCode.ShouldBe(HttpStatusCode.NoContent);
        await parties.PublishedAsync(id, 1);
        (await parties.FileAsync(id)).Length.ShouldBe(bytes.Length);
    }

    [Theory]
    [InlineData(0, 0)]
    [InlineData(16, 8)]
    public async Task Node_NoSpaceForItsQueue_TellsThePlatformLosesNothingAndGoesOnByItself(int leastMegabytes, int leavingMegabytes)
    {
        await using var scene = await NodeScene.PrepareAsync(DataSourceKind.Sqlite, DataSourceKind.Sqlite, change: s => s.Capture = CaptureKind.Comparison);
        await using var disk = await SmallDisk.MountAsync(scene.Provider.Folder, 64);
        await scene.Source.FillAsync(1, 600);
        await scene.ServeAsync();
        await scene.EnrolAsync(scene.Provider);
        await scene.EnrolAsync(scene.Consumer);
        var node = scene.Run(scene.Provider, ("Node:LeastDiskMegabytes", $"{leastMegabytes}"));
        scene.Run(scene.Consumer);
        await scene.EqualAsync();
        var delivery = await scene.WithDb(db => db.Deliveries.AsNoTracking().SingleAsync(d => d.AgreementId == scene.Route.Agreement));

        disk.Fill(leavingMegabytes * (long)Megabyte);
        await scene.Source.ExecuteAsync("UPDATE enterprise SET photo = randomblob(20000)");
        await scene.UntilAsync(async () => (await scene.WithDb(db => db.Deliveries.AsNoTracking().SingleAsync(d => d.Id == delivery.Id))).Problem == "exchange.spool-full", "nobody is told");
        (await scene.Source.RowsAsync()).SequenceEqual(await scene.Target.RowsAsync("received")).ShouldBeFalse();
        node.HasEnded.ShouldBeFalse(scene.Said);

        disk.Empty();
        await scene.EqualAsync();
        await scene.UntilAsync(async () => (await scene.WithDb(db => db.Deliveries.AsNoTracking().SingleAsync(d => d.Id == delivery.Id))).Problem is null, "it is still said to be full");
        await scene.ProveAsync();
        // Before the mount goes.
        await node.KillAsync();
    }

    private static async Task<Deployment> DeploymentAsync(string folder) =>
        new(folder, PlatformFixture.PostgresServer is null ? null : await PlatformFixture.CreatePostgresDatabaseAsync(), "http://127.0.0.1:0", Demo: false);

    /// <summary>Every batch once, receipted, applied; nothing was begun anew.</summary>
    private static async Task ProveAsync(Support.Route route)
    {
        var batches = await route.BatchesAsync();
        batches.Select(b => b.Sequence).ShouldBe(Enumerable.Range(1, batches.Count).Select(n => (long)n));
        batches.ShouldAllBe(b => b.ReceivedAt != null && b.VoidedAt == null);
        (await route.Target.QueryAsync("SELECT sequence, manifest_digest, counter_receipt FROM zhengtong_watermark ORDER BY sequence")).ShouldBe(batches.ConvertAll(b => $"{b.Sequence}|{b.ManifestDigest}|{b.CounterReceipt}"));
        foreach (var told in new[] { "exchange.batch-sealed", "exchange.batch-received" })
        {
            (await route.WithDb(db => db.Ledger.Where(e => e.Event == told).Select(e => e.Subject).ToListAsync())).ShouldBe(batches.ConvertAll(b => $"{route.Delivery:D}/{b.Sequence}"), ignoreOrder: true);
        }

        (await route.WithDb(db => db.Ledger.CountAsync(e => e.Event == "exchange.copy-begun-anew"))).ShouldBe(0);
    }

    private static Task UntilAsync(Func<Task<bool>> holds, Func<string> said) => Waiting.UntilAsync(holds, () => Task.FromResult(said()));
}
