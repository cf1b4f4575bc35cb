using System.Net;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Zhengtong.Cloud.Engines.Lxd;

/// <summary>Projects, networks, rules and volumes: what instances stand in.</summary>
internal sealed partial class LxdEngine
{
    internal override async Task<EngineAnswer> EnsureProjectAsync(EngineProject project, CancellationToken ct)
    {
        if (EngineChecks.Fault(project) is { } fault) { return fault; }
        var config = Marked(project.Marks);
        // Images are the engine's, for all; the rest is the project's own. All of them are named each time: what is left out would be taken for a change.
        (config["features.images"], config["features.profiles"], config["features.storage.volumes"]) = ("false", "true", "true");
        config["limits.instances"] = project.Instances is { } instances ? Number(instances) : "";
        config["limits.cpu"] = project.Cpus is { } cpus ? Number(cpus) : "";
        config["limits.memory"] = project.MemoryMiB is { } memory ? $"{Number(memory)}MiB" : "";
        config["limits.disk"] = project.DiskGiB is { } disk ? $"{Number(disk)}GiB" : "";
        // Nothing of the host for whoever is in it, whatever an imported backup says it wants.
        (config["restricted"], config["restricted.backups"], config["restricted.snapshots"], config["restricted.cluster.target"]) = ("true", "allow", "allow", "allow");
        config["restricted.devices.nic"] = project.Networks.Count == 0 ? "block" : "managed";
        config["restricted.networks.access"] = string.Join(',', project.Networks);
        var path = LxdPath.Of(["projects", project.Name.ToString()]);
        var found = await OursAsync(path, "project", ct);
        if (found.Answer.Outcome == EngineOutcome.NotFound)
        {
            var order = new JsonObject { ["name"] = project.Name.ToString(), ["config"] = WithoutEmpty(config) };
            return (await line.DoAsync(HttpMethod.Post, LxdPath.Of(["projects"]), order, ct)).Answer;
        }

        if (!found.IsDone || Has(found.Metadata, config)) { return found.Answer; }
        return (await line.DoAsync(HttpMethod.Patch, path, new JsonObject { ["config"] = config }, ct)).Answer;
    }

    internal override async Task<EngineAnswer> RemoveProjectAsync(EngineName project, CancellationToken ct) =>
        project == EngineName.Default ? EngineAnswer.Refused("not-ours") : await RemoveAsync(LxdPath.Of(["projects", project.ToString()]), "project", ct);

    internal override async Task<EngineAnswer> EnsureRulesAsync(EngineRules rules, CancellationToken ct) =>
        EngineChecks.Fault(rules) ?? await EnsureRulesAsync(rules.Name, rules.Marks, Written(rules.Ingress), Written(rules.Egress), ct);

    private async Task<EngineAnswer> EnsureRulesAsync(EngineName name, IReadOnlyDictionary<string, string> marks, JsonArray ingress, JsonArray egress, CancellationToken ct)
    {
        var path = LxdPath.Of(["network-acls", name.ToString()]);
        var order = new JsonObject { ["config"] = Marked(marks), ["ingress"] = ingress, ["egress"] = egress };
        var found = await OursAsync(path, "rules", ct);
        if (found.Answer.Outcome == EngineOutcome.NotFound)
        {
            order["name"] = name.ToString();
            return (await line.DoAsync(HttpMethod.Post, LxdPath.Of(["network-acls"]), order, ct)).Answer;
        }

        return found.IsDone ? (await line.DoAsync(HttpMethod.Put, path, order, ct, found.ETag)).Answer : found.Answer;
    }

    internal override Task<EngineAnswer> RemoveRulesAsync(EngineName rules, CancellationToken ct) => RemoveAsync(LxdPath.Of(["network-acls", rules.ToString()]), "rules", ct);

