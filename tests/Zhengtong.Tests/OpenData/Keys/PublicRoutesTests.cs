using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Microsoft.AspNetCore.Components.Endpoints;
using Microsoft.AspNetCore.Routing;
using Zhengtong.Kernel.Http;
using Zhengtong.Tests.OpenData.Support;
using Zhengtong.Tests.Support;

namespace Zhengtong.Tests.OpenData.Keys;

/// <summary>Everything that gives the public's programs something stands under the public's limits.</summary>
[OnDatabase]
public sealed class PublicRoutesTests(PlatformFixture platform)
{
    private static readonly string[] Roots = ["/open", "/api/3", "/api/action", "/api/util", "/dataset", "/datastore", "/ogc", "/odata", "/mcp", "/feeds", "/catalog"];

    [Fact]
    public void Routes_OfThePortal_AreAllCounted()
    {
        var routes = platform.App.Services.GetServices<EndpointDataSource>().SelectMany(s => s.Endpoints).OfType<RouteEndpoint>()
            .Select(e => (Path: "/" + e.RoutePattern.RawText!.TrimStart('/'), Endpoint: e))
            .Where(e => Array.Exists(Roots, r => e.Path == r || e.Path.StartsWith(r + "/", StringComparison.Ordinal) || e.Path.StartsWith(r + ".", StringComparison.Ordinal)))
            // Pages count as pages do; what a browser asks before a call is none.
            .Where(e => e.Endpoint.Metadata.GetMetadata<ComponentTypeMetadata>() is null && e.Endpoint.Metadata.GetMetadata<HttpMethodMetadata>()?.HttpMethods is not ["OPTIONS"]).ToList();
        routes.Count.ShouldBeGreaterThan(40);
        foreach (var root in Roots.Except(["/open"])) { routes.ShouldContain(e => e.Path.StartsWith(root, StringComparison.Ordinal), root); }
        routes.Where(e => e.Endpoint.Metadata.GetMetadata<OwnLimits>() is null).Select(e => e.Endpoint.DisplayName).ShouldBeEmpty();
    }

    [Fact]
    public async Task Call_OverTheLimit_IsRefusedByEveryInterface()
    {
        await using var own = await OwnPlatform.StartAsync(b => b.Configuration["OpenData:Limits:VisitorPerMinute"] = "2");
        var visitor = own.Visitor();
        var seen = await visitor.GetAsync("/api/3/action/status_show");
        seen.Headers.GetValues("RateLimit-Policy").Single().ShouldStartWith("\"minute\";q=2;");
        (await visitor.GetAsync("/dataset/none/resource/00000000-0000-0000-0000-000000000000/rows.csv")).StatusCode.ShouldBe(HttpStatusCode.NotFound);
        foreach (var path in new[] { "/dataset/none/resource/00000000-0000-0000-0000-000000000000/rows.csv", "/dataset/none/resource/00000000-0000-0000-0000-000000000000/download/a", "/datastore/dump/none", "/ogc", "/odata", "/catalog.ttl", "/dataset/none/datapackage.zip" })
        {
            var refused = await visitor.GetAsync(path);
            refused.StatusCode.ShouldBe(HttpStatusCode.TooManyRequests, path);
            refused.Headers.RetryAfter.ShouldNotBeNull(path);
        }

        var ckan = await visitor.GetAsync("/api/3/action/status_show");
        ckan.StatusCode.ShouldBe(HttpStatusCode.TooManyRequests);
        ckan.Headers.GetValues("Access-Control-Allow-Origin").Single().ShouldBe("*");
        JsonDocument.Parse(await ckan.Content.ReadAsStringAsync()).RootElement.GetProperty("error").GetProperty("__type").GetString().ShouldBe("Too Many Requests Error");
        (await visitor.PostAsync("/mcp", new StringContent("{}", null, "application/json"))).StatusCode.ShouldBe(HttpStatusCode.TooManyRequests);
        (await visitor.GetAsync("/open")).StatusCode.ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task Key_WithoutTheScope_LoadsNoWholeTable()
    {
        var made = await Toilets.PublishAsync(platform);
        var taken = await platform.Visitor().PostAsJsonAsync("/api/v1/developer-keys", new { name = "Rows alone", scopes = new[] { "rows" } });
        var token = (await taken.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("token").GetString()!;
        (await Call($"/dataset/{made.Name}/resource/{made[0].Id}/rows.csv", token)).StatusCode.ShouldBe(HttpStatusCode.Forbidden);
        (await Call($"/api/3/action/datastore_search?resource_id={made[0].Id}", token)).StatusCode.ShouldBe(HttpStatusCode.OK);
        (await Call($"/api/3/action/datastore_search_sql?sql=x", token)).StatusCode.ShouldBe(HttpStatusCode.Forbidden);
        (await Call($"/api/3/action/datastore_search?resource_id={made[0].Id}", "ztk_unknown")).StatusCode.ShouldBe(HttpStatusCode.Forbidden);
    }

    private async Task<HttpResponseMessage> Call(string path, string token)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, path);
        request.Headers.Add("X-API-Key", token);
        return await platform.Visitor().SendAsync(request);
    }
}
