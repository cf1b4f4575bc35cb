using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Text;

namespace Zhengtong.Bench;

/// <summary>From the start of the process on an existing data folder to the first 200 of the home page; then what it holds when nobody asks.</summary>
internal static class StartBench
{
    private const int Rounds = 5;
    private static readonly TimeSpan Idle = TimeSpan.FromSeconds(20);

    internal static async Task<string> RunAsync(Settings settings)
    {
        var (bare, bareMemory) = await MeasureAsync([typeof(StartBench).Assembly.Location, "static", "http://127.0.0.1:0", "4096"]);
        var table = new StringBuilder("| what starts | start to first page, median of 5 (ms) | fastest | slowest | memory after 20 s without requests (MB) | start, ratio to the bare server |\n|---|---|---|---|---|---|\n");
        table.Append(Line("a page from memory, the bare web server", bare, bareMemory, bare));
        foreach (var (name, verb) in new[] { ("empty platform", "serve"), ("demonstration province", "demo") })
        {
            var folder = Directory.CreateTempSubdirectory("zhengtong-bench-").FullName;
            try
            {
                string[] arguments = [Settings.Program, verb, "--data", folder, "--urls", "http://127.0.0.1:0"];
                var first = Stopwatch.StartNew();
                await (await ServedPlatform.StartAsync(arguments)).DisposeAsync();
                table.Append(CultureInfo.InvariantCulture, $"| {name}, first start | {first.ElapsedMilliseconds:N0} | | | | |\n");
                var (times, memory) = await MeasureAsync(arguments);
                table.Append(Line(name, times, memory, bare));
            }
            finally
            {
                Directory.Delete(folder, recursive: true);
            }
        }

        return table.ToString();
    }

    private static async Task<(List<long> Times, double Megabytes)> MeasureAsync(string[] arguments)
    {
        List<long> times = [];
        var memory = 0.0;
        for (var round = 0; round < Rounds; round++)
        {
            var watch = Stopwatch.StartNew();
            await using var platform = await ServedPlatform.StartAsync(arguments);
            using var client = new HttpClient(new SocketsHttpHandler());
            using var response = await client.GetAsync(platform.Address);
            times.Add(response.StatusCode == HttpStatusCode.OK ? watch.ElapsedMilliseconds : throw new InvalidOperationException($"Home page: {response.StatusCode}"));
            if (round < Rounds - 1) { continue; }
            await Task.Delay(Idle);
            memory = platform.Megabytes();
        }

        times.Sort();
        return (times, memory);
    }

    private static string Line(string name, List<long> times, double memory, List<long> bare) => string.Create(CultureInfo.InvariantCulture,
        $"| {name} | {times[Rounds / 2]:N0} | {times[0]:N0} | {times[^1]:N0} | {memory:0} | {times[Rounds / 2] / (double)bare[Rounds / 2]:0.0} |\n");
}