    internal override async Task<EngineAnswer> EnsureNetworkAsync(EngineNetwork network, CancellationToken ct)
    {
        if (EngineChecks.Fault(network) is { } fault) { return fault; }
        var path = LxdPath.Of(["networks", network.Name.ToString()]);
        var config = Marked(network.Marks);
        var own = First(network.Range);
        (config["ipv4.address"], config["ipv6.address"]) = ($"{own}/{Number(network.Range.PrefixLength)}", "none");
        config["ipv4.nat"] = network.Outside ? "true" : "false";
        // Not by switching routing off: where bridges are filtered too, that would cut the zone's own instances off from each other.
        config["security.acls"] = network.Rules is { } rules ? $"{BorderOf(network.Name)},{rules}" : $"{BorderOf(network.Name)}";
        var seen = await line.GetAsync(path, ct);
        // A bridge of the machine that no network stands behind: what the daemon left when it was killed. It says itself whether it can make one of that name.
        if (seen.IsDone && seen.Metadata.Get("managed").ValueKind == JsonValueKind.False) { seen = new LxdReply(new EngineAnswer(EngineOutcome.NotFound, "object")); }
        // An attempt that was cut off may have announced it on some members; until it is made it carries no marks, and is nobody's.
        var isAnnounced = seen.IsDone && seen.Metadata.Text("status") == "Pending";
        var found = isAnnounced ? seen : Ours(seen, "network");
        if (!found.IsDone && found.Answer.Outcome != EngineOutcome.NotFound) { return found.Answer; }
        if (found.Metadata.Get("config").Text("ipv4.address") is { Length: > 0 } address && address != (string?)config["ipv4.address"]) { return EngineAnswer.Refused("range", address); }
        var border = await EnsureBorderAsync(network, own, ct);
        if (!border.IsDone) { return border; }
        if (!found.IsDone || isAnnounced || found.Metadata.Text("status") == "Errored") { return await MakeNetworkAsync(network, WithoutEmpty(config), seen, ct); }
        return Has(found.Metadata, config) ? EngineAnswer.Done : (await line.DoAsync(HttpMethod.Patch, path, new JsonObject { ["config"] = config }, ct)).Answer;
    }

    internal override async Task<EngineAnswer> RemoveNetworkAsync(EngineName network, CancellationToken ct)
    {
        var removed = await RemoveAsync(LxdPath.Of(["networks", network.ToString()]), "network", ct);
        if (!removed.IsDone && removed.Outcome != EngineOutcome.NotFound) { return removed; }
        // Also when an earlier attempt got no further than the network.
        var border = await RemoveRulesAsync(BorderOf(network), ct);
        return border.IsDone || border.Outcome == EngineOutcome.NotFound ? removed : border;
    }

    internal override async Task<EngineAnswer> EnsureVolumeAsync(EngineVolume volume, CancellationToken ct)
    {
        if (EngineChecks.Fault(volume) is { } fault) { return fault; }
        var path = VolumePath(volume.Project, volume.Name);
        var config = Marked(volume.Marks);
        config["size"] = $"{Number(volume.DiskGiB)}GiB";
        var found = await OursAsync(path, "volume", ct);
        if (found.Answer.Outcome == EngineOutcome.NotFound && found.Answer.Code == "volume")
        {
            var order = new JsonObject { ["name"] = volume.Name.ToString(), ["content_type"] = "filesystem", ["config"] = config };
            return (await line.DoAsync(HttpMethod.Post, LxdPath.Of(["storage-pools", options.Pool, "volumes", "custom"], ("project", volume.Project.ToString()), ("target", volume.Member)), order, ct)).Answer;
        }

        if (!found.IsDone) { return found.Answer; }
        if (LxdFields.Bytes(found.Metadata.Get("config").Text("size")) > (long)volume.DiskGiB << 30) { return EngineAnswer.Refused("disk-shrinks"); }
        // What was to stand for a volume while another was restored is that volume from here on.
        if (PlaceholderOf(found.Metadata) is not null) { config[MarkPrefix + EngineMarks.Placeholder] = ""; }
        return Has(found.Metadata, config) ? EngineAnswer.Done : (await line.DoAsync(HttpMethod.Patch, path, new JsonObject { ["config"] = config }, ct)).Answer;
    }

    internal override async Task<EngineAnswer> AttachVolumeAsync(InstanceId id, EngineName volume, string path, CancellationToken ct)
    {
        if (EngineChecks.FaultOfPath(path) is { } fault) { return fault; }
        var found = await OursAsync(id, ct);
        if (!found.IsDone) { return found.Answer; }
        if (found.Metadata.Get("devices").Get(DeviceOf(volume)).Text("path") == path) { return EngineAnswer.Done; }
        var kept = await OursAsync(VolumePath(id.Project, volume), "volume", ct);
        if (!kept.IsDone) { return kept.Answer; }
        var device = new JsonObject { ["type"] = "disk", ["pool"] = options.Pool, ["source"] = volume.ToString(), ["path"] = path };
        return (await line.DoAsync(HttpMethod.Patch, LxdPath.Of(id), new JsonObject { ["devices"] = new JsonObject { [DeviceOf(volume)] = device } }, ct)).Answer;
    }

