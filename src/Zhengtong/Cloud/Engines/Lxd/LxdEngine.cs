using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Zhengtong.Cloud.Engines.Lxd;

/// <summary>LXD, or Incus, as an engine: one machine or a cluster, over its REST API. What it can do is read from the list of its API's extensions, never from its version.</summary>
internal sealed partial class LxdEngine : CloudEngine
{
    private const string MarkPrefix = "user.zt.";
    private readonly LxdOptions options;
    private readonly TimeProvider clock;
    private readonly LxdConnection line;
    private IReadOnlySet<string>? extensions;

    /// <exception cref="ArgumentException">The options name no way to an engine, or no owner.</exception>
    internal LxdEngine(LxdOptions options, TimeProvider clock)
    {
        if (!EngineMarks.IsValue(options.Owner)) { throw new ArgumentException("The owner's mark is letters, digits and . _ : -", nameof(options)); }
        (this.options, this.clock, line) = (options, clock, new LxdConnection(options, clock));
    }

    public override void Dispose() => line.Dispose();

    internal override async Task<EngineAnswer<EngineDescription>> DescribeAsync(CancellationToken ct)
    {
        var root = await line.GetAsync("/1.0", ct);
        if (!root.IsDone) { return root.Answer.As<EngineDescription>(); }
        // To strangers it answers too, with half of it.
        if (root.Metadata.Text("auth") != "trusted") { return EngineAnswer.Refused("not-trusted").As<EngineDescription>(); }
        var known = Keep(root.Metadata);
        var environment = root.Metadata.Get("environment");
        List<EngineMember> members = [];
        if (environment.Get("server_clustered").ValueKind == JsonValueKind.True)
        {
            var list = await line.GetAsync(LxdPath.Of(["cluster", "members"], ("recursion", "1")), ct);
            if (!list.IsDone) { return list.Answer.As<EngineDescription>(); }
            foreach (var member in list.Metadata.Items())
            {
                var (name, status) = (member.Text("server_name"), StatusOf(member.Text("status")));
                members.Add(new EngineMember(name, status, [.. member.Items("groups").Select(g => g.Said())], status == MemberStatus.Offline ? null : await CapacityAsync(name, ct)));
            }
        }
        else
        {
            members.Add(new EngineMember(environment.Text("server_name"), MemberStatus.Online, [], await CapacityAsync(null, ct)));
        }

        return new(new EngineDescription(
            environment.Text("server") is { Length: > 0 } product ? product : "lxd", environment.Text("server_version"), await AbilitiesAsync(known, environment, ct), [.. members.OrderBy(m => m.Name, StringComparer.Ordinal)]));
    }

    internal override async Task<EngineAnswer<IReadOnlyList<EngineImage>>> ListImagesAsync(EngineName project, CancellationToken ct)
    {
        var list = await line.GetAsync(LxdPath.Of(["images"], ("recursion", "1"), ("project", project.ToString())), ct);
        if (!list.IsDone) { return list.Answer.As<IReadOnlyList<EngineImage>>(); }
        return new([.. list.Metadata.Items().Select(i => new EngineImage(
            i.Text("fingerprint"), [.. i.Items("aliases").Select(a => a.Text("name"))], i.Text("type"), i.Text("architecture"),
            i.Get("properties").Text("description") is { Length: > 0 } text ? text : i.Get("properties").Text("os"), i.Number("size")))]);
    }

    private async Task<MemberCapacity?> CapacityAsync(string? member, CancellationToken ct)
    {
        var has = await line.GetAsync(LxdPath.Of(["resources"], ("target", member)), ct);
        if (!has.IsDone) { return null; }
        var pool = await line.GetAsync(LxdPath.Of(["storage-pools", options.Pool, "resources"], ("target", member)), ct);
        var (memory, space) = (has.Metadata.Get("memory"), pool.Metadata.Get("space"));
        return new MemberCapacity((int)has.Metadata.Get("cpu").Number("total"), memory.Number("total"), memory.Number("used"), space.Number("total"), space.Number("used"));
    }

