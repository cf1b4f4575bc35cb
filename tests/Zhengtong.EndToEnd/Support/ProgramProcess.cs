using System.Diagnostics;
using System.Text;

namespace Zhengtong.EndToEnd.Support;

/// <summary>A child process whose output is kept, and which is stopped as a person at the console would stop it.</summary>
internal sealed class ProgramProcess : IAsyncDisposable
{
    private readonly Process process;
    private readonly StringBuilder output = new();
    private readonly TaskCompletionSource<string> ready = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private ProgramProcess(Process process)
    {
        this.process = process;
        process.OutputDataReceived += (_, e) => Take(e.Data);
        process.ErrorDataReceived += (_, e) => Take(e.Data);
        process.Exited += (_, _) => ready.TrySetException(new InvalidOperationException($"The program ended before it was ready:\n{Output}"));
    }

    internal string Output { get { lock (output) { return output.ToString(); } } }

    /// <summary>Milliseconds from the start to the ready line.</summary>
    internal long ReadyAfter { get; private set; }

    internal bool HasEnded => process.HasExited;

    internal static ProgramProcess Start(string file, params IEnumerable<string> arguments)
    {
        var start = new ProcessStartInfo(file, arguments) { RedirectStandardOutput = true, RedirectStandardError = true, WorkingDirectory = Path.GetTempPath() };
        start.Environment["DOTNET_CLI_TELEMETRY_OPTOUT"] = "1";
        var watch = Stopwatch.StartNew();
        var program = new ProgramProcess(new Process { StartInfo = start, EnableRaisingEvents = true });
        program.process.Start();
        program.process.BeginOutputReadLine();
        program.process.BeginErrorReadLine();
        program.watch = watch;
        return program;
    }

    private Stopwatch watch = null!;

    /// <summary>The address of the ready line.</summary>
    internal async Task<Uri> ReadyAsync(TimeSpan within) => new((await ready.Task.WaitAsync(within)).Split(',')[0].Trim());

    /// <summary>Waits for its own end.</summary>
    internal async Task<int> EndAsync(TimeSpan within)
    {
        using var limit = new CancellationTokenSource(within);
        try { await process.WaitForExitAsync(limit.Token); }
        catch (OperationCanceledException) { throw new TimeoutException($"Still running after {within}:\n{Output}"); }
        return process.ExitCode;
    }

    /// <summary>Ctrl-C, then its exit code.</summary>
    internal async Task<int> InterruptAsync()
    {
        using (var kill = Process.Start("kill", ["-INT", $"{process.Id}"])) { await kill.WaitForExitAsync(); }
        return await EndAsync(TimeSpan.FromSeconds(30));
    }

    public async ValueTask DisposeAsync()
    {
        if (!process.HasExited)
        {
            process.Kill(entireProcessTree: true);
            await process.WaitForExitAsync();
        }

        process.Dispose();
    }

    private void Take(string? line)
    {
        if (line is null) { return; }
        lock (output) { output.AppendLine(line); }
        const string Mark = "Zhengtong is ready: ";
        if (!line.StartsWith(Mark, StringComparison.Ordinal)) { return; }
        ReadyAfter = watch.ElapsedMilliseconds;
        ready.TrySetResult(line[Mark.Length..]);
    }
}
