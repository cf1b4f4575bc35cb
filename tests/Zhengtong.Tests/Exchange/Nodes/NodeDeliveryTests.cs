using System.Diagnostics;
using System.Globalization;
using System.Text;
using Microsoft.EntityFrameworkCore;
using Npgsql;
using Zhengtong.Exchange.Model;
using Zhengtong.Exchange.Nodes.Machine;
using Zhengtong.Tests.Exchange.Engine;
using Zhengtong.Tests.Support;

namespace Zhengtong.Tests.Exchange.Nodes;

/// <summary>Tables between two departments' own nodes: the real program three times, as platform, as the provider's node and as the consumer's.</summary>
[OnDatabase(Once = true)]
public sealed class NodeDeliveryTests(ITestOutputHelper output)
{
    private const int Rows = 2000;
    private const string Marker = "明文标记PLAINTEXT";

    [Theory]
    [InlineData(DataSourceKind.Sqlite, DataSourceKind.Sqlite)]
    [InlineData(DataSourceKind.Postgres, DataSourceKind.Postgres)]
    public async Task Deliver_BetweenTwoNodes_ArrivesWithReceiptsThroughAnAbsenceOfThePlatformAndNothingPlainIsStored(DataSourceKind from, DataSourceKind to)
    {
        await using var scene = await NodeScene.PrepareAsync(from, to);
        await scene.Source.FillAsync(1, Rows);
        await scene.Source.TouchAsync("id % 7 = 0", Marker);
        var platform = await scene.ServeAsync();
        await scene.EnrolAsync(scene.Provider);
        await scene.EnrolAsync(scene.Consumer);

        // The consumer's node is not there yet: all waits at the platform, and is read there byte by byte.
        scene.Run(scene.Provider);
        await scene.UntilAsync(() => scene.WithDb(db => db.Batches.AnyAsync()), "nothing is handed in");
        await scene.UntilAsync(async () => await scene.WithDb(db => db.Batches.SumAsync(b => b.Rows)) >= Rows, "not all is handed in");
        await platform.KillAsync();
        scene.RelayFiles().ShouldNotBeEmpty();
        await NothingPlainAsync(scene);
        platform = await scene.ServeAsync();
        (await scene.WithDb(db => db.OrganisationKeys.AsNoTracking().Where(k => k.NodeId != null).ToListAsync())).ShouldAllBe(k => k.PrivateKey == null);

        scene.Run(scene.Consumer);
        await scene.EqualAsync();

        // The platform is away: the provider's node works on, and the consumer's waits.
        await platform.KillAsync();
        await scene.Source.FillAsync(Rows + 1, Rows + 500, fresh: true);
        await scene.UntilAsync(() => Task.FromResult(scene.Provider.Open().Report is { QueuedBatches: > 0, Problem: "exchange.platform-unreachable" }), "the node does not work on");
        var said = new StringWriter();
        (await NodeVerb.StatusAsync(scene.Provider.Folder, said)).ShouldBe(1);
        output.WriteLine(said.ToString());

        platform = await scene.ServeAsync();
        await scene.EqualAsync();
        await scene.ProveAsync();
        await scene.UntilAsync(async () => await NodeVerb.StatusAsync(scene.Provider.Folder, TextWriter.Null) == 0, "the node is not well again");
        await platform.KillAsync();
        await NothingPlainAsync(scene);
    }

    [Theory]
    [InlineData(true, false)]
    [InlineData(false, true)]
    public async Task Deliver_OneSideHosted_TheOtherOnANode_Arrives(bool provides, bool receives)
    {
        await using var scene = await NodeScene.PrepareAsync(DataSourceKind.Sqlite, DataSourceKind.Sqlite, provides, receives);
        await scene.Source.FillAsync(1, Rows);
        await scene.ServeAsync(TimeProvider.System);
        var machine = provides ? scene.Provider : scene.Consumer;
        await scene.EnrolAsync(machine);
        await scene.RunAsync(machine, TimeProvider.System);
        await scene.EqualAsync();
        await scene.Source.FillAsync(Rows + 1, Rows + 100, fresh: true);
        await scene.Source.TouchAsync("id % 50 = 0", "改名");
        await scene.EqualAsync();
        await scene.ProveAsync();

        // As a platform leaves it that was killed between a receipt and the end of its ciphertext.
        if (!provides) { return; }
        var done = await scene.WithDb(db => db.Batches.AsNoTracking().FirstAsync(b => b.ReceivedAt != null));
        var folder = Directory.CreateDirectory(Path.Combine(scene.Deployment.DataDirectory, "relay", $"{done.DeliveryId:D}"));
        await File.WriteAllBytesAsync(Path.Combine(folder.FullName, done.CiphertextDigest), [1]);
        await scene.UntilAsync(() => Task.FromResult(!scene.RelayFiles().Any()), "what a crash left is not removed");
    }