    internal override async Task<EngineAnswer> DetachVolumeAsync(InstanceId id, EngineName volume, CancellationToken ct)
    {
        var found = await OursAsync(id, ct);
        if (!found.IsDone || found.Metadata.Get("devices").Get(DeviceOf(volume)).ValueKind == JsonValueKind.Undefined) { return found.Answer; }
        return await DropDevicesAsync(id, found, [DeviceOf(volume)], ct);
    }

    /// <summary>Takes devices from an instance: only the whole object says that a device is no more.</summary>
    private async Task<EngineAnswer> DropDevicesAsync(InstanceId id, LxdReply found, IReadOnlyList<string> names, CancellationToken ct)
    {
        var whole = new JsonObject();
        foreach (var part in new[] { "architecture", "config", "devices", "ephemeral", "profiles", "stateful", "description" })
        {
            if (found.Metadata.Get(part) is { ValueKind: not JsonValueKind.Undefined } value) { whole[part] = JsonNode.Parse(value.GetRawText()); }
        }

        foreach (var name in names) { whole["devices"]!.AsObject().Remove(name); }
        return (await line.DoAsync(HttpMethod.Put, LxdPath.Of(id), whole, ct, found.ETag)).Answer;
    }

    internal override async Task<EngineAnswer<EngineVolume>> FindVolumeAsync(EngineName project, EngineName volume, CancellationToken ct)
    {
        var found = await OursAsync(VolumePath(project, volume), "volume", ct);
        return found.IsDone ? new(VolumeOf(found.Metadata, project, volume)) : found.Answer.As<EngineVolume>();
    }

    internal override async Task<EngineAnswer> ReadVolumesAsync(Action<EngineVolume> each, CancellationToken ct)
    {
        // Older versions list the volumes of one project only.
        var projects = await line.GetAsync(LxdPath.Of(["projects"], ("recursion", "1")), ct);
        if (!projects.IsDone) { return projects.Answer; }
        foreach (var one in projects.Metadata.Items().Where(IsOurs))
        {
            if (!EngineName.TryParse(one.Text("name"), out var project)) { continue; }
            var list = await line.GetAsync(LxdPath.Of(["storage-pools", options.Pool, "volumes", "custom"], ("project", project.ToString()), ("recursion", "1")), ct);
            if (!list.IsDone) { return list.Answer; }
            foreach (var item in list.Metadata.Items().Where(IsOurs))
            {
                if (item.Text("type") is "custom" or "" && EngineName.TryParse(item.Text("name"), out var name)) { each(VolumeOf(item, project, name)); }
            }
        }

        return EngineAnswer.Done;
    }

    internal override async Task<EngineAnswer> BackUpVolumeAsync(EngineName project, EngineName volume, EngineName backup, CancellationToken ct)
    {
        var found = await OursAsync(VolumePath(project, volume), "volume", ct);
        if (!found.IsDone) { return found.Answer; }
        var order = new JsonObject
        {
            ["name"] = backup.ToString(), ["volume_only"] = true, ["optimized_storage"] = false, ["compression_algorithm"] = "gzip", ["expires_at"] = Written(clock.GetUtcNow().AddDays(1)),
        };
        return (await line.DoAsync(HttpMethod.Post, VolumePath(project, volume, "backups"), order, ct)).Answer;
    }

    internal override async Task<EngineAnswer<Stream>> ExportVolumeAsync(EngineName project, EngineName volume, EngineName backup, CancellationToken ct)
    {
        var found = await OursAsync(VolumePath(project, volume), "volume", ct);
        if (!found.IsDone) { return found.Answer.As<Stream>(); }
        var stream = await line.OpenAsync(VolumePath(project, volume, "backups", backup.ToString(), "export"), ct);
        return stream.IsDone ? stream : Named(stream, "backup").As<Stream>();
    }

    internal override async Task<EngineAnswer> DeleteVolumeBackupAsync(EngineName project, EngineName volume, EngineName backup, CancellationToken ct)
    {
        var found = await OursAsync(VolumePath(project, volume), "volume", ct);
        return found.IsDone ? Named((await line.DoAsync(HttpMethod.Delete, VolumePath(project, volume, "backups", backup.ToString()), null, ct)).Answer, "backup") : found.Answer;
    }

