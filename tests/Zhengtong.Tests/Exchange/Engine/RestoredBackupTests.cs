using System.Text.Json;
using Microsoft.EntityFrameworkCore;
using Npgsql;
using Zhengtong.Exchange.Engine;
using Zhengtong.Exchange.Model;
using Zhengtong.Tests.Exchange.Support;
using Zhengtong.Tests.Support;

namespace Zhengtong.Tests.Exchange.Engine;

/// <summary>A department restored an old backup of its database: what the other side believes is there is there no more.</summary>
[OnDatabase]
public sealed class RestoredBackupTests(ExchangeFixture exchange) : IClassFixture<ExchangeFixture>
{
    [Theory]
    [InlineData(DataSourceKind.Sqlite)]
    [InlineData(DataSourceKind.Postgres)]
    [InlineData(DataSourceKind.MySql)]
    public async Task Run_ConsumersOldBackupRestored_IsToldAndCopiedAnewWithoutTheRowsOfTheBackup(DataSourceKind kind)
    {
        var route = await exchange.RouteAsync(DataSourceKind.Sqlite, kind, s => s.Capture = CaptureKind.Comparison);
        await route.Source.FillAsync(1, 350);
        (await route.RunAsync()).Problem.ShouldBeNull();
        await SaveAsync(route.Target);
        // Behind the backup: rows come, change and go, and each of these batches is receipted.
        await route.Source.FillAsync(351, 480, fresh: true);
        await route.Source.TouchAsync("id = 7", "备份之后改名");
        await route.Source.ExecuteAsync("DELETE FROM enterprise WHERE id <= 5");
        (await route.SettleAsync()).Problem.ShouldBeNull();
        var before = await route.BatchesAsync();
        await RestoreAsync(route.Target);
        (await route.Target.CountAsync("received")).ShouldBe(350);

        (await route.RunAsync()).Problem.ShouldBeNull();
        (await route.Target.RowsAsync("received")).ShouldBe(await route.Source.RowsAsync());
        var told = await EventsAsync(route, "exchange.copy-begun-anew");
        told.ShouldHaveSingleItem().ShouldContain("consumer-behind");
        var batches = await route.BatchesAsync();
        batches.ShouldAllBe(b => b.ReceivedAt != null);
        // The proofs given before the restore stand, and the chain of manifests goes on.
        batches.Take(before.Count).Select(b => b.CounterReceipt).ShouldBe(before.Select(b => b.CounterReceipt));
        BatchManifest.Parse(batches[before.Count].Manifest)!.Clears.ShouldBe(true);
        BatchManifest.Parse(batches[before.Count].Manifest)!.Previous.ShouldBe(before[^1].ManifestDigest);

        // And it goes on as ever.
        await route.Source.TouchAsync("id = 9", "之后");
        (await route.SettleAsync()).Problem.ShouldBeNull();
        (await EventsAsync(route, "exchange.copy-begun-anew")).Count.ShouldBe(1);
    }

    [Fact]
    public async Task Run_ConsumersOldBackupRestoredWhileBatchesWait_TheyAreGivenUpAndTold()
    {
        var route = await exchange.RouteAsync(DataSourceKind.Sqlite, DataSourceKind.Sqlite, s => s.Capture = CaptureKind.Comparison);
        await route.Source.FillAsync(1, 100);
        (await route.RunAsync()).Problem.ShouldBeNull();
        await SaveAsync(route.Target);
        await route.Source.FillAsync(101, 150, fresh: true);
        (await route.SettleAsync()).Problem.ShouldBeNull();
        await route.Target.ExecuteAsync("CREATE TRIGGER refuse BEFORE INSERT ON received BEGIN SELECT raise(ABORT, 'refused'); END");
        await route.Source.FillAsync(151, 400, fresh: true);
        (await route.RunAsync()).Problem.ShouldBe("exchange.value-does-not-fit");
        var waiting = (await route.BatchesAsync()).Where(b => b.ReceivedAt is null).Select(b => b.Sequence).ToList();
        waiting.ShouldNotBeEmpty();
        await RestoreAsync(route.Target);
        await route.Target.ExecuteAsync("DROP TRIGGER IF EXISTS refuse");

        (await route.RunAsync()).Problem.ShouldBeNull();
        (await route.Target.RowsAsync("received")).ShouldBe(await route.Source.RowsAsync());
        var batches = await route.BatchesAsync();
        batches.Where(b => b.VoidedAt != null).Select(b => b.Sequence).ShouldBe(waiting);
        batches.ShouldAllBe(b => b.ReceivedAt != null ^ b.VoidedAt != null);
        using var told = JsonDocument.Parse((await EventsAsync(route, "exchange.batches-voided")).Single());
        (told.RootElement.GetProperty("after").GetProperty("first").GetInt64(), told.RootElement.GetProperty("after").GetProperty("last").GetInt64()).ShouldBe((waiting[0], waiting[^1]));
    }

