using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Zhengtong.Cloud.Engines.Lxd;

/// <summary>Instances from their making to their end.</summary>
internal sealed partial class LxdEngine
{
    internal override async Task<EngineAnswer> CreateAsync(InstanceOrder order, CancellationToken ct)
    {
        if (EngineChecks.Fault(order) is { } fault) { return fault; }
        if (order.Network is { } zone)
        {
            // A project that may not use a network is told that it is forbidden, though it is not there at all.
            var there = await OursAsync(LxdPath.Of(["networks", zone.ToString()], ("project", order.Id.Project.ToString())), "network", ct);
            if (!there.IsDone) { return there.Answer; }
        }

        var config = Marked(order.Marks);
        Limit(config, order.Size);
        // What is to run is started by whoever keeps the desired state, not by the engine from memory.
        config["boot.autostart"] = "false";
        if (order.UserData is { } data) { config[await KnowsAsync("cloud_init", ct) ? "cloud-init.user-data" : "user.user-data"] = data; }
        var devices = new JsonObject { ["root"] = new JsonObject { ["type"] = "disk", ["path"] = "/", ["pool"] = options.Pool, ["size"] = $"{Number(order.Size.DiskGiB)}GiB" } };
        if (order.Network is { } network) { devices["eth0"] = new JsonObject { ["type"] = "nic", ["network"] = network.ToString(), ["name"] = "eth0" }; }
        var source = IsFingerprint(order.Image) ? new JsonObject { ["type"] = "image", ["fingerprint"] = order.Image } : new JsonObject { ["type"] = "image", ["alias"] = order.Image };
        var body = new JsonObject
        {
            ["name"] = order.Id.Name.ToString(), ["type"] = "container", ["source"] = source, ["config"] = config, ["devices"] = devices,
            // What an operator put into a profile is not what was ordered.
            ["profiles"] = new JsonArray(),
        };
        var target = order.Member ?? (order.Group is { } group ? $"@{group}" : null);
        return (await line.DoAsync(HttpMethod.Post, LxdPath.Of(["instances"], ("project", order.Id.Project.ToString()), ("target", target)), body, ct)).Answer;
    }

    internal override async Task<EngineAnswer> StartAsync(InstanceId id, CancellationToken ct)
    {
        var found = await OursAsync(id, ct);
        if (!found.IsDone || StatusOfInstance(found.Metadata) != InstanceStatus.Frozen) { return found.IsDone ? await ActAsync(id, "start", false, InstanceStatus.Running, ct) : found.Answer; }
        // One that is held still counts as running there: it is let go on, not started. Half held still it must be held first.
        if (found.Metadata.Text("status") == "Freezing") { await ActAsync(id, "freeze", false, null, ct); }
        return await ActAsync(id, "unfreeze", false, null, ct);
    }

    internal override Task<EngineAnswer> StopAsync(InstanceId id, bool force, CancellationToken ct) => ActAsync(id, "stop", force, InstanceStatus.Stopped, ct);

    internal override Task<EngineAnswer> RestartAsync(InstanceId id, bool force, CancellationToken ct) => ActAsync(id, "restart", force, null, ct);

    internal override async Task<EngineAnswer> ResizeAsync(InstanceId id, EngineSize size, CancellationToken ct)
    {
        if (EngineChecks.Fault(size) is { } fault) { return fault; }
        var found = await OursAsync(id, ct);
        if (!found.IsDone) { return found.Answer; }
        var now = SizeOf(found.Metadata);
        if (now == size) { return EngineAnswer.Done; }
        if (size.DiskGiB < now.DiskGiB) { return EngineAnswer.Refused("disk-shrinks", $"{now.DiskGiB} GiB"); }
        var config = new JsonObject();
        Limit(config, size);
        var change = new JsonObject { ["config"] = config };
        if (size.DiskGiB != now.DiskGiB) { change["devices"] = new JsonObject { ["root"] = Root(found.Metadata, size) }; }
        return (await line.DoAsync(HttpMethod.Patch, LxdPath.Of(id), change, ct)).Answer;
    }

