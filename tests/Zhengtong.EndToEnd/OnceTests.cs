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
    public async Task RunOnce_WithEngine_FollowsTheGrantedOrderToAnInstanceThatAnswers_AndLeavesNothingBehind()
    {
        var folder = Directory.CreateTempSubdirectory("ztonce").FullName;
        // Containers are to find their way to what is theirs.
        File.SetUnixFileMode(folder, File.GetUnixFileMode(folder) | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute);
        try
        {
            // One that was killed leaves its LXD running, and the next takes it over.
            await using (var killed = ProgramProcess.Start("dotnet", Repository.Program, "demo", "--once", "--engine", "lxd", "--data", folder))
            {
                var until = TimeProvider.System.GetUtcNow().AddMinutes(5);
                // It names the folder before it starts its LXD and once that runs.
                while (killed.Output.Split(Path.Combine(folder, "lxd")).Length < 3 && !killed.HasEnded)
                {
                    TimeProvider.System.GetUtcNow().ShouldBeLessThan(until, killed.Output);
                    await Task.Delay(100);
                }

                if (killed.HasEnded) { Assert.SkipWhen(await killed.EndAsync(TimeSpan.FromSeconds(5)) == 4, killed.Output); }
            }

            var left = (await File.ReadAllTextAsync(Path.Combine(folder, "lxd", "engine.pid"))).Trim();
            Runs(left).ShouldBeTrue("its LXD ended with it");
            await using var run = ProgramProcess.Start("dotnet", Repository.Program, "demo", "--once", "--engine", "lxd", "--data", folder);
            var code = await run.EndAsync(TimeSpan.FromMinutes(8));
            code.ShouldBe(0, run.Output);
            (await File.ReadAllTextAsync(Path.Combine(folder, "lxd", "engine.pid"))).Trim().ShouldBe(left, "another was started beside it");
            run.Output.ShouldMatch(@"http://10\.\d+\.\d+\.\d+:8080/ \S+ r[0-9a-f]{32}|http://10\.\d+\.\d+\.\d+:8080/ 应答：r[0-9a-f]{32}");
            File.Exists(Path.Combine(folder, "lxd", "engine.pid")).ShouldBeTrue();
            Runs((await File.ReadAllTextAsync(Path.Combine(folder, "lxd", "engine.pid"))).Trim()).ShouldBeFalse("its LXD still runs");
        }
        finally
        {
            using var down = System.Diagnostics.Process.Start("bash", [Repository.PathOf("tools", "lxd"), "down", Path.Combine(folder, "lxd")]);
            await down.WaitForExitAsync();
            Directory.Delete(folder, recursive: true);
        }
    }

    /// <summary>What has ended and was not yet fetched by its parent does not run.</summary>
    private static bool Runs(string process)
    {
        try { return File.ReadAllText($"/proc/{process}/stat").Split(") ")[^1][0] is not ('Z' or 'X'); }
        catch (IOException) { return false; }
    }

    [Fact]
    public async Task RunOnce_WithAnEngineThatCannotRun_SaysWhyAndEndsWithFour()
    {
        // Longer than the path of a unix socket may be.
        var folder = Path.Combine(Path.GetTempPath(), $"ztonce-{Environment.ProcessId}", new string('x', 100));
        try
        {
            await using var run = ProgramProcess.Start("dotnet", Repository.Program, "demo", "--once", "--engine", "lxd", "--data", folder);
            (await run.EndAsync(TimeSpan.FromMinutes(2))).ShouldBe(4, run.Output);
            run.Output.ShouldContain("LXD");
            Directory.Exists(Path.Combine(folder, "lxd")).ShouldBeFalse();
        }
        finally { Directory.Delete(Path.GetDirectoryName(folder)!, recursive: true); }
    }

    [Fact]
    public async Task RunOnce_DatabaseThatIsNotThere_EndsWithTheReason()
    {
        await using var run = ProgramProcess.Start("dotnet", Repository.Program, "demo", "--once", "--database", "Host=127.0.0.1;Port=1;Database=none;Username=nobody;Timeout=2");
        (await run.EndAsync(TimeSpan.FromMinutes(1))).ShouldBe(1);
        run.Output.ShouldContain("127.0.0.1:1");
    }
}
