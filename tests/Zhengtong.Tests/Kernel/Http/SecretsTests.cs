using System.Net.Http.Headers;
using System.Net.Http.Json;
using Zhengtong.Tests.Architecture;
using Zhengtong.Tests.Contracts;
using Zhengtong.Tests.Support;

namespace Zhengtong.Tests.Kernel.Http;

/// <summary>Secrets never reach a log: everything that takes one is driven with marked ones, then every log file is read.</summary>
[OnDatabase]
public sealed class SecretsTests(PlatformFixture platform)
{
    [Fact]
    public async Task Logs_AfterMarkedSecretsWentEverywhere_HoldNone()
    {
        var mark = $"MARK{Convert.ToHexStringLower(System.Security.Cryptography.RandomNumberGenerator.GetBytes(8))}";
        var visitor = platform.Visitor();
        await visitor.PostAsJsonAsync("/api/v1/session", new { userName = "nobody", password = $"{mark}-password" });
        await visitor.PostAsync("/connect/token", new FormUrlEncodedContent(new Dictionary<string, string> { ["grant_type"] = "client_credentials", ["client_id"] = "none", ["client_secret"] = $"{mark}-secret" }));
        await visitor.PostAsync("/account/sign-in", new FormUrlEncodedContent(new Dictionary<string, string> { ["userName"] = "nobody", ["password"] = $"{mark}-form" }));
        var bearer = platform.Visitor();
        bearer.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", $"{mark}-token");
        await bearer.GetAsync("/api/v1/resources");
        var cookie = platform.Visitor();
        cookie.DefaultRequestHeaders.Add("Cookie", $".AspNetCore.Identity.Application={mark}-cookie");
        await cookie.GetAsync("/api/v1/resources");

        var sent = 0;
        foreach (var (role, client) in await ContractRules.Clients(platform))
        {
            foreach (var endpoint in Api.EndpointsOf(platform).Where(e => Api.BodyOf(e) is not null && ContractRules.IsFor(e, role)))
            {
                // Every text is a secret; what looks like a connection string also says where, so that the platform tries it.
                var body = HostileTextTests.Sample(Api.BodyOf(endpoint)!, "$", (path, _) => path.Contains("onnection", StringComparison.Ordinal)
                    ? $"Host=127.0.0.1;Port=1;Username=u;Password={mark}-connection;Timeout=1" : $"{mark}-text")!.ToJsonString();
                await client.SendAsync(ContractRules.Request(endpoint, body));
                sent++;
            }
        }

        sent.ShouldBeGreaterThan(1);
        // Written after all of that, so that what was written before it is there when it is.
        platform.App.Services.GetRequiredService<Microsoft.Extensions.Logging.ILoggerFactory>().CreateLogger("Zhengtong.Tests")
            .Log(Microsoft.Extensions.Logging.LogLevel.Warning, 0, "end", null, (_, _) => $"END-OF-{mark[4..]}");
        var logs = await Logs($"END-OF-{mark[4..]}");
        logs.ShouldNotContain(mark);
        logs.ShouldNotContain(PlatformFixture.Password);
    }

    private async Task<string> Logs(string until)
    {
        var folder = Path.Combine(platform.App.Services.GetRequiredService<Deployment>().DataDirectory, "logs");
        for (var started = TimeProvider.System.GetTimestamp(); TimeProvider.System.GetElapsedTime(started) < TimeSpan.FromSeconds(20);)
        {
            var all = "";
            foreach (var file in Directory.GetFiles(folder))
            {
                await using var stream = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
                all += await new StreamReader(stream).ReadToEndAsync();
            }

            if (all.Contains(until)) { return all; }
            await Task.Delay(50);
        }

        throw new TimeoutException("The log's end did not come");
    }
}
