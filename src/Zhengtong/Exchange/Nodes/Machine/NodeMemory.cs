using Microsoft.Data.Sqlite;
using Zhengtong.Exchange.Engine;
using Zhengtong.Kernel;

namespace Zhengtong.Exchange.Nodes.Machine;

/// <summary>What a node remembers in a SQLite file of its own: for its account alone, durable with each save, one at a time.</summary>
internal abstract class NodeMemory(SqliteConnection connection) : IAsyncDisposable
{
    private readonly SemaphoreSlim turn = new(1);

    /// <summary>Opens the file, and makes what is not there yet.</summary>
    protected static async Task<T> OpenAsync<T>(string path, string tables, Func<SqliteConnection, T> make, CancellationToken ct) where T : NodeMemory
    {
        var connection = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = path, Mode = SqliteOpenMode.ReadWriteCreate, Pooling = false, DefaultTimeout = 30 }.ConnectionString);
        try
        {
            await connection.OpenAsync(ct);
            File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite);
            var memory = make(connection);
            await memory.ExecuteAsync($"PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; {tables}", [], ct);
            return memory;
        }
        catch
        {
            await connection.DisposeAsync();
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        await connection.DisposeAsync();
        turn.Dispose();
    }

    /// <summary>All of it or nothing. Within it are <see cref="RunAsync"/> and <see cref="ReadAsync"/>.</summary>
    /// <exception cref="ExchangeFault">The disk has no room.</exception>
    protected async Task TogetherAsync(Func<Task> act, CancellationToken ct)
    {
        await turn.WaitAsync(ct);
        try
        {
            await using var transaction = connection.BeginTransaction(deferred: false);
            await act();
            await transaction.CommitAsync(CancellationToken.None);
        }
        catch (SqliteException e) when (DatabaseErrors.IsOutOfSpace(e)) { throw Full(e); }
        finally { turn.Release(); }
    }

    /// <summary>One statement by itself.</summary>
    /// <exception cref="ExchangeFault">The disk has no room.</exception>
    protected async Task ExecuteAsync(string sql, (string Name, object? Value)[] values, CancellationToken ct)
    {
        await turn.WaitAsync(ct);
        try { await RunAsync(sql, values, ct); }
        catch (SqliteException e) when (DatabaseErrors.IsOutOfSpace(e)) { throw Full(e); }
        finally { turn.Release(); }
    }

    /// <summary>One question by itself.</summary>
    protected async Task<List<T>> QueryAsync<T>(string sql, (string Name, object? Value)[] values, Func<SqliteDataReader, T> read, CancellationToken ct)
    {
        await turn.WaitAsync(ct);
        try { return await ReadAsync(sql, values, read, ct); }
        finally { turn.Release(); }
    }

    /// <summary>A statement together with others; how many rows it changed.</summary>
    protected async Task<int> RunAsync(string sql, (string Name, object? Value)[] values, CancellationToken ct)
    {
        await using var command = Command(sql, values);
        return await command.ExecuteNonQueryAsync(ct);
    }

    /// <summary>A question together with statements.</summary>
    protected async Task<List<T>> ReadAsync<T>(string sql, (string Name, object? Value)[] values, Func<SqliteDataReader, T> read, CancellationToken ct)
    {
        await using var command = Command(sql, values);
        await using var row = await command.ExecuteReaderAsync(ct);
        List<T> rows = [];
        while (await row.ReadAsync(ct)) { rows.Add(read(row)); }
        return rows;
    }

    private SqliteCommand Command(string sql, (string Name, object? Value)[] values)
    {
        var command = connection.CreateCommand();
        command.CommandText = sql;
        foreach (var (name, value) in values) { command.Parameters.AddWithValue(name, value ?? DBNull.Value); }
        return command;
    }

    private static ExchangeFault Full(SqliteException e) => new(ExchangeProblems.SpoolFull, [], e);
}
