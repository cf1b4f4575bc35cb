using System.Collections.Concurrent;
using System.Globalization;
using DuckDB.NET.Data;
using Zhengtong.Kernel.Search;

namespace Zhengtong.OpenData.Tables;

/// <summary>What one DuckDB may use of the machine.</summary>
/// <param name="Threads">Processors.</param>
/// <param name="Memory">Most memory, in MiB.</param>
/// <param name="Spill">Most of its spill folder, in MiB.</param>
internal sealed record EngineBounds(int Threads, long Memory, long Spill);

/// <summary>One DuckDB with its own part of the memory and of the disk: what runs in another cannot take it. It reads the given folders and writes to its spill folder, nothing else; it loads no
/// extension, knows no network, and its settings are locked.</summary>
internal sealed class EngineShare : IDisposable
{
    private readonly DuckDBConnection root;
    private readonly string spill;
    private readonly ConcurrentBag<DuckDBConnection> idle = [];

    /// <param name="bounds">What it may use.</param>
    /// <param name="readable">Folders whose files it may open.</param>
    /// <param name="spill">Its own folder for what does not fit into its memory; made when it is needed.</param>
    internal EngineShare(EngineBounds bounds, IEnumerable<string> readable, string spill)
    {
        this.spill = spill;
        root = new DuckDBConnection("DataSource=:memory:");
        root.Open();
        root.RegisterScalarFunction<string, string>("zt_fold", text => Bigrams.Fold(text));
        string[] settings =
        [
            string.Create(CultureInfo.InvariantCulture, $"threads={bounds.Threads}"),
            string.Create(CultureInfo.InvariantCulture, $"memory_limit='{bounds.Memory}MiB'"),
            $"temp_directory={Quoted(spill)}",
            string.Create(CultureInfo.InvariantCulture, $"max_temp_directory_size='{bounds.Spill}MiB'"),
            "parquet_metadata_cache=true",
            "preserve_insertion_order=true",
            "autoinstall_known_extensions=false",
            "autoload_known_extensions=false",
            "allow_community_extensions=false",
            "allow_persistent_secrets=false",
            $"allowed_directories=[{string.Join(", ", readable.Select(folder => Quoted(folder + "/")))}]",
            "enable_external_access=false",
            "lock_configuration=true",
        ];
        foreach (var setting in settings)
        {
            using var command = root.CreateCommand();
            command.CommandText = "SET " + setting;
            command.ExecuteNonQuery();
        }
    }

    /// <summary>A connection of its own; give it back by <see cref="Return"/>.</summary>
    internal DuckDBConnection Take()
    {
        if (idle.TryTake(out var connection)) { return connection; }
        connection = root.Duplicate();
        connection.Open();
        return connection;
    }

    internal void Return(DuckDBConnection connection) => idle.Add(connection);

    public void Dispose()
    {
        while (idle.TryTake(out var connection)) { connection.Dispose(); }
        root.Dispose();
        if (Directory.Exists(spill)) { Directory.Delete(spill, recursive: true); }
    }

    internal static string Quoted(string text) => $"'{text.Replace("'", "''", StringComparison.Ordinal)}'";
}

/// <summary>Shares for what may need much memory. All that one caller asks at the same time runs in one share, so that its part is the most that the caller ever holds; another caller gets the
/// share with the fewest callers, one for himself while there are enough. A share is made when it is first needed.</summary>
/// <param name="count">How many shares, at least 1.</param>
/// <param name="make">Makes one.</param>
internal sealed class CallerShares(int count, Func<int, EngineShare> make) : IDisposable
{
    private readonly Lock gate = new();
    private readonly Lazy<EngineShare>[] shares = [.. Enumerable.Range(0, count).Select(n => new Lazy<EngineShare>(() => make(n)))];
    private readonly int[] callers = new int[count];
    private readonly Dictionary<string, (int Share, int Works)> seated = new(StringComparer.Ordinal);

    /// <summary>The share for one more work of the caller; dispose of what is returned when it is done.</summary>
    internal CallerSeat Take(string caller)
    {
        int share;
        lock (gate)
        {
            var (at, works) = seated.GetValueOrDefault(caller, (Array.IndexOf(callers, callers.Min()), 0));
            if (works == 0) { callers[at]++; }
            seated[caller] = (at, works + 1);
            share = at;
        }

        try { return new CallerSeat(this, caller, share, shares[share].Value); }
        catch
        {
            Leave(caller);
            throw;
        }
    }

    internal void Leave(string caller)
    {
        lock (gate)
        {
            var (share, works) = seated[caller];
            if (works > 1) { seated[caller] = (share, works - 1); }
            else
            {
                seated.Remove(caller);
                callers[share]--;
            }
        }
    }

    public void Dispose()
    {
        foreach (var share in shares.Where(s => s.IsValueCreated)) { share.Value.Dispose(); }
    }
}

/// <summary>A work's place in a share.</summary>
internal sealed class CallerSeat(CallerShares shares, string caller, int number, EngineShare share) : IDisposable
{
    private int seated = 1;

    /// <summary>Which share, from 0.</summary>
    internal int Number => number;

    internal EngineShare Share => share;

    public void Dispose()
    {
        if (Interlocked.Exchange(ref seated, 0) == 1) { shares.Leave(caller); }
    }
}

/// <summary>A connection at work, in the share that is for its kind of question.</summary>
internal sealed class Seated(EngineShare share, CallerSeat? seat) : IDisposable
{
    internal DuckDBConnection Connection { get; } = share.Take();

    public void Dispose()
    {
        share.Return(Connection);
        seat?.Dispose();
    }
}
