using System.Diagnostics;
using System.Security.Cryptography;
using System.Text;
using Text = Zhengtong.Kernel.Text;

namespace Zhengtong.Demonstration;

/// <summary>A private LXD for the demonstration's pool, started and stopped by <c>tools/lxd</c>, which the program carries along.</summary>
internal sealed class DemonstrationEngine : IAsyncDisposable
{
    /// <summary>The one engine that the demonstration can start.</summary>
    internal const string Lxd = "lxd";

    /// <summary>Where it lives when it cannot live below the data folder.</summary>
    private const string Elsewhere = "/var/lib/zhengtong-lxd";

    private readonly string data;
    private readonly string folder;
    private readonly bool isKept;

    private DemonstrationEngine(string data, bool isKept) => (this.data, folder, this.isKept) = (data, FolderOf(data), isKept);

    /// <summary>As a pool names it.</summary>
    internal string Address => $"unix:{Path.Combine(folder, "unix.socket")}";

    /// <summary>Starts it, or goes on with what an earlier run left; null when none was asked for.</summary>
    /// <param name="name">The engine asked for, or null.</param>
    /// <param name="data">The run's data folder; the engine lives below it, or where <see cref="FolderOf"/> says.</param>
    /// <param name="isKept">True when the folder is used again: then the instances are, too.</param>
    /// <param name="ct">Stops it.</param>
    /// <exception cref="RefusedToStartException">It cannot run here: not root, LXD not to be installed, a path too long. Nothing is left running.</exception>
    internal static async Task<DemonstrationEngine?> StartAsync(string? name, string data, bool isKept, CancellationToken ct)
    {
        if (name is null) { return null; }
        Directory.CreateDirectory(data);
        var engine = new DemonstrationEngine(Path.GetFullPath(data), isKept);
        var watch = Stopwatch.StartNew();
        try
        {
            Progress.Say("demonstration.engine.starting", engine.folder);
            var (code, errors) = await engine.ToolAsync("up", ct);
            if (code != 0) { throw new RefusedToStartException(4, Text.Of("demonstration.engine.cannot", errors)); }
            Progress.Say("demonstration.engine.runs", engine.folder, watch.Elapsed.TotalSeconds);
            return engine;
        }
        catch
        {
            await engine.DisposeAsync();
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        var (code, errors) = await ToolAsync(isKept ? "stop" : "down", CancellationToken.None);
        // Who is not root was told so when it did not start.
        if (code is not (0 or 4)) { await Console.Error.WriteLineAsync(errors); }
    }

    /// <summary>Below the data folder where every folder above lets others through: outside, a container's root is nobody in particular, and could not reach its own files. Homes such as root's let nobody through;
    /// then it is a folder of its own for each data folder.</summary>
    private static string FolderOf(string data)
    {
        for (var above = new DirectoryInfo(data); above is not null; above = above.Parent)
        {
            if ((above.UnixFileMode & UnixFileMode.OtherExecute) == 0) { return Path.Combine(Elsewhere, Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(data)))[..12]); }
        }

        return Path.Combine(data, Lxd);
    }

    /// <summary>In a session of its own, so that Ctrl-C does not break it off half-way. What it says goes to files: the daemon that it leaves behind would hold a pipe open.</summary>
    private async Task<(int Code, string Errors)> ToolAsync(string verb, CancellationToken ct)
    {
        var told = Path.Combine(data, $"lxd.{verb}.errors");
        var start = new ProcessStartInfo("setsid", ["--wait", "bash", "-c", "exec bash \"$1\" \"$2\" \"$3\" >/dev/null 2>\"$4\"", "-", Path.Combine(AppContext.BaseDirectory, "tools", "lxd"), verb, folder, told]);
        // Nobody but this program asks it anything.
        start.Environment["LXD_HTTPS"] = "none";
        // Killed without a word, it ends with the next start of anybody's: nobody comes back to a folder that was made for one run.
        if (!isKept) { start.Environment["LXD_OWNER"] = Environment.ProcessId.ToString(System.Globalization.CultureInfo.InvariantCulture); }
        using var tool = Process.Start(start) ?? throw new InvalidOperationException("No process");
        // Broken off in the middle it would leave half of an engine: it is waited for, and then stopped.
        await tool.WaitForExitAsync(CancellationToken.None);
        var errors = File.Exists(told) ? (await File.ReadAllTextAsync(told, CancellationToken.None)).Trim() : "";
        File.Delete(told);
        ct.ThrowIfCancellationRequested();
        return (tool.ExitCode, errors);
    }
}
