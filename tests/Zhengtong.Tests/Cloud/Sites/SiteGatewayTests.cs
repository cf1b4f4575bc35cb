using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Zhengtong.Cloud.Sites;
using Zhengtong.Kernel.Organisations;
using Zhengtong.Kernel.Regions;
using Zhengtong.Tests.Support;

namespace Zhengtong.Tests.Cloud.Sites;

/// <summary>Visits of sites, whose servers stand on addresses of loopback.</summary>
[OnDatabase(Once = true)]
public sealed class SiteGatewayTests : IAsyncLifetime
{
    private OwnPlatform platform = null!;
    private WebApplication server = null!;
    private Organisation owner = null!;
    private HttpClient visitor = null!;
    private int port;

    public async ValueTask InitializeAsync()
    {
        // Networks of departments are 127.0.0.0/24, 127.0.1.0/24 and so on.
        platform = await OwnPlatform.StartAsync(b => b.Configuration["Cloud:TenantNetworks"] = "127.0.0.0/8");
        visitor = platform.Visitor();
        var builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.UseUrls("http://127.0.0.7:0");
        server = builder.Build();
        server.Run(AnswerAsync);
        await server.StartAsync();
        port = new Uri(server.Urls.First()).Port;
        await platform.WithDb(async db =>
        {
            var region = RegionCode.Parse("610000");
            if (await db.Regions.FindAsync(region) is null) { db.Regions.Add(new Region { Code = region, Name = "陕西省", Level = region.Level, Parent = region.Parent }); }
            owner = new Organisation { Id = CloudWorld.NewId(), CreditCode = CreditCode.FromBody("11610000000000001"), Name = "省民政厅", ShortName = "民政厅", Region = region, Kind = OrganisationKind.Department };
            db.Organisations.Add(owner);
            return await db.SaveChangesAsync();
        });
    }

    public async ValueTask DisposeAsync()
    {
        visitor.Dispose();
        await server.DisposeAsync();
        await platform.DisposeAsync();
    }

    [Fact]
    public async Task Visit_GoesThroughWithPathQueryAndBody_ButNothingOfThePlatforms()
    {
        var name = await SiteAsync(0, "127.0.0.7");
        using var request = new HttpRequestMessage(HttpMethod.Post, $"/sites/{name}/a%20b/%E4%BA%91?q=1&q=%2F") { Content = new StringContent("正文") };
        request.Headers.Add("Cookie", "zt=secret");
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", "secret");
        request.Headers.Add("X-Forwarded-For", "1.2.3.4");
        request.Headers.Add("X-Original-URL", "/admin");
        request.Headers.Add("X-Own", "kept");
        var answer = await visitor.SendAsync(request);
        answer.StatusCode.ShouldBe(HttpStatusCode.OK);
        var seen = await answer.Content.ReadFromJsonAsync<JsonElement>();
        seen.GetProperty("target").GetString().ShouldBe("/a%20b/%E4%BA%91?q=1&q=%2F");
        seen.GetProperty("body").GetString().ShouldBe("正文");
        var headers = seen.GetProperty("headers").EnumerateObject().ToDictionary(h => h.Name, h => h.Value.GetString()!, StringComparer.OrdinalIgnoreCase);
        headers.ShouldSatisfyAllConditions(
            h => h.ShouldNotContainKey("Cookie"), h => h.ShouldNotContainKey("Authorization"), h => h.ShouldNotContainKey("X-Original-URL"), h => h["X-Own"].ShouldBe("kept"), h => h["X-Forwarded-For"].ShouldNotContain("1.2.3.4"),
            h => h["X-Forwarded-Prefix"].ShouldBe($"/sites/{name}"), h => h["Host"].ShouldBe($"127.0.0.7:{port}"));
        seen.GetRawText().ShouldNotContain("secret");

        // What would hold for the platform's own pages stays behind; its own policy stands, and ours beside it.
        foreach (var gone in new[] { "Set-Cookie", "Clear-Site-Data", "Service-Worker-Allowed", "X-Accel-Redirect", "WWW-Authenticate" }) { answer.Headers.Contains(gone).ShouldBeFalse(gone); }
        answer.Headers.GetValues("Content-Security-Policy").ShouldBe(["default-src 'self'", SiteVisits.Sandbox]);
        SiteVisits.Sandbox.ShouldNotContain("allow-same-origin");
        answer.Headers.GetValues("X-Content-Type-Options").ShouldBe(["nosniff"]);
    }

