using System.Buffers.Binary;
using System.Net.Sockets;
using System.Text;
using Microsoft.Extensions.Options;

namespace Zhengtong.Exchange.Files;

/// <summary>The checker cannot be asked now.</summary>
/// <param name="isRefusal">True when it answered, but with an error: what it was given passes its limits.</param>
/// <param name="message">What happened.</param>
/// <param name="cause">Why.</param>
internal sealed class CheckerException(bool isRefusal, string message, Exception? cause = null) : IOException(message, cause)
{
    internal bool IsRefusal => isRefusal;
}

/// <summary>ClamAV's daemon, by its own protocol (<c>INSTREAM</c>, man page clamd(8)) over TCP or a socket of this machine.</summary>
internal sealed class Clamd(IOptions<FilesOptions> options)
{
    internal bool IsConfigured => options.Value.Clamd is not null;

    internal static bool IsAddress(string address) => address.StartsWith('/') || (address.LastIndexOf(':') is > 0 and var at && ushort.TryParse(address.AsSpan(at + 1), out var port) && port > 0);

    /// <summary>Begins a search; bytes are sent as they come.</summary>
    /// <exception cref="CheckerException">Nobody listens.</exception>
    internal async Task<ClamdSession> BeginAsync(CancellationToken ct)
    {
        var address = options.Value.Clamd!;
        var patience = TimeSpan.FromSeconds(options.Value.ClamdSeconds);
        var socket = address.StartsWith('/') ? new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified) : new Socket(SocketType.Stream, ProtocolType.Tcp);
        try
        {
            using var limit = CancellationTokenSource.CreateLinkedTokenSource(ct);
            limit.CancelAfter(patience);
            if (address.StartsWith('/')) { await socket.ConnectAsync(new UnixDomainSocketEndPoint(address), limit.Token); }
            else { await socket.ConnectAsync(address[..address.LastIndexOf(':')], int.Parse(address.AsSpan(address.LastIndexOf(':') + 1), System.Globalization.CultureInfo.InvariantCulture), limit.Token); }
            var session = new ClamdSession(new NetworkStream(socket, ownsSocket: true), patience);
            await session.SendAsync("zINSTREAM\0"u8.ToArray(), framed: false, ct);
            return session;
        }
        catch (Exception e)
        {
            socket.Dispose();
            if (e is SocketException or OperationCanceledException && !ct.IsCancellationRequested) { throw new CheckerException(isRefusal: false, "clamd does not answer", e); }
            throw;
        }
    }
}

/// <summary>One search.</summary>
internal sealed class ClamdSession(NetworkStream stream, TimeSpan patience) : IAsyncDisposable
{
    private const int LongestAnswer = 1000;

    public ValueTask DisposeAsync() => stream.DisposeAsync();

    /// <summary>Sends bytes, with their length before them.</summary>
    /// <exception cref="CheckerException">It is gone, or it answered before the end.</exception>
    internal async Task SendAsync(ReadOnlyMemory<byte> bytes, bool framed, CancellationToken ct)
    {
        var length = new byte[4];
        BinaryPrimitives.WriteInt32BigEndian(length, bytes.Length);
        try
        {
            using var limit = CancellationTokenSource.CreateLinkedTokenSource(ct);
            limit.CancelAfter(patience);
            if (framed) { await stream.WriteAsync(length, limit.Token); }
            await stream.WriteAsync(bytes, limit.Token);
        }
        catch (Exception e) when (e is IOException or OperationCanceledException && !ct.IsCancellationRequested)
        {
            // It closes the connection behind an early answer, as when its limit of bytes is passed.
            throw await AnswerAsync(ct) is { Length: > 0 } said ? new CheckerException(isRefusal: true, said, e) : new CheckerException(isRefusal: false, "clamd went away", e);
        }
    }

    /// <summary>Ends the search; what was found as the checker names it, or null for nothing.</summary>
    /// <exception cref="CheckerException">It is gone, or could not search.</exception>
    internal async Task<string?> FinishAsync(CancellationToken ct)
    {
        await SendAsync(ReadOnlyMemory<byte>.Empty, framed: true, ct);
        var answer = await AnswerAsync(ct);
        if (answer.EndsWith(" FOUND", StringComparison.Ordinal)) { return answer[..^" FOUND".Length].Replace("stream: ", "", StringComparison.Ordinal); }
        return answer.EndsWith(": OK", StringComparison.Ordinal) ? null : throw new CheckerException(isRefusal: answer.Length > 0, answer.Length > 0 ? answer : "clamd went away");
    }

    private async Task<string> AnswerAsync(CancellationToken ct)
    {
        var answer = new byte[LongestAnswer];
        var length = 0;
        try
        {
            using var limit = CancellationTokenSource.CreateLinkedTokenSource(ct);
            limit.CancelAfter(patience);
            for (int read; length < answer.Length && !answer.AsSpan(0, length).Contains((byte)0) && (read = await stream.ReadAsync(answer.AsMemory(length), limit.Token)) > 0;) { length += read; }
        }
        catch (Exception e) when (e is IOException or OperationCanceledException && !ct.IsCancellationRequested) { length = 0; }

        return Encoding.UTF8.GetString(answer, 0, length).TrimEnd('\0', '\n', ' ');
    }
}