    internal override async Task<EngineAnswer> ImportVolumeAsync(EngineVolume volume, Stream backup, CancellationToken ct)
    {
        if (EngineChecks.Fault(volume) is { } fault) { return fault; }
        var project = await OursAsync(LxdPath.Of(["projects", volume.Project.ToString()]), "project", ct);
        if (!project.IsDone) { return project.Answer; }
        var path = VolumePath(volume.Project, volume.Name);
        // It takes all the bytes before it says so, and not in words that tell it.
        var before = await line.GetAsync(path, ct);
        if (before.IsDone) { return new EngineAnswer(EngineOutcome.AlreadyExists, "exists"); }
        if (before.Answer is not { Outcome: EngineOutcome.NotFound, Code: "object" }) { return before.Answer; }
        var imported = await line.UploadAsync(
            LxdPath.Of(["storage-pools", options.Pool, "volumes", "custom"], ("project", volume.Project.ToString()), ("target", volume.Member)), backup, headers => Named(headers, volume.Name), ct);
        if (!imported.IsDone) { return imported.Answer; }
        var found = await line.GetAsync(path, ct);
        if (!found.IsDone) { return found.Answer; }
        // The marks come last: what bears others is not whole.
        var config = Marked(volume.Marks);
        config["size"] = $"{Number(volume.DiskGiB)}GiB";
        foreach (var old in MarksOf(found.Metadata).Keys.Where(k => !volume.Marks.ContainsKey(k))) { config[MarkPrefix + old] = ""; }
        return (await line.DoAsync(HttpMethod.Patch, path, new JsonObject { ["config"] = config }, ct)).Answer;
    }

    /// <summary>Sees to it that an instance whose backup names these volumes can be taken in.</summary>
    private async Task<EngineAnswer> HoldPlacesAsync(InstanceId id, IReadOnlyCollection<EngineName> volumes, string? member, CancellationToken ct)
    {
        foreach (var volume in volumes)
        {
            var there = await line.GetAsync(VolumePath(id.Project, volume), ct);
            if (there.IsDone) { continue; }
            if (there.Answer is not { Outcome: EngineOutcome.NotFound, Code: "object" }) { return there.Answer; }
            var config = new JsonObject { [MarkPrefix + EngineMarks.Owner] = options.Owner, [MarkPrefix + EngineMarks.Placeholder] = id.Name.ToString(), ["size"] = "1GiB" };
            var order = new JsonObject { ["name"] = volume.ToString(), ["content_type"] = "filesystem", ["config"] = config };
            var made = (await line.DoAsync(HttpMethod.Post, LxdPath.Of(["storage-pools", options.Pool, "volumes", "custom"], ("project", id.Project.ToString()), ("target", member)), order, ct)).Answer;
            if (!made.IsDone && made.Outcome != EngineOutcome.AlreadyExists) { return made; }
        }

        return EngineAnswer.Done;
    }

    /// <summary>Takes away what stood for volumes while an instance was made, and nothing else; what another needs at this moment stays until that one is made, or somebody looks for what was left.</summary>
    private async Task GivePlacesAsync(InstanceId id, IReadOnlyCollection<EngineName> volumes, CancellationToken ct)
    {
        foreach (var volume in volumes)
        {
            var there = await OursAsync(VolumePath(id.Project, volume), "volume", ct);
            if (there.IsDone && PlaceholderOf(there.Metadata) == id.Name.ToString()) { await line.DoAsync(HttpMethod.Delete, VolumePath(id.Project, volume), null, ct); }
        }
    }

    private static string? PlaceholderOf(JsonElement found) => found.Get("config").Text(MarkPrefix + EngineMarks.Placeholder) is { Length: > 0 } name ? name : null;

    private static EngineVolume VolumeOf(JsonElement found, EngineName project, EngineName name) => new(
        project, name, (int)Math.Min(LxdFields.Bytes(found.Get("config").Text("size")) >> 30, int.MaxValue), MarksOf(found), found.Text("location") is { Length: > 0 } member and not "none" ? member : null);

    internal override Task<EngineAnswer> RemoveVolumeAsync(EngineName project, EngineName volume, CancellationToken ct) => RemoveAsync(VolumePath(project, volume), "volume", ct);

    private static string DeviceOf(EngineName volume) => $"volume-{volume}";

    private string VolumePath(EngineName project, EngineName volume, params ReadOnlySpan<string> rest) =>
        LxdPath.Of(["storage-pools", options.Pool, "volumes", "custom", volume.ToString(), .. rest], ("project", project.ToString()));

