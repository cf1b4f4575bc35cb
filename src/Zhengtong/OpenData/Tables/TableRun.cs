using DuckDB.NET.Data;

namespace Zhengtong.OpenData.Tables;

/// <summary>One question at work: its connection, the file it reads, and the clock that stops it.</summary>
internal sealed class TableRun : IDisposable
{
    private static readonly string[] Faults = ["Binder Error", "Conversion Error", "Out of Range Error", "Invalid Input Error", "Mismatch Type Error", "Parser Error", "Catalog Error", "Invalid type Error", "Not implemented Error"];

    /// <summary>What a cell takes in memory beside its text, in UTF-16 units.</summary>
    private const int CellUnits = 8;

    private readonly DuckDBConnection connection;
    private readonly CancellationToken ct;
    private readonly CancellationTokenSource late;
    private readonly CancellationTokenSource stop;
    private readonly CancellationTokenRegistration registration;
    private readonly Lock guard = new();
    private DuckDBCommand? current;
    private Timer? again;
    private bool disposed;
    private long room;

    internal TableRun(DuckDBConnection connection, IReadOnlyList<string> paths, TableLimits limits, CancellationToken ct)
    {
        var time = limits.Time;
        room = limits.Characters;
        (this.connection, this.ct) = (connection, ct);
        Sources = [.. paths.Select(path => $"read_parquet('{path.Replace("'", "''", StringComparison.Ordinal)}')")];
        late = new CancellationTokenSource(time < TimeSpan.FromDays(20) ? time : TimeSpan.FromDays(20));
        stop = CancellationTokenSource.CreateLinkedTokenSource(late.Token, ct);
        registration = stop.Token.Register(Interrupt);
    }

    /// <summary>The tables' files in a FROM.</summary>
    internal IReadOnlyList<string> Sources { get; }

    /// <summary>The file of the only table.</summary>
    internal string From => Sources[0];

    /// <summary>A statement that is stopped with the question; its parameters are text.</summary>
    internal DuckDBCommand Command(string sql, IEnumerable<string> values) => Started(Only(sql), values);

    /// <summary>A statement that writes the rows of a SELECT to a Parquet file, each column under a name of the reader's, which stands in it as an identifier in quotation marks and nowhere else.</summary>
    internal DuckDBCommand Copy(string sql, IEnumerable<(string Sql, string Name)> columns, string file, IEnumerable<string> values)
    {
        var named = string.Join(", ", columns.Select(c => $"{c.Sql} AS \"{c.Name.Replace("\"", "\"\"", StringComparison.Ordinal)}\""));
        return Started($"COPY (SELECT {named} FROM ({Only(sql)})) TO '{file.Replace("'", "''", StringComparison.Ordinal)}' (FORMAT parquet, COMPRESSION zstd)", values);
    }

    /// <summary>The cell, counted against what an answer may hold: its rows stand in memory together.</summary>
    /// <exception cref="TableQueryTooCostlyException">The answer is too large.</exception>
    internal object? Counted(object? cell)
    {
        room -= CellUnits + ((cell as string)?.Length ?? 0);
        if (room < 0) { throw new TableQueryTooCostlyException("The answer is larger than is allowed", TableCost.Size); }
        return cell;
    }

    /// <summary>Runs, and says in our words what stopped it.</summary>
    /// <exception cref="TableQueryTooCostlyException">Time, memory or disk.</exception>
    internal T Guarded<T>(Func<T> act)
    {
        try
        {
            Check();
            return act();
        }
        catch (Exception e) when (e is OperationCanceledException or DuckDBException && stop.IsCancellationRequested)
        {
            Check();
            throw;
        }
        catch (DuckDBException e) when (e.Message.StartsWith("Out of Memory", StringComparison.OrdinalIgnoreCase))
        {
            throw new TableQueryTooCostlyException("The question needs more memory than is allowed", TableCost.Memory, e);
        }
    }

    /// <summary>Runs SQL that a reader asked for; what the engine finds wrong with it is the reader's fault.</summary>
    /// <exception cref="TableQueryException">It adds text to numbers, divides what cannot be divided, and the like.</exception>
    internal T Asked<T>(Func<T> act)
    {
        try { return act(); }
        // Its words may hold values of the table: only its first ones are said.
        catch (DuckDBException e) when (!stop.IsCancellationRequested && Faults.FirstOrDefault(fault => e.Message.StartsWith(fault, StringComparison.Ordinal)) is { } fault)
        {
            throw new TableQueryException("sql", null, TableQueryFault.Malformed, $"The statement cannot be carried out: {fault}");
        }
    }

    public void Dispose()
    {
        lock (guard)
        {
            if (disposed) { return; }
            disposed = true;
            current = null;
            again?.Dispose();
        }

        registration.Dispose();
        stop.Dispose();
        late.Dispose();
    }

    /// <summary>The statement, if it is one SELECT. All statements are written here and none of them changes anything: the last door, should a mistake ever let a reader's words through.</summary>
    private string Only(string sql) => sql.StartsWith("SELECT ", StringComparison.Ordinal)
        && !Sources.Aggregate(sql, (rest, file) => rest.Replace(file, "", StringComparison.Ordinal)).Contains(';', StringComparison.Ordinal) ? sql : throw new InvalidOperationException("Only one SELECT is ever run");

    private DuckDBCommand Started(string sql, IEnumerable<string> values)
    {
        Check();
        var command = connection.CreateCommand();
        command.CommandText = sql;
        foreach (var value in values) { command.Parameters.Add(new DuckDBParameter(value)); }
        lock (guard) { current = command; }
        return command;
    }

    private void Check()
    {
        ct.ThrowIfCancellationRequested();
        if (late.IsCancellationRequested) { throw new TableQueryTooCostlyException("The question took more time than is allowed"); }
    }

    /// <summary>Between two statements an interrupt is not heard, so it is said again until the question is gone.</summary>
    private void Interrupt()
    {
        lock (guard)
        {
            if (disposed) { return; }
            again ??= new Timer(_ => Interrupt(), null, TimeSpan.FromMilliseconds(50), TimeSpan.FromMilliseconds(50));
            try { current?.Cancel(); }
            catch (ObjectDisposedException) { current = null; }
        }
    }
}
