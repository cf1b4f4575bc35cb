using System.Buffers;
using System.Net.WebSockets;
using System.Text.Json;
using Zhengtong.Cloud.Engines;

namespace Zhengtong.Cloud.Resources;

/// <summary>Why a terminal was closed. On the wire in kebab case.</summary>
internal enum TerminalEnd
{
    /// <summary>The person closed it, or the line broke.</summary>
    Left,
    /// <summary>The program inside ended, or the engine let go.</summary>
    Ended,
    /// <summary>Nobody typed for too long.</summary>
    Idle,
    /// <summary>The session in which it was opened is over, or its right withdrawn.</summary>
    SessionOver,
    /// <summary>The platform stops.</summary>
    Stopping,
    /// <summary>A message was larger than <see cref="TerminalLine.MostMessage"/>.</summary>
    TooLarge,
    /// <summary>Another has the console, or took the place that was lost while the platform stood still.</summary>
    Busy,
    /// <summary>The engine did not open it.</summary>
    Silent,
    /// <summary>A fault of the platform's.</summary>
    Failed,
}

/// <summary>Carries bytes between a person's websocket and a terminal until one of the two ends, or somebody ends it.</summary>
/// <param name="socket">The person's.</param>
/// <param name="terminal">The engine's; from here on the line's.</param>
/// <param name="idle">After so long without typing it ends.</param>
/// <param name="clock">The time.</param>
internal sealed class TerminalLine(WebSocket socket, EngineTerminal terminal, TimeSpan idle, TimeProvider clock) : IAsyncDisposable
{
    /// <summary>Most bytes of a message.</summary>
    internal const int MostMessage = 64 * 1024;

    /// <summary>How often it is looked whether it may go on.</summary>
    private static readonly TimeSpan Look = TimeSpan.FromSeconds(1);

    /// <summary>The other side's time to take leave.</summary>
    private static readonly TimeSpan Leave = TimeSpan.FromSeconds(3);

    private readonly TaskCompletionSource<TerminalEnd> end = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly CancellationTokenSource over = new();
    // A websocket whose reading is cancelled is broken and says nothing more: reading goes on until leave was taken.
    private readonly CancellationTokenSource cut = new();
    private DateTimeOffset typedAt = clock.GetUtcNow();
    private bool isLetGo;

    /// <summary>Runs to the end and closes the websocket.</summary>
    /// <param name="isOver">Asked each second; why it may not go on, null while it may.</param>
    /// <param name="stopping">Ends it.</param>
    /// <returns>Why it ended.</returns>
    internal async Task<TerminalEnd> RunAsync(Func<CancellationToken, Task<TerminalEnd?>> isOver, CancellationToken stopping)
    {
        await using var stop = stopping.Register(() => end.TrySetResult(TerminalEnd.Stopping));
        var (says, hears, watches) = (EndAsync(SaysAsync()), EndAsync(HearsAsync()), EndAsync(WatchAsync(isOver)));
        try { return await end.Task; }
        finally
        {
            await over.CancelAsync();
            cut.CancelAfter(Leave);
            await Task.WhenAll(says, watches);
            // First the program inside: the person's side may take its time.
            await LetGoAsync();
            await CloseAsync(socket, end.Task.IsCompletedSuccessfully ? await end.Task : TerminalEnd.Failed, cut.Token);
            await hears;
        }
    }

    /// <summary>Closes a websocket behind which nothing was opened.</summary>
    internal static async Task RefuseAsync(WebSocket socket, TerminalEnd why)
    {
        using var brief = new CancellationTokenSource(Leave);
        await CloseAsync(socket, why, brief.Token);
        var rest = new byte[1024];
        try
        {
            while (socket.State == WebSocketState.CloseSent) { await socket.ReceiveAsync(rest.AsMemory(), brief.Token); }
        }
        catch (Exception e) when (e is OperationCanceledException or WebSocketException) { /* It is gone either way. */ }
    }

    public async ValueTask DisposeAsync()
    {
        await LetGoAsync();
        over.Dispose();
        cut.Dispose();
    }

    private async ValueTask LetGoAsync()
    {
        if (isLetGo) { return; }
        isLetGo = true;
        await terminal.DisposeAsync();
    }

