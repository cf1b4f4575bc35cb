using System.Text;
using Zhengtong.Exchange.Gateway;
using Zhengtong.Tests.Support;

namespace Zhengtong.Tests.Exchange.Gateway;

/// <summary>Requests that could be read in two ways, sent raw to every route of the gateway. Everything of up to four segments is agreed, so that only the reading stands between
/// them and the provider; what the provider must not be asked for is catalogued and not agreed.</summary>
[OnDatabase, Collection<GatewayTests>]
public sealed class TargetTests(GatewayFixture gateway)
{
    /// <summary>Name and what stands behind the service's address; each is refused before the provider sees anything.</summary>
    private static readonly (string Name, string Target)[] Ambiguous =
    [
        ("dot segment", "/api/../secret"), ("dot segment at once", "/../secret"), ("dot segment at the end", "/api/.."), ("single dot", "/api/./secret"), ("three dots", "/api/.../secret"),
        ("encoded dots, X-Road's first", "/%2e%2e/secret"), ("encoded dots, X-Road's second", "/api/%2e%2e/secret"), ("encoded dots, X-Road's third", "/api/test/%2e%2e/%2e%2e/secret"),
        ("encoded dots, upper case", "/api/%2E%2E/secret"), ("one dot encoded", "/api/.%2e/secret"), ("other dot encoded", "/api/%2e./secret"), ("encoded single dot", "/api/%2e/secret"),
        ("out of the service", "/%2e%2e/OTHER/x"), ("out of the subsystem", "/../../OTHER/firms/x"), ("out of r1", "/../../../../../../services/x"),
        ("encoded slash after dots", "/api/..%2fsecret"), ("encoded slash, upper case", "/api/..%2Fsecret"), ("all encoded", "/api/%2e%2e%2fsecret"), ("encoded slash alone", "/api%2fsecret"),
        ("encoded slash in a parameter", "/firms/1%2Fsecret"), ("double encoding", "/api/%252e%252e/secret"), ("double encoded slash", "/api%252fsecret"), ("double encoded letter", "/firms/%2561ll"),
        ("triple encoding", "/api/%25252e%25252e/secret"), ("percent from two escapes", "/api/%25%32%65/secret"), ("hex digits encoded", "/api/%25%32e%25%32e/secret"),
        ("double encoded backslash", "/api/%255c..%255csecret"), ("double encoded NUL", "/api/%2500"), ("IIS escape", "/api/%u002e%u002e/secret"), ("IIS escape encoded", "/api/%25u002e%25u002e/secret"),
        ("backslash", "/api\\..\\secret"), ("encoded backslash", "/api/..%5csecret"), ("encoded backslash, upper case", "/api%5C..%5Csecret"), ("backslash in a parameter", "/firms/1\\2"),
        ("overlong dots", "/api/%c0%ae%c0%ae/secret"), ("overlong slash", "/api/..%c0%afsecret"), ("overlong dots of three bytes", "/api/%e0%80%ae%e0%80%ae/secret"),
        ("overlong slash of four bytes", "/api/..%f0%80%80%afsecret"), ("overlong backslash", "/api/..%c1%9csecret"), ("lone continuation byte", "/api/%80"), ("cut UTF-8", "/api/%e4%bc"),
        ("surrogate in UTF-8", "/api/%ed%a0%80"), ("beyond Unicode", "/api/%f5%80%80%80"), ("byte FF", "/api/%ff"),
        ("dots with semicolon", "/api/..;/secret"), ("dots with a parameter", "/api/..;v=1/secret"), ("encoded dots with semicolon", "/api/%2e%2e;/secret"), ("encoded semicolon", "/api/..%3b/secret"),
        ("empty segment by semicolon", "/firms/;x"), ("matrix parameter", "/firms/1;secret"), ("dot with semicolon", "/api/.;/secret"),
        ("NUL", "/api/%00x"), ("NUL at the end", "/firms/1%00.json"), ("line feed", "/firms/1%0a"), ("carriage return", "/firms/1%0d%0aX-Road-Client:%20x"), ("tab", "/firms/%09"), ("DEL", "/firms/%7f"),
        ("C1 control", "/firms/%c2%85"), ("line separator", "/firms/%e2%80%a8"), ("zero-width space", "/firms/%e2%80%8b"), ("bidi override", "/firms/%e2%80%ae"), ("byte order mark", "/firms/%ef%bb%bf"),
        ("full-width dots", "/api/%ef%bc%8e%ef%bc%8e/secret"), ("full-width slash", "/api%ef%bc%8fsecret"), ("full-width backslash", "/api/..%ef%bc%bcsecret"), ("two-dot leader", "/api/%e2%80%a5/secret"),
        ("one-dot leaders", "/api/%e2%80%a4%e2%80%a4/secret"), ("division slash", "/api%e2%88%95secret"), ("fraction slash", "/api%e2%81%84secret"), ("full-width percent", "/api/%ef%bc%852e"),
        ("dots and a space", "/api/..%20/secret"), ("dots and spaces between", "/api/.%20./secret"), ("empty segment", "/api//secret"), ("empty segments first", "//secret"), ("two slashes at the end", "/firms//"),
        ("bad escape", "/firms/%zz"), ("cut escape", "/firms/%2"), ("escape at the end", "/firms/1%"), ("fragment", "/firms/1#x"), ("fragment in the query", "/firms/1?a=1#/secret"),
        ("brace", "/firms/{code}"), ("angle", "/firms/<x>"), ("quote", "/firms/\"x\""), ("pipe", "/firms/a|b"), ("caret", "/firms/a^b"), ("backtick", "/firms/a`b"), ("bracket", "/firms/[1]"),
        ("raw UTF-8", "/firms/\u00e4\u00bc\u0081"), ("raw byte FF", "/firms/\u00ff"), ("raw tab", "/firms/a\tb"), ("raw NUL", "/firms/a\0b"),
    ];

