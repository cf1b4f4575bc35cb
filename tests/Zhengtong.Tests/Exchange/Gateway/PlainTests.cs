using System.Net;
using System.Security.Cryptography;
using Microsoft.AspNetCore.Http;
using Zhengtong.Catalogue.Model;
using Zhengtong.Exchange.Quality;
using Zhengtong.Tests.Support;

namespace Zhengtong.Tests.Exchange.Gateway;

/// <summary>The same services on plain addresses.</summary>
[OnDatabase, Collection<GatewayTests>]
public sealed class PlainTests(GatewayFixture gateway)
{
    [Fact]
    public async Task Call_Agreed_PassesAndTellsTheLimits()
    {
        var scene = await gateway.SceneAsync(s => (s.Limits, s.Items) = (new(50, 20, 5), SceneSettings.Members("name")));
        scene.AnswerJson("""{ "name": "企业", "secret": 1 }""");
        using var client = gateway.Client();
        var answer = await client.GetAsync($"{scene.Plain}/firms/1?x=%20");
        answer.StatusCode.ShouldBe(HttpStatusCode.OK);
        (await answer.Content.ReadAsStringAsync()).ShouldBe("""{"name":"企业"}""");
        answer.Content.Headers.ContentLength.ShouldNotBeNull();
        answer.Headers.GetValues("RateLimit-Policy").Single().ShouldBe("\"day\";q=50;w=86400, \"second\";q=20;w=1, \"at-once\";q=5");
        answer.Headers.GetValues("RateLimit").Single().ShouldStartWith("\"day\";r=49;t=");
        Guid.TryParse(answer.Headers.GetValues("X-Road-Request-Id").Single(), out _).ShouldBeTrue();
        scene.Seen.Single().Target.ShouldBe("/firms/1?x=%20");
    }

    [Theory]
    [InlineData("en", "The operation is not agreed")]
    [InlineData("zh-CN", "共享协议不包含该操作")]
    public async Task Refusal_IsAProblemInTheReadersLanguage(string language, string title)
    {
        var scene = await gateway.SceneAsync();
        using var client = gateway.Client();
        client.DefaultRequestHeaders.AcceptLanguage.ParseAdd(language);
        var answer = await client.GetAsync($"{scene.Plain}/firms/1/secret");
        answer.StatusCode.ShouldBe(HttpStatusCode.Forbidden);
        var problem = await answer.ReadProblem();
        problem.GetProperty("code").GetString().ShouldBe("exchange.call-not-agreed");
        problem.GetProperty("title").GetString().ShouldBe(title);
        problem.GetProperty("detail").GetString().ShouldBe("GET /firms/1/secret");
        scene.Seen.ShouldBeEmpty();
    }

    [Fact]
    public async Task Call_AgreementSuspendedOrOver_Is403()
    {
        using var client = gateway.Client();
        var scene = await gateway.SceneAsync();
        await scene.ChangeAsync(a => a.Suspend(scene.Consumer.Id));
        (await (await client.GetAsync($"{scene.Plain}/firms/1")).ReadProblemCode()).ShouldBe("exchange.no-agreement");
        var over = await gateway.SceneAsync(s => s.Until = TimeProvider.System.GetUtcNow().AddMinutes(-1));
        var answer = await client.GetAsync($"{over.Plain}/firms/1");
        answer.StatusCode.ShouldBe(HttpStatusCode.Forbidden);
        (await answer.ReadProblemCode()).ShouldBe("exchange.no-agreement");
        (scene.Seen.Count + over.Seen.Count).ShouldBe(0);
    }

    [Fact]
    public async Task Call_MaskedItems_AreMaskedAndHashedAsTheTablesOfTheSameProvider()
    {
        var scene = await gateway.SceneAsync(s => s.Items =
        [
            .. SceneSettings.Members("code"), new("姓名", "owner.name", ItemType.Text, null, false, ItemMask.Name), new("号码", "owner.number", ItemType.Text, 64, false, ItemMask.Hash),
            new("电话", "phones", ItemType.Text, null, false, ItemMask.Phone),
        ]);
        scene.AnswerJson("""{"code":"1","owner":{"name":"张三丰","number":"11010519491231002X","home":"西安"},"phones":["13812345678",null]}""");
        await using var scope = gateway.Services.CreateAsyncScope();
        var secrets = await scope.ServiceProvider.GetRequiredService<QualitySecrets>().OfAsync(scene.Provider.Id, scene.Consumer.Id, scene.ServiceId, CancellationToken.None);
        var hash = Convert.ToHexStringLower(HMACSHA256.HashData(secrets.Mask, "11010519491231002X"u8));
        using var client = gateway.Client();
        var masked = $$"""{"code":"1","owner":{"name":"张**","number":"{{hash}}"},"phones":["138****5678",null]}""";
        (await client.GetStringAsync($"{scene.Plain}/firms/1")).ShouldBe(masked);
        (await (await client.SendAsync(scene.Call(HttpMethod.Get, "/firms/1"))).Content.ReadAsStringAsync()).ShouldBe(masked);
    }

    /// <summary>A long answer is masked while it streams: what is in memory is one piece, whatever its length.</summary>
    [Fact]
    public async Task Call_MaskedItemsOfALongAnswer_AreMaskedToTheLast()
    {
        const int rows = 60_000;
        var scene = await gateway.SceneAsync(s => s.Items = [new("姓名", "name", ItemType.Text, null, false, ItemMask.Name)]);
        scene.Answer(async http =>
        {
            http.Response.ContentType = "application/json";
            for (var n = 0; n < rows; n++) { await http.Response.WriteAsync($$"""{{(n == 0 ? "[" : ",")}}{"n":{{n}},"name":"张三{{n}}"}"""); }
            await http.Response.WriteAsync("]");
        });
        using var client = gateway.Client();
        var answer = await client.GetStringAsync($"{scene.Plain}/firms/1");
        answer.ShouldBe($"[{string.Join(',', Enumerable.Range(0, rows).Select(n => $$"""{"name":"张{{new string('*', 1 + $"{n}".Length)}}"}"""))}]");
    }
}