    [Fact]
    public async Task Run_BatchLostOnItsWay_IsGivenUpAndAllIsCopiedAnew()
    {
        var route = await exchange.RouteAsync(DataSourceKind.Sqlite, DataSourceKind.Sqlite, s => s.Capture = CaptureKind.Comparison);
        await route.Source.FillAsync(1, 100);
        (await route.RunAsync()).Problem.ShouldBeNull();
        await route.Target.ExecuteAsync("CREATE TRIGGER refuse BEFORE INSERT ON received BEGIN SELECT raise(ABORT, 'refused'); END");
        await route.Source.FillAsync(101, 200, fresh: true);
        (await route.RunAsync()).Problem.ShouldBe("exchange.value-does-not-fit");
        await route.Services.GetRequiredService<Relay>().SweepAsync(route.Delivery, [], CancellationToken.None);
        await route.Target.ExecuteAsync("DROP TRIGGER refuse");
        (await route.RunAsync()).Problem.ShouldBeNull();
        (await route.Target.RowsAsync("received")).ShouldBe(await route.Source.RowsAsync());
        (await EventsAsync(route, "exchange.copy-begun-anew")).ShouldHaveSingleItem().ShouldContain("ciphertext-lost");
        (await EventsAsync(route, "exchange.batches-voided")).ShouldHaveSingleItem();
    }

    [Fact]
    public async Task Run_ProvidersOldBackupRestored_TheLogIsShorterThanWhatWasDeliveredAndAllIsCopiedAnew()
    {
        await using var server = await DepartmentServer.PostgresAsync();
        var route = await exchange.RouteAsync(DataSourceKind.Postgres, DataSourceKind.Sqlite, s => (s.Capture, s.PostgresServer) = (CaptureKind.Replication, server.Connection));
        await route.Source.FillAsync(1, 200);
        (await route.RunAsync()).Problem.ShouldBeNull();
        await server.StopAsync();
        server.Save();
        await server.StartAsync();
        await route.Source.FillAsync(201, 900, fresh: true);
        await route.Source.ExecuteAsync("DELETE FROM enterprise WHERE id <= 50");
        (await route.SettleAsync()).Problem.ShouldBeNull();
        await server.KillAsync();
        server.Restore();
        await server.StartAsync();
        (await route.Source.CountAsync("enterprise")).ShouldBe(200);
        await route.Source.TouchAsync("id = 3", "恢复之后");

        (await route.SettleAsync()).Problem.ShouldBeNull();
        (await route.Target.RowsAsync("received")).ShouldBe(await route.Source.RowsAsync());
        (await EventsAsync(route, "exchange.copy-begun-anew")).ShouldHaveSingleItem().ShouldContain("source-behind");
        await route.Source.ExecuteAsync("DELETE FROM enterprise WHERE id > 100");
        (await route.SettleAsync()).Problem.ShouldBeNull();
        (await route.Target.CountAsync("received")).ShouldBe(100);
    }

    private static Task<List<string>> EventsAsync(Support.Route route, string name) => route.WithDb(db => db.Ledger.Where(e => e.Event == name && e.Subject == route.Delivery.ToString("D")).Select(e => e.Data).ToListAsync());

    /// <summary>Makes the backup, with the means of the database itself.</summary>
    internal static async Task SaveAsync(DepartmentTable table)
    {
        switch (table.Kind)
        {
            case DataSourceKind.Sqlite: await table.ExecuteAsync($"VACUUM INTO '{table.Path}.backup'"); break;
            case DataSourceKind.Postgres: await OnServerAsync(table, name => $"CREATE DATABASE {name}_backup TEMPLATE {name}"); break;
            default:
                await table.ExecuteAsync("CREATE TABLE received_backup LIKE received; INSERT INTO received_backup SELECT * FROM received; CREATE TABLE watermark_backup LIKE zhengtong_watermark; INSERT INTO watermark_backup SELECT * FROM zhengtong_watermark");
                break;
        }
    }

    internal static async Task RestoreAsync(DepartmentTable table)
    {
        switch (table.Kind)
        {
            case DataSourceKind.Sqlite:
                foreach (var end in new[] { "-wal", "-shm", "" }) { File.Delete(table.Path + end); }
                File.Copy($"{table.Path}.backup", table.Path);
                break;
            case DataSourceKind.Postgres:
                await OnServerAsync(table, name => $"DROP DATABASE {name} WITH (FORCE)");
                await OnServerAsync(table, name => $"ALTER DATABASE {name}_backup RENAME TO {name}");
                break;
            default:
                await table.ExecuteAsync("DROP TABLE received, zhengtong_watermark; RENAME TABLE received_backup TO received, watermark_backup TO zhengtong_watermark");
                break;
        }
    }

    private static async Task OnServerAsync(DepartmentTable table, Func<string, string> sql)
    {
        var at = new NpgsqlConnectionStringBuilder(table.Registered);
        var name = at.Database!;
        await using var server = new NpgsqlConnection(new NpgsqlConnectionStringBuilder(table.Registered) { Database = "postgres", Pooling = false }.ConnectionString);
        await server.OpenAsync();
        // Copying a database waits for the server to write down everything else first.
        await using var command = new NpgsqlCommand(sql(name), server) { CommandTimeout = 300 };
        await command.ExecuteNonQueryAsync();
    }
}