    /// <summary>Readable in one way, and not agreed.</summary>
    private static readonly (string Name, string Target)[] NotAgreed =
    [
        ("operation not agreed", "/api/secret"), ("other case of letters", "/API/Secret"), ("letters encoded", "/api/%73ecret"), ("other case, encoded", "/api/%53ECRET"), ("slash at the end", "/api/x/"),
        ("more segments than agreed", "/a/b/c/d/e"), ("empty parameter", "/a/b/"),
    ];

    /// <summary>Unusual and harmless: the provider sees exactly this.</summary>
    private static readonly string[] Harmless =
    [
        "/firms/%E4%BC%81%E4%B8%9A", "/firms/%e4%bC%81", "/firms/50%25", "/firms/a%20b", "/firms/what%3Fnot", "/firms/a%23b", "/firms/a.b..c", "/firms/..a", "/firms/~user", "/firms/a@b:c,d", "/firms/!$&'()*+=",
        "/firms/1?q=../../secret", "/firms/1?q=%2e%2e%2f%252e", "/firms/1?a=%0d%0aX:1", "/firms/1?", "/firms/1??a=b", "/firms/1?a={b}|[c]\"<>^`\\", "/firms/100%25zz", "/firms/%F0%9F%8F%A2",
    ];

    public static TheoryData<string> Cases => [.. Ambiguous.Select(c => c.Name)];

    public static TheoryData<string> NotAgreedCases => [.. NotAgreed.Select(c => c.Name)];

    public static TheoryData<string> HarmlessCases => [.. Harmless];

    public static TheoryData<string> HeaderCases => [.. Headers.Select(c => c.Name)];

