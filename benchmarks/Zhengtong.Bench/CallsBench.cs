using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.RegularExpressions;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;

namespace Zhengtong.Bench;

/// <summary>Calls of a department's service through the gateway, each recorded, encrypted and sealed for both sides, beside nginx and bare YARP before the same service in the same run.</summary>
internal static partial class CallsBench
{
    private const int Bytes = 1024;
    private const int Connections = 64;
    private const int Paced = 1_000;
    private static readonly TimeSpan WarmUp = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan Measured = TimeSpan.FromSeconds(6);

    internal static async Task<string> RunAsync(Settings settings)
    {
        await using var service = await ServedPlatform.StartAsync(Settings.Own, "service", "http://127.0.0.1:0", $"{Bytes}");
        await using var nginx = await Nginx.StartAsync(service.Address);
        await using var yarp = await ServedPlatform.StartAsync(Settings.Own, "proxy", "http://127.0.0.1:0", service.Address.ToString());
        await using var small = await Gateway.StartAsync(service.Address, null);
        await using var large = await Gateway.StartAsync(service.Address, await Postgres.CreateDatabaseAsync(settings.Server, "bench_gateway"));
        Way[] ways =
        [
            new("the service itself", new Uri(service.Address, "/firms/1"), service.ProcessId),
            new("nginx proxy_pass", new Uri(nginx.Address, "/firms/1"), nginx.ProcessId),
            new("YARP", new Uri(yarp.Address, "/firms/1"), yarp.ProcessId),
            new("gateway, records in PostgreSQL", large.Call, large.ProcessId),
            new("gateway, records in SQLite", small.Call, small.ProcessId),
        ];
        foreach (var way in ways) { await PressAsync(way.Address, WarmUp); }
        for (var round = 0; round < Measure.Rounds; round++)
        {
            // In turn, so that a slower moment of the machine meets all of them.
            foreach (var way in ways)
            {
                var before = Measure.Processor(way.ProcessId);
                way.Full.Add(await PressAsync(way.Address, Measured));
                way.Processor.Add((Measure.Processor(way.ProcessId) - before).TotalMicroseconds / way.Full[^1].Requests);
                Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{way.Name}: {way.Full[^1].PerSecond:N0}/s, 99 % within {way.Full[^1].NinetyNine:0.0} ms"));
            }
        }

        for (var round = 0; round < Measure.Rounds; round++)
        {
            foreach (var way in ways) { way.AtPace.Add(await PaceAsync(way.Address)); }
        }

        var answered = ways.Sum(w => w.Full.Sum(l => l.Requests));
        var table = new StringBuilder("| way to the service | calls/s, median of 3 | 99 % within (ms) | ratio to nginx | ratio to YARP | processor per call (µs) | at 1,000/s: 50 % within (ms) | 99 % within (ms) | 99 %, added (ms) |\n|---|---|---|---|---|---|---|---|---|\n");
        foreach (var way in ways)
        {
            table.Append(CultureInfo.InvariantCulture, $"| {way.Name} | {way.Rate:N0} | {Measure.Median(way.Full.Select(l => l.NinetyNine)):0.0} | {way.Rate / ways[1].Rate:0.00} | {way.Rate / ways[2].Rate:0.00} | {Measure.Median(way.Processor):0} ");
            table.Append(CultureInfo.InvariantCulture, $"| {way.Half:0.0} | {way.NinetyNine:0.0} | {(way == ways[0] ? "" : (way.NinetyNine - ways[0].NinetyNine).ToString("0.0", CultureInfo.InvariantCulture))} |\n");
        }

        table.Append(CultureInfo.InvariantCulture, $"\n{await large.ProveAsync():N0} and {await small.ProveAsync():N0} calls stand in the two records, every one sealed by provider and consumer. Peak memory of the gateway: {large.PeakMegabytes} and {small.PeakMegabytes} MB.\n");
        table.Append(CultureInfo.InvariantCulture, $"Answers of {Bytes:N0} bytes; {Connections} connections by wrk, {Measured.TotalSeconds:0} s a round after warm-up; at {Paced:N0}/s by an even clock. nginx keeps its connections to the service and logs each call. Everything shares the cores; processor time is that of the way's own processes, without the database server.\n");
        return table.ToString();
    }

