using System.Net;
using System.Net.Http.Json;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Cloud.Engines;
using Zhengtong.Cloud.Model;
using Zhengtong.Cloud.Pools;
using Zhengtong.Kernel.Identity;
using Zhengtong.Kernel.Jobs;
using Zhengtong.Tests.Support;

namespace Zhengtong.Tests.Cloud.Engines;

[OnDatabase]
public sealed class PoolEnginesTests(PlatformFixture platform)
{
    private const string Pools = "/api/v1/cloud/pools";
    private static readonly string Pin = new('a', 64);
    private static readonly string Secret = SecretOf(Pin);

    [Fact]
    public async Task Register_EngineThatIsNotThere_IsRefusedWithThoseThereAre()
    {
        var client = await platform.SignedIn(await platform.Department(), Role.PlatformOperator);
        var problem = await (await client.PostAsJsonAsync(Pools, Pool("openstack", "https://127.0.0.1", null))).ReadProblem();
        problem.GetProperty("code").GetString().ShouldBe("cloud.engine-unknown");
        problem.GetProperty("detail").GetString()!.ShouldContain("lxd");
        var id = await Register(client, Pool("pretend", Address(), null));
        (await (await Revise(client, id, 1, "openstack", "https://127.0.0.1", null)).ReadProblemCode()).ShouldBe("cloud.engine-unknown");
    }

    [Fact]
    public async Task Register_AddressOrSecretThatNobodyCanRead_IsNamed()
    {
        var client = await platform.SignedIn(await platform.Department(), Role.PlatformOperator);
        (string Field, string Address, string? Secret)[] bad =
        [
            ("address", "http://127.0.0.1:8443", Secret), ("address", "https://user@127.0.0.1", Secret), ("address", "https://127.0.0.1/path", Secret), ("address", "unix:relative", null), ("address", "unix:/a/../b", null),
            ("address", $"unix:/{new string('x', 120)}", null), ("address", "unix:/a?storage-pool=", null), ("address", "https://127.0.0.1:99999", Secret),
            ("secret", "unix:/a", "anything"), ("secret", "https://127.0.0.1:8443", null), ("secret", "https://127.0.0.1:8443", "very secret"), ("secret", "https://127.0.0.1:8443", $"fingerprint: {Pin}"),
            ("secret", "https://127.0.0.1:8443", Secret.Replace("PRIVATE KEY", "PUBLIC KEY", StringComparison.Ordinal)), ("secret", "https://127.0.0.1:8443", SecretOf(Pin[1..])),
        ];
        foreach (var (field, address, secret) in bad)
        {
            var problem = await (await client.PostAsJsonAsync(Pools, Pool("lxd", address, secret))).ReadProblem();
            (problem.GetProperty("code").GetString(), problem.GetProperty("errors").EnumerateObject().Single().Name).ShouldBe(("cloud.invalid", field), address);
        }

        var id = await Register(client, Pool("lxd", "https://127.0.0.1:1?storage-pool=fast", Secret));
        // What is kept goes on; what is taken away is missed.
        (await Revise(client, id, 1, "lxd", "https://[::1]:1/", null)).StatusCode.ShouldBe(HttpStatusCode.NoContent);
        (await (await Revise(client, id, 2, "lxd", "https://127.0.0.1:1", "")).ReadProblem()).GetProperty("errors").TryGetProperty("secret", out _).ShouldBeTrue();
        (await (await Revise(client, id, 2, "lxd", "unix:/a", null)).ReadProblem()).GetProperty("errors").TryGetProperty("secret", out _).ShouldBeTrue();
        (await Revise(client, id, 2, "lxd", "unix:/a", "")).StatusCode.ShouldBe(HttpStatusCode.NoContent);
    }

    [Fact]
    public async Task Of_PoolAndItsRevision_IsSharedThenMadeAnew()
    {
        var client = await platform.SignedIn(await platform.Department(), Role.PlatformOperator);
        var engines = platform.App.Services.GetRequiredService<PoolEngines>();
        var id = await Register(client, Pool("lxd", "unix:/run/none-1", null));
        var before = await Read(id);
        var first = engines.Of(before).Given();
        engines.Of(before).Given().ShouldBeSameAs(first);
        (await Revise(client, id, 1, "lxd", "unix:/run/none-2", null)).StatusCode.ShouldBe(HttpStatusCode.NoContent);
        var second = engines.Of(await Read(id)).Given();
        second.ShouldNotBeSameAs(first);
        engines.Of(before).Given().ShouldBeSameAs(second);
        // Who was given the former may still ask it.
        (await first.DescribeAsync(default)).Outcome.ShouldBe(EngineOutcome.Unreachable);
        engines.Owner.ShouldMatch("^zt-[0-9a-f]{24}$");
    }

