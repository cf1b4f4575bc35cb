using System.Net;
using System.Net.Sockets;
using System.Runtime.CompilerServices;

namespace Zhengtong.Tests.Cloud.Databases;

/// <summary>A way to a server that breaks once: at the n-th piece that is sent to it, before the server has it or behind its answer, so that work is cut between any two of its lines.</summary>
internal sealed class CutLine : IAsyncDisposable
{
    private readonly TcpListener listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource ending = new();
    private readonly string host;
    private readonly int port;
    private int sent;

    internal CutLine(string host, int port)
    {
        (this.host, this.port) = (host, port);
        listener.Start();
        _ = AcceptAsync();
    }

    internal int Port => ((IPEndPoint)listener.LocalEndpoint).Port;

    /// <summary>At which piece it breaks, from 1; 0 for never.</summary>
    internal int At { get; set; }

    /// <summary>True: the server gets the piece, and its answer is lost.</summary>
    internal bool After { get; set; }

    /// <summary>True once it has broken.</summary>
    internal bool IsCut { get; private set; }

    internal void Set(int at, bool after) => (At, After, IsCut, sent) = (at, after, false, 0);

    public async ValueTask DisposeAsync()
    {
        await ending.CancelAsync();
        listener.Stop();
        ending.Dispose();
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true) { _ = CarryAsync(await listener.AcceptTcpClientAsync(ending.Token)); }
        }
        catch (Exception e) when (e is OperationCanceledException or SocketException or ObjectDisposedException) { }
    }

    private async Task CarryAsync(TcpClient client)
    {
        using var near = client;
        using var far = new TcpClient();
        try
        {
            await far.ConnectAsync(host, port, ending.Token);
            var lost = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            var losing = new StrongBox<bool>();
            await Task.WhenAny(ForwardAsync(near, far, losing, lost.Task), BackAsync(near, far, losing, lost));
        }
        catch (Exception e) when (e is OperationCanceledException or IOException or SocketException or ObjectDisposedException) { }
    }

    /// <summary>Carries answers, until one is to be lost.</summary>
    private async Task BackAsync(TcpClient near, TcpClient far, StrongBox<bool> losing, TaskCompletionSource lost)
    {
        var block = new byte[64 * 1024];
        for (int read; (read = await far.GetStream().ReadAsync(block, ending.Token)) > 0 && !losing.Value;) { await near.GetStream().WriteAsync(block.AsMemory(0, read), ending.Token); }
        lost.SetResult();
        // Whoever sent the piece breaks the line.
        if (losing.Value) { await Task.Delay(Timeout.Infinite, ending.Token); }
    }

    private async Task ForwardAsync(TcpClient near, TcpClient far, StrongBox<bool> losing, Task lost)
    {
        var block = new byte[64 * 1024];
        for (int read; (read = await near.GetStream().ReadAsync(block, ending.Token)) > 0;)
        {
            var cut = Interlocked.Increment(ref sent) == At;
            if (cut && After)
            {
                losing.Value = true;
                await far.GetStream().WriteAsync(block.AsMemory(0, read), ending.Token);
                // The server is let do it; the answer goes nowhere. Not to every piece there is one.
                await Task.WhenAny(lost, Task.Delay(TimeSpan.FromSeconds(1), ending.Token));
            }

            if (cut)
            {
                IsCut = true;
                near.Client.Close(0);
                return;
            }

            await far.GetStream().WriteAsync(block.AsMemory(0, read), ending.Token);
        }
    }
}
