using System.Net.WebSockets;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Zhengtong.Cloud.Engines.Lxd;

/// <summary>Programs inside an instance. Their output comes over websockets, never through files on the member: a program that talks without end must fill nobody's disk.</summary>
internal sealed partial class LxdEngine
{
    internal override async Task<EngineAnswer> PutFileAsync(InstanceId id, string path, Stream content, CancellationToken ct)
    {
        if (EngineChecks.FaultOfPath(path) is { } fault) { return fault; }
        var found = await OursAsync(id, ct);
        if (!found.IsDone) { return found.Answer; }
        return (await line.UploadAsync(LxdPath.Of(["instances", id.Name.ToString(), "files"], ("project", id.Project.ToString()), ("path", path)), content, headers =>
        {
            // Both products' headers; each reads its own.
            foreach (var prefix in new[] { "X-LXD", "X-Incus" })
            {
                headers.Add($"{prefix}-type", "file");
                headers.Add($"{prefix}-mode", "0600");
                headers.Add($"{prefix}-uid", "0");
                headers.Add($"{prefix}-gid", "0");
                headers.Add($"{prefix}-write", "overwrite");
            }
        }, ct)).Answer;
    }

    internal override async Task<EngineAnswer<ExecResult>> ExecAsync(InstanceId id, ExecOrder order, CancellationToken ct)
    {
        if (EngineChecks.Fault(order) is { } fault) { return fault.As<ExecResult>(); }
        var begun = await BeginAsync(id, "exec", Command(order.Command, order.Environment, isInteractive: false), ct);
        if (!begun.IsDone) { return begun.Answer.As<ExecResult>(); }
        var operation = begun.Operation!.Value;
        using var over = new CancellationTokenSource();
        using var late = new CancellationTokenSource(order.Time, clock);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(ct, late.Token, over.Token);
        // The engine forgets an operation soon after its end, so its end is waited for from the beginning.
        var ending = line.WaitAsync(operation, order.Time + options.AnswerTime, ct);
        ExecEnd end;
        byte[] output, errors;
        try
        {
            var fds = begun.Metadata.Get("metadata").Get("fds");
            // This one first: when it closes, the program is killed.
            using var control = await line.ConnectAsync(operation, fds.Text("control"), ct);
            using var input = await line.ConnectAsync(operation, fds.Text("0"), ct);
            using var first = await line.ConnectAsync(operation, fds.Text("1"), ct);
            using var second = await line.ConnectAsync(operation, fds.Text("2"), ct);
            using var kept = new MemoryStream();
            using var keptErrors = new MemoryStream();
            try { await Task.WhenAll(FeedAsync(input, order.Input, stop.Token), DrainAsync(first, kept, order.MostBytes, over, stop.Token), DrainAsync(second, keptErrors, order.MostBytes, over, stop.Token)); }
            catch (OperationCanceledException) when (!ct.IsCancellationRequested) { /* Too much, or too late. */ }
            end = over.IsCancellationRequested ? ExecEnd.SaidTooMuch : late.IsCancellationRequested ? ExecEnd.RanTooLong : ExecEnd.Exited;
            if (end != ExecEnd.Exited) { await LxdSocket.KillAsync(control); }
            (output, errors) = (kept.ToArray(), keptErrors.ToArray());
            // What was killed may have left children that hold the outputs open: its end is waited for with the sockets closed.
            if (end == ExecEnd.Exited) { await ending; }
        }
        catch (WebSocketException e)
        {
            // It may have ended, or never begun.
            var why = await ending;
            return (why.IsDone ? new EngineAnswer(EngineOutcome.Unknown, "line-lost", e.Message) : why.Answer).As<ExecResult>();
        }

        var ended = await ending;
        if (end != ExecEnd.Exited) { return new(new ExecResult(end, null, output, errors)); }
        // A program that is not there is an operation that failed, with an exit code all the same.
        return ended.Metadata.Get("return") is { ValueKind: JsonValueKind.Number } && ended.Metadata.Number("return") is >= 0 and <= 255 and var code
            ? new(new ExecResult(end, (int)code, output, errors))
            : (ended.IsDone ? new EngineAnswer(EngineOutcome.Unknown, "malformed") : ended.Answer).As<ExecResult>();
    }

    internal override async Task<EngineAnswer<EngineTerminal>> OpenTerminalAsync(InstanceId id, IReadOnlyList<string> command, int columns, int rows, CancellationToken ct)
    {
        if ((EngineChecks.FaultOfCommand(command) ?? EngineChecks.FaultOfWindow(columns, rows)) is { } fault) { return fault.As<EngineTerminal>(); }
        var order = Command(command, new Dictionary<string, string> { ["TERM"] = "xterm-256color" }, isInteractive: true);
        (order["width"], order["height"]) = (columns, rows);
        return await OpenAsync(id, "exec", order, ct);
    }

