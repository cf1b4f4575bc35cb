using System.Diagnostics;
using System.Text;

namespace Zhengtong.Bench;

/// <summary>Pages a second with 64 kept connections on loopback, beside a static page of the same size in the same run; the load generator shares the cores.</summary>
internal static class PageBench
{
    private const int Connections = 64;
    private const int Rounds = 3;
    private static readonly TimeSpan WarmUp = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan Measured = TimeSpan.FromSeconds(6);

    internal static async Task<string> RunAsync(Settings settings)
    {
        var folder = Directory.CreateTempSubdirectory("zhengtong-bench-").FullName;
        try
        {
            await using var platform = await ServedPlatform.StartAsync(Settings.Program, "demo", "--data", folder, "--urls", "http://127.0.0.1:0");
            using var probe = new HttpClient(new SocketsHttpHandler());
            var home = (await probe.GetByteArrayAsync(platform.Address)).Length;
            var catalogue = (await probe.GetByteArrayAsync(new Uri(platform.Address, "/catalogue"))).Length;
            await using var plain = await ServedPlatform.StartAsync(typeof(PageBench).Assembly.Location, "static", "http://127.0.0.1:0", $"{home}");
            var pages = new (string Name, Uri Address, int Bytes)[]
            {
                ("static page from memory", plain.Address, home), ("home", platform.Address, home), ("catalogue", new Uri(platform.Address, "/catalogue"), catalogue),
            };
            var rates = pages.ToDictionary(p => p.Name, _ => new List<Load>());
            for (var round = 0; round < Rounds; round++)
            {
                // In turn, so that a slower moment of the machine meets all of them.
                foreach (var page in pages) { rates[page.Name].Add(await PressAsync(page.Address)); }
            }

            var denominator = Median(rates["static page from memory"]).PerSecond;
            var table = new StringBuilder("| page | bytes | pages a second, median of 3 | 50 % within (ms) | 99 % within (ms) | ratio to the static page |\n|---|---|---|---|---|---|\n");
            foreach (var page in pages)
            {
                var load = Median(rates[page.Name]);
                table.Append($"| {page.Name} | {page.Bytes:N0} | {load.PerSecond:N0} | {load.Half:0.0} | {load.NinetyNine:0.0} | {load.PerSecond / denominator:0.000} |\n");
            }

            table.Append($"\n{Connections} connections, kept alive, {Measured.TotalSeconds:0} s a round after {WarmUp.TotalSeconds:0} s of warm-up; platform, static page and load generator share the cores.\n");
            return table.ToString();
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static Load Median(List<Load> loads) => loads.OrderBy(l => l.PerSecond).ElementAt(loads.Count / 2);

    private static async Task<Load> PressAsync(Uri address)
    {
        using var client = new HttpClient(new SocketsHttpHandler { MaxConnectionsPerServer = Connections, PooledConnectionLifetime = Timeout.InfiniteTimeSpan });
        var watch = Stopwatch.StartNew();
        var times = await Task.WhenAll(Enumerable.Range(0, Connections).Select(async _ =>
        {
            List<double> own = [];
            while (watch.Elapsed < WarmUp + Measured)
            {
                var start = watch.Elapsed;
                using var response = await client.GetAsync(address, HttpCompletionOption.ResponseHeadersRead);
                await response.Content.CopyToAsync(Stream.Null);
                if (!response.IsSuccessStatusCode) { throw new InvalidOperationException($"{address}: {(int)response.StatusCode}"); }
                if (start > WarmUp) { own.Add((watch.Elapsed - start).TotalMilliseconds); }
            }

            return own;
        }));
        var all = times.SelectMany(t => t).Order().ToList();
        return new Load(all.Count / Measured.TotalSeconds, all[all.Count / 2], all[all.Count * 99 / 100]);
    }

    private sealed record Load(double PerSecond, double Half, double NinetyNine);
}
