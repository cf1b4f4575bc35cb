using System.Net.Sockets;
using System.Text;
using System.Text.RegularExpressions;

namespace Zhengtong.Tests.Cloud.Delivery;

/// <summary>Stands before an engine's unix socket and hands everything through, until a request that changes something is asked for the first time: then, before it goes on, and another time after its answer came, it
/// calls a test. So somebody can die at each step of an order, each named by its request.</summary>
internal sealed partial class EngineGate : IAsyncDisposable
{
    private readonly string target;
    private readonly Func<string, Task<bool>> at;
    private readonly Socket listener = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
    private readonly CancellationTokenSource over = new();
    private readonly Task accepting;

    /// <param name="path">Where it listens.</param>
    /// <param name="target">The engine's socket.</param>
    /// <param name="at">Told the step's name; true when the line is to break there.</param>
    internal EngineGate(string path, string target, Func<string, Task<bool>> at)
    {
        (this.target, this.at) = (target, at);
        File.Delete(path);
        listener.Bind(new UnixDomainSocketEndPoint(path));
        listener.Listen(128);
        accepting = AcceptAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await over.CancelAsync();
        listener.Dispose();
        await accepting;
        over.Dispose();
    }

    private async Task AcceptAsync()
    {
        while (!over.IsCancellationRequested)
        {
            Socket caller;
            try { caller = await listener.AcceptAsync(over.Token); }
            catch (Exception e) when (e is OperationCanceledException or SocketException or ObjectDisposedException) { return; }
            _ = CarryAsync(caller);
        }
    }

    private async Task CarryAsync(Socket caller)
    {
        using var engine = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        using (caller)
        {
            try
            {
                await engine.ConnectAsync(new UnixDomainSocketEndPoint(target), over.Token);
                string? step = null;
                var there = CopyAsync(caller, engine, async part =>
                {
                    // A request's first line comes with the first bytes of its write.
                    if (Line().Match(Encoding.ASCII.GetString(part.Span[..Math.Min(part.Length, 400)])) is not { Success: true } line) { return false; }
                    step = $"{line.Groups[1].Value} {Id().Replace(line.Groups[2].Value, "*")}";
                    return await at($"before {step}");
                });
                var back = CopyAsync(engine, caller, async _ =>
                {
                    if (step is not { } answered) { return false; }
                    step = null;
                    return await at($"after {answered}");
                });
                await Task.WhenAny(there, back);
            }
            catch (Exception e) when (e is OperationCanceledException or SocketException) { }
        }
    }

    private async Task CopyAsync(Socket from, Socket to, Func<ReadOnlyMemory<byte>, Task<bool>> breaks)
    {
        var buffer = new byte[64 * 1024];
        try
        {
            while (await from.ReceiveAsync(buffer, over.Token) is > 0 and var read)
            {
                if (await breaks(buffer.AsMemory(0, read))) { return; }
                await to.SendAsync(buffer.AsMemory(0, read), over.Token);
            }
        }
        catch (Exception e) when (e is OperationCanceledException or SocketException or ObjectDisposedException) { }
    }

    [GeneratedRegex(@"\A(POST|PUT|PATCH|DELETE) (/1\.0/[^ ?]*)")]
    private static partial Regex Line();

    /// <summary>Names differ from run to run.</summary>
    [GeneratedRegex("(?<=/)(?:[a-z-]*[0-9a-f]{8,}[0-9a-f-]*)")]
    private static partial Regex Id();
}
