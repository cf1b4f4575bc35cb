namespace Zhengtong.EndToEnd;

public sealed class OnceTests
{
    [Fact]
    public async Task RunOnce_EmbeddedDefaults_DoesTheMainJobAndEndsWithZero()
    {
        await using var run = ProgramProcess.Start("bash", Repository.PathOf("run"), "--once");
        (await run.EndAsync(TimeSpan.FromMinutes(6))).ShouldBe(0, run.Output);
        run.Output.ShouldContain("200,000");
        await File.WriteAllTextAsync(Path.Combine(Directory.CreateDirectory(Repository.PathOf("artifacts")).FullName, "run-once.txt"), run.Output);
    }

    [Fact]
    public async Task RunOnce_OnPostgres_DoesTheMainJobAndLeavesNoDatabaseBehind()
    {
        var server = Environment.GetEnvironmentVariable("ZHENGTONG_POSTGRES");
        Assert.SkipWhen(string.IsNullOrEmpty(server), "Needs a PostgreSQL server: set ZHENGTONG_POSTGRES to its connection string.");
        await using var run = ProgramProcess.Start("dotnet", Repository.Program, "demo", "--once", "--database", server);
        (await run.EndAsync(TimeSpan.FromMinutes(6))).ShouldBe(0, run.Output);
        run.Output.ShouldContain("200,000");
        await using var connection = new Npgsql.NpgsqlConnection(server);
        await connection.OpenAsync();
        await using var left = new Npgsql.NpgsqlCommand("SELECT count(*) FROM pg_database WHERE starts_with(datname, 'zhengtong_once')", connection);
        (await left.ExecuteScalarAsync()).ShouldBe(0L);
    }

    [Fact]
    public async Task RunOnce_DatabaseThatIsNotThere_EndsWithTheReason()
    {
        await using var run = ProgramProcess.Start("dotnet", Repository.Program, "demo", "--once", "--database", "Host=127.0.0.1;Port=1;Database=none;Username=nobody;Timeout=2");
        (await run.EndAsync(TimeSpan.FromMinutes(1))).ShouldBe(1);
        run.Output.ShouldContain("127.0.0.1:1");
    }
}
