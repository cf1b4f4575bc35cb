using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Tests.Support;

namespace Zhengtong.Tests;

/// <summary>What happens between starting and serving, on the real program and on both databases.</summary>
public sealed class DatabaseStartupTests : IDisposable
{
    private const string Future = "99990101000000_FromTheFuture";
    private readonly string folder = Directory.CreateTempSubdirectory("zhengtong-start-").FullName;

    public void Dispose()
    {
        SqliteConnection.ClearAllPools();
        Directory.Delete(folder, recursive: true);
    }

    [Theory]
    [InlineData("SQLite")]
    [InlineData("PostgreSQL")]
    public async Task Serve_OnANewerDatabase_IsRefusedWithCode3AndSaysWhatToDo(string kind)
    {
        var deployment = await DeploymentOn(kind);
        await Prepare(deployment);
        await Execute(deployment, db => db.Database.ExecuteSqlAsync($"""INSERT INTO "__EFMigrationsHistory" VALUES ({Future}, '99.0')"""));
        using var process = ServedProcess.Start(deployment);
        (await process.EndAsync()).ShouldBe(3);
        process.Output.ShouldContain("The database is newer than this program");
        process.Output.ShouldContain(Future);
        process.Output.ShouldContain("Start the newer program, or restore the backup");
        process.Output.ShouldNotContain("   at ");
        process.Output.ShouldNotContain("Zhengtong is ready");
    }

    [Theory]
    [InlineData("SQLite")]
    [InlineData("PostgreSQL")]
    public async Task Prepare_FromEmpty_BringsTheDatabaseUpToTheModel(string kind)
    {
        var deployment = await DeploymentOn(kind);
        await Prepare(deployment);
        await Execute(deployment, async db =>
        {
            (await db.Database.GetAppliedMigrationsAsync()).ShouldNotBeEmpty();
            (await db.Database.GetPendingMigrationsAsync()).ShouldBeEmpty();
            db.Database.HasPendingModelChanges().ShouldBeFalse("The model changed: tools/migrations add NAME");
            return await db.Organisations.CountAsync();
        });
        // Again, as at each start.
        await Prepare(deployment);
    }

    [Fact]
    public async Task Serve_TwoProcessesAtOnceOnAnEmptyDatabase_BothServe()
    {
        var database = await PlatformFixture.CreatePostgresDatabaseAsync(Server());
        // Processes of one platform share the master key's file.
        var key = System.Security.Cryptography.RandomNumberGenerator.GetBytes(32);
        var deployments = new[] { "first", "second" }.Select(n => new Deployment(Path.Combine(folder, n), database, "", Demo: false)).ToArray();
        foreach (var deployment in deployments) { await File.WriteAllBytesAsync(deployment.PathOf("keys", "master.key"), key); }
        using var first = ServedProcess.Start(deployments[0]);
        using var second = ServedProcess.Start(deployments[1]);
        await Task.WhenAll(first.ReadyAsync(), second.ReadyAsync());
        await Task.WhenAll(first.KillAsync(), second.KillAsync());
    }

    [Fact]
    public async Task Serve_UnderAnotherMasterKey_IsRefusedWithCode5AndSaysWhatToDo()
    {
        var deployment = await DeploymentOn("SQLite");
        await Prepare(deployment);
        await File.WriteAllBytesAsync(deployment.PathOf("keys", "master.key"), System.Security.Cryptography.RandomNumberGenerator.GetBytes(32));
        using var process = ServedProcess.Start(deployment);
        (await process.EndAsync()).ShouldBe(5);
        process.Output.ShouldContain("keys/master.key");
        process.Output.ShouldNotContain("   at ");
    }

    [Fact]
    public async Task Serve_DatabaseThatIsNotThere_EndsWithOneSentence()
    {
        using var process = ServedProcess.Start(new Deployment(folder, "Host=127.0.0.1;Port=1;Database=none;Username=nobody;Timeout=2", "", Demo: false));
        (await process.EndAsync()).ShouldBe(1);
        process.Output.ShouldContain("127.0.0.1:1");
        process.Output.ShouldNotContain("   at ");
    }

    [Fact]
    public async Task Prepare_AfterAStartThatWasKilledWhileMigrating_GoesOn()
    {
        var deployment = await DeploymentOn("SQLite");
        await using (var connection = new SqliteConnection($"Data Source={deployment.PathOf("zhengtong.db")}"))
        {
            await connection.OpenAsync();
            await using var command = connection.CreateCommand();
            // What the killed process left: its mark that it migrates, which nobody would ever take away.
            command.CommandText = "CREATE TABLE \"__EFMigrationsLock\" (\"Id\" INTEGER NOT NULL PRIMARY KEY, \"Timestamp\" TEXT NOT NULL); INSERT INTO \"__EFMigrationsLock\" VALUES (1, '2026-01-01')";
            await command.ExecuteNonQueryAsync();
        }

        await Prepare(deployment).WaitAsync(TimeSpan.FromSeconds(60));
    }

    private static string Server()
    {
        var server = PlatformFixture.PostgresServer ?? Environment.GetEnvironmentVariable("ZHENGTONG_POSTGRES");
        Assert.SkipWhen(string.IsNullOrEmpty(server), "Needs a PostgreSQL server: set ZHENGTONG_POSTGRES to its connection string.");
        return server!;
    }

    private async Task<Deployment> DeploymentOn(string kind) =>
        new(folder, kind == "SQLite" ? null : await PlatformFixture.CreatePostgresDatabaseAsync(Server()), "http://127.0.0.1:0", Demo: false);

    private static async Task Prepare(Deployment deployment)
    {
        await using var app = Platform.Build(deployment);
        await app.PrepareAsync(default);
    }

    private static async Task Execute(Deployment deployment, Func<ZhengtongDb, Task<int>> act)
    {
        await using var app = Platform.Build(deployment);
        await using var scope = app.Services.CreateAsyncScope();
        await act(scope.ServiceProvider.GetRequiredService<ZhengtongDb>());
    }
}
