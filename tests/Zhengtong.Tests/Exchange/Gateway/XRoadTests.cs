using System.Globalization;
using System.Net;
using System.Net.Http.Json;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Xml.Linq;
using Microsoft.AspNetCore.Http;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Exchange.Evidence;
using Zhengtong.Tests.Exchange.Evidence;
using Zhengtong.Tests.Support;

namespace Zhengtong.Tests.Exchange.Gateway;

/// <summary>What an X-Road client of today sees: X-Road's message protocol for REST 1.0.4 and its services about services.</summary>
[OnDatabase, Collection<GatewayTests>]
public sealed class XRoadTests(GatewayFixture gateway)
{
    private const string Description = """
        {"openapi":"3.0.3","info":{"title":"企业","version":"1"},"servers":[{"url":"http://10.1.2.3:8080/inner"}],
         "paths":{"/firms":{"servers":[{"url":"http://10.1.2.4"}],"get":{"servers":[{"url":"http://10.1.2.5"}],"responses":{}}},"/firms/{code}":{"get":{"responses":{}}}}}
        """;

    [Fact]
    public async Task Get_HeaderThatConnectionNames_EndsHere()
    {
        var scene = await gateway.SceneAsync();
        using var client = gateway.Client();
        var call = scene.Call(HttpMethod.Get, "/firms/1");
        call.Headers.Add("X-Hop", "gone");
        call.Headers.Connection.Add("X-Hop");
        (await client.SendAsync(call)).IsSuccessStatusCode.ShouldBeTrue();
        scene.Seen.ShouldHaveSingleItem().Headers.ShouldNotContainKey("X-Hop");
    }

