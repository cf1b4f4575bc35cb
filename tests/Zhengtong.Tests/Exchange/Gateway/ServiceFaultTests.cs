using System.IO.Compression;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;
using Zhengtong.Exchange.Gateway;
using Zhengtong.Tests.Support;

namespace Zhengtong.Tests.Exchange.Gateway;

/// <summary>A provider that is slow, dead, endless or mad.</summary>
[OnDatabase, Collection<GatewayTests>]
public sealed class ServiceFaultTests(GatewayFixture gateway)
{
    [Fact]
    public async Task Service_Silent_IsGivenUpAfterItsTime()
    {
        var scene = await gateway.SceneAsync(s => s.TimeoutSeconds = 1);
        scene.Answer(http => Task.Delay(Timeout.Infinite, http.RequestAborted));
        using var client = gateway.Client();
        await ProblemAsync(client, scene, HttpStatusCode.GatewayTimeout, "exchange.service-silent");
        (await client.SendAsync(scene.Call(HttpMethod.Get, "/firms/1"))).Headers.GetValues("X-Road-Error").ShouldBe(["Server.ServerProxy.NetworkError"]);
        await FaultIsKnownAsync(scene, "exchange.service-silent");
    }

    [Fact]
    public async Task Service_SlowButAlive_MayTakeLongerThanItsTime()
    {
        var scene = await gateway.SceneAsync(s => s.TimeoutSeconds = 1);
        scene.Answer(async http =>
        {
            for (var n = 0; n < 5; n++)
            {
                await http.Response.WriteAsync($"{n}");
                await http.Response.Body.FlushAsync();
                await Task.Delay(400);
            }
        });
        using var client = gateway.Client();
        (await client.GetStringAsync($"{scene.Plain}/firms/1")).ShouldBe("01234");
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Service_SilentWithinItsAnswer_IsCutSoThatTheConsumerSeesIt(bool limited)
    {
        var scene = await gateway.SceneAsync(s => (s.TimeoutSeconds, s.Items) = (1, limited ? SceneSettings.Members("a") : []));
        scene.Answer(async http =>
        {
            http.Response.ContentType = "application/json";
            await http.Response.WriteAsync("[" + string.Join(',', Enumerable.Repeat("""{"a":1234567890}""", 20_000)));
            await http.Response.Body.FlushAsync();
            await Task.Delay(Timeout.Infinite, http.RequestAborted);
        });
        using var client = gateway.Client();
        using var answer = await client.SendAsync(scene.Call(HttpMethod.Get, "/firms/1"), HttpCompletionOption.ResponseHeadersRead);
        answer.StatusCode.ShouldBe(HttpStatusCode.OK);
        await Should.ThrowAsync<HttpRequestException>(answer.Content.ReadAsStringAsync());
        // What was handed out is on record.
        await gateway.WithDb(db => db.Calls.SingleAsync(c => c.Id == Guid.Parse(answer.Headers.GetValues("X-Road-Request-Id").Single())));
    }

    [Theory]
    [InlineData("this is no HTTP\r\n\r\n")]
    [InlineData("HTTP/1.1 abc OK\r\n\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\nno colon here\r\n\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nab")]
    [InlineData("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nabc")]
    [InlineData("")]
    public async Task Service_SpeakingNonsense_Is502AndNothingOfItPasses(string says)
    {
        await using var mad = new MadServer(says);
        var scene = await gateway.SceneAsync(s => s.Address = mad.Address);
        using var client = gateway.Client();
        await ProblemAsync(client, scene, HttpStatusCode.BadGateway, "exchange.answer-unfit");
        (await client.SendAsync(scene.Call(HttpMethod.Get, "/firms/1"))).Headers.GetValues("X-Road-Error").ShouldBe(["Server.ServerProxy.ServiceFailed.InvalidAnswer"]);
    }

    [Fact]
    public async Task Service_WithEndlessHeaders_Is502()
    {
        await using var mad = new MadServer("HTTP/1.1 200 OK\r\n" + string.Concat(Enumerable.Range(0, 4000).Select(n => $"X-{n}: {new string('a', 100)}\r\n")) + "Content-Length: 0\r\n\r\n");
        var scene = await gateway.SceneAsync(s => s.Address = mad.Address);
        using var client = gateway.Client();
        await ProblemAsync(client, scene, HttpStatusCode.BadGateway, "exchange.answer-unfit");
    }

    [Fact]
    public async Task Service_OfAnEndlessValue_IsRefusedUnderLimitedItems()
    {
        var scene = await gateway.SceneAsync(s => s.Items = SceneSettings.Members("a"));
        scene.Answer(async http =>
        {
            http.Response.ContentType = "application/json";
            await http.Response.WriteAsync("{\"b\":\"");
            var piece = Encoding.ASCII.GetBytes(new string('x', 1 << 16));
            for (var n = 0; n < 1000 && !http.RequestAborted.IsCancellationRequested; n++) { await http.Response.Body.WriteAsync(piece); }
        });
        using var client = gateway.Client();
        await ProblemAsync(client, scene, HttpStatusCode.BadGateway, "exchange.answer-unfit");
    }

    [Fact]
    public async Task Service_Dead_RestsAfterSomeCallsAndComesBack()
    {
        var port = FreePort();
        var scene = await gateway.SceneAsync(s => s.Address = $"http://127.0.0.1:{port}/x");
        using var client = gateway.Client();
        for (var n = 0; n < 5; n++) { await ProblemAsync(client, scene, HttpStatusCode.ServiceUnavailable, "exchange.service-unreachable"); }
        var resting = await client.GetAsync($"{scene.Plain}/firms/1");
        (await resting.ReadProblemCode()).ShouldBe("exchange.service-resting");
        resting.Headers.RetryAfter.ShouldNotBeNull();
        await using var alive = new MadServer("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", port);
        await Task.Delay(1200);
        (await client.GetStringAsync($"{scene.Plain}/firms/1")).ShouldBe("ok");
        (await client.GetStringAsync($"{scene.Plain}/firms/1")).ShouldBe("ok");
        await FaultIsKnownAsync(scene, "exchange.service-unreachable");
    }

    [Fact]
    public async Task Service_RefusingTheConnection_IsTriedAgainOnlyWhereThatIsSafe()
    {
        var port = FreePort();
        var scene = await gateway.SceneAsync(s => s.Address = $"http://127.0.0.1:{port}/x");
        using var client = gateway.Client();
        var post = client.PostAsync($"{scene.Plain}/firms", new StringContent("x"));
        (await post).StatusCode.ShouldBe(HttpStatusCode.ServiceUnavailable);
        var get = client.GetAsync($"{scene.Plain}/firms/1");
        await Task.Delay(30);
        await using var alive = new MadServer("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", port);
        (await get).StatusCode.ShouldBe(HttpStatusCode.OK);
        alive.Calls.ShouldBe(1);
    }

    [Fact]
    public async Task Service_InAForbiddenNetwork_IsNeverConnected()
    {
        using var connections = new ServiceConnections(Options.Create(new GatewayOptions()));
        var before = gateway.Provider.Total;
        foreach (var host in new[] { "127.0.0.1", "localhost", "[::1]", "[::ffff:127.0.0.1]", "0.0.0.0" })
        {
            using var message = new HttpRequestMessage(HttpMethod.Get, $"http://{host}:{new Uri(gateway.Provider.Address).Port}/forbidden");
            await Should.ThrowAsync<HttpRequestException>(connections.SendAsync(message, CancellationToken.None), host);
        }

        gateway.Provider.Total.ShouldBe(before);
    }

    [Theory]
    [InlineData("text/html", "<p>1</p>", 200)]
    [InlineData("application/json;charset=gbk", "{}", 200)]
    [InlineData("application/json", "{\"a\":", 200)]
    [InlineData("application/json", "{\"a\":1} more", 200)]
    [InlineData("application/json", "not json", 200)]
    [InlineData("application/json", "{\"a\":1}", 206)]
    [InlineData(null, "{\"a\":1}", 200)]
    public async Task Answer_UnfitUnderLimitedItems_IsRefusedWhole(string? type, string body, int status)
    {
        var scene = await gateway.SceneAsync(s => s.Items = SceneSettings.Members("a"));
        scene.Answer(http =>
        {
            (http.Response.ContentType, http.Response.StatusCode) = (type, status);
            return http.Response.WriteAsync(body);
        });
        using var client = gateway.Client();
        await ProblemAsync(client, scene, HttpStatusCode.BadGateway, "exchange.answer-unfit");
        await FaultIsKnownAsync(scene, "exchange.answer-unfit");
    }

    [Fact]
    public async Task Answer_PackedUnderLimitedItems_IsRefusedAndNeverAskedFor()
    {
        var scene = await gateway.SceneAsync(s => s.Items = SceneSettings.Members("a"));
        scene.Answer(async http =>
        {
            http.Response.ContentType = "application/json";
            http.Response.Headers.ContentEncoding = "gzip";
            await using var packed = new GZipStream(http.Response.Body, CompressionLevel.Fastest);
            await packed.WriteAsync("{\"a\":1}"u8.ToArray());
        });
        using var client = gateway.Client();
        client.DefaultRequestHeaders.AcceptEncoding.ParseAdd("gzip");
        client.DefaultRequestHeaders.TryAddWithoutValidation("Range", "bytes=0-1");
        await ProblemAsync(client, scene, HttpStatusCode.BadGateway, "exchange.answer-unfit");
        scene.Seen.Single().Headers.ShouldNotContainKey("Accept-Encoding");
        scene.Seen.Single().Headers.ShouldNotContainKey("Range");
    }

    [Fact]
    public async Task Answer_LongAndMalformedAtItsEnd_IsCutSoThatTheConsumerSeesIt()
    {
        var scene = await gateway.SceneAsync(s => s.Items = SceneSettings.Members("a"));
        scene.AnswerJson("[" + string.Join(',', Enumerable.Repeat("""{"a":1234567890}""", 20_000)) + ",}");
        using var client = gateway.Client();
        await Should.ThrowAsync<HttpRequestException>(client.GetStringAsync($"{scene.Plain}/firms/1"));
        await FaultIsKnownAsync(scene, "exchange.answer-unfit");
    }

    [Theory]
    [InlineData(204, "")]
    [InlineData(304, "")]
    [InlineData(200, "")]
    [InlineData(302, "<p>moved</p>")]
    public async Task Answer_WithoutData_PassesUnderLimitedItems(int status, string body)
    {
        var scene = await gateway.SceneAsync(s => s.Items = SceneSettings.Members("a"));
        scene.Answer(http =>
        {
            http.Response.StatusCode = status;
            return body.Length > 0 ? http.Response.WriteAsync(body) : Task.CompletedTask;
        });
        using var client = gateway.Client();
        var answer = await client.GetAsync($"{scene.Plain}/firms/1");
        ((int)answer.StatusCode).ShouldBe(status);
        (await answer.Content.ReadAsStringAsync()).ShouldBe("");
    }

    [Fact]
    public async Task Consumer_GoingAway_EndsTheCallAtTheProvider()
    {
        var scene = await gateway.SceneAsync();
        var ended = new TaskCompletionSource();
        scene.Answer(async http =>
        {
            http.RequestAborted.Register(() => ended.TrySetResult());
            await Task.Delay(Timeout.Infinite, http.RequestAborted);
        });
        using var client = gateway.Client();
        using var stop = new CancellationTokenSource();
        var call = client.GetAsync($"{scene.Plain}/firms/1", stop.Token);
        for (var n = 0; scene.Seen.Count == 0 && n < 100; n++) { await Task.Delay(20); }
        await stop.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(call);
        await ended.Task.WaitAsync(TimeSpan.FromSeconds(10));
    }

    private static async Task ProblemAsync(HttpClient client, Scene scene, HttpStatusCode status, string code)
    {
        var answer = await client.GetAsync($"{scene.Plain}/firms/1");
        answer.StatusCode.ShouldBe(status);
        (await answer.ReadProblemCode()).ShouldBe(code);
        answer.Headers.Contains("X-Road-Service").ShouldBeFalse();
    }

    private async Task FaultIsKnownAsync(Scene scene, string code)
    {
        string? known = null;
        for (var n = 0; n < 50 && known != code; n++)
        {
            await Task.Delay(100);
            known = await gateway.WithDb(db => db.ApiServices.Where(s => s.Id == scene.ServiceId).Select(s => s.LastFault).SingleAsync());
        }

        known.ShouldBe(code);
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    /// <summary>Says the same to everybody, whatever was asked, and hangs up.</summary>
    private sealed class MadServer : IAsyncDisposable
    {
        private readonly TcpListener listener;
        private readonly Task serving;

        internal MadServer(string says, int port = 0)
        {
            listener = new TcpListener(IPAddress.Loopback, port);
            listener.Start();
            serving = ServeAsync(Encoding.ASCII.GetBytes(says));
        }

        internal string Address => $"http://{listener.LocalEndpoint}/x";

        internal int Calls { get; private set; }

        public async ValueTask DisposeAsync()
        {
            listener.Stop();
            await serving;
        }

        private async Task ServeAsync(byte[] says)
        {
            try
            {
                while (true)
                {
                    using var one = await listener.AcceptTcpClientAsync();
                    Calls++;
                    var stream = one.GetStream();
                    _ = await stream.ReadAsync(new byte[65536]);
                    try { await stream.WriteAsync(says); }
                    catch (IOException) { /* The other side has heard enough. */ }
                }
            }
            catch (Exception e) when (e is SocketException or ObjectDisposedException or InvalidOperationException) { /* Stopped. */ }
        }
    }
}