    internal override async Task<EngineAnswer<EngineTerminal>> OpenConsoleAsync(InstanceId id, int columns, int rows, CancellationToken ct)
    {
        if (EngineChecks.FaultOfWindow(columns, rows) is { } fault) { return fault.As<EngineTerminal>(); }
        var found = await OursAsync(id, ct);
        if (!found.IsDone) { return found.Answer.As<EngineTerminal>(); }
        if (await HasConsoleOpenAsync(id, ct)) { return new EngineAnswer(EngineOutcome.Busy, "in-use").As<EngineTerminal>(); }
        return await OpenAsync(id, "console", new JsonObject { ["type"] = "console", ["width"] = columns, ["height"] = rows }, ct);
    }

    /// <summary>True while somebody has the console. The engine lets a second one in and then drops it with words on its screen, so it is looked up before.</summary>
    private async Task<bool> HasConsoleOpenAsync(InstanceId id, CancellationToken ct)
    {
        var list = await line.GetAsync(LxdPath.Of(["operations"], ("recursion", "1"), ("project", id.Project.ToString())), ct);
        return list.Metadata.Items("running").Any(o => o.Text("description") == "Showing console"
            && o.Get("resources").Items("instances").Any(i => i.Said().Split('?')[0].EndsWith($"/{id.Name}", StringComparison.Ordinal)));
    }

    private static JsonObject Command(IReadOnlyList<string> command, IReadOnlyDictionary<string, string> environment, bool isInteractive) => new()
    {
        ["command"] = new JsonArray([.. command.Select(w => (JsonNode)w)]),
        ["environment"] = new JsonObject([.. environment.Select(e => KeyValuePair.Create(e.Key, (JsonNode?)e.Value))]),
        ["wait-for-websocket"] = true,
        ["record-output"] = false,
        ["interactive"] = isInteractive,
    };

    private async Task<LxdReply> BeginAsync(InstanceId id, string what, JsonObject order, CancellationToken ct)
    {
        var found = await OursAsync(id, ct);
        if (!found.IsDone) { return found; }
        // The engine says of a stopped one only that something failed.
        if (StatusOfInstance(found.Metadata) is InstanceStatus.Stopped) { return new LxdReply(EngineAnswer.Refused("not-running")); }
        var begun = await line.AskAsync(HttpMethod.Post, LxdPath.Of(id, what), order, ct);
        return begun.IsDone && begun.Operation is null ? new LxdReply(new EngineAnswer(EngineOutcome.Unknown, "malformed")) : begun;
    }

    private async Task<EngineAnswer<EngineTerminal>> OpenAsync(InstanceId id, string what, JsonObject order, CancellationToken ct)
    {
        var begun = await BeginAsync(id, what, order, ct);
        if (!begun.IsDone) { return begun.Answer.As<EngineTerminal>(); }
        var operation = begun.Operation!.Value;
        var ending = line.WaitAsync(operation, TimeSpan.FromDays(1), CancellationToken.None);
        var fds = begun.Metadata.Get("metadata").Get("fds");
        ClientWebSocket? control = null;
        try
        {
            control = await line.ConnectAsync(operation, fds.Text("control"), ct);
            var bytes = await line.ConnectAsync(operation, fds.Text("0"), ct);
            var terminal = new LxdTerminal(bytes, control, isProgram: what == "exec", CodeAsync(ending));
            control = null;
            return new(terminal);
        }
        catch (WebSocketException e)
        {
            // It waits five seconds for its sockets, then it says why.
            var why = await ending;
            return (why.IsDone ? new EngineAnswer(EngineOutcome.Unknown, "line-lost", e.Message) : why.Answer).As<EngineTerminal>();
        }
        finally
        {
            control?.Dispose();
        }
    }

    private static async Task<int?> CodeAsync(Task<LxdReply> ending) =>
        (await ending).Metadata is var left && left.Get("return").ValueKind == JsonValueKind.Number && left.Number("return") is >= 0 and <= 255 and var code ? (int)code : null;

    private static async Task FeedAsync(ClientWebSocket input, ReadOnlyMemory<byte> bytes, CancellationToken ct)
    {
        await LxdSocket.WriteAsync(input, bytes, ct);
        await LxdSocket.EndAsync(input, ct);
    }

    /// <summary>Keeps what is said, up to the most; then all is over.</summary>
    private static async Task DrainAsync(ClientWebSocket from, MemoryStream kept, int most, CancellationTokenSource over, CancellationToken ct)
    {
        var buffer = new byte[16 * 1024];
        while (await LxdSocket.ReadAsync(from, buffer, ct) is > 0 and var read)
        {
            var fits = (int)Math.Min(read, most - kept.Length);
            kept.Write(buffer, 0, fits);
            if (fits == read) { continue; }
            await over.CancelAsync();
            return;
        }
    }
}
