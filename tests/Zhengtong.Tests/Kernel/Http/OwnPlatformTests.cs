using System.Net;
using Microsoft.AspNetCore.Http;
using Zhengtong.Kernel.Http;
using Zhengtong.Kernel.Secrets;
using Zhengtong.Tests.Support;

namespace Zhengtong.Tests.Kernel.Http;

/// <summary>What needs a platform with other settings than the shared one.</summary>
public sealed class OwnPlatformTests(OwnPlatformTests.Strict strict) : IClassFixture<OwnPlatformTests.Strict>
{
    [Fact]
    public async Task Get_OverTheLimit_Is429WithRetryAfterForThatCallerOnly()
    {
        var client = From("203.0.113.1");
        var answers = new List<HttpResponseMessage>();
        for (var i = 0; i < 6; i++) { answers.Add(await client.GetAsync("/api/v1/none-such")); }
        answers.Count(a => a.StatusCode == HttpStatusCode.NotFound).ShouldBe(5);
        var refused = answers.Single(a => a.StatusCode == HttpStatusCode.TooManyRequests);
        (await refused.ReadProblemCode()).ShouldBe("kernel.too-many-requests");
        refused.Headers.RetryAfter!.Delta!.Value.TotalSeconds.ShouldBeInRange(1, 60);
        (await From("203.0.113.2").GetAsync("/api/v1/none-such")).StatusCode.ShouldBe(HttpStatusCode.NotFound);
        (await client.GetAsync("/health/live")).StatusCode.ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task Get_EndpointThatThrows_HidesTheFaultAndRecordsIt()
    {
        var problem = await (await From("203.0.113.3").GetAsync("/api/v1/throws")).ReadProblem();
        problem.GetProperty("code").GetString().ShouldBe("kernel.internal");
        problem.ToString().ShouldNotContain("marker-of-the-fault");
        var trace = problem.GetProperty("traceId").GetString()!.Split('-')[1];
        var log = await LogAsync("marker-of-the-fault");
        log.ShouldContain(trace);
        var browser = From("203.0.113.4");
        browser.DefaultRequestHeaders.Accept.ParseAdd("text/html");
        var page = await browser.GetAsync("/throws");
        page.StatusCode.ShouldBe(HttpStatusCode.InternalServerError);
        page.Content.Headers.ContentType!.MediaType.ShouldBe("text/html");
        (await page.Content.ReadAsStringAsync()).ShouldContain("kernel.internal");
    }

    [Fact]
    public async Task Get_TooSlow_Is504WithItsCode()
    {
        var response = await From("203.0.113.5").GetAsync("/api/v1/slow");
        response.StatusCode.ShouldBe(HttpStatusCode.GatewayTimeout);
        (await response.ReadProblemCode()).ShouldBe("kernel.timed-out");
    }

    [Fact]
    public async Task Get_MetricsOfOperators_AVisitorIsRefused() =>
        (await From("203.0.113.6").GetAsync("/metrics")).StatusCode.ShouldBe(HttpStatusCode.Forbidden);

    [Fact]
    public async Task Get_OverHttpsThroughTheProxy_AsksForHttpsForAYear()
    {
        var client = From("203.0.113.7");
        client.DefaultRequestHeaders.Add("X-Forwarded-Proto", "https");
        client.DefaultRequestHeaders.Host = "platform.example";
        (await client.GetAsync("/health/live")).Headers.GetValues("Strict-Transport-Security").Single().ShouldContain("max-age=31536000");
        (await From("203.0.113.8").GetAsync("/health/live")).Headers.Contains("Strict-Transport-Security").ShouldBeFalse();
    }

    [Fact]
    public async Task Get_ReadyWithoutTheMasterKeysFile_IsUnhealthy()
    {
        strict.App.Services.GetRequiredService<Vault>();
        var key = Path.Combine(strict.Folder, "keys", "master.key");
        File.Move(key, key + ".away");
        var response = await From("203.0.113.9").GetAsync("/health/ready");
        File.Move(key + ".away", key);
        response.StatusCode.ShouldBe(HttpStatusCode.ServiceUnavailable);
        var body = await response.Content.ReadAsStringAsync();
        body.ShouldContain("\"kernel.master-key\":\"unhealthy\"");
        body.ShouldNotContain("file is gone");
    }

    [Theory]
    [InlineData(null, 428)]
    [InlineData("\"2\"", 412)]
    [InlineData("W/\"3\"", 412)]
    [InlineData("nonsense", 400)]
    [InlineData("\"3\"", 0)]
    [InlineData("\"1\", \"3\"", 0)]
    [InlineData("*", 0)]
    public void PreconditionFails_IfMatch_LetsOnlyTheCurrentRevisionPass(string? ifMatch, int status)
    {
        var http = new DefaultHttpContext();
        if (ifMatch is not null) { http.Request.Headers.IfMatch = ifMatch; }
        (http.PreconditionFails(3)?.StatusCode ?? 0).ShouldBe(status);
    }

    private HttpClient From(string address)
    {
        var client = new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false }) { BaseAddress = new Uri(strict.App.Urls.First()) };
        client.DefaultRequestHeaders.Add("X-Forwarded-For", address);
        client.DefaultRequestHeaders.AcceptLanguage.ParseAdd("en");
        return client;
    }

    private async Task<string> LogAsync(string marker)
    {
        for (var deadline = TimeProvider.System.GetTimestamp(); TimeProvider.System.GetElapsedTime(deadline) < TimeSpan.FromSeconds(10);)
        {
            foreach (var file in Directory.GetFiles(Path.Combine(strict.Folder, "logs")))
            {
                await using var stream = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
                var text = await new StreamReader(stream).ReadToEndAsync();
                if (text.Split('\n').FirstOrDefault(l => l.Contains(marker)) is { } line) { return line; }
            }

            await Task.Delay(50);
        }

        throw new TimeoutException($"{marker} did not reach the log");
    }

    /// <summary>One platform for all of them: each comes from an address of its own.</summary>
    public sealed class Strict : IAsyncLifetime
    {
        internal string Folder { get; } = Directory.CreateTempSubdirectory("zhengtong-own-").FullName;

        internal WebApplication App { get; private set; } = null!;

        public async ValueTask InitializeAsync()
        {
            App = Platform.Build(new Deployment(Folder, null, "http://127.0.0.1:0", Demo: false), b =>
            {
                b.Configuration[RateLimits.Visitor] = "5";
                b.Configuration["Http:TimeoutSeconds"] = "1";
                b.Configuration["Metrics:For"] = "operators";
                b.Configuration["Http:TrustedProxies"] = "127.0.0.1";
            });
            App.MapGet("/api/v1/throws", () => { throw new InvalidOperationException("marker-of-the-fault"); });
            App.MapGet("/throws", () => { throw new InvalidOperationException("marker-of-the-fault"); });
            App.MapGet("/api/v1/slow", async (CancellationToken ct) => { await Task.Delay(TimeSpan.FromSeconds(30), ct); return "late"; });
            await App.PrepareOnCopyAsync();
            await App.StartAsync();
        }

        public async ValueTask DisposeAsync()
        {
            await App.StopAsync();
            await App.DisposeAsync();
            Microsoft.Data.Sqlite.SqliteConnection.ClearAllPools();
            Directory.Delete(Folder, recursive: true);
        }
    }
}