    /// <summary>Name and a whole head without its request line's target: {0} method and target, {1} the client's header.</summary>
    private static readonly (string Name, string Head)[] Headers =
    [
        ("length and chunks", "POST {0} HTTP/1.1\r\nHost: h\r\n{1}Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
        ("chunks and length", "POST {0} HTTP/1.1\r\nHost: h\r\n{1}Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n"),
        ("two lengths", "POST {0} HTTP/1.1\r\nHost: h\r\n{1}Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello"),
        ("lengths in one", "POST {0} HTTP/1.1\r\nHost: h\r\n{1}Content-Length: 5, 6\r\n\r\nhello"),
        ("negative length", "POST {0} HTTP/1.1\r\nHost: h\r\n{1}Content-Length: -1\r\n\r\n"),
        ("length with sign and more", "POST {0} HTTP/1.1\r\nHost: h\r\n{1}Content-Length: +5 5\r\n\r\nhello"),
        ("chunked twice", "POST {0} HTTP/1.1\r\nHost: h\r\n{1}Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n0\r\n\r\n"),
        ("unknown coding", "POST {0} HTTP/1.1\r\nHost: h\r\n{1}Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n"),
        ("space before the colon", "GET {0} HTTP/1.1\r\nHost: h\r\n{1}X-Test : a\r\n\r\n"),
        ("folded header", "GET {0} HTTP/1.1\r\nHost: h\r\n{1}X-Test: a\r\n b\r\n\r\n"),
        ("header that begins with a space", "GET {0} HTTP/1.1\r\n Host: h\r\n{1}\r\n"),
        ("line feed alone in a header", "GET {0} HTTP/1.1\r\nHost: h\r\n{1}X-Test: a\nX-Road-Issue: b\r\n\r\n"),
        ("carriage return alone in a header", "GET {0} HTTP/1.1\r\nHost: h\r\n{1}X-Test: a\rX-Road-Issue: b\r\n\r\n"),
        ("NUL in a header", "GET {0} HTTP/1.1\r\nHost: h\r\n{1}X-Test: a\0b\r\n\r\n"),
        ("header without a colon", "GET {0} HTTP/1.1\r\nHost: h\r\n{1}X-Test\r\n\r\n"),
        ("two hosts", "GET {0} HTTP/1.1\r\nHost: h\r\nHost: g\r\n{1}\r\n"),
        ("no host", "GET {0} HTTP/1.1\r\n{1}\r\n"),
        ("host with a path", "GET {0} HTTP/1.1\r\nHost: h/secret\r\n{1}\r\n"),
        ("host with a user", "GET {0} HTTP/1.1\r\nHost: a@h\r\n{1}\r\n"),
        ("absolute target", "GET http://h{0} HTTP/1.1\r\nHost: h\r\n{1}\r\n"),
        ("absolute target of another host", "GET http://other{0} HTTP/1.1\r\nHost: h\r\n{1}\r\n"),
        ("target without a slash", "GET x{0} HTTP/1.1\r\nHost: h\r\n{1}\r\n"),
        ("two targets", "GET {0} {0} HTTP/1.1\r\nHost: h\r\n{1}\r\n"),
        ("connect", "CONNECT {0} HTTP/1.1\r\nHost: h\r\n{1}\r\n"),
        ("unknown method", "PROPFIND {0} HTTP/1.1\r\nHost: h\r\n{1}\r\n"),
        ("method in lower case", "get {0} HTTP/1.1\r\nHost: h\r\n{1}\r\n"),
        ("method override", "GET {0} HTTP/1.1\r\nHost: h\r\n{1}X-HTTP-Method-Override: DELETE\r\n\r\n"),
        ("URL override", "GET {0} HTTP/1.1\r\nHost: h\r\n{1}X-Original-URL: /secret\r\n\r\n"),
        ("URL override of another server", "GET {0} HTTP/1.1\r\nHost: h\r\n{1}X-Rewrite-URL: /secret\r\n\r\n"),
        ("URL override with underscores", "GET {0} HTTP/1.1\r\nHost: h\r\n{1}X_Original_URL: /secret\r\n\r\n"),
        ("length with an underscore", "POST {0} HTTP/1.1\r\nHost: h\r\n{1}Content_Length: 5\r\n\r\n"),
        ("client with underscores", "GET {0} HTTP/1.1\r\nHost: h\r\n{1}X_Road_Client: CN/GOV/x/y\r\n\r\n"),
        ("two authorizations", "GET {0} HTTP/1.1\r\nHost: h\r\n{1}Authorization: Bearer a\r\nAuthorization: Bearer b\r\n\r\n"),
        ("two content types", "POST {0} HTTP/1.1\r\nHost: h\r\n{1}Content-Type: a/b\r\nContent-Type: c/d\r\nContent-Length: 1\r\n\r\nx"),
        ("two message ids", "GET {0} HTTP/1.1\r\nHost: h\r\n{1}X-Road-Id: a\r\nX-Road-Id: b\r\n\r\n"),
        ("HTTP/0.9", "GET {0}\r\n\r\n"),
        ("unknown version", "GET {0} HTTP/3.7\r\nHost: h\r\n{1}\r\n"),
    ];

    private static Scene? shared;
    private static readonly SemaphoreSlim Making = new(1);

    private static readonly string[] Everything =
        [.. new[] { "GET", "POST", "DELETE" }.SelectMany(m => new[] { "/{a}", "/{a}/{b}", "/{a}/{b}/{c}", "/{a}/{b}/{c}/{d}" }.Select(p => $"{m} {p}"))];

    [Fact]
    public void Cases_Named_AreMoreThanSixty()
    {
        var names = Ambiguous.Select(c => c.Name).Concat(NotAgreed.Select(c => c.Name)).Concat(Headers.Select(c => c.Name)).ToList();
        names.Count.ShouldBeGreaterThan(60);
        names.Distinct().Count().ShouldBe(names.Count);
    }

    [Theory, MemberData(nameof(Cases))]
    public async Task Target_Ambiguous_IsRefusedOnEveryRouteAndTheProviderSeesNothing(string name)
    {
        var scene = await SceneAsync();
        var target = Ambiguous.Single(c => c.Name == name).Target;
        foreach (var prefix in Routes(scene))
        {
            var answer = await RawHttp.SendAsync(gateway.Address, $"GET {prefix}{target} HTTP/1.1\r\nHost: h\r\nX-Road-Client: {scene.ClientId}\r\nX-Mark: {name.GetHashCode()}\r\nConnection: close\r\n\r\n");
            answer.Status.ShouldBe(400, $"{prefix}{target}: {Encoding.UTF8.GetString(answer.Body)}");
            if (answer["X-Road-Error"] is { } error) { error.ShouldBe("Client.BadRequest"); }
        }

        Reached(scene, name).ShouldBeEmpty();
    }

    [Theory, MemberData(nameof(NotAgreedCases))]
    public async Task Target_NotAgreed_IsDeniedAndTheProviderSeesNothing(string name)
    {
        var scene = await SceneAsync();
        var target = NotAgreed.Single(c => c.Name == name).Target;
        foreach (var (prefix, status) in new[] { (scene.R1, 500), (scene.Plain, 403) })
        {
            var answer = await RawHttp.SendAsync(gateway.Address, $"GET {prefix}{target} HTTP/1.1\r\nHost: h\r\nX-Road-Client: {scene.ClientId}\r\nX-Mark: {name.GetHashCode()}\r\nConnection: close\r\n\r\n");
            answer.Status.ShouldBe(status, prefix + target);
            if (status == 500) { answer["X-Road-Error"].ShouldBe("Server.ServerProxy.AccessDenied"); }
        }

        Reached(scene, name).ShouldBeEmpty();
    }

    [Theory, MemberData(nameof(HarmlessCases))]
    public async Task Target_UnusualButClear_ReachesTheProviderCharacterForCharacter(string target)
    {
        var scene = await gateway.SceneAsync(s => s.Operations = ["GET /firms/{code}"]);
        foreach (var prefix in new[] { scene.R1, scene.Plain })
        {
            var answer = await RawHttp.SendAsync(gateway.Address, $"GET {prefix}{target} HTTP/1.1\r\nHost: h\r\nX-Road-Client: {scene.ClientId}\r\nConnection: close\r\n\r\n");
            answer.Status.ShouldBe(200, prefix + target);
        }

        scene.Seen.Select(s => s.Target).ShouldBe([target, target]);
    }

    [Theory, MemberData(nameof(HeaderCases))]
    public async Task Head_Twofold_IsRefusedOnEveryRouteAndTheProviderSeesNothing(string name)
    {
        var scene = await SceneAsync();
        foreach (var prefix in Routes(scene))
        {
            var head = Headers.Single(c => c.Name == name).Head.Replace("{0}", $"{prefix}/firms/1", StringComparison.Ordinal)
                .Replace("{1}", $"X-Road-Client: {scene.ClientId}\r\nX-Mark: {name.GetHashCode()}\r\nConnection: close\r\n", StringComparison.Ordinal);
            var answer = await RawHttp.SendAsync(gateway.Address, head);
            answer.Status.ShouldBeInRange(400, 505, prefix);
        }

        Reached(scene, name).ShouldBeEmpty();
    }

    [Theory]
    [InlineData("/services/../r1/")]
    [InlineData("/%72%31/")]
    [InlineData("/R1/")]
    [InlineData("/x/../r1/")]
    [InlineData("//r1/")]
    [InlineData("/./r1/")]
    [InlineData("/r2/")]
    [InlineData("/r1%2f")]
    public async Task Route_SpeltInAnotherWay_IsRefusedAndTheProviderSeesNothing(string start)
    {
        var scene = await SceneAsync();
        var answer = await RawHttp.SendAsync(gateway.Address, $"GET {start}{scene.R1["/r1/".Length..]}/firms/1 HTTP/1.1\r\nHost: h\r\nX-Road-Client: {scene.ClientId}\r\nX-Mark: {start.GetHashCode()}\r\nConnection: close\r\n\r\n");
        answer.Status.ShouldBeInRange(400, 404);
        Reached(scene, start).ShouldBeEmpty();
    }

    [Theory]
    [InlineData("/a/b?x=1", 2, "?x=1", "a,b")]
    [InlineData("/a/b/c%20d?x", 2, "/c%20d?x", "a,b,c d")]
    [InlineData("/a/", 1, "/", "a,")]
    [InlineData("/", 1, "", "")]
    public void Target_Read_KeepsWhatStandsBehind(string raw, int skip, string rest, string segments)
    {
        var target = CallTarget.Read(raw, out _).ShouldNotBeNull();
        target.After(skip).ShouldBe(rest);
        string.Join(',', target.Segments).ShouldBe(segments);
    }

    private static IEnumerable<string> Routes(Scene scene) => [scene.R1, scene.Plain, $"{scene.R1[..scene.R1.LastIndexOf('/')]}/listMethods", "/listClients"];

    private static IEnumerable<string> Reached(Scene scene, string name) => scene.Seen.Where(s => s.Headers.GetValueOrDefault("X-Mark") == name.GetHashCode().ToString() || !s.Headers.ContainsKey("X-Mark")).Select(s => $"{s.Method} {s.Target}");

    private async Task<Scene> SceneAsync()
    {
        await Making.WaitAsync();
        try
        {
            return shared ??= await gateway.SceneAsync(s => (s.Operations, s.Catalogued) = (Everything, ["GET /secret", "GET /api/secret", "GET /firms/all"]));
        }
        finally { Making.Release(); }
    }
}