    [Fact]
    public async Task Of_PoolThatCannotBeRead_IsRefusedWithWhy()
    {
        var engines = platform.App.Services.GetRequiredService<PoolEngines>();
        var client = await platform.SignedIn(await platform.Department(), Role.PlatformOperator);
        var pool = await Read(await Register(client, Pool("lxd", "https://127.0.0.1:1", Secret)));
        pool.Secret![^1] ^= 1;
        engines.Of(pool).Code.ShouldBe("secret-sealed");
        (pool.Secret, pool.Address) = (null, "nonsense");
        engines.Of(pool).Code.ShouldBe("address");
        pool.Engine = "gone-driver";
        engines.Of(pool).Code.ShouldBe("engine-unknown");
    }

    [Fact]
    public async Task Get_PoolOfAnEngineThatAnswers_ShowsItAndItsHosts()
    {
        var client = await platform.SignedIn(await platform.Department(), Role.PlatformOperator);
        var id = await Register(client, Pool("pretend", Address(), null));
        await platform.App.Services.GetRequiredService<Reconcilers>().SettleAsync<WatchPools>(default);
        var pool = await client.GetFromJsonAsync<JsonElement>($"{Pools}/{id}");
        (pool.GetProperty("engine").GetProperty("product").GetString(), pool.GetProperty("engine").GetProperty("fault").ValueKind).ShouldBe(("pretend", JsonValueKind.Null));
        var host = pool.GetProperty("hosts").GetProperty("items").EnumerateArray().Single();
        (host.GetProperty("name").GetString(), host.GetProperty("state").GetString(), host.GetProperty("load").GetInt32()).ShouldBe(("here", "online", 31));
        host.GetProperty("inventory").EnumerateArray().Select(i => (i.GetProperty("kind").GetString(), i.GetProperty("total").GetInt64())).ShouldBe([("disk", 4096), ("memory", 256 * 1024), ("vcpu", 64_000)]);
    }

    private static string Address() => $"pretend:{CloudWorld.NewId()}";

    private static string SecretOf(string pin)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var certificate = new CertificateRequest("CN=platform", key, HashAlgorithmName.SHA256).CreateSelfSigned(TimeProvider.System.GetUtcNow().AddDays(-1), TimeProvider.System.GetUtcNow().AddDays(1));
        return $"fingerprint: {pin}\n{certificate.ExportCertificatePem()}\n{key.ExportPkcs8PrivateKeyPem()}\n";
    }

    private Task<ResourcePool> Read(Guid id) => platform.WithDb(db => db.ResourcePools.AsNoTracking().SingleAsync(p => p.Id == id));

    private static async Task<Guid> Register(HttpClient client, object pool)
    {
        var answer = await client.PostAsJsonAsync(Pools, pool);
        answer.StatusCode.ShouldBe(HttpStatusCode.Created, await answer.Content.ReadAsStringAsync());
        return (await answer.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("id").GetGuid();
    }

    private static object Pool(string engine, string address, string? secret) =>
        new { name = $"pool {CloudWorld.NewId()}", zone = "governmentExtranet", region = "610000", engine, address, secret, protection = 3, strategy = "spread", kinds = Array.Empty<object>() };

    private static Task<HttpResponseMessage> Revise(HttpClient client, Guid pool, int seen, string engine, string address, string? secret)
    {
        var request = new HttpRequestMessage(HttpMethod.Put, $"{Pools}/{pool}")
        {
            Content = JsonContent.Create(new { name = $"pool {pool}", engine, address, secret, protection = 3, strategy = "spread", kinds = Array.Empty<object>(), isOpen = true, reason = "迁移引擎" }),
        };
        request.Headers.TryAddWithoutValidation("If-Match", $"\"{seen}\"");
        return client.SendAsync(request);
    }
}
