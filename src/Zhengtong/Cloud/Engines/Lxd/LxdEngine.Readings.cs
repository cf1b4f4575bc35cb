using System.Net.WebSockets;
using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Json;

namespace Zhengtong.Cloud.Engines.Lxd;

/// <summary>What instances use, and what happens to them.</summary>
internal sealed partial class LxdEngine
{
    private const int MostInstances = 200_000;
    private const int MostEventBytes = 1024 * 1024;
    private static readonly TimeSpan ShortestPause = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(30);

    internal override async Task<EngineAnswer<IReadOnlyList<InstanceUse>>> ReadMetricsAsync(string? member, CancellationToken ct)
    {
        if (EngineChecks.FaultOfMember(member) is { } fault) { return fault.As<IReadOnlyList<InstanceUse>>(); }
        var opened = await line.OpenAsync(LxdPath.Of(["metrics"], ("target", member)), ct);
        if (!opened.IsDone) { return opened.As<IReadOnlyList<InstanceUse>>(); }
        await using var body = opened.Value;
        var sums = new Dictionary<(string Project, string Name), Sum>();
        try
        {
            await OpenMetrics.ReadAsync(body, 64 * 1024, 1024L * 1024 * 1024, sample => Add(sums, sample), ct);
        }
        catch (InvalidDataException) { return new EngineAnswer(EngineOutcome.Unreachable, "answer-too-long").As<IReadOnlyList<InstanceUse>>(); }
        catch (IOException) { return new EngineAnswer(EngineOutcome.Unreachable, "line-lost").As<IReadOnlyList<InstanceUse>>(); }
        List<InstanceUse> uses = new(sums.Count);
        foreach (var ((project, name), sum) in sums)
        {
            if (EngineName.TryParse(project, out var parsedProject) && EngineName.TryParse(name, out var parsed)) { uses.Add(sum.Use(new InstanceId(parsedProject, parsed))); }
        }

        return new(uses);
    }

    internal override async IAsyncEnumerable<EngineEvent> ListenAsync([EnumeratorCancellation] CancellationToken ct)
    {
        var buffer = new byte[16 * 1024];
        var pause = ShortestPause;
        while (true)
        {
            using var socket = await TryListenAsync(ct);
            if (socket is not null)
            {
                yield return new EngineEvent(EngineEvent.ReadAgain);
                while (await ReadMessageAsync(socket, buffer, ct) is { } message)
                {
                    pause = ShortestPause;
                    if (EventOf(message) is { } told) { yield return told; }
                }
            }

            await Task.Delay(pause, clock, ct);
            pause = pause * 2 < LongestPause ? pause * 2 : LongestPause;
        }
    }

    private async Task<ClientWebSocket?> TryListenAsync(CancellationToken ct)
    {
        try { return await line.ConnectAsync(LxdPath.Of(["events"], ("type", "lifecycle"), ("all-projects", "true")), lookedAt: true, ct); }
        catch (WebSocketException) { return null; }
    }

    /// <summary>One whole message, or null when the line is over or the message is longer than any should be.</summary>
    private static async Task<ReadOnlyMemory<byte>?> ReadMessageAsync(ClientWebSocket socket, byte[] buffer, CancellationToken ct)
    {
        using var message = new MemoryStream();
        while (true)
        {
            ValueWebSocketReceiveResult read;
            try { read = await socket.ReceiveAsync(buffer.AsMemory(), ct); }
            catch (WebSocketException) { return null; }
            // When nobody answers its pings the socket ends itself, and says it in this way.
            catch (OperationCanceledException) when (!ct.IsCancellationRequested) { return null; }
            if (read.MessageType == WebSocketMessageType.Close || message.Length + read.Count > MostEventBytes) { return null; }
            message.Write(buffer, 0, read.Count);
            if (read.EndOfMessage) { return message.ToArray(); }
        }
    }

    private static EngineEvent? EventOf(ReadOnlyMemory<byte> message)
    {
        try
        {
            using var document = JsonDocument.Parse(message);
            var (told, metadata) = (document.RootElement, document.RootElement.Get("metadata"));
            if (told.Text("type") != "lifecycle" || metadata.Text("action") is not { Length: > 0 and <= 100 } action) { return null; }
            var member = told.Text("location") is { Length: > 0 } location and not "none" ? location : null;
            return new EngineEvent(action, InstanceOf(metadata.Text("source"), told.Text("project")), member, told.Moment("timestamp"));
        }
        catch (JsonException)
        {
            return null;
        }
    }

