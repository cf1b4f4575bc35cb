using System.Diagnostics;
using System.Text.Json;
using Text = Zhengtong.Kernel.Text;

namespace Zhengtong.Demonstration;

/// <summary>What an engine adds to the main job: the department's granted order became instances, and one of them answers over the network with what its department had it do.</summary>
internal sealed class CloudJob(WebApplication app, Uri address)
{
    private const int Port = 8080;
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(3);
    private readonly List<JobStep> steps = [];

    /// <summary>What happened so far.</summary>
    internal IReadOnlyList<JobStep> Steps => steps;

    internal async Task RunAsync(CancellationToken ct)
    {
        var accounts = app.Services.GetRequiredService<DemonstrationCredentials>().Accounts.ToDictionary(a => a.UserName);
        using var officer = await Caller.SignInAsync(address, accounts["aic-officer"], ct);
        var order = await DoAsync("cloud-order", "authority", async () =>
        {
            var granted = (await officer.GetAsync("cloud/orders", ct)).GetProperty("items").EnumerateArray().FirstOrDefault(o => o.GetProperty("state").GetString() == "granted");
            if (granted.ValueKind != JsonValueKind.Object) { throw new OffException("no granted order"); }
            return (granted.GetProperty("id").GetGuid(), Text.Of("demonstration.result.cloud-order", granted.GetProperty("number").GetString(), granted.GetProperty("resources").GetInt32()));
        });
        var instances = await DoAsync("cloud-instance", "aic-officer", async () =>
        {
            var made = await RunningAsync(officer, order, ct);
            return (made, string.Join("; ", made.Select(m => $"{m.Number} {m.Name}: {m.Address}")));
        });
        await DoAsync("cloud-answer", "aic-officer", async () =>
        {
            var (id, number, _, ip) = instances[0];
            // By the department's own right, as from the resource's page. busybox, of which the image is made, has a web server.
            var ran = await officer.PostAsync($"cloud/resources/{id}/runs", new { command = new[] { "sh", "-c", $"mkdir -p /tmp/www && hostname >/tmp/www/index.html && httpd -p {Port} -h /tmp/www" }, seconds = 30 }, ct);
            if (ran.GetProperty("exitCode") is not { ValueKind: JsonValueKind.Number } code || code.GetInt32() != 0) { throw new OffException($"{number}: {ran.GetProperty("errors").GetString()}"); }
            using var http = new HttpClient(new SocketsHttpHandler { UseProxy = false }) { Timeout = TimeSpan.FromSeconds(10) };
            var said = (await http.GetStringAsync(new Uri($"http://{ip}:{Port}/"), ct)).Trim();
            return said == $"r{id:N}" ? (true, Text.Of("demonstration.result.cloud-answer", $"http://{ip}:{Port}/", said)) : throw new OffException($"{ip} answered as {said}");
        });
    }

    private static async Task<IReadOnlyList<(Guid Id, string Number, string Name, string Address)>> RunningAsync(Caller officer, Guid order, CancellationToken ct)
    {
        for (var watch = Stopwatch.StartNew(); ; await Task.Delay(TimeSpan.FromMilliseconds(200), ct))
        {
            var made = (await officer.GetAsync($"cloud/orders/{order}", ct)).GetProperty("resources").EnumerateArray().ToList();
            if (made.Count > 0 && made.TrueForAll(r => r.GetProperty("state").GetString() == "running" && r.GetProperty("address").ValueKind == JsonValueKind.String))
            {
                return [.. made.Select(r => (r.GetProperty("id").GetGuid(), r.GetProperty("number").GetString()!, r.GetProperty("name").GetString()!, r.GetProperty("address").GetString()!))];
            }

            if (watch.Elapsed < Patience) { continue; }
            throw new OffException(string.Join("; ", made.Select(r => $"{r.GetProperty("number").GetString()}: {r.GetProperty("state").GetString()} {(r.GetProperty("problem") is { ValueKind: JsonValueKind.String } why ? why.GetString() : "")}")));
        }
    }

    private async Task<T> DoAsync<T>(string name, string who, Func<Task<(T, string)>> act)
    {
        var watch = Stopwatch.StartNew();
        var (value, result) = await act();
        steps.Add(new JobStep(name, who, result, watch.Elapsed));
        return value;
    }
}