    private async Task<IReadOnlySet<EngineAbility>> AbilitiesAsync(IReadOnlySet<string> known, JsonElement environment, CancellationToken ct)
    {
        var abilities = new HashSet<EngineAbility> { EngineAbility.LiveResize, EngineAbility.Snapshots, EngineAbility.Exec, EngineAbility.Events };
        void Add(EngineAbility ability, bool has) { if (has) { abilities.Add(ability); } }
        Add(EngineAbility.Backups, known.Contains("container_backup"));
        Add(EngineAbility.Console, known.Contains("console"));
        Add(EngineAbility.Rules, known.Contains("network_acl") && known.Contains("network_bridge_acl"));
        Add(EngineAbility.Metrics, known.Contains("metrics"));
        Add(EngineAbility.VirtualMachines, environment.Text("driver").Contains("qemu", StringComparison.Ordinal));
        var isCluster = environment.Get("server_clustered").ValueKind == JsonValueKind.True;
        Add(EngineAbility.Cluster, isCluster);
        Add(EngineAbility.Groups, isCluster && known.Contains("clustering_groups"));
        Add(EngineAbility.Evacuation, isCluster && known.Contains("clustering_evacuation"));
        var pool = await line.GetAsync(LxdPath.Of(["storage-pools", options.Pool]), ct);
        // A plain folder keeps to a size only where its file system has quotas of projects, and then nobody tells.
        Add(EngineAbility.DiskQuota, pool.IsDone && pool.Metadata.Text("driver") is not ("" or "dir"));
        return abilities;
    }

    private IReadOnlySet<string> Keep(JsonElement root) => extensions = root.Items("api_extensions").Select(e => e.Said()).ToHashSet(StringComparer.Ordinal);

    /// <summary>True when the engine's API has an extension; asked once.</summary>
    private async Task<bool> KnowsAsync(string extension, CancellationToken ct)
    {
        if (extensions is { } known) { return known.Contains(extension); }
        var root = await line.GetAsync("/1.0", ct);
        return root.IsDone && Keep(root.Metadata).Contains(extension);
    }

    /// <summary>Reads an object and makes sure that it is ours.</summary>
    /// <param name="path">Where it is.</param>
    /// <param name="what">What it is, for the code when it is not there.</param>
    /// <param name="ct">Stops it.</param>
    private async Task<LxdReply> OursAsync(string path, string what, CancellationToken ct) => Ours(await line.GetAsync(path, ct), what);

    private LxdReply Ours(LxdReply found, string what)
    {
        if (found.Answer.Outcome == EngineOutcome.NotFound && found.Answer.Code == "object") { return new LxdReply(found.Answer with { Code = what }); }
        return !found.IsDone || IsOurs(found.Metadata) ? found : new LxdReply(EngineAnswer.Refused("not-ours"));
    }

    private Task<LxdReply> OursAsync(InstanceId id, CancellationToken ct) => OursAsync(LxdPath.Of(id), "instance", ct);

    private bool IsOurs(JsonElement found) => found.Get("config").Text(MarkPrefix + EngineMarks.Owner) == options.Owner;

    /// <summary>Removes an object that is ours, and no other.</summary>
    private async Task<EngineAnswer> RemoveAsync(string path, string what, CancellationToken ct)
    {
        var found = await OursAsync(path, what, ct);
        return found.IsDone ? (await line.DoAsync(HttpMethod.Delete, path, null, ct)).Answer : found.Answer;
    }

    /// <summary>The marks as keys of an object's configuration, the owner's among them.</summary>
    private JsonObject Marked(IReadOnlyDictionary<string, string> marks)
    {
        var config = new JsonObject { [MarkPrefix + EngineMarks.Owner] = options.Owner };
        foreach (var (key, value) in marks) { config[MarkPrefix + key] = value; }
        return config;
    }

    private static Dictionary<string, string> MarksOf(JsonElement found) => found.Members("config")
        .Where(c => c.Name.StartsWith(MarkPrefix, StringComparison.Ordinal) && c.Name is not (MarkPrefix + EngineMarks.Owner or MarkPrefix + EngineMarks.Home)).DistinctBy(c => c.Name)
        .ToDictionary(c => c.Name[MarkPrefix.Length..], c => c.Value.Said(), StringComparer.Ordinal);

    /// <summary>True when all of it is in the configuration already.</summary>
    private static bool Has(JsonElement found, JsonObject config) => config.All(c => found.Get("config").Text(c.Key) == ((string?)c.Value ?? ""));

    private static string Number(long value) => value.ToString(CultureInfo.InvariantCulture);
}