    private static async Task<Load> PressAsync(Uri address, TimeSpan time)
    {
        var said = await Measure.RunAsync("wrk", "-t", "2", "-c", $"{Connections}", "-d", $"{time.TotalSeconds:0}s", "--latency", address.ToString());
        if (said.Contains("Non-2xx", StringComparison.Ordinal) || said.Contains("Socket errors", StringComparison.Ordinal)) { throw new InvalidOperationException($"{address}: {said}"); }
        var tail = NinetyNine().Match(said);
        return new Load(
            double.Parse(Rate().Match(said).Groups[1].Value, CultureInfo.InvariantCulture),
            double.Parse(tail.Groups[1].Value, CultureInfo.InvariantCulture) * tail.Groups[2].Value switch { "us" => 0.001, "ms" => 1, _ => 1000 },
            long.Parse(Requests().Match(said).Groups[1].Value, CultureInfo.InvariantCulture));
    }

    /// <summary>Sends on the clock, whatever is still under way; milliseconds from sending to the last byte.</summary>
    private static async Task<List<double>> PaceAsync(Uri address)
    {
        using var client = new HttpClient(new SocketsHttpHandler { UseProxy = false, UseCookies = false });
        List<Task<double>> calls = [];
        var watch = Stopwatch.StartNew();
        var end = TimeSpan.FromSeconds(1) + Measured;
        using var tick = new PeriodicTimer(TimeSpan.FromMilliseconds(1));
        while (watch.Elapsed < end && await tick.WaitForNextTickAsync())
        {
            while (calls.Count < watch.Elapsed.TotalSeconds * Paced) { calls.Add(CallAsync()); }
        }

        return [.. (await Task.WhenAll(calls)).Skip(Paced)];

        async Task<double> CallAsync()
        {
            var start = Stopwatch.GetTimestamp();
            using var answer = await client.GetAsync(address);
            await answer.Content.CopyToAsync(Stream.Null);
            return answer.IsSuccessStatusCode ? Stopwatch.GetElapsedTime(start).TotalMilliseconds : throw new InvalidOperationException($"{address}: {(int)answer.StatusCode}");
        }
    }

    [GeneratedRegex(@"Requests/sec:\s+([\d.]+)")]
    private static partial Regex Rate();

    [GeneratedRegex(@"99%\s+([\d.]+)(us|ms|s)")]
    private static partial Regex NinetyNine();

    [GeneratedRegex(@"(\d+) requests in")]
    private static partial Regex Requests();

    private sealed record Load(double PerSecond, double NinetyNine, long Requests);

    /// <summary>One way to the service, and what was measured on it.</summary>
    private sealed record Way(string Name, Uri Address, int ProcessId)
    {
        internal List<Load> Full { get; } = [];

        /// <summary>Microseconds of the way's own processes for a call.</summary>
        internal List<double> Processor { get; } = [];

        internal List<List<double>> AtPace { get; } = [];

        internal double Rate => Measure.Median(Full.Select(l => l.PerSecond));

        internal double Half => Measure.Median(AtPace.Select(times => Measure.Percentile(times, 50)));

        internal double NinetyNine => Measure.Median(AtPace.Select(times => Measure.Percentile(times, 99)));
    }

    /// <summary>The platform with one agreement over the service.</summary>
    private sealed class Gateway : IAsyncDisposable
    {
        private readonly string folder;
        private readonly string? database;
        private readonly ServedPlatform served;

        private Gateway(string folder, string? database, ServedPlatform served, string agreement) =>
            (this.folder, this.database, this.served, Call) = (folder, database, served, new Uri(served.Address, $"/services/{agreement}/firms/1"));

        internal Uri Call { get; }

        internal int ProcessId => served.ProcessId;

        internal long PeakMegabytes => served.PeakMegabytes;

