using System.Text;
using System.Threading.Channels;
using Zhengtong.Cloud.Engines;

namespace Zhengtong.Tests.Cloud.Engines;

/// <summary>Says back what is typed, says how large its window is, and ends at <c>exit</c>.</summary>
internal sealed class PretendTerminal : EngineTerminal
{
    private readonly Channel<byte[]> said = Channel.CreateUnbounded<byte[]>();
    private readonly TaskCompletionSource<int?> ended = new();
    private ReadOnlyMemory<byte> rest;
    private string last = "";

    internal PretendTerminal(InstanceId id, bool isConsole, int columns, int rows)
    {
        (Id, IsConsole) = (id, isConsole);
        Say($"{(isConsole ? "console" : "shell")} {columns}x{rows}\r\n");
    }

    internal InstanceId Id { get; }

    internal bool IsConsole { get; }

    internal bool IsDisposed { get; private set; }

    internal override Task<int?> Ended => ended.Task;

    internal override async ValueTask<int> ReadAsync(Memory<byte> into, CancellationToken ct)
    {
        if (rest.IsEmpty)
        {
            if (!await said.Reader.WaitToReadAsync(ct)) { return 0; }
            rest = await said.Reader.ReadAsync(ct);
        }

        var read = Math.Min(into.Length, rest.Length);
        rest[..read].CopyTo(into);
        rest = rest[read..];
        return read;
    }

    internal override ValueTask WriteAsync(ReadOnlyMemory<byte> typed, CancellationToken ct)
    {
        said.Writer.TryWrite(typed.ToArray());
        // A browser types letter by letter.
        last = (last + Encoding.UTF8.GetString(typed.Span)) is { Length: > 16 } more ? more[^16..] : last + Encoding.UTF8.GetString(typed.Span);
        if (last.Contains("exit", StringComparison.Ordinal))
        {
            said.Writer.TryComplete();
            ended.TrySetResult(0);
        }

        return ValueTask.CompletedTask;
    }

    internal override ValueTask ResizeAsync(int columns, int rows, CancellationToken ct)
    {
        Say($"{columns}x{rows}\r\n");
        return ValueTask.CompletedTask;
    }

    public override ValueTask DisposeAsync()
    {
        IsDisposed = true;
        said.Writer.TryComplete();
        return ValueTask.CompletedTask;
    }

    private void Say(string words) => said.Writer.TryWrite(Encoding.UTF8.GetBytes(words));
}
