using System.Globalization;
using System.Net.WebSockets;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Zhengtong.Cloud.Engines.Lxd;

/// <summary>A terminal over two websockets of an operation: one for the bytes, one to tell of the window. When the second closes, the engine ends the program.</summary>
/// <param name="bytes">Both ways.</param>
/// <param name="control">Ours to tell.</param>
/// <param name="isProgram">True when a program is to be ended with it; false for a console, which is only let go.</param>
/// <param name="ended">The operation's end.</param>
internal sealed class LxdTerminal(ClientWebSocket bytes, ClientWebSocket control, bool isProgram, Task<int?> ended) : EngineTerminal
{
    internal override Task<int?> Ended => ended;

    internal override async ValueTask<int> ReadAsync(Memory<byte> into, CancellationToken ct)
    {
        var read = await LxdSocket.ReadAsync(bytes, into, ct);
        // The engine's side ends only when ours does.
        if (read == 0 && !into.IsEmpty) { await LxdSocket.CloseAsync(bytes, ct); }
        return read;
    }

    internal override ValueTask WriteAsync(ReadOnlyMemory<byte> typed, CancellationToken ct) => LxdSocket.WriteAsync(bytes, typed, ct);

    internal override ValueTask ResizeAsync(int columns, int rows, CancellationToken ct)
    {
        if (EngineChecks.FaultOfWindow(columns, rows) is not null) { throw new ArgumentOutOfRangeException(nameof(columns), "A window has 1 to 1000 columns and rows"); }
        return LxdSocket.TellAsync(control, new JsonObject
        {
            ["command"] = "window-resize",
            ["args"] = new JsonObject { ["width"] = columns.ToString(CultureInfo.InvariantCulture), ["height"] = rows.ToString(CultureInfo.InvariantCulture) },
        }, ct);
    }

    public override async ValueTask DisposeAsync()
    {
        if (isProgram) { await LxdSocket.KillAsync(control); }
        control.Dispose();
        bytes.Dispose();
    }
}

/// <summary>Bytes over the engine's websockets. A line that is over reads as the end, and what is written to it goes nowhere: how the program ended is the operation's to say.</summary>
internal static class LxdSocket
{
    /// <summary>0 at the end: a text message, an end, or a line that is lost.</summary>
    internal static async ValueTask<int> ReadAsync(ClientWebSocket socket, Memory<byte> into, CancellationToken ct)
    {
        while (socket.State is WebSocketState.Open or WebSocketState.CloseSent)
        {
            try
            {
                var read = await socket.ReceiveAsync(into, ct);
                if (read.MessageType != WebSocketMessageType.Binary) { return 0; }
                if (read.Count > 0) { return read.Count; }
            }
            catch (WebSocketException) { return 0; }
            catch (ObjectDisposedException) { return 0; }
        }

        return 0;
    }

    internal static async ValueTask WriteAsync(ClientWebSocket socket, ReadOnlyMemory<byte> bytes, CancellationToken ct)
    {
        for (var at = 0; at < bytes.Length; at += 32 * 1024) { await SendAsync(socket, bytes.Slice(at, Math.Min(32 * 1024, bytes.Length - at)), WebSocketMessageType.Binary, ct); }
    }

    /// <summary>Says that no more follows.</summary>
    internal static ValueTask EndAsync(ClientWebSocket socket, CancellationToken ct) => SendAsync(socket, default, WebSocketMessageType.Text, ct);

    internal static async ValueTask CloseAsync(ClientWebSocket socket, CancellationToken ct)
    {
        if (socket.State is not (WebSocketState.Open or WebSocketState.CloseReceived)) { return; }
        try { await socket.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, null, ct); }
        catch (WebSocketException) { /* It is over already. */ }
    }

    internal static ValueTask TellAsync(ClientWebSocket socket, JsonObject what, CancellationToken ct) => SendAsync(socket, JsonSerializer.SerializeToUtf8Bytes(what), WebSocketMessageType.Text, ct);

    /// <summary>Tells the engine to kill the program; closing the socket does the same, later.</summary>
    internal static async ValueTask KillAsync(ClientWebSocket control)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(2));
        try { await TellAsync(control, new JsonObject { ["command"] = "signal", ["signal"] = 9 }, limit.Token); }
        catch (OperationCanceledException) { /* It is closed next. */ }
    }

    private static async ValueTask SendAsync(ClientWebSocket socket, ReadOnlyMemory<byte> bytes, WebSocketMessageType type, CancellationToken ct)
    {
        if (socket.State != WebSocketState.Open) { return; }
        try { await socket.SendAsync(bytes, type, endOfMessage: true, ct); }
        catch (WebSocketException) { /* It has ended; reading says so. */ }
        catch (ObjectDisposedException) { /* Likewise. */ }
    }
}
