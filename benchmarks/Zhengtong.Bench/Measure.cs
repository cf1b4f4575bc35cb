using System.Diagnostics;
using System.Globalization;

namespace Zhengtong.Bench;

/// <summary>What every benchmark does with its figures.</summary>
internal static class Measure
{
    /// <summary>Measured runs behind one of warm-up.</summary>
    internal const int Rounds = 3;

    internal static async Task<double> SecondsAsync(Func<Task> act)
    {
        var start = Stopwatch.GetTimestamp();
        await act();
        return Stopwatch.GetElapsedTime(start).TotalSeconds;
    }

    internal static T Median<T>(IEnumerable<T> values) => values.Order().ToList() is var sorted ? sorted[sorted.Count / 2] : default!;

    /// <summary>The value that so many percent do not exceed.</summary>
    internal static double Percentile(IReadOnlyCollection<double> values, int percent) => values.Order().ElementAt(Math.Min(values.Count - 1, values.Count * percent / 100));

    /// <summary>Processor time of a process and of its children so far, user and system, in steps of 10 ms; it hardly depends on what else the machine does.</summary>
    internal static TimeSpan Processor(int process)
    {
        // Fields behind the name, which may hold anything; the 14th and 15th are the times (man proc).
        var stat = File.ReadAllText($"/proc/{process}/stat");
        var fields = stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
        var own = TimeSpan.FromMilliseconds(10 * (long.Parse(fields[11], CultureInfo.InvariantCulture) + long.Parse(fields[12], CultureInfo.InvariantCulture)));
        return File.ReadAllText($"/proc/{process}/task/{process}/children").Split(' ', StringSplitOptions.RemoveEmptyEntries)
            .Aggregate(own, (sum, child) => sum + Processor(int.Parse(child, CultureInfo.InvariantCulture)));
    }

    /// <summary>Peak resident memory of a process so far, from /proc/PID/status.</summary>
    internal static long PeakMegabytes(int? process = null) => long.Parse(
        File.ReadLines($"/proc/{process?.ToString(CultureInfo.InvariantCulture) ?? "self"}/status").First(l => l.StartsWith("VmHWM:", StringComparison.Ordinal)).Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture) / 1024;

    /// <summary>Lets the peak begin anew, where the kernel allows it.</summary>
    internal static void ForgetPeak(int? process = null)
    {
        try { File.WriteAllText($"/proc/{process?.ToString(CultureInfo.InvariantCulture) ?? "self"}/clear_refs", "5"); }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException) { }
    }

    /// <summary>Runs a program to its end.</summary>
    internal static async Task<string> RunAsync(string program, params IReadOnlyList<string> arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true })!;
        var output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        return process.ExitCode == 0 ? output : throw new InvalidOperationException($"{program} {string.Join(' ', arguments)} ended with {process.ExitCode}: {output}");
    }
}
