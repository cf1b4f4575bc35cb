using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Logging.Abstractions;
using Zhengtong.Kernel;

namespace Zhengtong.Tests.Kernel;

public sealed class SqliteCheckpointsTests : IDisposable
{
    private const int Step = 24 << 20;
    private readonly string folder = Directory.CreateTempSubdirectory("zhengtong-checkpoints-").FullName;

    public void Dispose()
    {
        SqliteConnection.ClearAllPools();
        Directory.Delete(folder, recursive: true);
    }

    [Fact]
    public async Task Log_WhileRowsAreWritten_IsMovedIntoTheDatabaseAndBeginsAnew()
    {
        var file = Path.Combine(folder, "zhengtong.db");
        await using var writer = new SqliteConnection($"Data Source={file};Pooling=False");
        await writer.OpenAsync();
        // No commit empties the log by itself.
        Execute(writer, "PRAGMA journal_mode = WAL; PRAGMA synchronous = OFF; PRAGMA wal_autocheckpoint = 0; CREATE TABLE rows (bytes BLOB)");
        using var checkpoints = new SqliteCheckpoints(new Deployment(folder, null, "", Demo: false), TimeProvider.System, NullLogger<SqliteCheckpoints>.Instance);
        await checkpoints.StartAsync(CancellationToken.None);
        Execute(writer, $"WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {Step / 4096}) INSERT INTO rows SELECT randomblob(4000) FROM n");
        var before = SaltOf(file + "-wal");
        var until = TimeProvider.System.GetUtcNow().AddMinutes(2);
        while (SaltOf(file + "-wal") == before)
        {
            TimeProvider.System.GetUtcNow().ShouldBeLessThan(until, "the log never begins anew");
            await Task.Delay(20);
            // It begins anew with the first commit that finds all of it moved.
            Execute(writer, "INSERT INTO rows VALUES (NULL)");
        }

        new FileInfo(file).Length.ShouldBeGreaterThan(Step * 9L / 10);
        await checkpoints.StopAsync(CancellationToken.None);
    }

    /// <summary>What each beginning of the log changes (sqlite.org/fileformat2, 4.1).</summary>
    private static long SaltOf(string log)
    {
        using var file = new FileStream(log, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        var header = new byte[24];
        file.ReadExactly(header);
        return BitConverter.ToInt64(header, 16);
    }

    private static void Execute(SqliteConnection connection, string sql)
    {
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        command.ExecuteNonQuery();
    }
}