    private static JsonObject WithoutEmpty(JsonObject config) => new(config.Where(c => (string?)c.Value is { Length: > 0 }).Select(c => KeyValuePair.Create(c.Key, c.Value?.DeepClone())));

    private static IPAddress First(IPNetwork range)
    {
        var bytes = range.BaseAddress.GetAddressBytes();
        bytes[^1]++;
        return new IPAddress(bytes);
    }

    private static EngineName BorderOf(EngineName network) => EngineName.Parse($"{EngineChecks.BorderPrefix}{network}");

    /// <summary>Every network has rules of its own, that let its instances speak with each other and with nobody else: what no rule allows is refused.</summary>
    private Task<EngineAnswer> EnsureBorderAsync(EngineNetwork network, IPAddress own, CancellationToken ct)
    {
        var bytes = own.GetAddressBytes();
        bytes[^1]++;
        var last = network.Range.BaseAddress.GetAddressBytes();
        for (var bit = network.Range.PrefixLength; bit < 32; bit++) { last[bit / 8] |= (byte)(0x80 >> (bit % 8)); }
        last[^1]--;
        // Without the network's own address: that is the member.
        var others = $"{new IPAddress(bytes)}-{new IPAddress(last)}";
        JsonObject Rule(string side) => new() { ["action"] = "allow", ["state"] = "enabled", [side] = others };
        return EnsureRulesAsync(BorderOf(network.Name), network.Marks, new JsonArray((JsonNode)Rule("source")), new JsonArray((JsonNode)Rule("destination")), ct);
    }

    private static JsonArray Written(IReadOnlyList<EngineRule> rules)
    {
        var list = new JsonArray();
        foreach (var one in rules)
        {
            var rule = new JsonObject { ["action"] = one.Action switch { RuleAction.Allow => "allow", RuleAction.Drop => "drop", _ => "reject" }, ["state"] = "enabled" };
            if (one.Source is { } source) { rule["source"] = source.ToString(); }
            if (one.Destination is { } destination) { rule["destination"] = destination.ToString(); }
            if (one.Protocol != RuleProtocol.Any) { rule["protocol"] = one.Protocol switch { RuleProtocol.Tcp => "tcp", RuleProtocol.Udp => "udp", _ => "icmp4" }; }
            if (one.Ports is { } ports) { rule["destination_port"] = ports.From == ports.To ? Number(ports.From) : $"{Number(ports.From)}-{Number(ports.To)}"; }
            list.Add((JsonNode)rule);
        }

        return list;
    }

    /// <summary>In a cluster a network is first announced on each member, then made on all. Alone, a daemon that was killed in the midst leaves half of one, which it neither finishes nor lets be made again: it is taken away first.</summary>
    private async Task<EngineAnswer> MakeNetworkAsync(EngineNetwork network, JsonObject config, LxdReply seen, CancellationToken ct)
    {
        var name = network.Name.ToString();
        var root = await line.GetAsync("/1.0", ct);
        if (!root.IsDone) { return root.Answer; }
        if (root.Metadata.Get("environment").Get("server_clustered").ValueKind == JsonValueKind.True)
        {
            var members = await line.GetAsync(LxdPath.Of(["cluster", "members"], ("recursion", "1")), ct);
            if (!members.IsDone) { return members.Answer; }
            foreach (var member in members.Metadata.Items().Select(m => m.Text("server_name")))
            {
                var announced = await line.DoAsync(HttpMethod.Post, LxdPath.Of(["networks"], ("target", member)), new JsonObject { ["name"] = name, ["type"] = "bridge" }, ct);
                if (!announced.IsDone && announced.Answer.Outcome != EngineOutcome.AlreadyExists) { return announced.Answer; }
            }
        }

        else if (seen.IsDone)
        {
            if (Ours(seen, "network") is { IsDone: false } strange) { return strange.Answer; }
            var removed = (await line.DoAsync(HttpMethod.Delete, LxdPath.Of(["networks", name]), null, ct)).Answer;
            if (!removed.IsDone && removed.Outcome != EngineOutcome.NotFound) { return removed; }
        }

        return (await line.DoAsync(HttpMethod.Post, LxdPath.Of(["networks"]), new JsonObject { ["name"] = name, ["type"] = "bridge", ["config"] = config }, ct)).Answer;
    }
}
