using System.Globalization;
using System.Runtime.InteropServices;

namespace Zhengtong.Bench;

/// <summary>docs/benchmarks.md: a section a benchmark, each with its own date, machine and command, replaced whenever it runs.</summary>
internal static class Report
{
    private const string Head = """
        # Benchmarks

        Written by `./bench`; each section by its own run. Ratios are taken within one run on one machine, so they travel better than figures.

        """;

    internal static void Write(string path, Benchmark bench, string body)
    {
        var text = File.Exists(path) ? File.ReadAllText(path) : Head;
        var (start, end) = ($"<!-- {bench.Letter} -->", $"<!-- /{bench.Letter} -->");
        var section = Section(bench, body);
        var from = text.IndexOf(start, StringComparison.Ordinal);
        if (from >= 0)
        {
            var to = text.IndexOf(end, from, StringComparison.Ordinal) + end.Length + 1;
            text = text[..from] + section + text[Math.Min(to, text.Length)..];
        }
        else
        {
            // Sections stand in the order of their letters.
            var next = Enumerable.Range(bench.Letter[0] + 1, 'z' - bench.Letter[0]).Select(c => text.IndexOf($"<!-- {(char)c} -->", StringComparison.Ordinal)).Where(at => at >= 0).DefaultIfEmpty(text.Length).First();
            text = text[..next] + (next == text.Length ? "\n" : "") + section + (next == text.Length ? "" : "\n") + text[next..];
        }

        File.WriteAllText(path, text);
    }

    /// <summary>What stands in the report: heading, date, machine and command before the body, between marks by which it is found again.</summary>
    internal static string Section(Benchmark bench, string body) =>
        $"<!-- {bench.Letter} -->\n{(bench.Letter.Length == 1 ? "##" : "###")} ({bench.Letter}) {bench.Title}\n\n{When()}, {Machine()}. Command: `./bench {bench.Word}`\n\n{body.Trim()}\n<!-- /{bench.Letter} -->\n";

    internal static string Machine()
    {
        var cpu = File.ReadLines("/proc/cpuinfo").FirstOrDefault(l => l.StartsWith("model name", StringComparison.Ordinal))?.Split(':')[1].Trim() ?? RuntimeInformation.ProcessArchitecture.ToString();
        var memory = long.Parse(File.ReadLines("/proc/meminfo").First().Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture) / 1024 / 1024;
        return $"{Environment.ProcessorCount} cores ({cpu}), {memory} GB, {RuntimeInformation.OSDescription}, .NET {Environment.Version}";
    }

    private static string When() => TimeProvider.System.GetUtcNow().ToString("yyyy-MM-dd HH:mm 'UTC'", CultureInfo.InvariantCulture);
}
