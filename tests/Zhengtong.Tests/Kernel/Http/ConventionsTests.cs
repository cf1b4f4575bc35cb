using System.Net;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using Zhengtong.Kernel.Http;
using Zhengtong.Kernel.Identity;
using Zhengtong.Tests.Support;

namespace Zhengtong.Tests.Kernel.Http;

public sealed partial class ConventionsTests(PlatformFixture platform)
{
    [Theory]
    [InlineData("/")]
    [InlineData("/api/v1/none-such")]
    [InlineData("/none-such")]
    [InlineData("/docs/errors")]
    public async Task Get_AnyAnswer_CarriesTheSecurityHeaders(string path)
    {
        var response = await platform.Visitor().GetAsync(path);
        var policy = string.Join(' ', response.Headers.GetValues("Content-Security-Policy"));
        policy.ShouldContain("default-src 'self'");
        policy.ShouldContain("frame-ancestors 'none'");
        policy.ShouldNotContain("unsafe");
        response.Headers.GetValues("X-Content-Type-Options").ShouldBe(["nosniff"]);
        response.Headers.GetValues("Referrer-Policy").ShouldBe(["same-origin"]);
        response.Headers.Contains("Permissions-Policy").ShouldBeTrue();
        response.Headers.Contains("Server").ShouldBeFalse();
    }

    [Fact]
    public async Task Get_ApiDocs_RunsOnlyOurOwnScriptAndThatOfThisAnswer()
    {
        var response = await platform.Visitor().GetAsync("/docs/api/");
        if (response.StatusCode is HttpStatusCode.Redirect or HttpStatusCode.MovedPermanently) { response = await platform.Visitor().GetAsync(response.Headers.Location); }
        response.StatusCode.ShouldBe(HttpStatusCode.OK);
        var html = await response.Content.ReadAsStringAsync();
        var policy = response.Headers.GetValues("Content-Security-Policy").Single();
        var nonce = Nonce().Match(policy).Groups[1].Value;
        nonce.Length.ShouldBeGreaterThan(20);
        Scripts().Matches(html).Count.ShouldBeGreaterThan(0);
        Scripts().Matches(html).ShouldAllBe(m => m.Value.Contains($"nonce=\"{nonce}\"") && !m.Value.Contains("http"));
        policy.ShouldContain("script-src 'self'");
        var next = (await platform.Visitor().GetAsync(response.RequestMessage!.RequestUri)).Headers.GetValues("Content-Security-Policy").Single();
        Nonce().Match(next).Groups[1].Value.ShouldNotBe(nonce);
    }

    [Fact]
    public async Task Get_NoneSuch_IsAPageForPeopleAndAProblemForPrograms()
    {
        var page = await Browser().GetAsync("/none-such");
        page.StatusCode.ShouldBe(HttpStatusCode.NotFound);
        page.Content.Headers.ContentType!.MediaType.ShouldBe("text/html");
        (await page.Content.ReadAsStringAsync()).ShouldContain("kernel.not-found");
        var problem = await platform.Visitor().GetAsync("/none-such");
        problem.StatusCode.ShouldBe(HttpStatusCode.NotFound);
        (await problem.ReadProblemCode()).ShouldBe("kernel.not-found");
        var api = await Browser().GetAsync("/api/v1/none-such");
        (await api.ReadProblemCode()).ShouldBe("kernel.not-found");
    }

    [Theory]
    [InlineData("en", "was not found")]
    [InlineData("zh-CN", "没有找到")]
    [InlineData("zh, en;q=0.5", "没有找到")]
    [InlineData("fr, en-GB;q=0.7, zh;q=0.3", "was not found")]
    [InlineData("fr", "没有找到")]
    public async Task Get_AcceptLanguage_ChoosesTheReadersLanguage(string accept, string words) =>
        (await (await platform.Visitor(accept).GetAsync("/api/v1/none-such")).ReadProblem()).GetProperty("title").GetString()!.ShouldContain(words);

    [Fact]
    public async Task Get_Language_SetsTheCookieAndQueryGoesFirst()
    {
        var client = platform.Visitor("zh-CN");
        var chosen = await client.GetAsync("/language?to=en&back=" + Uri.EscapeDataString("/docs/errors?a=1&b=政"));
        chosen.StatusCode.ShouldBe(HttpStatusCode.Redirect);
        chosen.Headers.Location!.OriginalString.ShouldBe("/docs/errors?a=1&b=%E6%94%BF");
        (await (await client.GetAsync("/api/v1/none-such")).ReadProblem()).GetProperty("title").GetString()!.ShouldContain("was not found");
        (await (await client.GetAsync("/api/v1/none-such?lang=zh")).ReadProblem()).GetProperty("title").GetString()!.ShouldContain("没有找到");
    }

    [Theory]
    [InlineData("//evil.example/")]
    [InlineData("/\\evil.example")]
    [InlineData("https://evil.example/")]
    [InlineData("javascript:alert(1)")]
    [InlineData("/\t/evil.example")]
    [InlineData("")]
    public async Task Get_LanguageWithAForeignAddress_GoesHome(string back) =>
        (await platform.Visitor().GetAsync("/language?to=en&back=" + Uri.EscapeDataString(back))).Headers.Location!.OriginalString.ShouldBe("/");