    internal override Task<EngineAnswer> DeleteAsync(InstanceId id, CancellationToken ct) => RemoveAsync(LxdPath.Of(id), "instance", ct);

    internal override async Task<EngineAnswer> SnapshotAsync(InstanceId id, EngineName snapshot, DateTimeOffset? expiresAt, CancellationToken ct)
    {
        var found = await OursAsync(id, ct);
        if (!found.IsDone) { return found.Answer; }
        var order = new JsonObject { ["name"] = snapshot.ToString(), ["stateful"] = false };
        if (expiresAt is { } end) { order["expires_at"] = Written(end); }
        return (await line.DoAsync(HttpMethod.Post, LxdPath.Of(id, "snapshots"), order, ct)).Answer;
    }

    internal override async Task<EngineAnswer<IReadOnlyList<EngineSnapshot>>> ListSnapshotsAsync(InstanceId id, CancellationToken ct)
    {
        var found = await OursAsync(id, ct);
        if (!found.IsDone) { return found.Answer.As<IReadOnlyList<EngineSnapshot>>(); }
        var list = await line.GetAsync(LxdPath.Of(["instances", id.Name.ToString(), "snapshots"], ("project", id.Project.ToString()), ("recursion", "1")), ct);
        if (!list.IsDone) { return list.Answer.As<IReadOnlyList<EngineSnapshot>>(); }
        List<EngineSnapshot> snapshots = [];
        foreach (var item in list.Metadata.Items())
        {
            // Some versions say instance/snapshot.
            if (EngineName.TryParse(item.Text("name").Split('/')[^1], out var name)) { snapshots.Add(new EngineSnapshot(name, item.Moment("created_at"), item.Moment("expires_at"), SizeOf(item))); }
        }

        return new([.. snapshots.OrderBy(s => s.CreatedAt)]);
    }

    internal override async Task<EngineAnswer<EngineInstance>> RestoreAsync(InstanceId id, EngineName snapshot, CancellationToken ct)
    {
        var before = await OursAsync(id, ct);
        if (!before.IsDone) { return before.Answer.As<EngineInstance>(); }
        var there = await line.GetAsync(LxdPath.Of(id, "snapshots", snapshot.ToString()), ct);
        if (!there.IsDone) { return (there.Answer.Outcome == EngineOutcome.NotFound ? there.Answer with { Code = "snapshot" } : there.Answer).As<EngineInstance>(); }
        var restored = await line.DoAsync(HttpMethod.Put, LxdPath.Of(id), new JsonObject { ["restore"] = snapshot.ToString() }, ct);
        if (!restored.IsDone) { return restored.Answer.As<EngineInstance>(); }
        var after = await line.GetAsync(LxdPath.Of(id), ct);
        if (!after.IsDone) { return after.Answer.As<EngineInstance>(); }
        var (marks, now) = (MarksOf(before.Metadata), MarksOf(after.Metadata));
        if (!IsOurs(after.Metadata) || marks.Count != now.Count || marks.Any(m => now.GetValueOrDefault(m.Key) != m.Value))
        {
            var config = Marked(marks);
            foreach (var old in now.Keys.Where(k => !marks.ContainsKey(k))) { config[MarkPrefix + old] = ""; }
            var marked = await line.DoAsync(HttpMethod.Patch, LxdPath.Of(id), new JsonObject { ["config"] = config }, ct);
            if (!marked.IsDone) { return marked.Answer.As<EngineInstance>(); }
        }

        return new(InstanceOf(after.Metadata, id, null) with { Marks = marks });
    }

    internal override async Task<EngineAnswer> DeleteSnapshotAsync(InstanceId id, EngineName snapshot, CancellationToken ct)
    {
        var found = await OursAsync(id, ct);
        return found.IsDone ? Named((await line.DoAsync(HttpMethod.Delete, LxdPath.Of(id, "snapshots", snapshot.ToString()), null, ct)).Answer, "snapshot") : found.Answer;
    }

