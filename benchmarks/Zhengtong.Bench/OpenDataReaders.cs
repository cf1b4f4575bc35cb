using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using Zhengtong.OpenData.Model;

namespace Zhengtong.Bench;

/// <summary>A hundred readers at once: datastore_search of the released program, and the same pages from PostgreSQL through the least that speaks HTTP.</summary>
internal static partial class OpenDataReaders
{
    private const int Connections = 100;

    internal static async Task<string> RunAsync(ServedPlatform served, List<(OpenDataRows Rows, DataTable Table, CkanDatastore Store)> tables, List<(string Dataset, Guid Resource)> resources)
    {
        // A look at few rows is a quick one.
        var (warmUp, measured) = tables[0].Rows.Rows < 1_000_000 ? (TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(2)) : (TimeSpan.FromSeconds(2), TimeSpan.FromSeconds(8));
        var text = new StringBuilder($"\n### {Connections} readers at once\n\n| question | PostgreSQL, requests/s | 99 % within (ms) | ours, requests/s | 99 % within (ms) | ratio of requests/s | refused, ours | peak memory of the platform (MB) |\n|---|---|---|---|---|---|---|---|\n");
        var folder = Directory.CreateTempSubdirectory("zhengtong-bench-").FullName;
        try
        {
            foreach (var ((rows, _, store), (_, resource)) in tables.Zip(resources))
            {
                var far = Math.Max(0, Math.Min(10_000_000, rows.Rows - 30_000));
                string Search(string more) => $"/api/3/action/datastore_search?resource_id={resource}{more}";
                var questions = new List<Question>
                {
                    new("first page and total", [Search("")], "first", store.Page(), store.Total(), [""]),
                    new("one of 200 pages, without total", [.. Pages(0).Select(p => Search($"&offset={p}&include_total=false"))], "page", store.Page(offset: "CAST($1::text AS bigint)"), null, [.. Pages(0)]),
                    new("one of 200 pages and total", [.. Pages(0).Select(p => Search($"&offset={p}"))], "counted", store.Page(offset: "CAST($1::text AS bigint)"), store.Total(), [.. Pages(0)]),
                    new($"one of 200 pages behind row {far:N0}, and total", [.. Pages(far).Select(p => Search($"&offset={p}"))], "far", store.Page(offset: "CAST($1::text AS bigint)"), store.Total(), [.. Pages(far)]),
                    new($"narrowed by {rows.FilterColumn}, page and total", [.. rows.FilterValues.Select(v => Search($"&filters={Uri.EscapeDataString(JsonSerializer.Serialize(new Dictionary<string, string> { [rows.FilterColumn] = v }))}"))], "filter", store.Page(store.Filter), store.Total(store.Filter), rows.FilterValues),
                };
                if (rows.TextColumn is not null)
                {
                    questions.Add(new("Chinese words inside cells, the same rows, page and total", [.. rows.Part.Select(p => Search($"&q={Uri.EscapeDataString(p)}&sort=_id"))], "text", store.Page(store.Holds), store.Total(store.Holds), rows.Part));
                }

                var file = Path.Combine(folder, $"{rows.Name}.json");
                await File.WriteAllTextAsync(file, JsonSerializer.Serialize(questions.ToDictionary(q => q.Word, q => new[] { q.Page, q.Total })));
                await using var front = await ServedPlatform.StartAsync(Settings.Own, "datastore", "http://127.0.0.1:0", store.Connection, file);
                foreach (var question in questions)
                {
                    Measure.ForgetPeak(served.ProcessId);
                    string[] theirs = [.. question.Values.Select(v => $"/{question.Word}?v={Uri.EscapeDataString(v)}")];
                    await PressAsync(served.Address, question.Ours, folder, warmUp);
                    await PressAsync(front.Address, theirs, folder, warmUp);
                    // In turn and both ways round, so that a slower moment of the machine meets both.
                    var (a, b) = (await PressAsync(served.Address, question.Ours, folder, measured), await PressAsync(front.Address, theirs, folder, measured));
                    var (d, c) = (await PressAsync(front.Address, theirs, folder, measured), await PressAsync(served.Address, question.Ours, folder, measured));
                    var (ours, other) = ((a.PerSecond + c.PerSecond) / 2, (b.PerSecond + d.PerSecond) / 2);
                    OpenDataBench.Say($"{rows.Name}, 100 readers, {question.Title}: ours {ours:0.0}/s p99 {Math.Max(a.NinetyNine, c.NinetyNine):0} ms, PostgreSQL {other:0.0}/s p99 {Math.Max(b.NinetyNine, d.NinetyNine):0} ms, ratio {ours / other:0.00}, refused {a.Refused + c.Refused}");
                    text.Append(CultureInfo.InvariantCulture, $"| {rows.Name}, {question.Title} | {other:0.0} | {Math.Max(b.NinetyNine, d.NinetyNine):0} | {ours:0.0} | {Math.Max(a.NinetyNine, c.NinetyNine):0} | {ours / other:0.00} | {a.Refused + c.Refused} | {served.PeakMegabytes:N0} |\n");
                }
            }
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }

        return text.Append(CultureInfo.InvariantCulture, $"\nPages of 100 rows as JSON. wrk with {Connections} connections, twice {measured.TotalSeconds:0} s each in turn; the longer of the two tails. PostgreSQL behind a bare web server with 16 pooled connections, which passes on the text that PostgreSQL made; everything shares the cores.\n").ToString();

        static IEnumerable<string> Pages(long from) => Enumerable.Range(0, 200).Select(n => (from + (n * 7919L % 200 * 100)).ToString(CultureInfo.InvariantCulture));
    }

    private static async Task<Load> PressAsync(Uri address, IReadOnlyList<string> paths, string folder, TimeSpan time)
    {
        var script = Path.Combine(folder, "paths.lua");
        await File.WriteAllTextAsync(script, $$"""
            local paths = { {{string.Join(", ", paths.Select(p => $"\"{p}\""))}} }
            local at = 0
            request = function()
              at = at % #paths + 1
              return wrk.format("GET", paths[at])
            end
            """);
        var said = await Measure.RunAsync("wrk", "-t", "2", "-c", $"{Connections}", "-d", $"{time.TotalSeconds:0}s", "--timeout", "60s", "--latency", "-s", script, address.ToString());
        var tail = NinetyNine().Match(said);
        return new Load(
            double.Parse(Rate().Match(said).Groups[1].Value, CultureInfo.InvariantCulture),
            double.Parse(tail.Groups[1].Value, CultureInfo.InvariantCulture) * tail.Groups[2].Value switch { "us" => 0.001, "ms" => 1, "s" => 1000, _ => 60_000 },
            Refused().Match(said) is { Success: true } refused ? long.Parse(refused.Groups[1].Value, CultureInfo.InvariantCulture) : 0);
    }

    [GeneratedRegex(@"Requests/sec:\s+([\d.]+)")]
    private static partial Regex Rate();

    [GeneratedRegex(@"99%\s+([\d.]+)(us|ms|s|m)")]
    private static partial Regex NinetyNine();

    [GeneratedRegex(@"Non-2xx or 3xx responses: (\d+)")]
    private static partial Regex Refused();

    private sealed record Load(double PerSecond, double NinetyNine, long Refused);

    /// <summary>What is asked on both sides.</summary>
    private sealed record Question(string Title, IReadOnlyList<string> Ours, string Word, string Page, string? Total, IReadOnlyList<string> Values);
}