        internal static async Task<Gateway> StartAsync(Uri service, string? database)
        {
            var folder = Directory.CreateTempSubdirectory("zhengtong-bench-").FullName;
            string agreement;
            await using (var app = Platform.Build(new Deployment(folder, database, "http://127.0.0.1:0", Demo: false)))
            {
                await app.PrepareAsync(CancellationToken.None);
                agreement = await (await Parties.MakeAsync(app.Services)).AddServiceAsync(service.ToString().TrimEnd('/'));
            }

            Microsoft.Data.Sqlite.SqliteConnection.ClearAllPools();
            string[] arguments = [Settings.Program, "serve", "--data", folder, "--urls", "http://127.0.0.1:0", .. database is null ? Array.Empty<string>() : ["--database", database]];
            // The service stands on this machine, which the gateway does not allow by itself.
            return new Gateway(folder, database, await ServedPlatform.StartAsync(arguments, ("Exchange__Gateway__ForbiddenNetworks", " ")), agreement);
        }

        /// <summary>Waits until every call is sealed by both sides; how many there are.</summary>
        internal async Task<int> ProveAsync()
        {
            await using var app = Platform.Build(new Deployment(folder, database, "http://127.0.0.1:0", Demo: false));
            await using var scope = app.Services.CreateAsyncScope();
            var db = scope.ServiceProvider.GetRequiredService<ZhengtongDb>();
            var watch = Stopwatch.StartNew();
            while (await db.CallGroups.AnyAsync(g => g.ProviderSealId == null || g.ConsumerSealId == null))
            {
                if (watch.Elapsed > TimeSpan.FromMinutes(2)) { throw new TimeoutException("Calls stay unsealed"); }
                await Task.Delay(200);
            }

            return await db.Calls.CountAsync();
        }

        public async ValueTask DisposeAsync()
        {
            await served.DisposeAsync();
            Microsoft.Data.Sqlite.SqliteConnection.ClearAllPools();
            Directory.Delete(folder, recursive: true);
        }
    }

    /// <summary>nginx in a folder of its own, on a free port of this machine, stopped by its process id.</summary>
    private sealed class Nginx : IAsyncDisposable
    {
        private readonly Process process;
        private readonly string folder;

        private Nginx(Process process, string folder, Uri address) => (this.process, this.folder, Address) = (process, folder, address);

        internal Uri Address { get; }

        internal int ProcessId => process.Id;

        internal static async Task<Nginx> StartAsync(Uri service)
        {
            var folder = Directory.CreateTempSubdirectory("zhengtong-bench-nginx-").FullName;
            var port = FreePort();
            await File.WriteAllTextAsync(Path.Combine(folder, "nginx.conf"), $$"""
                daemon off; worker_processes auto; pid {{folder}}/nginx.pid; error_log {{folder}}/error.log;
                events { worker_connections 4096; }
                http {
                  access_log {{folder}}/access.log;
                  client_body_temp_path {{folder}}; proxy_temp_path {{folder}}; fastcgi_temp_path {{folder}}; uwsgi_temp_path {{folder}}; scgi_temp_path {{folder}};
                  keepalive_requests 1000000000;
                  upstream service { server {{service.Authority}}; keepalive 256; keepalive_requests 1000000000; }
                  server { listen 127.0.0.1:{{port}}; location / { proxy_pass http://service; proxy_http_version 1.1; proxy_set_header Connection ""; } }
                }
                """);
            var process = Process.Start(new ProcessStartInfo("/usr/sbin/nginx", ["-p", folder, "-c", Path.Combine(folder, "nginx.conf"), "-e", Path.Combine(folder, "error.log")]))!;
            var address = new Uri($"http://127.0.0.1:{port}");
            using var client = new HttpClient(new SocketsHttpHandler());
            for (var attempt = 0; ; attempt++)
            {
                try
                {
                    (await client.GetAsync(address)).Dispose();
                    return new Nginx(process, folder, address);
                }
                catch (HttpRequestException) when (attempt < 100 && !process.HasExited) { await Task.Delay(50); }
            }
        }

        public async ValueTask DisposeAsync()
        {
            await Measure.RunAsync("kill", "-QUIT", $"{process.Id}");
            await process.WaitForExitAsync();
            process.Dispose();
            Directory.Delete(folder, recursive: true);
        }

        private static int FreePort()
        {
            using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
            return ((IPEndPoint)socket.LocalEndPoint!).Port;
        }
    }
}