    [Fact]
    public async Task Get_Agreed_PassesWithXRoadsHeadersAndTheHashThatTheClientComputes()
    {
        var scene = await gateway.SceneAsync();
        scene.Answer(http =>
        {
            http.Response.StatusCode = 203;
            http.Response.ContentType = "text/plain;charset=gbk";
            http.Response.Headers["X-Own"] = "one";
            http.Response.Headers["X-Road-Id"] = "forged";
            http.Response.Headers["X-Road-Request-Hash"] = "forged";
            http.Response.Headers["Keep-Alive"] = "timeout=5";
            http.Response.Headers["Server"] = "inner/1.0";
            http.Response.Headers.Append("Set-Cookie", "a=1");
            http.Response.Headers.Append("Set-Cookie", "b=2");
            return http.Response.Body.WriteAsync(new byte[] { 0xB9, 0xAB, 0xCB, 0xBE }).AsTask();
        });
        var answer = await RawHttp.SendAsync(gateway.Address,
            $"GET {scene.R1}/firms/%E4%BC%81?q=a%20b&x HTTP/1.1\r\nHost: ss1\r\nUser-Agent: old/1\r\nX-Road-Client: {scene.ClientId}\r\nX-Road-UserId: CN6101\r\nX-Road-Issue: 12-3\r\nX-Custom: v1\r\n"
            + "Cache-Control: no-cache\r\nX-Road-Request-Id: forged\r\nX-Road-Request-Hash: forged\r\nConnection: close\r\n\r\n");

        answer.Status.ShouldBe(203);
        answer["X-Road-Client"].ShouldBe(scene.ClientId);
        answer["X-Road-Service"].ShouldBe($"{GatewayFixture.Instance}/GOV/{scene.Provider.CreditCode}/registry/firms");
        Guid.TryParse(answer["X-Road-Request-Id"], out _).ShouldBeTrue();
        Guid.TryParse(answer["X-Road-Id"], out _).ShouldBeTrue();
        answer["X-Road-Error"].ShouldBeNull();
        answer["X-Own"].ShouldBe("one");
        answer["Content-Type"].ShouldBe("text/plain;charset=gbk");
        answer["Server"].ShouldBeNull();
        answer["Keep-Alive"].ShouldBeNull();
        answer.Headers.Where(h => h.Name == "Set-Cookie").Select(h => h.Value).ShouldBe(["a=1", "b=2"]);
        answer.Headers.Select(h => h.Name).ShouldNotContain("Content-Security-Policy");
        answer.Headers.Select(h => h.Name).ShouldNotContain("Access-Control-Allow-Origin");
        Convert.ToHexString(Unchunked(answer)).ShouldBe("B9ABCBBE");

        var seen = scene.Seen.ShouldHaveSingleItem();
        seen.Target.ShouldBe("/firms/%E4%BC%81?q=a%20b&x");
        seen.Headers["X-Custom"].ShouldBe("v1");
        seen.Headers["X-Road-Id"].ShouldBe(answer["X-Road-Id"]);
        seen.Headers["X-Road-Request-Id"].ShouldBe(answer["X-Road-Request-Id"]);
        seen.Headers["Host"].ShouldBe(new Uri(gateway.Provider.Address).Authority);
        foreach (var gone in new[] { "User-Agent", "X-Road-Request-Hash", "Transfer-Encoding", "traceparent" }) { seen.Headers.ShouldNotContainKey(gone); }

        // Section 4.7 of the protocol: the kept headers, those that were added, names and values without a space between.
        var head = $"GET\r\n{scene.R1}/firms/%E4%BC%81?q=a%20b&x\r\nCache-Control:no-cache\r\nX-Custom:v1\r\nX-Road-Client:{scene.ClientId}\r\nX-Road-Id:{answer["X-Road-Id"]}\r\nX-Road-Issue:12-3\r\n"
            + $"X-Road-Request-Id:{answer["X-Road-Request-Id"]}\r\nX-Road-UserId:CN6101\r\n";
        answer["X-Road-Request-Hash"].ShouldBe(Convert.ToBase64String(SHA512.HashData(Encoding.UTF8.GetBytes(head))));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Post_WithABody_HashesHeadAndBody(bool chunked)
    {
        var scene = await gateway.SceneAsync();
        var body = chunked ? "4\r\n{\"a\"\r\n3\r\n:1}\r\n0\r\n\r\n" : "{\"a\":1}";
        var answer = await RawHttp.SendAsync(gateway.Address,
            $"POST {scene.R1}/firms HTTP/1.1\r\nHost: h\r\nX-Road-Client: {scene.ClientId}\r\nX-Road-Id: my-id\r\nContent-Type: application/json\r\n{(chunked ? "Transfer-Encoding: chunked" : "Content-Length: 7")}\r\nConnection: close\r\n\r\n{body}");
        answer.Status.ShouldBe(200);
        answer["X-Road-Id"].ShouldBe("my-id");
        Encoding.UTF8.GetString(scene.Seen.Single().Body).ShouldBe("{\"a\":1}");
        scene.Seen.Single().Headers["Content-Type"].ShouldBe("application/json");
        var head = $"POST\r\n{scene.R1}/firms\r\nContent-Type:application/json\r\nX-Road-Client:{scene.ClientId}\r\nX-Road-Id:my-id\r\nX-Road-Request-Id:{answer["X-Road-Request-Id"]}\r\n";
        byte[] both = [.. SHA512.HashData(Encoding.UTF8.GetBytes(head)), .. SHA512.HashData("{\"a\":1}"u8)];
        answer["X-Road-Request-Hash"].ShouldBe(Convert.ToBase64String(SHA512.HashData(both)));
        var call = await gateway.WithDb(db => db.Calls.SingleAsync(c => c.Id == Guid.Parse(answer["X-Road-Request-Id"]!)));
        (call.MessageId, call.AgreementId, call.Status).ShouldBe(("my-id", scene.Agreement.Id, 200));
        var evidence = await Calls.EvidenceAsync(gateway.Services, call, scene.Consumer.Id);
        evidence.RequestBodyDigest.ShouldBe(CallEvidence.DigestOf("{\"a\":1}"u8));
        evidence.ResponseBodyDigest.ShouldBe(CallEvidence.DigestOf(Unchunked(answer)));
    }

    [Theory]
    [InlineData("GET")]
    [InlineData("HEAD")]
    [InlineData("DELETE")]
    [InlineData("OPTIONS")]
    [InlineData("PATCH")]
    [InlineData("POST")]
    [InlineData("PUT")]
    [InlineData("TRACE")]
    public async Task Method_EachOfXRoads_Passes(string method)
    {
        var scene = await gateway.SceneAsync(s => (s.Operations, s.Headers) = ([$"{method} /firms/{{code}}"], [new("X-Api-Key", "secret")]));
        using var client = gateway.Client();
        var answer = await client.SendAsync(scene.Call(new HttpMethod(method), "/firms/1"));
        answer.StatusCode.ShouldBe(HttpStatusCode.OK);
        var seen = scene.Seen.ShouldHaveSingleItem();
        seen.Method.ShouldBe(method);
        // What comes back by TRACE would tell the key.
        seen.Headers.ContainsKey("X-Api-Key").ShouldBe(method != "TRACE");
        (await client.SendAsync(scene.Call(new HttpMethod(method == "GET" ? "POST" : "GET"), "/firms/1"))).Headers.GetValues("X-Road-Error").ShouldBe(["Server.ServerProxy.AccessDenied"]);
    }

    [Theory]
    [InlineData(null, "application/json")]
    [InlineData("application/json", "application/json")]
    [InlineData("text/xml", "text/xml")]
    [InlineData("application/xml", "application/xml")]
    [InlineData("text/*;q=0.5", "text/xml")]
    [InlineData("*/*", "application/json")]
    public async Task Error_Ours_HasTheFormThatAcceptNames(string? accept, string type)
    {
        var scene = await gateway.SceneAsync();
        using var client = gateway.Client();
        var call = scene.Call(HttpMethod.Get, "/nothing/agreed");
        if (accept is not null) { call.Headers.TryAddWithoutValidation("Accept", accept); }
        var answer = await client.SendAsync(call);
        answer.StatusCode.ShouldBe(HttpStatusCode.InternalServerError);
        answer.Headers.GetValues("X-Road-Error").ShouldBe(["Server.ServerProxy.AccessDenied"]);
        (answer.Content.Headers.ContentType!.MediaType, answer.Content.Headers.ContentType.CharSet).ShouldBe((type, "utf-8"));
        var text = await answer.Content.ReadAsStringAsync();
        if (type.EndsWith("json", StringComparison.Ordinal))
        {
            var error = JsonDocument.Parse(text).RootElement;
            error.EnumerateObject().Select(p => p.Name).ShouldBe(["type", "message", "detail"]);
            error.GetProperty("type").GetString().ShouldBe("Server.ServerProxy.AccessDenied");
            Guid.TryParse(error.GetProperty("detail").GetString(), out _).ShouldBeTrue();
        }
        else
        {
            var error = XDocument.Parse(text).Root!;
            error.Name.LocalName.ShouldBe("error");
            error.Elements().Select(e => e.Name.LocalName).ShouldBe(["type", "message", "detail"]);
        }
    }

    [Fact]
    public async Task Error_OfTheProvider_PassesWithoutXRoadError()
    {
        var scene = await gateway.SceneAsync(s => s.Items = SceneSettings.Members("name"));
        scene.AnswerJson("""{"own":"error"}""", 404);
        using var client = gateway.Client();
        var answer = await client.SendAsync(scene.Call(HttpMethod.Get, "/firms/1"));
        answer.StatusCode.ShouldBe(HttpStatusCode.NotFound);
        answer.Headers.Contains("X-Road-Error").ShouldBeFalse();
        (await answer.Content.ReadAsStringAsync()).ShouldBe("""{"own":"error"}""");
    }

    [Fact]
    public async Task Redirect_OfTheProvider_IsPassedNotFollowed()
    {
        var scene = await gateway.SceneAsync();
        scene.Answer(http =>
        {
            http.Response.Redirect("/elsewhere");
            return Task.CompletedTask;
        });
        using var client = gateway.Client();
        var answer = await client.SendAsync(scene.Call(HttpMethod.Get, "/firms/1"));
        answer.StatusCode.ShouldBe(HttpStatusCode.Redirect);
        answer.Headers.Location!.ToString().ShouldBe("/elsewhere");
        scene.Seen.Count.ShouldBe(1);
    }

    [Theory]
    [InlineData("client-missing", "Client.BadRequest", 400)]
    [InlineData("client-short", "Client.BadRequest", 400)]
    [InlineData("client-long", "Client.BadRequest", 400)]
    [InlineData("client-underscore", "Client.BadRequest", 400)]
    [InlineData("server-short", "Client.BadRequest", 400)]
    [InlineData("party-long", "Client.BadRequest", 400)]
    [InlineData("id-long", "Client.BadRequest", 400)]
    [InlineData("path-short", "Client.BadRequest", 400)]
    [InlineData("version", "Client.BadRequest", 400)]
    [InlineData("service-underscore", "Client.BadRequest", 400)]
    [InlineData("client-unknown", "Server.ClientProxy.UnknownMember", 500)]
    [InlineData("client-instance", "Server.ClientProxy.UnknownMember", 500)]
    [InlineData("provider-unknown", "Server.ClientProxy.UnknownMember", 500)]
    [InlineData("provider-class", "Server.ClientProxy.UnknownMember", 500)]
    [InlineData("client-subsystem", "Server.ClientProxy.SslAuthenticationFailed", 500)]
    [InlineData("service-unknown", "Server.ServerProxy.UnknownService", 500)]
    [InlineData("subsystem-unknown", "Server.ServerProxy.UnknownService", 500)]
    public async Task Call_Wrong_IsRefusedWithItsType(string what, string type, int status)
    {
        var scene = await gateway.SceneAsync();
        var (client, path) = (scene.ClientId, scene.R1 + "/firms/1");
        var (unknown, other) = ("91610000000000000X", "");
        switch (what)
        {
            case "client-missing": client = ""; break;
            case "client-short": client = "CN/GOV"; break;
            case "client-long": client += "/more"; break;
            case "client-underscore": client = client.Replace("desk", "my_desk", StringComparison.Ordinal); break;
            case "server-short": other = "X-Road-Security-Server: CN/GOV/x\r\n"; break;
            case "party-long": other = "X-Road-Represented-Party: a/b/c\r\n"; break;
            case "id-long": other = $"X-Road-Id: {new string('a', 256)}\r\n"; break;
            case "path-short": path = "/r1/CN/GOV/x/y"; break;
            case "version": path = path.Replace("/r1/", "/r2/", StringComparison.Ordinal); break;
            case "service-underscore": path = path.Replace("/registry/firms", "/registry/my_firms", StringComparison.Ordinal); break;
            case "client-unknown": client = client.Replace(scene.Consumer.CreditCode.Value, unknown, StringComparison.Ordinal); break;
            case "client-instance": client = "EE" + client["CN-610000".Length..]; break;
            case "provider-unknown": path = path.Replace(scene.Provider.CreditCode.Value, unknown, StringComparison.Ordinal); break;
            case "provider-class": path = path.Replace("/GOV/", "/COM/", StringComparison.Ordinal); break;
            case "client-subsystem": client = client.Replace("desk", "other", StringComparison.Ordinal); break;
            case "service-unknown": path = path.Replace("/registry/firms", "/registry/ships", StringComparison.Ordinal); break;
            case "subsystem-unknown": path = path.Replace("/registry/firms", "/other/firms", StringComparison.Ordinal); break;
            default: throw new InvalidOperationException(what);
        }

        var answer = await RawHttp.SendAsync(gateway.Address, $"GET {path} HTTP/1.1\r\nHost: h\r\n{(client.Length == 0 ? "" : $"X-Road-Client: {client}\r\n")}{other}Connection: close\r\n\r\n");
        (answer["X-Road-Error"], answer.Status).ShouldBe((type, status));
        scene.Seen.ShouldBeEmpty();
    }

    [Fact]
    public async Task Client_Twice_TheLastCounts()
    {
        var scene = await gateway.SceneAsync();
        var answer = await RawHttp.SendAsync(gateway.Address, $"GET {scene.R1}/firms/1 HTTP/1.1\r\nHost: h\r\nX-Road-Client: CN/GOV/other/x\r\nX-Road-Client: {scene.ClientId}\r\nConnection: close\r\n\r\n");
        answer.Status.ShouldBe(200);
        scene.Seen.Single().Headers["X-Road-Client"].ShouldBe(scene.ClientId);
    }

    [Fact]
    public async Task Call_WithoutAgreementInForceOrOfADisabledService_IsRefused()
    {
        var scene = await gateway.SceneAsync();
        using var client = gateway.Client();
        async Task ErrorAsync(string type) => (await client.SendAsync(scene.Call(HttpMethod.Get, "/firms/1"))).Headers.GetValues("X-Road-Error").ShouldBe([type]);
        await gateway.WithDb(db => db.ApiServices.Where(s => s.Id == scene.ServiceId).ExecuteUpdateAsync(s => s.SetProperty(x => x.IsEnabled, false)));
        await ErrorAsync("Server.ServerProxy.ServiceDisabled");
        await gateway.WithDb(db => db.ApiServices.Where(s => s.Id == scene.ServiceId).ExecuteUpdateAsync(s => s.SetProperty(x => x.IsEnabled, true)));
        await Task.Delay(100);
        (await client.SendAsync(scene.Call(HttpMethod.Get, "/firms/1"))).StatusCode.ShouldBe(HttpStatusCode.OK);
        await scene.ChangeAsync(a => a.Suspend(scene.Provider.Id));
        await Task.Delay(100);
        await ErrorAsync("Server.ServerProxy.AccessDenied");
        var over = await gateway.SceneAsync(s => s.Until = TimeProvider.System.GetUtcNow().AddMinutes(-1));
        (await client.SendAsync(over.Call(HttpMethod.Get, "/firms/1"))).Headers.GetValues("X-Road-Error").ShouldBe(["Server.ServerProxy.AccessDenied"]);
        scene.Seen.Count.ShouldBe(1);
        over.Seen.ShouldBeEmpty();
    }

    [Fact]
    public async Task Methods_Listed_AreAllOrThoseAllowed()
    {
        var scene = await gateway.SceneAsync(s => s.Catalogued = ["GET /firms/{code}/owners/{n}"]);
        var stranger = await gateway.SceneAsync();
        var subsystem = scene.R1[..scene.R1.LastIndexOf('/')];
        using var client = gateway.Client();
        async Task<(HttpResponseMessage Answer, JsonElement Services)> AskAsync(string what, string caller)
        {
            var answer = await client.SendAsync(new HttpRequestMessage(HttpMethod.Get, $"{subsystem}/{what}") { Headers = { { "X-Road-Client", caller }, { "X-Road-Id", "meta-1" } } });
            return (answer, (await answer.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("service"));
        }

        var (list, all) = await AskAsync("listMethods", stranger.ClientId);
        list.Content.Headers.ContentType!.MediaType.ShouldBe("application/json");
        list.Headers.GetValues("X-Road-Id").ShouldBe(["meta-1"]);
        list.Headers.GetValues("X-Road-Service").Single().ShouldEndWith("/registry/listMethods");
        var service = all.EnumerateArray().ShouldHaveSingleItem();
        foreach (var (name, value) in new[]
        {
            ("member_class", "GOV"), ("member_code", scene.Provider.CreditCode.Value), ("object_type", "SERVICE"), ("service_code", "firms"), ("service_type", "OPENAPI"), ("subsystem_code", "registry"), ("xroad_instance", GatewayFixture.Instance),
        }) { service.GetProperty(name).GetString().ShouldBe(value); }
        Endpoints(service).ShouldBe(["GET /firms/*/owners/*", "GET /firms/*", "POST /firms", "GET /firms"], ignoreOrder: true);

        Endpoints((await AskAsync("allowedMethods", scene.ClientId)).Services.EnumerateArray().Single()).ShouldBe(["GET /firms/*", "POST /firms", "GET /firms"], ignoreOrder: true);
        (await AskAsync("allowedMethods", stranger.ClientId)).Services.EnumerateArray().ShouldBeEmpty();
        scene.Seen.ShouldBeEmpty();
    }

    [Fact]
    public async Task OpenApi_Asked_HasOurAddressAndNoneOfTheProviders()
    {
        var scene = await gateway.SceneAsync(s => s.Description = Description);
        var subsystem = scene.R1[..scene.R1.LastIndexOf('/')];
        using var client = gateway.Client();
        Task<HttpResponseMessage> AskAsync(string query) => client.SendAsync(new HttpRequestMessage(HttpMethod.Get, $"{subsystem}/getOpenAPI{query}") { Headers = { { "X-Road-Client", scene.ClientId } } });
        var text = await (await AskAsync("?serviceCode=firms")).Content.ReadAsStringAsync();
        text.ShouldNotContain("10.1.2");
        JsonDocument.Parse(text).RootElement.GetProperty("servers")[0].GetProperty("url").GetString().ShouldBe(scene.R1);
        JsonDocument.Parse(text).RootElement.GetProperty("paths").GetProperty("/firms").GetProperty("get").TryGetProperty("servers", out _).ShouldBeFalse();
        (await AskAsync("")).Headers.GetValues("X-Road-Error").ShouldBe(["Client.BadRequest"]);
        (await AskAsync("?serviceCode=ships")).Headers.GetValues("X-Road-Error").ShouldBe(["Server.ServerProxy.UnknownService"]);
    }

    [Fact]
    public async Task Clients_Listed_AreMembersAndSubsystems()
    {
        var scene = await gateway.SceneAsync();
        using var client = gateway.Client();
        XNamespace x = "http://x-road.eu/xsd/xroad.xsd", id = "http://x-road.eu/xsd/identifiers";
        var answer = await client.GetAsync("/listClients");
        answer.Content.Headers.ContentType!.MediaType.ShouldBe("text/xml");
        var members = XDocument.Parse(await answer.Content.ReadAsStringAsync()).Root!.Elements(x + "member").ToList();
        var desk = members.Single(m => (string?)m.Element(x + "id")!.Element(id + "memberCode") == scene.Consumer.CreditCode.Value && (string?)m.Element(x + "id")!.Element(id + "subsystemCode") == "desk");
        ((string?)desk.Element(x + "id")!.Attribute(id + "objectType")).ShouldBe("SUBSYSTEM");
        ((string?)desk.Element(x + "name")).ShouldBe(scene.Consumer.Name);

        var asked = new HttpRequestMessage(HttpMethod.Get, $"/listClients?xRoadInstance={GatewayFixture.Instance}") { Headers = { { "Accept", "application/json" } } };
        var json = (await (await client.SendAsync(asked)).Content.ReadFromJsonAsync<JsonElement>()).GetProperty("member").EnumerateArray().ToList();
        var registry = json.Single(m => m.GetProperty("id").GetProperty("member_code").GetString() == scene.Provider.CreditCode.Value && m.GetProperty("id").TryGetProperty("subsystem_code", out var code) && code.GetString() == "registry");
        registry.GetProperty("id").GetProperty("object_type").GetString().ShouldBe("SUBSYSTEM");
        json.Single(m => m.GetProperty("id").GetProperty("member_code").GetString() == scene.Provider.CreditCode.Value && m.GetProperty("id").GetProperty("object_type").GetString() == "MEMBER")
            .GetProperty("id").TryGetProperty("subsystem_code", out _).ShouldBeFalse();
        (await client.GetAsync("/listClients?xRoadInstance=EE")).Headers.GetValues("X-Road-Error").ShouldBe(["Client.BadRequest"]);
    }

    private static IEnumerable<string> Endpoints(JsonElement service) => service.GetProperty("endpoint_list").EnumerateArray().Select(e => $"{e.GetProperty("method").GetString()} {e.GetProperty("path").GetString()}");

    private static byte[] Unchunked(RawAnswer answer)
    {
        if (answer["Transfer-Encoding"] != "chunked") { return answer.Body; }
        using var whole = new MemoryStream();
        for (var at = 0; ;)
        {
            var line = answer.Body.AsSpan(at).IndexOf("\r\n"u8);
            var length = int.Parse(Encoding.ASCII.GetString(answer.Body, at, line), NumberStyles.HexNumber, CultureInfo.InvariantCulture);
            if (length == 0) { return whole.ToArray(); }
            whole.Write(answer.Body, at + line + 2, length);
            at += line + 2 + length + 2;
        }
    }
}
