using System.Net;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Tests.Support;

namespace Zhengtong.Tests.Exchange.Gateway;

/// <summary>Who may call in an organisation's name.</summary>
[OnDatabase, Collection<GatewayTests>]
public sealed class CallerTests(GatewayFixture gateway)
{
    [Fact]
    public async Task Call_OfNobodyRegistered_IsRefusedOnEveryRoute()
    {
        var scene = await gateway.SceneAsync(s => s.WithSystem = false);
        using var client = gateway.Client();
        (await client.SendAsync(scene.Call(HttpMethod.Get, "/firms/1"))).Headers.GetValues("X-Road-Error").ShouldBe(["Server.ClientProxy.SslAuthenticationFailed"]);
        var plain = await client.GetAsync($"{scene.Plain}/firms/1");
        plain.StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
        plain.Headers.WwwAuthenticate.ToString().ShouldBe("Bearer");
        (await plain.ReadProblemCode()).ShouldBe("exchange.caller-unknown");
        scene.Seen.ShouldBeEmpty();
    }

    [Theory]
    [InlineData("10.0.0.0/8", false)]
    [InlineData("127.0.0.2/32", false)]
    [InlineData("::1/128", false)]
    [InlineData("127.0.0.0/16", true)]
    public async Task Call_FromAnAddress_PassesWithinTheRegisteredNetworks(string network, bool passes)
    {
        var scene = await gateway.SceneAsync(s => s.Addresses = [network]);
        using var client = gateway.Client();
        (await client.SendAsync(scene.Call(HttpMethod.Get, "/firms/1"))).IsSuccessStatusCode.ShouldBe(passes);
        (await client.GetAsync($"{scene.Plain}/firms/1")).IsSuccessStatusCode.ShouldBe(passes);
        // Whoever says so himself is not believed.
        var forged = scene.Call(HttpMethod.Get, "/firms/1");
        forged.Headers.Add("X-Forwarded-For", "10.0.0.1");
        (await client.SendAsync(forged)).IsSuccessStatusCode.ShouldBe(passes);
    }

    [Fact]
    public async Task Call_WithABearerToken_PassesAndTheProviderNeverSeesIt()
    {
        var scene = await gateway.SceneAsync(s => s.Addresses = []);
        using var client = gateway.Client();
        var (id, token) = await scene.TokenAsync(client, scene.Consumer);
        HttpRequestMessage Call(string credential)
        {
            var call = scene.Call(HttpMethod.Get, "/firms/1");
            call.Headers.Authorization = new AuthenticationHeaderValue("Bearer", credential);
            return call;
        }

        // A client of the organisation that is no registered system may not.
        (await client.SendAsync(Call(token))).Headers.GetValues("X-Road-Error").ShouldBe(["Server.ClientProxy.SslAuthenticationFailed"]);
        await scene.SystemAsync(s => s.ClientId = id);
        await Task.Delay(100);
        (await client.SendAsync(Call(token))).StatusCode.ShouldBe(HttpStatusCode.OK);
        var plain = new HttpRequestMessage(HttpMethod.Get, $"{scene.Plain}/firms/1") { Headers = { Authorization = new AuthenticationHeaderValue("Bearer", token) } };
        (await client.SendAsync(plain)).StatusCode.ShouldBe(HttpStatusCode.OK);
        scene.Seen.Count.ShouldBe(2);
        scene.Seen.ShouldAllBe(s => !s.Headers.ContainsKey("Authorization"));
        scene.Seen.ShouldAllBe(s => s.Headers["X-Road-Client"] == scene.ClientId);
        (await client.SendAsync(Call(token + "x"))).IsSuccessStatusCode.ShouldBeFalse();
        (await client.SendAsync(Call("nonsense"))).IsSuccessStatusCode.ShouldBeFalse();

        // A token of another organisation is not one of this, and does not learn what agreements there are.
        var (_, foreign) = await scene.TokenAsync(client, scene.Provider);
        (await client.SendAsync(Call(foreign))).IsSuccessStatusCode.ShouldBeFalse();
        foreach (var address in new[] { $"{scene.Plain}/firms/1", "/services/XS-2026-999999/firms/1" })
        {
            var other = new HttpRequestMessage(HttpMethod.Get, address) { Headers = { Authorization = new AuthenticationHeaderValue("Bearer", foreign) } };
            var answer = await client.SendAsync(other);
            answer.StatusCode.ShouldBe(HttpStatusCode.NotFound);
            (await answer.ReadProblemCode()).ShouldBe("exchange.agreement-unknown");
        }

        await gateway.WithDb(db => db.ApiClients.Where(c => c.Id == id).ExecuteUpdateAsync(s => s.SetProperty(c => c.RevokedAt, TimeProvider.System.GetUtcNow())));
        await Task.Delay(100);
        (await client.SendAsync(Call(token))).IsSuccessStatusCode.ShouldBeFalse();
        scene.Seen.Count.ShouldBe(2);
    }

    [Fact]
    public async Task Call_KnownByItsAddress_KeepsAnAuthorizationThatIsForTheProviderAndLosesOurs()
    {
        var scene = await gateway.SceneAsync(s => s.Headers = [new("X-Api-Key", "fixed")]);
        using var client = gateway.Client();
        var own = scene.Call(HttpMethod.Get, "/firms/1");
        own.Headers.TryAddWithoutValidation("Authorization", "Basic abc");
        own.Headers.Add("X-Api-Key", "guess");
        (await client.SendAsync(own)).StatusCode.ShouldBe(HttpStatusCode.OK);
        var ours = scene.Call(HttpMethod.Get, "/firms/1");
        ours.Headers.Authorization = new AuthenticationHeaderValue("Bearer", (await scene.TokenAsync(client, scene.Consumer)).Token);
        (await client.SendAsync(ours)).StatusCode.ShouldBe(HttpStatusCode.OK);
        scene.Seen[0].Headers["Authorization"].ShouldBe("Basic abc");
        scene.Seen[1].Headers.ShouldNotContainKey("Authorization");
        scene.Seen.ShouldAllBe(s => s.Headers["X-Api-Key"] == "fixed");
    }

    [Fact]
    public async Task Call_WithAClientCertificate_PassesWhenItIsRegisteredAndValid()
    {
        var now = TimeProvider.System.GetUtcNow();
        using var good = GatewayFixture.Certificate("CN=desk", now.AddDays(-1));
        using var old = GatewayFixture.Certificate("CN=desk", now.AddDays(-9), 3);
        using var other = GatewayFixture.Certificate("CN=desk", now.AddDays(-1));
        var scene = await gateway.SceneAsync(s => (s.Addresses, s.Certificates) = ([], [Fingerprint(good), Fingerprint(old)]));
        foreach (var (certificate, passes) in new[] { (good, true), (old, false), (other, false), (null, false) })
        {
            using var client = GatewayFixture.Client(gateway.Secure, certificate);
            (await client.SendAsync(scene.Call(HttpMethod.Get, "/firms/1"))).IsSuccessStatusCode.ShouldBe(passes, certificate?.Thumbprint);
            (await client.GetAsync($"{scene.Plain}/firms/1")).IsSuccessStatusCode.ShouldBe(passes);
        }

        scene.Seen.Count.ShouldBe(2);
    }

    private static string Fingerprint(System.Security.Cryptography.X509Certificates.X509Certificate2 certificate) => Convert.ToHexStringLower(SHA256.HashData(certificate.RawData));
}
