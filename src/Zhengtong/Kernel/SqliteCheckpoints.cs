using Microsoft.Data.Sqlite;

namespace Zhengtong.Kernel;

/// <summary>Moves what is committed from SQLite's write-ahead log into the database file, beside the writers. Left to itself SQLite does so within the commit that brings the log to 1,000 pages,
/// and while that commit waits for the disk twice more, everybody waits for it.</summary>
internal sealed partial class SqliteCheckpoints(Deployment deployment, TimeProvider clock, ILogger<SqliteCheckpoints> logger) : BackgroundService
{
    /// <summary>From so many pages of 4 KiB on the log is made to begin anew; what writers wait for then is the little that came during the step before.</summary>
    private const long Most = 4096;

    private static readonly TimeSpan Every = TimeSpan.FromMilliseconds(500);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Every, clock);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            try { Move(); }
            catch (Exception e) when (e is not OperationCanceledException) { Failed(e); }
        }
    }

    private void Move()
    {
        using var connection = new SqliteConnection($"Data Source={deployment.PathOf("zhengtong.db")};Mode=ReadWrite;Pooling=True");
        connection.Open();
        // A reader that holds an old state keeps nobody waiting for long: the next round comes.
        Ask(connection, "PRAGMA busy_timeout = 50");
        if (Ask(connection, "PRAGMA wal_checkpoint(PASSIVE)") > Most) { Ask(connection, "PRAGMA wal_checkpoint(FULL)"); }
    }

    /// <summary>Pages in the log, when that is what was asked.</summary>
    private static long Ask(SqliteConnection connection, string pragma)
    {
        using var command = connection.CreateCommand();
        command.CommandText = pragma;
        using var reader = command.ExecuteReader();
        return reader.Read() && reader.FieldCount > 1 ? reader.GetInt64(1) : 0;
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "SQLite's log could not be moved into the database; the next round tries again")]
    private partial void Failed(Exception e);
}
