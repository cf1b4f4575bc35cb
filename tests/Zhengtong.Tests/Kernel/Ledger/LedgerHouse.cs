using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore;
using Npgsql;
using Zhengtong.Kernel.Identity;
using Zhengtong.Kernel.Ledger;
using Zhengtong.Kernel.Regions;
using Zhengtong.Tests.Support;

namespace Zhengtong.Tests.Kernel.Ledger;

/// <summary>A platform of its own that serves nothing and runs no jobs, so that a test may ruin its ledger.</summary>
internal sealed class LedgerHouse : IAsyncDisposable
{
    private static readonly CancellationToken Ct = CancellationToken.None;

    // Migrating takes longer than most tests: it is done once, and each house begins as a copy.
    private static readonly Lazy<Task<(string Folder, string? Database)>> Template = new(BuildTemplateAsync);
    private readonly string folder;
    private readonly Action<WebApplicationBuilder>? configure;
    private int serial;

    private LedgerHouse(string folder, string? database, Action<WebApplicationBuilder>? configure) => (this.folder, Database, this.configure) = (folder, database, configure);

    internal WebApplication App { get; private set; } = null!;

    internal string? Database { get; private set; }

    internal string CheckpointPath => Path.Combine(folder, "ledger", "checkpoint");

    internal static async Task<LedgerHouse> BuildAsync(Action<WebApplicationBuilder>? configure = null, LedgerHouse? beside = null)
    {
        var template = await Template.Value;
        var folder = beside is { Database: null } ? beside.folder : Directory.CreateTempSubdirectory("zhengtong-ledger-").FullName;
        // Processes of one platform share the master key.
        if (beside is null) { Copy(template.Folder, folder); }
        else if (folder != beside.folder) { Copy(Path.Combine(beside.folder, "keys"), Path.Combine(folder, "keys")); }

        var database = beside?.Database ?? (template.Database is null ? null : await CopyPostgresAsync(template.Database));
        var house = new LedgerHouse(folder, database, configure);
        await house.OpenAsync();
        return house;
    }

    public async ValueTask DisposeAsync()
    {
        await App.DisposeAsync();
        SqliteConnection.ClearAllPools();
        if (Directory.Exists(folder)) { Directory.Delete(folder, recursive: true); }
    }

    internal async Task<T> Run<T>(Func<IServiceProvider, Task<T>> act)
    {
        await using var scope = App.Services.CreateAsyncScope();
        return await act(scope.ServiceProvider);
    }

    internal Task<T> WithDb<T>(Func<ZhengtongDb, Task<T>> act) => Run(services => act(services.GetRequiredService<ZhengtongDb>()));

    internal Task<int> AppendAsync(int count, string reason = "测试 𠮷 \u2028") => WithDb(db =>
    {
        var now = TimeProvider.System.GetUtcNow();
        for (var i = 0; i < count; i++)
        {
            var n = Interlocked.Increment(ref serial);
            db.Ledger.Add(LedgerEntry.Of("test.happened", $"subject-{n}", Actor.Platform, now, reason, before: new { n }, after: new { n = n + 1, 名称 = "食药监局" }));
        }

        return db.SaveChangesAsync(Ct);
    });

    /// <summary>Sequences until nothing is left.</summary>
    internal async Task SequenceAsync()
    {
        while ((await Run(services => services.GetRequiredService<LedgerSequencer>().ReconcileAsync(Ct))).More) { }
    }

    /// <summary>Runs a full check, or of a range.</summary>
    internal Task<LedgerCheckRun> CheckAsync(long from = 0, long? to = null) => Run(services => services.GetRequiredService<LedgerCheck>().RunAsync(from, to, Ct));

    /// <summary>What a full check finds.</summary>
    internal async Task<IReadOnlyList<LedgerFinding>> FindingsAsync() => (await CheckAsync()).ReadFindings();