    /// <summary>The instance in an event's source: <c>/1.0/instances/c1/snapshots/s1?project=p</c>.</summary>
    private static InstanceId? InstanceOf(string source, string project)
    {
        var parts = source.Split('?');
        var path = parts[0].Split('/', StringSplitOptions.RemoveEmptyEntries);
        if (path is not ["1.0", "instances", var name, ..] || !EngineName.TryParse(name, out var parsed)) { return null; }
        var said = parts.Length > 1 ? parts[1].Split('&').FirstOrDefault(p => p.StartsWith("project=", StringComparison.Ordinal))?["project=".Length..] : null;
        return EngineName.TryParse(said ?? (project.Length > 0 ? project : "default"), out var home) ? new InstanceId(home, parsed) : null;
    }

    private static void Add(Dictionary<(string, string), Sum> sums, MetricSample sample)
    {
        // LXD and Incus differ in the prefix alone.
        var underline = sample.Name.IndexOf((byte)'_');
        if (underline < 0 || !double.IsFinite(sample.Value)) { return; }
        var metric = sample.Name[(underline + 1)..];
        var name = sample.Label("name"u8);
        var project = sample.Label("project"u8);
        if (name.IsEmpty || name.Length > 63 || project.Length > 63) { return; }
        var id = (project.IsEmpty ? "default" : Encoding.ASCII.GetString(project), Encoding.ASCII.GetString(name));
        if (!sums.TryGetValue(id, out var sum))
        {
            if (sums.Count == MostInstances) { return; }
            sums[id] = sum = new Sum();
        }

        sum.Add(metric, sample);
    }

    /// <summary>What is summed up of one instance.</summary>
    private sealed class Sum
    {
        private double cpu, total, available, resident, diskSize, diskFree, received, sent, processes;
        private bool isAvailableTold;

        internal void Add(ReadOnlySpan<byte> metric, MetricSample sample)
        {
            var value = sample.Value;
            if (metric.SequenceEqual("cpu_seconds_total"u8))
            {
                // Waiting is no use of a processor.
                if (!sample.Label("mode"u8).SequenceEqual("idle"u8) && !sample.Label("mode"u8).SequenceEqual("iowait"u8)) { cpu += value; }
            }
            else if (metric.SequenceEqual("memory_MemTotal_bytes"u8)) { total = value; }
            else if (metric.SequenceEqual("memory_MemAvailable_bytes"u8)) { (available, isAvailableTold) = (value, true); }
            else if (metric.SequenceEqual("memory_RSS_bytes"u8)) { resident = value; }
            else if (metric.SequenceEqual("procs_total"u8)) { processes = value; }
            else if (metric.SequenceEqual("filesystem_size_bytes"u8)) { diskSize += IsRoot(sample) ? value : 0; }
            else if (metric.SequenceEqual("filesystem_free_bytes"u8)) { diskFree += IsRoot(sample) ? value : 0; }
            else if (metric.SequenceEqual("network_receive_bytes_total"u8)) { received += IsLoopback(sample) ? 0 : value; }
            else if (metric.SequenceEqual("network_transmit_bytes_total"u8)) { sent += IsLoopback(sample) ? 0 : value; }
        }

        internal InstanceUse Use(InstanceId id) => new(
            id, Math.Max(0, cpu), Whole(isAvailableTold && total >= available ? total - available : resident), Whole(total), Whole(diskSize - diskFree), Whole(received), Whole(sent), (int)Math.Min(Whole(processes), int.MaxValue));

        private static bool IsRoot(MetricSample sample) => sample.Label("mountpoint"u8).SequenceEqual("/"u8);

        private static bool IsLoopback(MetricSample sample) => sample.Label("device"u8).SequenceEqual("lo"u8);

        private static long Whole(double value) => value <= 0 ? 0 : value >= long.MaxValue ? long.MaxValue : (long)value;
    }
}