    [Fact]
    public async Task Redirects_OfTheSite_LeadThroughThePlatform_AndItsErrorsAreItsOwn()
    {
        var name = await SiteAsync(0, "127.0.0.7");
        (await visitor.GetAsync($"/sites/{name}?q=1")).ShouldSatisfyAllConditions(a => a.StatusCode.ShouldBe(HttpStatusCode.PermanentRedirect), a => a.Headers.Location!.OriginalString.ShouldBe($"/sites/{name}/?q=1"));
        foreach (var (to, expected) in new[]
        {
            ("/docs/", $"/sites/{name}/docs/"), ($"http://127.0.0.7:{port}/docs/?a=1", $"/sites/{name}/docs/?a=1"), ("docs/", "docs/"), ("https://example.org/x", "https://example.org/x"), ("//example.org/x", "//example.org/x"),
        })
        {
            (await visitor.GetAsync($"/sites/{name}/to?{Uri.EscapeDataString(to)}")).Headers.Location!.OriginalString.ShouldBe(expected);
        }

        var missing = await visitor.GetAsync($"/sites/{name}/missing");
        missing.StatusCode.ShouldBe(HttpStatusCode.NotFound);
        (await missing.Content.ReadAsStringAsync()).ShouldBeEmpty();
        // Asked before it is sent, so that the answer is not lost in what follows.
        using var large = new HttpRequestMessage(HttpMethod.Post, $"/sites/{name}/a") { Content = new ByteArrayContent(new byte[11 * 1024 * 1024]) };
        large.Headers.ExpectContinue = true;
        (await visitor.SendAsync(large)).StatusCode.ShouldBe(HttpStatusCode.RequestEntityTooLarge);
        // The platform's own path stays its own however it is written.
        (await visitor.GetAsync($"/sites/{name}/../../health/live")).StatusCode.ShouldNotBe(HttpStatusCode.BadGateway);
    }

    [Fact]
    public async Task Gone_UnknownOrElsewhere_HasItsOwnRefusal_InAPageForPeople()
    {
        (await (await visitor.GetAsync("/sites/nobody/")).ReadProblemCode()).ShouldBe("cloud.site-not-found");
        // Of another department's network, of the gateway's address, of no address at all.
        foreach (var (network, address) in new[] { (1, "127.0.2.7"), (2, "127.0.2.1"), (3, "169.254.169.254"), (4, "localhost") })
        {
            (await (await visitor.GetAsync($"/sites/{await SiteAsync(network, address)}/")).ReadProblemCode()).ShouldBe("cloud.site-closed", address);
        }

        var name = await SiteAsync(5, "127.0.5.7");
        var silent = await visitor.GetAsync($"/sites/{name}/");
        (silent.StatusCode, await silent.ReadProblemCode()).ShouldBe((HttpStatusCode.BadGateway, "cloud.site-silent"));
        using var person = new HttpRequestMessage(HttpMethod.Get, $"/sites/{name}/");
        person.Headers.Accept.ParseAdd("text/html");
        var page = await visitor.SendAsync(person);
        page.StatusCode.ShouldBe(HttpStatusCode.BadGateway);
        page.Content.Headers.ContentType!.MediaType.ShouldBe("text/html");
        (await page.Content.ReadAsStringAsync()).ShouldContain("does not answer");
        page.Headers.GetValues("Content-Security-Policy").Single().ShouldNotContain("sandbox");
    }

    /// <summary>A site with a server of its own at an address.</summary>
    private async Task<string> SiteAsync(int network, string address) => await platform.WithDb(async db =>
    {
        db.ChangeTracker.Clear();
        var resource = await SiteWorld.RunningAsync(db, owner, network, address);
        var site = CloudSite.Of(resource);
        (site.Server, site.Port) = (SiteServer.Own, port);
        db.CloudSites.Add(site);
        await db.SaveChangesAsync();
        return site.Name;
    });

    private static async Task AnswerAsync(HttpContext http)
    {
        if (http.Request.Path == "/missing")
        {
            http.Response.StatusCode = 404;
            return;
        }

        if (http.Request.Path == "/to")
        {
            http.Response.StatusCode = 302;
            http.Response.Headers.Location = Uri.UnescapeDataString(http.Request.QueryString.Value![1..]);
            return;
        }

        http.Response.Headers.SetCookie = "zt=stolen; Path=/";
        http.Response.Headers["Clear-Site-Data"] = "\"*\"";
        http.Response.Headers["Service-Worker-Allowed"] = "/";
        http.Response.Headers["X-Accel-Redirect"] = "/etc/passwd";
        http.Response.Headers.WWWAuthenticate = "Basic";
        http.Response.Headers.ContentSecurityPolicy = "default-src 'self'";
        using var reader = new StreamReader(http.Request.Body);
        await http.Response.WriteAsJsonAsync(new
        {
            target = http.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget, body = await reader.ReadToEndAsync(), headers = http.Request.Headers.ToDictionary(h => h.Key, h => h.Value.ToString()),
        });
    }
}