    /// <summary>Runs SQL as somebody with the database's password would; {entries}, {tiles}, {checkpoints} and {keys} stand for the tables.</summary>
    internal Task<int> SqlAsync(string sql) => WithDb(db => db.Database.ExecuteSqlRawAsync(Tables(sql), Ct));

    internal Task<Guid> IdAtAsync(long index) => WithDb(db => db.Ledger.Where(e => e.Index == index).Select(e => e.Id).SingleAsync());

    /// <summary>A copy of the database as it is now.</summary>
    internal async Task<string> CopyDatabaseAsync()
    {
        if (Database is null)
        {
            var copy = Path.Combine(folder, $"copy-{Guid.CreateVersion7(TimeProvider.System.GetUtcNow()):N}.db");
            await WithDb(db => db.Database.ExecuteSqlAsync($"VACUUM INTO {copy}"));
            return copy;
        }

        return await CopyPostgresAsync(Database);
    }

    /// <summary>Goes on with a copy made earlier: what restoring a backup does.</summary>
    internal async Task RollBackToAsync(string copy)
    {
        await App.DisposeAsync();
        if (Database is null)
        {
            SqliteConnection.ClearAllPools();
            foreach (var part in new[] { "", "-wal", "-shm" }) { File.Delete(Path.Combine(folder, "zhengtong.db" + part)); }
            File.Move(copy, Path.Combine(folder, "zhengtong.db"));
        }
        else
        {
            Database = copy;
        }

        await OpenAsync();
    }

    private static async Task<(string Folder, string? Database)> BuildTemplateAsync()
    {
        var folder = Directory.CreateTempSubdirectory("zhengtong-ledger-template-").FullName;
        AppDomain.CurrentDomain.ProcessExit += (_, _) => Directory.Delete(folder, recursive: true);
        var house = new LedgerHouse(folder, PlatformFixture.PostgresServer is null ? null : await PlatformFixture.CreatePostgresDatabaseAsync(), null);
        await house.OpenAsync();
        await house.App.DisposeAsync();
        SqliteConnection.ClearAllPools();
        return (folder, house.Database);
    }

    private static async Task<string> CopyPostgresAsync(string database)
    {
        var name = $"zt_{Guid.CreateVersion7(TimeProvider.System.GetUtcNow()):N}";
        await using (var own = new NpgsqlConnection(database)) { NpgsqlConnection.ClearPool(own); }
        await using var server = new NpgsqlConnection(PlatformFixture.PostgresServer);
        await server.OpenAsync();
        await using var create = new NpgsqlCommand($"CREATE DATABASE {name} TEMPLATE {new NpgsqlConnectionStringBuilder(database).Database}", server);
        await create.ExecuteNonQueryAsync();
        return new NpgsqlConnectionStringBuilder(database) { Database = name }.ConnectionString;
    }

    private static void Copy(string from, string to)
    {
        Directory.CreateDirectory(to);
        foreach (var file in Directory.EnumerateFiles(from, "*", SearchOption.AllDirectories).Where(f => !f.Contains("/logs/")))
        {
            var target = Path.Combine(to, Path.GetRelativePath(from, file));
            Directory.CreateDirectory(Path.GetDirectoryName(target)!);
            File.Copy(file, target);
        }
    }

    private string Tables(string sql)
    {
        var schema = Database is null ? "" : "kernel.";
        return sql.Replace("{entries}", schema + "ledger_entries").Replace("{tiles}", schema + "ledger_tiles").Replace("{checkpoints}", schema + "ledger_checkpoints").Replace("{keys}", schema + "ledger_keys");
    }

    private async Task OpenAsync()
    {
        App = Platform.Build(new Deployment(folder, Database, "http://127.0.0.1:0", Demo: false), b =>
        {
            // These ledgers begin empty: without the first start's own entry.
            b.Services.Remove(b.Services.Single(s => s.ImplementationType == typeof(DivisionsData)));
            configure?.Invoke(b);
        });
        await App.PrepareOnCopyAsync();
    }
}