    internal override async Task<EngineAnswer> BackUpAsync(InstanceId id, EngineName backup, CancellationToken ct)
    {
        var found = await OursAsync(id, ct);
        if (!found.IsDone) { return found.Answer; }
        var order = new JsonObject
        {
            ["name"] = backup.ToString(), ["instance_only"] = true, ["optimized_storage"] = false, ["compression_algorithm"] = "gzip", ["expires_at"] = Written(clock.GetUtcNow().AddDays(1)),
        };
        return (await line.DoAsync(HttpMethod.Post, LxdPath.Of(id, "backups"), order, ct)).Answer;
    }

    internal override async Task<EngineAnswer<Stream>> ExportAsync(InstanceId id, EngineName backup, CancellationToken ct)
    {
        var found = await OursAsync(id, ct);
        if (!found.IsDone) { return found.Answer.As<Stream>(); }
        var stream = await line.OpenAsync(LxdPath.Of(id, "backups", backup.ToString(), "export"), ct);
        return stream.IsDone ? stream : Named(stream, "backup").As<Stream>();
    }

    internal override async Task<EngineAnswer> DeleteBackupAsync(InstanceId id, EngineName backup, CancellationToken ct)
    {
        var found = await OursAsync(id, ct);
        return found.IsDone ? Named((await line.DoAsync(HttpMethod.Delete, LxdPath.Of(id, "backups", backup.ToString()), null, ct)).Answer, "backup") : found.Answer;
    }

    internal override async Task<EngineAnswer> ImportAsync(
        InstanceId id, Stream backup, EngineSize size, IReadOnlyDictionary<string, string> marks, string? member, IReadOnlyCollection<EngineName> volumes, CancellationToken ct)
    {
        if ((EngineChecks.Fault(size) ?? EngineMarks.Fault(marks) ?? EngineChecks.FaultOfMember(member)) is { } fault) { return fault; }
        var project = await OursAsync(LxdPath.Of(["projects", id.Project.ToString()]), "project", ct);
        if (!project.IsDone) { return project.Answer; }
        if (project.Metadata.Get("config").Text("restricted") != "true") { return EngineAnswer.Refused("not-restricted"); }
        var places = await HoldPlacesAsync(id, volumes, member, ct);
        if (!places.IsDone) { return places; }
        var imported = await line.UploadAsync(LxdPath.Of(["instances"], ("project", id.Project.ToString()), ("target", member)), backup, headers => Named(headers, id.Name), ct);
        if (!imported.IsDone)
        {
            // What was sent whole may still be being unpacked, and needs them then.
            if (imported.Answer.Outcome != EngineOutcome.Unknown) { await GivePlacesAsync(id, volumes, ct); }
            return imported.Answer;
        }

        var found = await line.GetAsync(LxdPath.Of(id), ct);
        if (!found.IsDone) { return found.Answer; }
        // Data volumes are of what it was taken from, and stay there. They go before the marks come: as long as it bears others it is not started, whoever dies.
        var foreign = found.Metadata.Members("devices").Where(d => d.Value.Text("type") == "disk" && d.Value.Text("source").Length > 0).Select(d => d.Name).ToList();
        if (foreign.Count > 0 && await DropDevicesAsync(id, found, foreign, ct) is { IsDone: false } kept) { return kept; }
        await GivePlacesAsync(id, volumes, ct);
        var config = Marked(marks);
        Limit(config, size);
        config["boot.autostart"] = "false";
        // Addresses of cards are in the backup: that which it was taken from may be there still, or come back.
        foreach (var card in found.Metadata.Members("config").Select(m => m.Name).Where(n => n.StartsWith("volatile.", StringComparison.Ordinal) && n.EndsWith(".hwaddr", StringComparison.Ordinal))) { config[card] = ""; }
        foreach (var old in MarksOf(found.Metadata).Keys.Where(k => !marks.ContainsKey(k))) { config[MarkPrefix + old] = ""; }
        return (await line.DoAsync(HttpMethod.Patch, LxdPath.Of(id), new JsonObject { ["config"] = config, ["devices"] = new JsonObject { ["root"] = Root(found.Metadata, size) } }, ct)).Answer;
    }