    [Fact]
    public async Task Deliver_DeletionsByReplication_AreFoundByTheNodeAndTheSlotIsGivenBackAtTheEnd()
    {
        await using var scene = await NodeScene.PrepareAsync(DataSourceKind.Postgres, DataSourceKind.Sqlite, change: s => s.Capture = CaptureKind.Replication);
        await scene.Source.FillAsync(1, 500);
        await scene.ServeAsync(TimeProvider.System);
        await scene.EnrolAsync(scene.Provider);
        await scene.EnrolAsync(scene.Consumer);
        await scene.RunAsync(scene.Provider, TimeProvider.System);
        await scene.RunAsync(scene.Consumer, TimeProvider.System);
        await scene.EqualAsync();
        await scene.Source.ExecuteAsync("DELETE FROM enterprise WHERE id % 5 = 0");
        await scene.Source.TouchAsync("id = 1", "改名");
        await scene.EqualAsync();

        async Task<long> SlotsAsync() => long.Parse((await scene.Source.QueryAsync("SELECT count(*) FROM pg_replication_slots WHERE database = current_database()")).Single(), CultureInfo.InvariantCulture);
        (await SlotsAsync()).ShouldBe(1);
        await scene.WithDb(async db =>
        {
            (await db.Agreements.SingleAsync(a => a.Id == scene.Route.Agreement)).Revoke();
            return await db.SaveChangesAsync();
        });
        await scene.UntilAsync(async () => await SlotsAsync() == 0, "the slot is not given back");
        await scene.Source.FillAsync(1001, 1010, fresh: true);
        await Task.Delay(1000);
        (await scene.Target.CountAsync("received", "id > 1000")).ShouldBe(0);
    }

    [Fact]
    public async Task Deliver_FolderOfTheProvidersNodeIsLost_AllIsCopiedAnewAndEndsEqual()
    {
        await using var scene = await NodeScene.PrepareAsync(DataSourceKind.Sqlite, DataSourceKind.Sqlite);
        await scene.Source.FillAsync(1, 600);
        await scene.ServeAsync();
        await scene.EnrolAsync(scene.Provider);
        await scene.EnrolAsync(scene.Consumer);
        scene.Run(scene.Consumer);
        var node = scene.Run(scene.Provider);
        await scene.EqualAsync();
        await node.KillAsync();
        // Rows that went while nobody looked would stay at the consumer for ever, did the new copy not clear.
        await scene.Source.ExecuteAsync("DELETE FROM enterprise WHERE id <= 100");
        File.Delete(scene.Provider.Open().Of("node.db"));
        scene.Run(scene.Provider);
        await scene.EqualAsync();
        await scene.ProveAsync();
        (await scene.WithDb(db => db.Ledger.CountAsync(e => e.Event == "exchange.copy-begun-anew"))).ShouldBe(1);
    }

    [Fact]
    public async Task Deliver_OldBackupOfTheConsumersDatabaseIsRestored_BothNodesCopyAnewOnceAndEndEqual()
    {
        await using var scene = await NodeScene.PrepareAsync(DataSourceKind.Sqlite, DataSourceKind.Sqlite);
        await scene.Source.FillAsync(1, 600);
        await scene.ServeAsync();
        await scene.EnrolAsync(scene.Provider);
        await scene.EnrolAsync(scene.Consumer);
        var node = scene.Run(scene.Consumer);
        scene.Run(scene.Provider);
        await scene.EqualAsync();
        await scene.UntilAsync(() => scene.WithDb(db => db.Batches.AllAsync(b => b.ReceivedAt != null)), "receipts are missing");
        await RestoredBackupTests.SaveAsync(scene.Target);
        await scene.Source.FillAsync(601, 900, fresh: true);
        await scene.EqualAsync();
        await scene.UntilAsync(() => scene.WithDb(db => db.Batches.AllAsync(b => b.ReceivedAt != null)), "receipts are missing");
        await node.KillAsync();
        await RestoredBackupTests.RestoreAsync(scene.Target);
        scene.Run(scene.Consumer);
        await scene.Source.TouchAsync("id = 3", "恢复之后");

        await scene.EqualAsync();
        await scene.UntilAsync(() => scene.WithDb(db => db.Batches.AllAsync(b => b.ReceivedAt != null || b.VoidedAt != null)), "something still waits");
        await Task.Delay(2000);
        (await scene.WithDb(db => db.Ledger.Where(e => e.Event == "exchange.copy-begun-anew").Select(e => e.Data).ToListAsync()))[0].ShouldContain("consumer-behind");
        var copies = await scene.WithDb(db => db.Batches.Select(b => b.Manifest).ToListAsync());
        copies.Count(m => m.Contains("\"clears\":true", StringComparison.Ordinal)).ShouldBe(1);
    }

