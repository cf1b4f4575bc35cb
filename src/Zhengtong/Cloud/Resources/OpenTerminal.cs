using System.Buffers;
using System.Net.WebSockets;
using System.Text.Json;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Cloud.Delivery;
using Zhengtong.Cloud.Engines;
using Zhengtong.Cloud.Model;
using Zhengtong.Kernel.Http;
using Zhengtong.Kernel.Identity;
using Zhengtong.Kernel.Ledger;

namespace Zhengtong.Cloud.Resources;

/// <summary>A terminal inside an instance, in the browser: a websocket, bytes both ways as binary messages; a text message <c>{"columns":80,"rows":24}</c> says how large the window is. Only for people who
/// are signed in, from the platform's own pages: a page of another origin is refused, since browsers send cookies with websockets whoever opens them.</summary>
internal static class OpenTerminal
{
    /// <summary>It is closed when nobody types for so long.</summary>
    private static readonly TimeSpan Idle = TimeSpan.FromMinutes(15);
    private const int MostMessage = 64 * 1024;
    private static readonly string[] Shells = ["/bin/bash", "/bin/sh"];

    internal static void Map(IEndpointRouteBuilder app) => app.MapGet("/work/cloud/resources/{id:guid}/terminal/socket", HandleAsync).Requires(Right.Apply).ExcludeFromDescription();

    private static async Task HandleAsync(Guid id, HttpContext http, Actor actor, ZhengtongDb db, PoolEngines engines, TimeProvider clock)
    {
        var ct = http.RequestAborted;
        if (await RefusalAsync(id, http, actor, db, engines, ct) is { } refusal)
        {
            await refusal.ExecuteAsync(http);
            return;
        }

        var resource = await db.CloudResources.AsNoTracking().SingleAsync(r => r.Id == id, ct);
        var engine = engines.Of(await db.ResourcePools.AsNoTracking().SingleAsync(p => p.Id == resource.PoolId, ct)).Value!;
        db.Ledger.Add(LedgerEntry.Of("cloud.terminal-opened", id, actor, clock.GetUtcNow(), after: new { resource.Number }));
        await db.SaveChangesAsync(ct);
        var opened = await OpenAsync(engine, InstanceFulfilment.IdOf(resource), ct);
        if (!opened.IsDone)
        {
            await CloudProblems.EngineSilent.Because(opened.Code).ExecuteAsync(http);
            return;
        }

        await using var terminal = opened.Value;
        using var socket = await http.WebSockets.AcceptWebSocketAsync(new WebSocketAcceptContext { KeepAliveInterval = TimeSpan.FromSeconds(30) });
        using var over = CancellationTokenSource.CreateLinkedTokenSource(ct);
        over.CancelAfter(Idle);
        var says = SaysAsync(terminal, socket, over.Token);
        var hears = HearsAsync(terminal, socket, over);
        await Task.WhenAny(says, hears);
        await over.CancelAsync();
        try { await Task.WhenAll(says, hears); }
        catch (Exception e) when (e is OperationCanceledException or WebSocketException or IOException) { }
        db.Ledger.Add(LedgerEntry.Of("cloud.terminal-closed", id, actor, clock.GetUtcNow(), after: new { resource.Number }));
        await db.SaveChangesAsync(CancellationToken.None);
        if (socket.State is WebSocketState.Open or WebSocketState.CloseReceived)
        {
            using var brief = new CancellationTokenSource(TimeSpan.FromSeconds(2));
            try { await socket.CloseAsync(WebSocketCloseStatus.NormalClosure, null, brief.Token); }
            catch (Exception e) when (e is OperationCanceledException or WebSocketException) { }
        }
    }

    private static async Task<IResult?> RefusalAsync(Guid id, HttpContext http, Actor actor, ZhengtongDb db, PoolEngines engines, CancellationToken ct)
    {
        if (await ResourceAccess.OwnAsync(db, id, actor, ct) is not { } resource) { return CloudProblems.ResourceNotFound.Because($"{id}"); }
        if (!http.WebSockets.IsWebSocketRequest || actor.IsProgram) { return CloudProblems.TerminalOnly.Because(resource.Number); }
        if (!Uri.TryCreate(http.Request.Headers.Origin, UriKind.Absolute, out var origin) || origin.Authority != http.Request.Host.Value) { return CloudProblems.TerminalOnly.Because(resource.Number); }
        if (resource is not { Form: ResourceForm.Instance or ResourceForm.Site, State: ResourceState.Running, PoolId: { } pool }) { return CloudProblems.ResourceNotThere.Because(resource.Number); }
        return engines.Of(await db.ResourcePools.AsNoTracking().SingleAsync(p => p.Id == pool, ct)).IsDone ? null : CloudProblems.EngineSilent.Because("no-engine");
    }

    /// <summary>The first shell that is there.</summary>
    private static async Task<EngineAnswer<EngineTerminal>> OpenAsync(CloudEngine engine, InstanceId id, CancellationToken ct)
    {
        foreach (var shell in Shells)
        {
            var there = await engine.ExecAsync(id, new ExecOrder("test", "-x", shell), ct);
            if (there is { IsDone: true, Value.ExitCode: 0 }) { return await engine.OpenTerminalAsync(id, [shell], 80, 24, ct); }
        }

        return await engine.OpenTerminalAsync(id, [Shells[^1]], 80, 24, ct);
    }

    private static async Task SaysAsync(EngineTerminal terminal, WebSocket socket, CancellationToken ct)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(16 * 1024);
        try
        {
            while (await terminal.ReadAsync(buffer, ct) is > 0 and var read) { await socket.SendAsync(buffer.AsMemory(0, read), WebSocketMessageType.Binary, true, ct); }
        }
        finally { ArrayPool<byte>.Shared.Return(buffer); }
    }

    private static async Task HearsAsync(EngineTerminal terminal, WebSocket socket, CancellationTokenSource over)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(MostMessage);
        try
        {
            while (true)
            {
                var length = 0;
                ValueWebSocketReceiveResult part;
                do
                {
                    if (length == MostMessage) { return; }
                    part = await socket.ReceiveAsync(buffer.AsMemory(length, MostMessage - length), over.Token);
                    length += part.Count;
                }
                while (!part.EndOfMessage);

                if (part.MessageType == WebSocketMessageType.Close) { return; }
                over.CancelAfter(Idle);
                if (part.MessageType == WebSocketMessageType.Binary) { await terminal.WriteAsync(buffer.AsMemory(0, length), over.Token); }
                else if (SizeOf(buffer.AsMemory(0, length)) is { } size) { await terminal.ResizeAsync(size.Columns, size.Rows, over.Token); }
            }
        }
        finally { ArrayPool<byte>.Shared.Return(buffer); }
    }

    private static (int Columns, int Rows)? SizeOf(ReadOnlyMemory<byte> message)
    {
        try
        {
            using var json = JsonDocument.Parse(message);
            return json.RootElement.ValueKind == JsonValueKind.Object && json.RootElement.TryGetProperty("columns", out var columns) && columns.TryGetInt32(out var c) && c is >= 1 and <= 1000
                && json.RootElement.TryGetProperty("rows", out var rows) && rows.TryGetInt32(out var r) && r is >= 1 and <= 1000 ? (c, r) : null;
        }
        catch (JsonException) { return null; }
    }
}
