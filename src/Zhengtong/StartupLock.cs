using Microsoft.EntityFrameworkCore;
using Npgsql;

namespace Zhengtong;

/// <summary>Only one process prepares a database at a time: the others wait. The lock falls with the process, however it ends.</summary>
internal sealed class StartupLock : IAsyncDisposable
{
    /// <summary>The platform's own number among PostgreSQL's advisory locks: "zhengton" in ASCII.</summary>
    private const long Number = 0x7A68656E67746F6E;

    private readonly IAsyncDisposable holder;

    private StartupLock(IAsyncDisposable holder) => this.holder = holder;

    public ValueTask DisposeAsync() => holder.DisposeAsync();

    /// <summary>Waits for the lock: an advisory lock on PostgreSQL, a locked file beside the embedded database.</summary>
    internal static async Task<StartupLock> TakeAsync(Deployment deployment, ZhengtongDb db, CancellationToken ct)
    {
        if (deployment.Database is { } connectionString)
        {
            // A database that is not there yet is made by the migration, in which one of two wins.
            if (!await db.Database.CanConnectAsync(ct)) { return new StartupLock(new MemoryStream()); }
            var connection = new NpgsqlConnection(new NpgsqlConnectionStringBuilder(connectionString) { Pooling = false }.ConnectionString);
            await connection.OpenAsync(ct);
            await using var take = new NpgsqlCommand($"SELECT pg_advisory_lock({Number})", connection) { CommandTimeout = 0 };
            await take.ExecuteNonQueryAsync(ct);
            return new StartupLock(connection);
        }

        var path = deployment.PathOf("start.lock");
        while (true)
        {
            try
            {
                var held = new StartupLock(new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None));
                // Whoever left the mark of a migration under way is dead, or this process would not have the file.
                await db.Database.ExecuteSqlAsync($"""DROP TABLE IF EXISTS "__EFMigrationsLock" """, ct);
                return held;
            }
            catch (IOException) { await Task.Delay(TimeSpan.FromMilliseconds(200), ct); }
        }
    }
}