    /// <summary>Says what is to be made of the bytes that follow, and in which pool: both products' headers, for each reads its own.</summary>
    private void Named(HttpRequestHeaders headers, EngineName name)
    {
        foreach (var prefix in new[] { "X-LXD", "X-Incus" })
        {
            headers.Add($"{prefix}-name", name.ToString());
            headers.Add($"{prefix}-pool", options.Pool);
        }
    }

    internal override async Task<EngineAnswer<EngineInstance>> FindAsync(InstanceId id, CancellationToken ct)
    {
        var found = await OursAsync(id, ct);
        if (!found.IsDone) { return found.Answer.As<EngineInstance>(); }
        var state = await line.GetAsync(LxdPath.Of(id, "state"), ct);
        return new(InstanceOf(found.Metadata, id, state.IsDone ? StateOf(state.Metadata) : null));
    }

    internal override async Task<EngineAnswer> ReadInstancesAsync(InstanceFilter filter, Action<EngineInstance> each, CancellationToken ct)
    {
        if (EngineMarks.Fault(filter) is { } fault) { return fault; }
        var wanted = $"config.{MarkPrefix}{EngineMarks.Owner} eq {options.Owner}" + (filter.Mark is null ? "" : $" and config.{MarkPrefix}{filter.Mark} eq {filter.Value}");
        var path = LxdPath.Of(["instances"], ("recursion", filter.WithState ? "2" : "1"), ("project", filter.Project?.ToString()), ("all-projects", filter.Project is null ? "true" : null), ("filter", wanted));
        return await EachAsync(path, filter.Project ?? EngineName.Default, (id, item) =>
        {
            var instance = InstanceOf(item, id, filter.WithState ? StateOf(item.Get("state")) : null);
            if (filter.Mark is null || instance.Marks.GetValueOrDefault(filter.Mark) == filter.Value) { each(instance); }
        }, ct);
    }

    /// <summary>Reads a list of instances, ours alone: what the engine filters is looked at again, for a version that knows no filter gives all.</summary>
    private async Task<EngineAnswer> EachAsync(string path, EngineName home, Action<InstanceId, JsonElement> each, CancellationToken ct)
    {
        var opened = await line.OpenAsync(path, ct);
        if (!opened.IsDone) { return opened; }
        await using var body = opened.Value;
        try
        {
            await foreach (var item in LxdArray.ReadAsync(body, options.MostBytes, ct))
            {
                if (!IsOurs(item) || !EngineName.TryParse(item.Text("name"), out var name)) { continue; }
                if (EngineName.TryParse(item.Text("project") is { Length: > 0 } said ? said : home.ToString(), out var project)) { each(new InstanceId(project, name), item); }
            }

            return EngineAnswer.Done;
        }
        catch (JsonException) { return new EngineAnswer(EngineOutcome.Unreachable, "malformed"); }
        catch (IOException) { return new EngineAnswer(EngineOutcome.Unreachable, "line-lost"); }
    }

    private async Task<EngineAnswer> ActAsync(InstanceId id, string action, bool force, InstanceStatus? wanted, CancellationToken ct)
    {
        var found = await OursAsync(id, ct);
        if (!found.IsDone || StatusOfInstance(found.Metadata) == wanted) { return found.Answer; }
        var order = new JsonObject { ["action"] = action, ["timeout"] = (int)options.StopTime.TotalSeconds, ["force"] = force };
        var answer = (await line.DoAsync(HttpMethod.Put, LxdPath.Of(id, "state"), order, ct)).Answer;
        // Another was faster: it is as asked for.
        return (answer.Code, wanted) is ("already-running", InstanceStatus.Running) or ("already-stopped" or "not-running", InstanceStatus.Stopped) ? EngineAnswer.Done : answer;
    }