    [Fact]
    public async Task Post_OverTheLimit_Is413WithItsCode()
    {
        var client = await platform.SignedIn(await platform.Department(), Role.DepartmentOfficer);
        var request = new HttpRequestMessage(HttpMethod.Post, "/api/v1/resources")
        {
            Content = new StringContent($"{{\"name\":\"{new string('a', HttpConventions.BodyBytes)}\"}}", Encoding.UTF8, "application/json"),
            // The refusal comes before the body goes out; without asking, the pipe would break in the middle of it.
            Headers = { ExpectContinue = true },
        };
        var response = await client.SendAsync(request);
        response.StatusCode.ShouldBe(HttpStatusCode.RequestEntityTooLarge);
        (await response.ReadProblemCode()).ShouldBe("kernel.too-large");
    }

    [Theory]
    [InlineData("Idempotency-Key", "a", "b")]
    [InlineData("Authorization", "Bearer a", "Bearer b")]
    public async Task Post_HeaderTwice_IsMalformed(string name, string first, string second)
    {
        // HttpClient would join the values on one line, so they go out by hand.
        var answer = await Raw($"POST /api/v1/resources HTTP/1.1\r\nHost: {platform.Address.Authority}\r\nAccept-Language: en\r\n{name}: {first}\r\n{name}: {second}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
        answer.ShouldStartWith("HTTP/1.1 400");
        answer.ShouldContain("kernel.malformed");
        answer.ShouldContain($"Stands twice: {name}");
    }

    [Fact]
    public async Task Post_AnotherContentType_Is415WithItsCode()
    {
        var client = await platform.SignedIn(await platform.Department(), Role.DepartmentOfficer);
        var response = await client.PostAsync("/api/v1/resources", new StringContent("<a/>", Encoding.UTF8, "application/xml"));
        response.StatusCode.ShouldBe(HttpStatusCode.UnsupportedMediaType);
        (await response.ReadProblemCode()).ShouldBe("kernel.unsupported-media");
    }

    [Fact]
    public async Task Get_PathWithNul_IsRefused() =>
        (await Raw($"GET /api/v1/a%00b HTTP/1.1\r\nHost: {platform.Address.Authority}\r\nConnection: close\r\n\r\n")).ShouldStartWith("HTTP/1.1 400");

    [Theory]
    [InlineData("/health/live", 0)]
    [InlineData("/health/ready", 3)]
    public async Task Get_Health_IsHealthyAndNamesItsChecks(string path, int checks)
    {
        var response = await platform.Visitor().GetAsync(path);
        response.StatusCode.ShouldBe(HttpStatusCode.OK);
        var health = await response.Content.ReadFromJsonAsync<JsonElement>();
        health.GetProperty("status").GetString().ShouldBe("healthy");
        health.GetProperty("checks").EnumerateObject().Count().ShouldBeGreaterThanOrEqualTo(checks);
    }

    [Fact]
    public async Task Get_Metrics_IsForTheMachineItselfOnly()
    {
        await platform.Visitor().GetAsync("/");
        (await platform.Visitor().GetStringAsync("/metrics")).ShouldContain("http_server_request_duration");
        var through = platform.Visitor();
        through.DefaultRequestHeaders.Add("X-Forwarded-For", "203.0.113.7");
        (await through.GetAsync("/metrics")).StatusCode.ShouldBe(HttpStatusCode.Forbidden);
    }

    [Fact]
    public async Task Get_ErrorsPage_HoldsEveryCodeInTheReadersLanguage()
    {
        var chinese = await platform.Visitor("zh-CN").GetStringAsync("/docs/errors");
        ApiDescription.All.Count.ShouldBeGreaterThan(15);
        foreach (var problem in ApiDescription.All.Values) { chinese.ShouldContain($"id=\"{problem.Code}\""); }
        WebUtility.HtmlDecode(chinese).ShouldContain("请求过于频繁");
        WebUtility.HtmlDecode(await platform.Visitor().GetStringAsync("/docs/errors")).ShouldContain("Too many requests");
    }

    [Fact]
    public async Task Get_AcceptEncoding_IsCompressed()
    {
        var client = platform.Visitor();
        client.DefaultRequestHeaders.AcceptEncoding.ParseAdd("br");
        (await client.GetAsync("/docs/errors")).Content.Headers.ContentEncoding.ShouldBe(["br"]);
    }

    private HttpClient Browser()
    {
        var client = platform.Visitor();
        client.DefaultRequestHeaders.Accept.ParseAdd("text/html,application/xhtml+xml,*/*;q=0.8");
        return client;
    }

    private async Task<string> Raw(string request)
    {
        using var socket = new System.Net.Sockets.TcpClient();
        await socket.ConnectAsync(platform.Address.Host, platform.Address.Port);
        var stream = socket.GetStream();
        await stream.WriteAsync(Encoding.UTF8.GetBytes(request));
        return await new StreamReader(stream, Encoding.UTF8).ReadToEndAsync();
    }

    [GeneratedRegex("'nonce-([^']+)'")]
    private static partial Regex Nonce();

    [GeneratedRegex("<script[^>]*>")]
    private static partial Regex Scripts();
}
