using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Text.Json.Nodes;
using Zhengtong.Cloud.Engines;
using Zhengtong.Cloud.Engines.Lxd;
using Zhengtong.Tests.Support;

namespace Zhengtong.Tests.Cloud.Engines;

/// <summary>Tests that share one LXD; one after the other, for it is their only machine.</summary>
[CollectionDefinition]
public sealed class LxdTests : ICollectionFixture<LxdFixture>;

/// <summary>A real LXD of the tests' own: a private folder, a free port of loopback, stopped by its process id.</summary>
public sealed class LxdFixture : IAsyncLifetime
{
    internal const string Owner = "zhengtong-tests";
    private LxdEngine? engine;
    private LxdConnection? raw;

    /// <summary>Why there is no LXD here, or null when there is one. That it fails where it should run is a failure, no reason.</summary>
    public string? Missing { get; private set; }

    internal LxdDaemon Daemon { get; private set; } = null!;

    /// <summary>A project without limits.</summary>
    internal EngineName Project { get; } = EngineName.Parse("tests");

    /// <summary>Two zones.</summary>
    internal EngineName Network { get; } = EngineName.Parse($"zta{Environment.ProcessId}");

    internal EngineName OtherNetwork { get; } = EngineName.Parse($"ztb{Environment.ProcessId}");

    /// <summary>A range of this run's own; runs beside each other share the machine.</summary>
    /// <param name="which">From 1 to 9.</param>
    internal static IPNetwork Range(int which) => IPNetwork.Parse($"10.{90 + which}.{Environment.ProcessId % 250 + 1}.0/24");

    internal CloudEngine Engine
    {
        get
        {
            Assert.SkipWhen(Missing is not null, Missing ?? "");
            return engine!;
        }
    }

    /// <summary>Past the engine's contract.</summary>
    internal LxdConnection Raw
    {
        get
        {
            Assert.SkipWhen(Missing is not null, Missing ?? "");
            return raw!;
        }
    }

    internal LxdOptions Options => new(Owner) { Socket = Daemon.Socket };

    public async ValueTask InitializeAsync()
    {
        Daemon = new LxdDaemon(isBare: false);
        Missing = await Daemon.TryStartAsync();
        if (Missing is not null) { return; }
        raw = new LxdConnection(Options, TimeProvider.System);
        engine = new LxdEngine(Options, TimeProvider.System);
        var marks = new Dictionary<string, string>();
        (await engine.EnsureNetworkAsync(new EngineNetwork(Network, Range(1), marks), CancellationToken.None)).ShouldBeDone();
        (await engine.EnsureNetworkAsync(new EngineNetwork(OtherNetwork, Range(2), marks), CancellationToken.None)).ShouldBeDone();
        (await engine.EnsureProjectAsync(new EngineProject(Project, marks) { Networks = [Network, OtherNetwork] }, CancellationToken.None)).ShouldBeDone();
    }

    public async ValueTask DisposeAsync()
    {
        engine?.Dispose();
        raw?.Dispose();
        await Daemon.DisposeAsync();
    }
}

/// <summary>One LXD daemon, started and stopped by tools/lxd.</summary>
internal sealed class LxdDaemon(bool isBare) : IAsyncDisposable
{
    // Short: the path of a unix socket has an end.
    internal string Folder { get; init; } = Directory.CreateTempSubdirectory("ztlxd").FullName;

    /// <summary>The process that it is for; null for nobody's.</summary>
    internal int? Owner { get; init; }

    internal string Socket => Path.Combine(Folder, "unix.socket");

    /// <summary>Where it listens with TLS; empty when it is bare.</summary>
    internal string Address { get; private set; } = "";

    /// <summary>Null when it runs, or why it cannot run here.</summary>
    internal async Task<string?> TryStartAsync()
    {
        var (code, said, errors) = await RunAsync("up");
        if (code == 4) { return $"Needs LXD: {errors}"; }
        if (code != 0) { throw new InvalidOperationException($"tools/lxd up ended with {code}: {errors}"); }
        Address = said.Split(' ')[1];
        return null;
    }