    private static EngineAnswer Named(EngineAnswer answer, string what) => answer.Outcome == EngineOutcome.NotFound && answer.Code == "object" ? answer with { Code = what } : answer;

    private static string Written(DateTimeOffset moment) => moment.UtcDateTime.ToString("yyyy-MM-ddTHH:mm:ssZ", CultureInfo.InvariantCulture);

    private static bool IsFingerprint(string image) => image.Length == 64 && image.All(char.IsAsciiHexDigitLower);

    private static void Limit(JsonObject config, EngineSize size) =>
        (config["limits.cpu"], config["limits.memory"], config["limits.processes"]) = (Number(size.Cpus), $"{Number(size.MemoryMiB)}MiB", Number(size.Processes));

    /// <summary>The root disk as it is, with another size.</summary>
    private static JsonObject Root(JsonElement instance, EngineSize size)
    {
        var device = instance.Get("devices").Get("root") is { ValueKind: JsonValueKind.Object } own ? own : instance.Get("expanded_devices").Get("root");
        var root = device.ValueKind == JsonValueKind.Object ? JsonNode.Parse(device.GetRawText())!.AsObject() : new JsonObject { ["type"] = "disk", ["path"] = "/" };
        root["size"] = $"{Number(size.DiskGiB)}GiB";
        return root;
    }

    private static EngineInstance InstanceOf(JsonElement found, InstanceId id, InstanceState? state) => new(
        id, StatusOfInstance(found), SizeOf(found), MarksOf(found), found.Text("location") is { Length: > 0 } member and not "none" ? member : null, found.Moment("created_at"), state);

    private static InstanceStatus StatusOfInstance(JsonElement found) => found.Text("status") switch
    {
        "Running" => InstanceStatus.Running,
        "Stopped" => InstanceStatus.Stopped,
        // A daemon that is killed while it takes a snapshot leaves the instance held still, or half so, until somebody lets it go on.
        "Frozen" or "Freezing" => InstanceStatus.Frozen,
        "Starting" or "Stopping" or "Aborting" or "Thawed" => InstanceStatus.Changing,
        _ => InstanceStatus.Lost,
    };

    private static EngineSize SizeOf(JsonElement found)
    {
        var (config, devices) = (found.Get("config"), found.Get("devices"));
        return new EngineSize(
            Whole(config.Text("limits.cpu")), (int)Math.Min(LxdFields.Bytes(config.Text("limits.memory")) >> 20, int.MaxValue),
            (int)Math.Min(LxdFields.Bytes(devices.Get("root").Text("size")) >> 30, int.MaxValue), Whole(config.Text("limits.processes")));
    }

    private static int Whole(string text) => int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : 0;

    private static InstanceState StateOf(JsonElement state)
    {
        long received = 0, sent = 0;
        List<IPAddress> addresses = [];
        foreach (var one in state.Members("network").Where(n => n.Name != "lo"))
        {
            received += one.Value.Get("counters").Number("bytes_received");
            sent += one.Value.Get("counters").Number("bytes_sent");
            addresses.AddRange(one.Value.Items("addresses").Where(a => a.Text("scope") == "global").Select(a => IPAddress.TryParse(a.Text("address"), out var address) ? address : null)
                .OfType<IPAddress>().Where(a => a.AddressFamily is AddressFamily.InterNetwork or AddressFamily.InterNetworkV6));
        }

        var disk = state.Get("disk").Get("root");
        return new InstanceState(
            state.Get("cpu").Number("usage"), state.Get("memory").Number("usage"), state.Get("memory").Number("usage_peak"), disk.ValueKind == JsonValueKind.Object ? disk.Number("usage") : null,
            (int)Math.Clamp(state.Number("processes"), 0, int.MaxValue), received, sent, addresses);
    }
}
