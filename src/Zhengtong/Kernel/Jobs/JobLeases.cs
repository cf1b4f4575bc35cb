using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using Npgsql;

namespace Zhengtong.Kernel.Jobs;

/// <summary>The right to run one job, held until disposed. It dies with the process that holds it: see docs/adr/0004.</summary>
internal sealed class JobLease : IAsyncDisposable
{
    private readonly CancellationTokenSource lost = new();
    private readonly CancellationTokenSource released = new();
    private readonly IAsyncDisposable held;
    private readonly Task watch;

    /// <summary>A lease on a file that the operating system locks.</summary>
    internal JobLease(FileStream file) => (held, watch) = (file, Task.CompletedTask);

    /// <summary>A lease on a session of PostgreSQL that holds an advisory lock.</summary>
    internal JobLease(NpgsqlConnection session) => (held, watch) = (session, WatchAsync(session));

    /// <summary>Cancelled when the lease was taken away: the database ended the session.</summary>
    internal CancellationToken Lost => lost.Token;

    public async ValueTask DisposeAsync()
    {
        await released.CancelAsync();
        await watch;
        if (held is NpgsqlConnection { FullState: System.Data.ConnectionState.Open } session)
        {
            await using var unlock = new NpgsqlCommand("SELECT pg_advisory_unlock_all()", session);
            try { await unlock.ExecuteNonQueryAsync(CancellationToken.None); }
            catch (NpgsqlException) { /* The session is gone, and the lock with it. */ }
        }

        await held.DisposeAsync();
        lost.Dispose();
        released.Dispose();
    }

    /// <summary>Nobody sends anything on this session, so what wakes the wait is its end.</summary>
    private async Task WatchAsync(NpgsqlConnection session)
    {
        try
        {
            while (true) { await session.WaitAsync(released.Token); }
        }
        catch (OperationCanceledException) when (released.IsCancellationRequested) { }
        catch (Exception e) when (e is NpgsqlException or InvalidOperationException or IOException) { await lost.CancelAsync(); }
    }
}

/// <summary>Gives each job's lease to one holder at a time: over all processes of a PostgreSQL platform by an advisory lock on a session of its own,
/// on the embedded database by a locked file below the data directory.</summary>
internal sealed class JobLeases
{
    private readonly Deployment deployment;
    private readonly string? sessions;

    public JobLeases(Deployment deployment)
    {
        this.deployment = deployment;
        sessions = deployment.Database is null ? null : new NpgsqlConnectionStringBuilder(deployment.Database)
        {
            // A pool of its own, so that busy slices cannot starve the leases; the name shows in pg_stat_activity who holds what.
            ApplicationName = $"zhengtong-lease-{Environment.ProcessId}",
            MaxPoolSize = 50,
            KeepAlive = 5,
            TcpKeepAlive = true,
        }.ConnectionString;
    }

    /// <summary>The lease, or null when another run holds it, here or in another process. Does not wait.</summary>
    internal async Task<JobLease?> TryTakeAsync(string job, CancellationToken ct)
    {
        if (sessions is null)
        {
            try { return new JobLease(new FileStream(deployment.PathOf("leases", job), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None)); }
            catch (IOException) when (Directory.Exists(deployment.DataDirectory)) { return null; }
        }

        var session = new NpgsqlConnection(sessions);
        try
        {
            await session.OpenAsync(ct);
            await using var take = new NpgsqlCommand("SELECT pg_try_advisory_lock($1)", session) { Parameters = { new() { Value = KeyOf(job) } } };
            if (await take.ExecuteScalarAsync(ct) is true) { return new JobLease(session); }
        }
        catch
        {
            await session.DisposeAsync();
            throw;
        }

        await session.DisposeAsync();
        return null;
    }

    /// <summary>The advisory lock's number: the first 8 bytes of SHA-256 over the job's name.</summary>
    internal static long KeyOf(string job) => BinaryPrimitives.ReadInt64BigEndian(SHA256.HashData(Encoding.UTF8.GetBytes($"zhengtong/job/{job}")));
}
