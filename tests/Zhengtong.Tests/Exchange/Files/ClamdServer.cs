using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Zhengtong.Tests.Exchange.Files;

/// <summary>clamd's side of INSTREAM, which finds the EICAR test file and nothing else. It listens only once it is opened.</summary>
internal sealed class ClamdServer : IDisposable
{
    /// <summary>The EICAR test file, in two parts: checkers look at this file too.</summary>
    internal static readonly byte[] Eicar = Encoding.ASCII.GetBytes(@"X5O!P%@AP[4\PZX54(P^)7CC)7}$EICAR-STANDARD-" + "ANTIVIRUS-TEST-FILE!$H+H*");

    private readonly TcpListener listener;

    internal ClamdServer()
    {
        // Takes a port and lets it go, so that at first nobody listens there.
        using var free = new TcpListener(IPAddress.Loopback, 0);
        free.Start();
        Address = free.LocalEndpoint.ToString()!;
        free.Stop();
        listener = new TcpListener(IPEndPoint.Parse(Address));
    }

    internal string Address { get; }

    internal System.Collections.Concurrent.ConcurrentBag<int> Seen { get; } = [];

    internal void Open()
    {
        listener.Start();
        _ = ServeAsync();
    }

    public void Dispose() => listener.Dispose();

    private async Task ServeAsync()
    {
        try
        {
            while (true)
            {
                using var client = await listener.AcceptTcpClientAsync();
                try { await AnswerAsync(client); }
                catch (IOException) { /* It went away in the middle; the next one is answered. */ }
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException or InvalidOperationException) { /* Stopped. */ }
    }

    private async Task AnswerAsync(TcpClient client)
    {
        await using var stream = client.GetStream();
        var command = new byte[10];
        await stream.ReadExactlyAsync(command);
        using var content = new MemoryStream();
        while (true)
        {
            var length = new byte[4];
            await stream.ReadExactlyAsync(length);
            var piece = new byte[BinaryPrimitives.ReadInt32BigEndian(length)];
            if (piece.Length == 0) { break; }
            await stream.ReadExactlyAsync(piece);
            content.Write(piece);
        }

        Seen.Add((int)content.Length);
        var found = Encoding.ASCII.GetString(command) == "zINSTREAM\0" && content.ToArray().AsSpan().IndexOf(Eicar) >= 0;
        await stream.WriteAsync(found ? "stream: Eicar-Test-Signature FOUND\0"u8.ToArray() : "stream: OK\0"u8.ToArray());
    }
}
