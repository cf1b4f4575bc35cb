using System.Globalization;
using System.Net;
using System.Security.Cryptography;
using Microsoft.AspNetCore.Http;
using Zhengtong.Agreements;
using Zhengtong.Tests.Support;

namespace Zhengtong.Tests.Exchange.Gateway;

/// <summary>The gateway as a process of its own: what it needs of memory, and what a kill costs.</summary>
[OnDatabase]
public sealed class GatewayProcessTests : IAsyncDisposable
{
    private const long Large = 256L << 20;

    private static readonly (string, string)[] Settings =
    [
        ("Exchange:Gateway:Instance", GatewayFixture.Instance), ("Exchange:Gateway:ForbiddenNetworks", " "), ("Exchange:Gateway:StaleMilliseconds", "50"),
    ];

    private readonly string folder = Directory.CreateTempSubdirectory("zhengtong-gateway-").FullName;

    public ValueTask DisposeAsync()
    {
        Microsoft.Data.Sqlite.SqliteConnection.ClearAllPools();
        Directory.Delete(folder, recursive: true);
        return ValueTask.CompletedTask;
    }

    [Fact]
    public async Task Bodies_Of256Megabytes_StreamBothWaysInConstantMemory()
    {
        await using var provider = await DepartmentService.StartAsync();
        var (deployment, made) = await PrepareAsync(services => GatewayFixture.SceneAsync(services, provider, s => s.Operations = ["POST /files", "GET /files", "GET /json"]),
            services => GatewayFixture.SceneAsync(services, provider, s => (s.Operations, s.Items) = (["GET /json"], SceneSettings.Members("rows.id"))));
        var (whole, limited) = (made[0], made[1]);
        byte[]? received = null;
        whole.Answer(async http =>
        {
            if (HttpMethods.IsPost(http.Request.Method))
            {
                received = await SHA512.HashDataAsync(http.Request.Body);
                return;
            }

            http.Response.ContentLength = Large;
            foreach (var piece in Pieces()) { await http.Response.Body.WriteAsync(piece); }
        });
        limited.Answer(async http =>
        {
            http.Response.ContentType = "application/json";
            await http.Response.WriteAsync("{\"rows\":[");
            var rows = System.Text.Encoding.UTF8.GetBytes(string.Concat(Enumerable.Repeat($"{{\"id\":1,\"secret\":\"{new string('x', 990)}\"}},", 1000)));
            for (var n = 0; n < 64; n++) { await http.Response.Body.WriteAsync(rows); }
            await http.Response.WriteAsync("{\"id\":2}]}");
        });

        using var served = await ServedProcess.ReadyAsync(deployment, Settings);
        using var client = GatewayFixture.Client(await served.ReadyAsync());
        client.Timeout = TimeSpan.FromMinutes(5);
        var expected = SHA512.HashData([]);
        using (var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA512))
        {
            foreach (var piece in Pieces()) { hash.AppendData(piece.Span); }
            expected = hash.GetHashAndReset();
        }

        // Once small, so that what is measured is the body and not the start.
        (await client.SendAsync(whole.Call(HttpMethod.Get, "/json"))).Dispose();
        var before = MemoryOf(served.Id, "VmRSS");

        var upload = whole.Call(HttpMethod.Post, "/files");
        upload.Content = new PiecesContent();
        var sent = await client.SendAsync(upload);
        sent.StatusCode.ShouldBe(HttpStatusCode.OK, await sent.Content.ReadAsStringAsync());
        received.ShouldBe(expected);

        using (var download = await client.SendAsync(whole.Call(HttpMethod.Get, "/files"), HttpCompletionOption.ResponseHeadersRead))
        {
            download.Content.Headers.ContentLength.ShouldBe(Large);
            (await SHA512.HashDataAsync(await download.Content.ReadAsStreamAsync())).ShouldBe(expected);
        }

        using (var filtered = await client.SendAsync(limited.Call(HttpMethod.Get, "/json"), HttpCompletionOption.ResponseHeadersRead))
        {
            var text = await filtered.Content.ReadAsStringAsync();
            text.ShouldEndWith("""{"id":1},{"id":2}]}""");
            text.ShouldNotContain("secret");
            text.Split("\"id\"").Length.ShouldBe(64_002);
        }

        (MemoryOf(served.Id, "VmHWM") - before).ShouldBeLessThan(96L << 20);
    }

    [Fact]
    public async Task Quota_AfterSigkill_IsNotHandedOutAgain()
    {
        await using var provider = await DepartmentService.StartAsync();
        var (deployment, made) = await PrepareAsync(services => GatewayFixture.SceneAsync(services, provider, s => s.Limits = new ApiLimits(500, 10_000, 100)));
        var scene = made[0];
        var answered = 0;
        for (var life = 0; life < 2; life++)
        {
            using var served = await ServedProcess.ReadyAsync(deployment, Settings);
            using var client = GatewayFixture.Client(await served.ReadyAsync());
            for (var n = 0; n < 103; n++)
            {
                if ((await client.GetAsync($"{scene.Plain}/firms/1")).IsSuccessStatusCode) { answered++; }
            }

            await served.KillAsync();
        }

        answered.ShouldBe(206);
        using (var served = await ServedProcess.ReadyAsync(deployment, Settings))
        {
            using var client = GatewayFixture.Client(await served.ReadyAsync());
            HttpResponseMessage answer;
            while ((answer = await client.GetAsync($"{scene.Plain}/firms/1")).IsSuccessStatusCode) { answered++; }
            (await answer.ReadProblemCode()).ShouldBe("exchange.quota-spent");
        }

        // Blocks of five: each kill lost what was left of one.
        answered.ShouldBe(496);
        scene.Seen.Count.ShouldBe(496);
    }

    private async Task<(Deployment Deployment, List<Scene> Scenes)> PrepareAsync(params Func<IServiceProvider, Task<Scene>>[] make)
    {
        var deployment = new Deployment(folder, PlatformFixture.PostgresServer is null ? null : await PlatformFixture.CreatePostgresDatabaseAsync(), "http://127.0.0.1:0", Demo: false);
        await using var app = Platform.Build(deployment, b => GatewayFixture.Configure(b.Configuration));
        await app.PrepareOnCopyAsync();
        List<Scene> made = [];
        foreach (var one in make) { made.Add(await one(app.Services)); }
        return (deployment, made);
    }

    private static IEnumerable<ReadOnlyMemory<byte>> Pieces()
    {
        var piece = new byte[1 << 20];
        for (var n = 0; n < piece.Length; n++) { piece[n] = (byte)(n * 31); }
        for (var n = 0; n < Large / piece.Length; n++)
        {
            piece[0] = (byte)n;
            yield return piece;
        }
    }

    private static long MemoryOf(int process, string line) => 1024 * long.Parse(
        File.ReadLines($"/proc/{process}/status").Single(l => l.StartsWith(line + ":", StringComparison.Ordinal)).Split(' ', StringSplitOptions.RemoveEmptyEntries)[^2].Trim(), CultureInfo.InvariantCulture);

    private sealed class PiecesContent : HttpContent
    {
        protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context)
        {
            foreach (var piece in Pieces()) { await stream.WriteAsync(piece); }
        }

        protected override bool TryComputeLength(out long length)
        {
            length = Large;
            return true;
        }
    }
}
