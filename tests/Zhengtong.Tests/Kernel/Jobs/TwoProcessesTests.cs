using System.Diagnostics;
using Npgsql;
using Zhengtong.Kernel.Jobs;
using Zhengtong.Tests.Support;

namespace Zhengtong.Tests.Kernel.Jobs;

public sealed class TwoProcessesTests
{
    [Fact]
    public async Task Serve_TwiceOnOneDatabase_AJobNeverRunsTwiceAtOnce_AndTheOtherGoesOnAfterKill()
    {
        var server = PlatformFixture.PostgresServer ?? Environment.GetEnvironmentVariable("ZHENGTONG_POSTGRES");
        Assert.SkipWhen(string.IsNullOrEmpty(server), "Needs a PostgreSQL server: set ZHENGTONG_POSTGRES to its connection string.");
        var database = await PlatformFixture.CreatePostgresDatabaseAsync(server);
        var folder = Directory.CreateTempSubdirectory("zhengtong-two-").FullName;
        // Processes of one platform share the master key's file.
        var (one, two) = (new Deployment(Path.Combine(folder, "first"), database, "", Demo: false), new Deployment(Path.Combine(folder, "second"), database, "", Demo: false));
        using var first = await ServedProcess.ReadyAsync(one, ("Jobs:ProbeMilliseconds", "60"));
        File.Copy(one.PathOf("keys", "master.key"), two.PathOf("keys", "master.key"));
        using var second = await ServedProcess.ReadyAsync(two, ("Jobs:ProbeMilliseconds", "60"));
        try
        {
            await Eventually(async () => (await Runs(database)).GroupBy(r => r.Process).Count(p => p.Count() >= 4) == 2, "both processes take turns");

            // Kill the one that holds the lease now; the other must go on, and no run may begin while the dead one's could still go.
            var holder = await HolderAsync(database, first, second);
            await holder.KillAsync();
            var survivor = holder == first ? second : first;
            var dead = TimeProvider.System.GetUtcNow().UtcDateTime;
            await Eventually(async () => (await Runs(database)).Count(r => r.StartedAt > dead && r.Process.EndsWith($":{survivor.Id}", StringComparison.Ordinal)) >= 4, "the survivor goes on");

            var runs = await Runs(database);
            foreach (var (earlier, later) in runs.Zip(runs.Skip(1)))
            {
                later.StartedAt.ShouldBeGreaterThanOrEqualTo(earlier.FinishedAt, $"{earlier.Process} and {later.Process} ran at once");
            }
        }
        finally
        {
            await first.KillAsync();
            await second.KillAsync();
            Directory.Delete(folder, recursive: true);
        }
    }

    private static async Task<ServedProcess> HolderAsync(string database, ServedProcess first, ServedProcess second)
    {
        var key = JobLeases.KeyOf("kernel.lease-probe");
        await using var connection = new NpgsqlConnection(database);
        await connection.OpenAsync();
        for (var waited = Stopwatch.StartNew(); waited.Elapsed < TimeSpan.FromSeconds(20);)
        {
            await using var ask = new NpgsqlCommand(
                "SELECT a.application_name FROM pg_locks l JOIN pg_stat_activity a USING (pid) WHERE l.locktype = 'advisory' AND l.granted "
                + "AND l.classid::bigint = ($1 >> 32) & 4294967295 AND l.objid::bigint = $1 & 4294967295", connection)
            { Parameters = { new() { Value = key } } };
            if (await ask.ExecuteScalarAsync() is string name) { return name.EndsWith($"-{first.Id}", StringComparison.Ordinal) ? first : second; }
        }

        throw new InvalidOperationException("Nobody ever held the lease");
    }

    private sealed record Run(string Process, DateTime StartedAt, DateTime FinishedAt);

    private static async Task<IReadOnlyList<Run>> Runs(string database)
    {
        await using var connection = new NpgsqlConnection(database);
        await connection.OpenAsync();
        await using var ask = new NpgsqlCommand("SELECT process, started_at, finished_at FROM kernel.job_runs WHERE job = 'kernel.lease-probe' ORDER BY started_at", connection);
        await using var reader = await ask.ExecuteReaderAsync();
        var runs = new List<Run>();
        while (await reader.ReadAsync()) { runs.Add(new Run(reader.GetString(0), reader.GetDateTime(1), reader.GetDateTime(2))); }
        return runs;
    }

    private static async Task Eventually(Func<Task<bool>> holds, string what)
    {
        var waited = Stopwatch.StartNew();
        while (!await holds())
        {
            waited.Elapsed.ShouldBeLessThan(TimeSpan.FromSeconds(60), what);
            await Task.Delay(50);
        }
    }
}
