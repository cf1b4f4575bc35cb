namespace Zhengtong.Cloud.Engines;

/// <summary>A terminal inside an instance, or its console: bytes both ways. One reads and one writes at a time. Disposing ends the program (the console only lets go).</summary>
internal abstract class EngineTerminal : IAsyncDisposable
{
    /// <summary>Reads what was said; 0 at its end.</summary>
    internal abstract ValueTask<int> ReadAsync(Memory<byte> into, CancellationToken ct);

    /// <summary>Types. What is typed after the end goes nowhere.</summary>
    internal abstract ValueTask WriteAsync(ReadOnlyMemory<byte> typed, CancellationToken ct);

    /// <summary>Tells the program how large its window is now.</summary>
    /// <param name="columns">1 to 1000.</param>
    /// <param name="rows">1 to 1000.</param>
    /// <param name="ct">Stops it.</param>
    internal abstract ValueTask ResizeAsync(int columns, int rows, CancellationToken ct);

    /// <summary>The program's exit code once it has ended; null when the engine could not tell, and of a console.</summary>
    internal abstract Task<int?> Ended { get; }

    public abstract ValueTask DisposeAsync();
}
