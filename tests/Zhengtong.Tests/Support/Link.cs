using System.Data.Common;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;

namespace Zhengtong.Tests.Support;

/// <summary>How a link spoils what the server says.</summary>
public enum Spoiling
{
    /// <summary>Both sides see the connection reset.</summary>
    Cut,
    /// <summary>The client sees the server's end, the server sees nothing.</summary>
    HalfClose,
    /// <summary>Nothing more is heard, and nothing ends.</summary>
    Silence,
    /// <summary>Noise comes in place of what was said.</summary>
    Noise,
    /// <summary>Nothing passes in either direction and nothing ends, of new connections neither, until the link is mended: a black hole.</summary>
    Hole,
    /// <summary>The connection that speaks then is forgotten by whatever stands in between: neither side hears of the other any more, ever. New ones are well.</summary>
    Stranded,
}

/// <summary>A TCP link to a real server that a test cuts, slows, silences and garbles.</summary>
internal sealed class Link : IAsyncDisposable
{
    private readonly TcpListener listener = new(IPAddress.Loopback, 0);
    private readonly IPEndPoint server;
    private readonly CancellationTokenSource ended = new();
    private readonly Task serving;
    private long spoilAfter = long.MaxValue;
    private long heard;
    private byte[] spoilAt = [];
    private TaskCompletionSource? hole;

    internal Link(IPEndPoint server)
    {
        this.server = server;
        listener.Start();
        serving = AcceptAsync();
    }

    /// <summary>How long each piece is under way, in each direction.</summary>
    internal TimeSpan Delay { get; set; }

    /// <summary>Most bytes a second in each direction of each connection; null for all there are.</summary>
    internal int? BytesPerSecond { get; set; }

    internal int Port => ((IPEndPoint)listener.LocalEndpoint).Port;

    /// <summary>Bytes that servers have said.</summary>
    internal long Heard => Interlocked.Read(ref heard);

    private Spoiling Spoiling { get; set; }

    /// <summary>What the server says is spoilt once it has said so many more bytes, over all connections, and then, when one is given, the word.</summary>
    internal void Spoil(Spoiling how, long after, string word = "")
    {
        (Spoiling, spoilAt) = (how, Encoding.UTF8.GetBytes(word));
        Interlocked.Exchange(ref spoilAfter, Heard + after);
        if (how == Spoiling.Hole && after == 0) { Dig(); }
    }

    /// <summary>New connections are well again, and what lies in a hole goes on its way.</summary>
    internal void Mend()
    {
        Interlocked.Exchange(ref spoilAfter, long.MaxValue);
        Interlocked.Exchange(ref hole, null)?.SetResult();
    }

    /// <summary>The way over a link to the server that a connection string names.</summary>
    internal static string Over(string connection, out Link link)
    {
        var settings = new DbConnectionStringBuilder { ConnectionString = connection };
        var host = settings.ContainsKey("Host") ? "Host" : "Server";
        link = new Link(new IPEndPoint(IPAddress.Parse((string)settings[host]), int.Parse((string)settings["Port"], CultureInfo.InvariantCulture)));
        (settings[host], settings["Port"]) = ("127.0.0.1", link.Port);
        return settings.ConnectionString;
    }

    public async ValueTask DisposeAsync()
    {
        await ended.CancelAsync();
        listener.Stop();
        await serving;
        ended.Dispose();
    }

    private async Task AcceptAsync()
    {
        List<Task> connections = [];
        try
        {
            while (true) { connections.Add(ConnectAsync(await listener.AcceptSocketAsync(ended.Token))); }
        }
        catch (Exception e) when (e is OperationCanceledException or SocketException or ObjectDisposedException) { /* Disposed. */ }
        await Task.WhenAll(connections);
    }

    private void Dig() => Interlocked.CompareExchange(ref hole, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously), null);

    private async Task ConnectAsync(Socket client)
    {
        using var far = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        using (client)
        {
            client.NoDelay = true;
            try
            {
                if (Volatile.Read(ref hole) is { } deep) { await deep.Task.WaitAsync(ended.Token); }
                await far.ConnectAsync(server, ended.Token);
                using var passage = new Passage(ended.Token);
                await Task.WhenAll(PumpAsync(client, far, isAnswer: false, passage), PumpAsync(far, client, isAnswer: true, passage));
            }
            catch (Exception e) when (e is OperationCanceledException or SocketException or ObjectDisposedException) { /* One side is gone. */ }
        }
    }

    private async Task PumpAsync(Socket from, Socket to, bool isAnswer, Passage passage)
    {
        var over = passage.Over;
        var buffer = new byte[16 * 1024];
        var spoilt = false;
        try
        {
            while (true)
            {
                var read = await from.ReceiveAsync(buffer.AsMemory(0, BytesPerSecond is { } most ? Math.Min(most / 10, buffer.Length) : buffer.Length), over.Token);
                if (Delay > TimeSpan.Zero) { await Task.Delay(Delay, over.Token); }
                if (BytesPerSecond is { } speed) { await Task.Delay(TimeSpan.FromSeconds((double)read / speed), over.Token); }
                if (isAnswer && read > 0 && (spoilt |= Interlocked.Add(ref heard, read) > Interlocked.Read(ref spoilAfter) && buffer.AsSpan(0, read).IndexOf(spoilAt) >= 0))
                {
                    switch (Spoiling)
                    {
                        case Spoiling.Cut:
                            // Closed with bytes thrown away: both sides see a reset.
                            (from.LingerState, to.LingerState) = (new LingerOption(true, 0), new LingerOption(true, 0));
                            await over.CancelAsync();
                            return;
                        case Spoiling.HalfClose:
                            to.Shutdown(SocketShutdown.Send);
                            await Task.Delay(Timeout.Infinite, over.Token);
                            return;
                        case Spoiling.Silence:
                            await Task.Delay(Timeout.Infinite, over.Token);
                            return;
                        case Spoiling.Hole:
                            if (Interlocked.Read(ref spoilAfter) != long.MaxValue) { Dig(); }
                            break;
                        case Spoiling.Stranded:
                            passage.IsStranded = true;
                            Mend();
                            break;
                        default:
                            RandomNumberGenerator.Fill(buffer.AsSpan(0, read));
                            break;
                    }
                }

                if (Volatile.Read(ref hole) is { } deep) { await deep.Task.WaitAsync(over.Token); }
                if (passage.IsStranded) { await Task.Delay(Timeout.Infinite, over.Token); }
                if (read == 0)
                {
                    to.Shutdown(SocketShutdown.Send);
                    return;
                }

                for (var sent = 0; sent < read;) { sent += await to.SendAsync(buffer.AsMemory(sent, read - sent), over.Token); }
            }
        }
        catch (SocketException) { await over.CancelAsync(); }
    }

    /// <summary>One connection, both ways.</summary>
    private sealed class Passage(CancellationToken ended) : IDisposable
    {
        private volatile bool isStranded;

        internal CancellationTokenSource Over { get; } = CancellationTokenSource.CreateLinkedTokenSource(ended);

        internal bool IsStranded { get => isStranded; set => isStranded = value; }

        public void Dispose() => Over.Dispose();
    }
}
