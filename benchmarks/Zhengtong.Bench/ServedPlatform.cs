using System.Diagnostics;
using System.Globalization;

namespace Zhengtong.Bench;

/// <summary>The program as a child process, measured from its start.</summary>
internal sealed class ServedPlatform : IAsyncDisposable
{
    private readonly Process process;

    private ServedPlatform(Process process, Uri address) => (this.process, Address) = (process, address);

    internal Uri Address { get; }

    internal int ProcessId => process.Id;

    /// <summary>Starts the program; returns when it has printed its ready line.</summary>
    internal static Task<ServedPlatform> StartAsync(params IReadOnlyList<string> arguments) => StartAsync(arguments, []);

    /// <summary>The same with settings, named as in the environment.</summary>
    internal static async Task<ServedPlatform> StartAsync(IReadOnlyList<string> arguments, params IReadOnlyList<(string Name, string Value)> settings)
    {
        var start = new ProcessStartInfo("dotnet", arguments) { RedirectStandardOutput = true };
        // One address presses here as a whole province would: the limits a caller has are lifted.
        start.Environment["Http__PerMinute__Visitor"] = "0";
        start.Environment["Http__PerMinute__SignedIn"] = "0";
        foreach (var (name, value) in settings) { start.Environment[name] = value; }
        var process = Process.Start(start)!;
        while (await process.StandardOutput.ReadLineAsync() is { } line)
        {
            const string Mark = "Zhengtong is ready: ";
            if (!line.StartsWith(Mark, StringComparison.Ordinal)) { continue; }
            _ = process.StandardOutput.ReadToEndAsync();
            return new ServedPlatform(process, new Uri(line[Mark.Length..].Split(',')[0].Trim()));
        }

        await process.WaitForExitAsync();
        throw new InvalidOperationException($"The program ended with {process.ExitCode} before it was ready: dotnet {string.Join(' ', arguments)}");
    }

    /// <summary>Megabytes of memory that are this process's own share (PSS of /proc/PID/smaps_rollup).</summary>
    internal double Megabytes() => double.Parse(File.ReadLines($"/proc/{process.Id}/smaps_rollup").First(l => l.StartsWith("Pss:", StringComparison.Ordinal))
        .Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture) / 1024;

    /// <summary>Its peak of resident memory.</summary>
    internal long PeakMegabytes => Measure.PeakMegabytes(process.Id);

    public async ValueTask DisposeAsync()
    {
        using (var kill = Process.Start("kill", ["-INT", $"{process.Id}"])) { await kill.WaitForExitAsync(); }
        await process.WaitForExitAsync();
        process.Dispose();
    }
}