    internal async Task MakeImageAsync() => (await RunAsync("image")).Code.ShouldBe(0);

    /// <summary>Ends what belonged to processes that are gone, below a folder.</summary>
    internal static async Task SweepAsync(string below)
    {
        var start = new ProcessStartInfo("bash", [Repository.Path("tools", "lxd"), "sweep"]);
        start.Environment["TMPDIR"] = below;
        using var tool = Process.Start(start)!;
        await tool.WaitForExitAsync();
        tool.ExitCode.ShouldBe(0);
    }

    /// <summary>True while the daemon lives.</summary>
    internal async Task<bool> IsAliveAsync() => StateOf(int.Parse(await File.ReadAllTextAsync(Path.Combine(Folder, "engine.pid")), CultureInfo.InvariantCulture)) is not (null or 'Z' or 'X');

    /// <summary>SIGKILL to the daemon; its instances run on.</summary>
    internal async Task KillAsync()
    {
        using var daemon = Process.GetProcessById(int.Parse(await File.ReadAllTextAsync(Path.Combine(Folder, "engine.pid")), CultureInfo.InvariantCulture));
        daemon.Kill();
        // It is not our child: gone is what no longer has an environment, so that tools/lxd does not take it for alive.
        while (StateOf(daemon.Id) is not ('Z' or 'X' or null)) { await Task.Delay(10); }
    }

    /// <summary>As the kernel calls it; null when there is none.</summary>
    private static char? StateOf(int process)
    {
        try { return File.ReadAllText($"/proc/{process}/stat").Split(") ")[^1][0]; }
        catch (IOException) { return null; }
    }

    /// <summary>Joins a cluster.</summary>
    internal async Task JoinAsync(string address, string token)
    {
        // JSON is YAML.
        var seed = new JsonObject
        {
            ["cluster"] = new JsonObject
            {
                ["enabled"] = true, ["server_address"] = address, ["cluster_token"] = token,
                ["member_config"] = new JsonArray(new JsonObject { ["entity"] = "storage-pool", ["name"] = "default", ["key"] = "source", ["value"] = "" }),
            },
        };
        var start = new ProcessStartInfo("lxd", ["init", "--preseed"]) { RedirectStandardInput = true, RedirectStandardError = true };
        start.Environment["LXD_DIR"] = Folder;
        using var process = Process.Start(start)!;
        await process.StandardInput.WriteAsync(seed.ToJsonString());
        process.StandardInput.Close();
        var errors = await process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync();
        process.ExitCode.ShouldBe(0, errors);
    }

    public async ValueTask DisposeAsync()
    {
        await RunAsync("down");
        if (Directory.Exists(Folder)) { Directory.Delete(Folder, recursive: true); }
    }

    private async Task<(int Code, string Said, string Errors)> RunAsync(string verb)
    {
        // What it says goes to files: the daemon it leaves behind would hold a pipe open.
        var told = Path.Combine(Path.GetTempPath(), $"{Path.GetFileName(Folder)}.{verb}");
        var start = new ProcessStartInfo("bash", ["-c", "exec \"$1\" \"$2\" \"$3\" >\"$4\" 2>\"$4.errors\"", "-", Repository.Path("tools", "lxd"), verb, Folder, told]);
        if (isBare) { start.Environment["LXD_BARE"] = "1"; }
        if (Owner is { } owner) { start.Environment["LXD_OWNER"] = owner.ToString(CultureInfo.InvariantCulture); }
        using var tool = Process.Start(start)!;
        await tool.WaitForExitAsync();
        var answer = (tool.ExitCode, (await File.ReadAllTextAsync(told)).Trim(), (await File.ReadAllTextAsync(told + ".errors")).Trim());
        File.Delete(told);
        File.Delete(told + ".errors");
        return answer;
    }
}
