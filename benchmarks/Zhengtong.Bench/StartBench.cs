using System.Diagnostics;
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
        var table = new StringBuilder("| data folder | start to first page, median of 5 (ms) | fastest | slowest | memory after 20 s without requests (MB) |\n|---|---|---|---|---|\n");
        foreach (var (name, verb) in new[] { ("empty platform", "serve"), ("demonstration province", "demo") })
        {
            var folder = Directory.CreateTempSubdirectory("zhengtong-bench-").FullName;
            try
            {
                var first = Stopwatch.StartNew();
                await (await ServedPlatform.StartAsync(Arguments(verb, folder))).DisposeAsync();
                Console.WriteLine($"{name}: first start, filling included, {first.Elapsed.TotalSeconds:0.0} s");
                List<long> times = [];
                var memory = 0.0;
                for (var round = 0; round < Rounds; round++)
                {
                    var watch = Stopwatch.StartNew();
                    await using var platform = await ServedPlatform.StartAsync(Arguments(verb, folder));
                    using var client = new HttpClient(new SocketsHttpHandler());
                    using var response = await client.GetAsync(platform.Address);
                    times.Add(response.StatusCode == HttpStatusCode.OK ? watch.ElapsedMilliseconds : throw new InvalidOperationException($"Home page: {response.StatusCode}"));
                    if (round < Rounds - 1) { continue; }
                    await Task.Delay(Idle);
                    memory = platform.Megabytes();
                }

                times.Sort();
                table.Append($"| {name} | {times[Rounds / 2]} | {times[0]} | {times[^1]} | {memory:0} |\n");
            }
            finally
            {
                Directory.Delete(folder, recursive: true);
            }
        }

        return table.ToString();
    }

    private static string[] Arguments(string verb, string folder) => [Settings.Program, verb, "--data", folder, "--urls", "http://127.0.0.1:0"];
}
