using System.Diagnostics;
using System.Text;

namespace Zhengtong.Tests.Support;

/// <summary>The real program as a child process, to be killed, or to be read when it refuses to start.</summary>
internal sealed class ServedProcess : IDisposable
{
    private readonly Process process;
    private readonly StringBuilder output = new();
    private readonly TaskCompletionSource<Uri> ready = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private ServedProcess(Process process) => this.process = process;

    internal int Id => process.Id;

    internal bool HasEnded => process.HasExited;

    /// <summary>Standard output and standard error so far.</summary>
    internal string Output { get { lock (output) { return output.ToString(); } } }

    /// <summary>Starts <c>zhengtong serve</c> and does not wait.</summary>
    /// <param name="deployment">Folder and database; no address, or port 0, takes a free one.</param>
    /// <param name="settings">Configuration, <c>Jobs:ProbeMilliseconds</c>.</param>
    internal static ServedProcess Start(Deployment deployment, params ReadOnlySpan<(string Name, string Value)> settings)
    {
        string[] database = deployment.Database is { } connection ? ["--database", connection] : [];
        return Start(["serve", "--urls", deployment.Urls.Length > 0 ? deployment.Urls : "http://127.0.0.1:0", "--data", deployment.DataDirectory, .. database], settings);
    }

    /// <summary>Starts <c>zhengtong node run</c> and does not wait.</summary>
    /// <param name="folder">Folder of an enrolled node.</param>
    /// <param name="settings">Configuration, <c>Node:HeartbeatSeconds</c>.</param>
    internal static ServedProcess StartNode(string folder, params ReadOnlySpan<(string Name, string Value)> settings) => Start(["node", "run", "--urls", "http://127.0.0.1:0", "--data", folder], settings);

    private static ServedProcess Start(string[] verb, ReadOnlySpan<(string Name, string Value)> settings)
    {
        // As it is shipped, compiled ahead, where ./test made it: a start costs half as much.
        var start = Environment.GetEnvironmentVariable("ZHENGTONG_PROGRAM") is { Length: > 0 } shipped ? new ProcessStartInfo(shipped, verb) : new ProcessStartInfo("dotnet", [typeof(Deployment).Assembly.Location, .. verb]);
        start.RedirectStandardOutput = start.RedirectStandardError = true;
        foreach (var (name, value) in settings) { start.Environment[name.Replace(":", "__", StringComparison.Ordinal)] = value; }
        var served = new ServedProcess(new Process { StartInfo = start });
        served.process.OutputDataReceived += (_, e) => served.Take(e.Data);
        served.process.ErrorDataReceived += (_, e) => served.Take(e.Data);
        served.process.Start();
        served.process.BeginOutputReadLine();
        served.process.BeginErrorReadLine();
        return served;
    }

    /// <summary>Starts it and waits until it serves.</summary>
    internal static async Task<ServedProcess> ReadyAsync(Deployment deployment, params (string Name, string Value)[] settings)
    {
        var served = Start(deployment, settings);
        await served.ReadyAsync();
        return served;
    }

    /// <summary>Waits for the ready line; fails with everything the program said when it ends without one.</summary>
    internal async Task<Uri> ReadyAsync()
    {
        var ended = process.WaitForExitAsync();
        await Task.WhenAny(ready.Task, ended).WaitAsync(TimeSpan.FromSeconds(120));
        return ready.Task.IsCompleted ? await ready.Task : throw new InvalidOperationException($"zhengtong ended with {process.ExitCode} before it was ready:\n{Output}");
    }

    /// <summary>Waits for its own end; its exit code.</summary>
    internal async Task<int> EndAsync()
    {
        await process.WaitForExitAsync().WaitAsync(TimeSpan.FromSeconds(60));
        return process.ExitCode;
    }

    /// <summary>SIGKILL, if it still runs.</summary>
    internal async Task KillAsync()
    {
        process.Kill();
        await process.WaitForExitAsync();
    }

    public void Dispose()
    {
        if (!process.HasExited) { process.Kill(); }
        process.Dispose();
    }

    private void Take(string? line)
    {
        const string Mark = " is ready: ";
        if (line is null) { return; }
        lock (output) { output.AppendLine(line); }
        if (line.StartsWith("Zhengtong", StringComparison.Ordinal) && line.IndexOf(Mark, StringComparison.Ordinal) is > 0 and var at) { ready.TrySetResult(new Uri(line[(at + Mark.Length)..])); }
    }
}