    /// <summary>Takes down why a part ended; the first counts.</summary>
    private async Task EndAsync(Task<TerminalEnd> part)
    {
        try { end.TrySetResult(await part); }
        catch (OperationCanceledException) { end.TrySetResult(TerminalEnd.Left); }
        catch (WebSocketException) { end.TrySetResult(TerminalEnd.Left); }
        catch (IOException) { end.TrySetResult(TerminalEnd.Ended); }
        catch (Exception e) { end.TrySetException(e); }
    }

    private async Task<TerminalEnd> SaysAsync()
    {
        var buffer = ArrayPool<byte>.Shared.Rent(16 * 1024);
        try
        {
            while (await terminal.ReadAsync(buffer, over.Token) is > 0 and var read) { await socket.SendAsync(buffer.AsMemory(0, read), WebSocketMessageType.Binary, endOfMessage: true, cut.Token); }
            return TerminalEnd.Ended;
        }
        finally { ArrayPool<byte>.Shared.Return(buffer, clearArray: true); }
    }

    private async Task<TerminalEnd> HearsAsync()
    {
        // One byte more than may come tells that too much does.
        var buffer = new byte[MostMessage + 1];
        while (true)
        {
            var length = 0;
            ValueWebSocketReceiveResult part;
            do
            {
                part = await socket.ReceiveAsync(buffer.AsMemory(length), cut.Token);
                length += part.Count;
                if (length <= MostMessage) { continue; }
                end.TrySetResult(TerminalEnd.TooLarge);
                length = 0;
            }
            while (!part.EndOfMessage);

            if (part.MessageType == WebSocketMessageType.Close) { return TerminalEnd.Left; }
            // What still comes after the end is heard to its end and goes nowhere.
            if (end.Task.IsCompleted) { continue; }
            try
            {
                if (part.MessageType == WebSocketMessageType.Binary)
                {
                    typedAt = clock.GetUtcNow();
                    await terminal.WriteAsync(buffer.AsMemory(0, length), over.Token);
                }
                else if (SizeOf(buffer.AsMemory(0, length)) is { } size) { await terminal.ResizeAsync(size.Columns, size.Rows, over.Token); }
            }
            catch (OperationCanceledException) { /* It is over: only the leave is still to be heard. */ }
        }
    }

    private async Task<TerminalEnd> WatchAsync(Func<CancellationToken, Task<TerminalEnd?>> isOver)
    {
        while (true)
        {
            await Task.Delay(Look, clock, over.Token);
            if (clock.GetUtcNow() - typedAt >= idle) { return TerminalEnd.Idle; }
            if (await isOver(over.Token) is { } why) { return why; }
        }
    }

    private static async Task CloseAsync(WebSocket socket, TerminalEnd why, CancellationToken ct)
    {
        if (socket.State is not (WebSocketState.Open or WebSocketState.CloseReceived)) { return; }
        var status = why switch
        {
            TerminalEnd.Left or TerminalEnd.Ended => WebSocketCloseStatus.NormalClosure,
            TerminalEnd.Idle or TerminalEnd.SessionOver => WebSocketCloseStatus.PolicyViolation,
            TerminalEnd.Stopping => WebSocketCloseStatus.EndpointUnavailable,
            TerminalEnd.TooLarge => WebSocketCloseStatus.MessageTooBig,
            _ => WebSocketCloseStatus.InternalServerError,
        };
        try { await socket.CloseOutputAsync(status, JsonNamingPolicy.KebabCaseLower.ConvertName(why.ToString()), ct); }
        catch (Exception e) when (e is OperationCanceledException or WebSocketException) { /* It is gone either way. */ }
    }

    private static (int Columns, int Rows)? SizeOf(ReadOnlyMemory<byte> message)
    {
        try
        {
            using var json = JsonDocument.Parse(message);
            return json.RootElement.ValueKind == JsonValueKind.Object && NumberOf(json.RootElement, "columns") is { } columns && NumberOf(json.RootElement, "rows") is { } rows ? (columns, rows) : null;
        }
        catch (JsonException) { return null; }
    }

    private static int? NumberOf(JsonElement size, string name) =>
        size.TryGetProperty(name, out var given) && given.ValueKind == JsonValueKind.Number && given.TryGetInt32(out var number) && number is >= 1 and <= 1000 ? number : null;
}
