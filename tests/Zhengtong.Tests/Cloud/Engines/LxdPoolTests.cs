using System.Net;
using System.Net.Http.Json;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Cloud.Engines;
using Zhengtong.Cloud.Engines.Lxd;
using Zhengtong.Cloud.Model;
using Zhengtong.Cloud.Pools;
using Zhengtong.Kernel.Identity;
using Zhengtong.Kernel.Jobs;
using Zhengtong.Tests.Support;

namespace Zhengtong.Tests.Cloud.Engines;

/// <summary>Pools of a real LXD, registered over the API.</summary>
[Collection<LxdTests>]
public sealed class LxdPoolTests(PlatformFixture platform, LxdFixture lxd)
{
    private const string Pools = "/api/v1/cloud/pools";

    [Fact]
    public async Task Register_OverSocketAndTls_BringsTheHostAndAnEngineThatWorks()
    {
        Assert.SkipWhen(lxd.Missing is not null, lxd.Missing ?? "");
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP384);
        var now = TimeProvider.System.GetUtcNow();
        using var certificate = new CertificateRequest("CN=platform", key, HashAlgorithmName.SHA256).CreateSelfSigned(now.AddMinutes(-5), now.AddDays(1));
        (await lxd.Raw.DoAsync(HttpMethod.Post, "/1.0/certificates", new JsonObject { ["type"] = "client", ["name"] = "platform", ["certificate"] = Convert.ToBase64String(certificate.RawData) }, default)).Answer.ShouldBeDone();
        var pin = (await lxd.Raw.GetAsync("/1.0", default)).Metadata.Get("environment").Text("certificate_fingerprint");
        var client = await platform.SignedIn(await platform.Department(), Role.PlatformOperator);
        var ids = new[]
        {
            await Register(client, $"unix:{lxd.Daemon.Socket}", null),
            await Register(client, $"https://{lxd.Daemon.Address}?storage-pool=default", $"fingerprint: {pin}\n{certificate.ExportCertificatePem()}\n{key.ExportPkcs8PrivateKeyPem()}"),
        };
        await platform.App.Services.GetRequiredService<Reconcilers>().SettleAsync<WatchPools>(default);
        foreach (var id in ids)
        {
            var pool = await client.GetFromJsonAsync<JsonElement>($"{Pools}/{id}");
            (pool.GetProperty("engine").GetProperty("product").GetString(), pool.GetProperty("engine").GetProperty("fault").GetString()).ShouldBe(("lxd", null));
            var host = pool.GetProperty("hosts").GetProperty("items").EnumerateArray().Single();
            host.GetProperty("state").GetString().ShouldBe("online");
            host.GetProperty("load").GetInt32().ShouldBeInRange(1, 1000);
            var totals = host.GetProperty("inventory").EnumerateArray().ToDictionary(i => i.GetProperty("kind").GetString()!, i => i.GetProperty("total").GetInt64());
            (totals["vcpu"], totals["memory"] > 0, totals["disk"] > 0).ShouldBe((Environment.ProcessorCount * 1000L, true, true));

            var engine = platform.App.Services.GetRequiredService<PoolEngines>().Of(await platform.WithDb(db => db.ResourcePools.AsNoTracking().SingleAsync(p => p.Id == id))).Given();
            var project = EngineName.Parse($"pool-{id.ToString()[..13]}");
            var guest = new InstanceId(project, EngineName.Parse("one"));
            (await engine.EnsureProjectAsync(new EngineProject(project, new Dictionary<string, string>()), default)).ShouldBeDone();
            (await engine.CreateAsync(new InstanceOrder(guest, "busybox", new EngineSize(1, 64, 1, 100), new Dictionary<string, string>()), default)).ShouldBeDone();
            // It carries the platform's own mark, and nobody else's engine touches it.
            (await lxd.Engine.DeleteAsync(guest, default)).Code.ShouldBe("not-ours");
            (await engine.DeleteAsync(guest, default)).ShouldBeDone();
            (await engine.RemoveProjectAsync(project, default)).ShouldBeDone();
        }
    }

    private static async Task<Guid> Register(HttpClient client, string address, string? secret)
    {
        var answer = await client.PostAsJsonAsync(Pools, new
        {
            name = $"lxd {CloudWorld.NewId()}", zone = "governmentExtranet", region = "610000", engine = "lxd", address, secret, protection = 3, strategy = "spread", kinds = Array.Empty<object>(),
        });
        answer.StatusCode.ShouldBe(HttpStatusCode.Created, await answer.Content.ReadAsStringAsync());
        return (await answer.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("id").GetGuid();
    }
}