    [Theory]
    [InlineData(DataSourceKind.Sqlite)]
    [InlineData(DataSourceKind.Postgres)]
    public async Task Kill9_EachNodeInTurnWhileRowsChange_BothSidesEndEqualAndEveryBatchHasBothReceiptsOnce(DataSourceKind kind)
    {
        await using var scene = await NodeScene.PrepareAsync(kind, kind);
        await scene.Source.FillAsync(1, 10_000);
        await scene.ServeAsync();
        await scene.EnrolAsync(scene.Provider);
        await scene.EnrolAsync(scene.Consumer);
        var seed = Environment.GetEnvironmentVariable("ZHENGTONG_SEED") is { Length: > 0 } given ? int.Parse(given, CultureInfo.InvariantCulture) : (int)(Stopwatch.GetTimestamp() % int.MaxValue);
        output.WriteLine($"seed {seed} (set ZHENGTONG_SEED to repeat the moments)");
        var state = (ulong)seed;
        var (provider, consumer) = (scene.Run(scene.Provider), scene.Run(scene.Consumer));
        for (var kill = 1; kill <= 8; kill++)
        {
            await scene.Source.FillAsync(10_000 + (kill * 100), 10_049 + (kill * 100), fresh: true);
            await scene.Source.TouchAsync($"id % 400 = {kill}", $"第{kill}次改名");
            // Every second one dies somewhere at its start; the others at work.
            if (kill % 2 == 0)
            {
                await provider.ReadyAsync();
                await consumer.ReadyAsync();
                var before = await scene.Target.CountAsync("received");
                await scene.UntilAsync(async () => await scene.Target.CountAsync("received") != before || before >= 10_000, "nothing arrives");
            }

            await Task.Delay((int)(Next(ref state) % 500));
            if (kill % 4 < 2)
            {
                await provider.KillAsync();
                provider = scene.Run(scene.Provider);
            }
            else
            {
                await consumer.KillAsync();
                consumer = scene.Run(scene.Consumer);
            }

            output.WriteLine($"kill {kill}: {await scene.Target.CountAsync("received")} rows at the consumer");
        }

        await scene.EqualAsync(120);
        await scene.ProveAsync();
    }

    /// <summary>Reads every byte that the platform stored, files and database, for what only the two departments may know.</summary>
    private static async Task NothingPlainAsync(NodeScene scene)
    {
        string[] secrets = [Marker, "note 1", "绝密SECRET", .. new[] { scene.Source, scene.Target }.Select(t => t.Kind == DataSourceKind.Sqlite ? t.Path : new NpgsqlConnectionStringBuilder(t.Registered).Database!)];
        var needles = secrets.SelectMany(s => new[] { Encoding.UTF8.GetBytes(s), Encoding.Unicode.GetBytes(s), Encoding.UTF8.GetBytes(Convert.ToBase64String(Encoding.UTF8.GetBytes(s))[..^4]), Encoding.UTF8.GetBytes(Convert.ToHexStringLower(Encoding.UTF8.GetBytes(s))) }).ToList();
        long read = 0;
        await foreach (var (file, bytes) in StoredFiles.InAsync(scene.Deployment.DataDirectory))
        {
            read += bytes.Length;
            foreach (var needle in needles) { bytes.AsSpan().IndexOf(needle).ShouldBe(-1, $"{Path.GetFileName(file)} holds {Encoding.UTF8.GetString(needle)}"); }
        }

        if (scene.Deployment.Database is { } database) { read += await DatabaseAsync(database, needles); }
        read.ShouldBeGreaterThan(100_000);
        // The search would find it: it finds it where it belongs.
        if (scene.Source.Kind != DataSourceKind.Sqlite) { return; }
        await scene.Source.ExecuteAsync("PRAGMA wal_checkpoint(TRUNCATE)");
        (await File.ReadAllBytesAsync(scene.Source.Path)).AsSpan().IndexOf(needles[0]).ShouldBeGreaterThan(0);
    }

    /// <summary>SplitMix64: the moments repeat with the seed.</summary>
    private static ulong Next(ref ulong state)
    {
        var mixed = state += 0x9E3779B97F4A7C15;
        mixed = (mixed ^ (mixed >> 30)) * 0xBF58476D1CE4E5B9;
        mixed = (mixed ^ (mixed >> 27)) * 0x94D049BB133111EB;
        return mixed ^ (mixed >> 31);
    }

    internal static async Task<long> DatabaseAsync(string database, List<byte[]> needles)
    {
        await using var open = new NpgsqlConnection(database);
        await open.OpenAsync();
        List<string> tables = [];
        await using (var list = new NpgsqlCommand("SELECT format('%I.%I', schemaname, tablename) FROM pg_tables WHERE schemaname NOT IN ('pg_catalog', 'information_schema')", open))
        await using (var row = await list.ExecuteReaderAsync())
        {
            while (await row.ReadAsync()) { tables.Add(row.GetString(0)); }
        }

        long read = 0;
        foreach (var table in tables)
        {
            await using var all = new NpgsqlCommand($"SELECT t::text FROM {table} t", open);
            await using var row = await all.ExecuteReaderAsync();
            while (await row.ReadAsync())
            {
                var bytes = Encoding.UTF8.GetBytes(row.GetString(0));
                read += bytes.Length;
                foreach (var needle in needles) { bytes.AsSpan().IndexOf(needle).ShouldBe(-1, $"{table} holds {Encoding.UTF8.GetString(needle)}"); }
            }
        }

        return read;
    }
}
