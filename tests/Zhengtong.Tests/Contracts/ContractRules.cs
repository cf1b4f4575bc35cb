using System.Net;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Routing;
using Zhengtong.Kernel.Http;
using Zhengtong.Kernel.Identity;
using Zhengtong.Tests.Architecture;
using Zhengtong.Tests.Support;

namespace Zhengtong.Tests.Contracts;

/// <summary>One error shape over every endpoint of the API: whatever is sent, the answer is a problem document with a code of ours, never a fault.</summary>
[OnDatabase]
public sealed class ContractRules(PlatformFixture platform)
{
    [Fact]
    public async Task EveryEndpoint_NotSignedIn_Is401WithItsCode()
    {
        var guarded = Api.EndpointsOf(platform).Where(e => e.Metadata.GetMetadata<IAllowAnonymous>() is null).ToList();
        guarded.Count.ShouldBeGreaterThan(3);
        var visitor = platform.Visitor();
        var wrong = new List<string>();
        foreach (var endpoint in guarded)
        {
            var response = await visitor.SendAsync(Request(endpoint, "{}"));
            if (response.StatusCode != HttpStatusCode.Unauthorized || await Shape(response) is { } fault && fault != "") { wrong.Add($"{Name(endpoint)}: {(int)response.StatusCode}"); }
            else if (await response.ReadProblemCode() != "kernel.not-signed-in") { wrong.Add($"{Name(endpoint)}: {await response.ReadProblemCode()}"); }
        }

        wrong.ShouldBeEmpty();
    }

    [Fact]
    public async Task EveryEndpoint_WithoutARight_Is403WithItsCode()
    {
        var guarded = Api.EndpointsOf(platform).Where(e => e.Metadata.GetOrderedMetadata<IAuthorizeData>().Any(a => Enum.TryParse<Right>(a.Policy, out _))).ToList();
        guarded.Count.ShouldBeGreaterThan(3);
        // An account without a post can do nothing.
        var client = await platform.SignedIn(await platform.Department());
        var wrong = new List<string>();
        foreach (var endpoint in guarded)
        {
            var response = await client.SendAsync(Request(endpoint, "{}"));
            if (response.StatusCode != HttpStatusCode.Forbidden || await response.ReadProblemCode() != "kernel.forbidden") { wrong.Add($"{Name(endpoint)}: {(int)response.StatusCode}"); }
        }

        wrong.ShouldBeEmpty();
    }

    [Theory]
    [InlineData("malformed", "{")]
    [InlineData("empty", "")]
    [InlineData("null", "null")]
    [InlineData("list", "[]")]
    [InlineData("text", "\"text\"")]
    [InlineData("number", "1e400")]
    [InlineData("nothing given", "{}")]
    [InlineData("unknown member", "{\"no-such-member\":1}")]
    [InlineData("wrong types", null)]
    [InlineData("bytes that are no UTF-8", "\uFFFD")]
    public async Task EveryEndpointWithABody_SentNonsense_AnswersAProblemWithACode(string kind, string? body)
    {
        var endpoints = Api.EndpointsOf(platform).Where(e => Api.BodyOf(e) is not null).ToList();
        endpoints.Count.ShouldBeGreaterThan(1);
        var wrong = new List<string>();
        foreach (var (role, client) in await Clients())
        {
            foreach (var endpoint in endpoints.Where(e => IsFor(e, role)))
            {
                var request = Request(endpoint, body ?? Everything(Api.BodyOf(endpoint)!));
                if (body == "\uFFFD") { request.Content = new ByteArrayContent([0x7b, 0xff, 0xfe, 0x7d]) { Headers = { ContentType = new("application/json") } }; }
                var response = await client.SendAsync(request);
                if ((int)response.StatusCode is >= 400 and < 500 ? await Shape(response) is { Length: > 0 } fault : kind != "nothing given" || (int)response.StatusCode >= 500)
                {
                    wrong.Add($"{Name(endpoint)}: {(int)response.StatusCode} {await response.Content.ReadAsStringAsync()}");
                }
            }
        }

        wrong.ShouldBeEmpty(kind);
    }

    [Fact]
    public async Task EveryEndpointWithABody_SentTooMuch_Is413WithItsCode()
    {
        var endpoints = Api.EndpointsOf(platform).Where(e => Api.BodyOf(e) is not null && e.Metadata.GetMetadata<Microsoft.AspNetCore.Http.Metadata.IRequestSizeLimitMetadata>() is null).ToList();
        var wrong = new List<string>();
        foreach (var (role, client) in await Clients())
        {
            foreach (var endpoint in endpoints.Where(e => IsFor(e, role)))
            {
                // What stands in the address is right: its refusal would come before the body is looked at.
                var request = Request(endpoint, $"{{\"a\":\"{new string('a', HttpConventions.BodyBytes)}\"}}");
                request.RequestUri = new Uri(Address(endpoint, RightValue), UriKind.Relative);
                // The refusal comes before the body goes out; without asking, the pipe would break in the middle of it.
                request.Headers.ExpectContinue = true;
                var response = await client.SendAsync(request);
                if (response.StatusCode != HttpStatusCode.RequestEntityTooLarge || await response.ReadProblemCode() != "kernel.too-large") { wrong.Add($"{Name(endpoint)}: {(int)response.StatusCode}"); }
            }
        }

        wrong.ShouldBeEmpty();
    }

    [Theory]
    [InlineData("limit=0")]
    [InlineData("limit=abc")]
    [InlineData("limit=99999999999999999999")]
    [InlineData("after=%00")]
    [InlineData("after=AAAA&limit=1&q=%27%22%3Cscript%3E&from=x&until=0000-00-00&id=1&state=none")]
    public async Task EveryRead_WithNonsenseInTheQuery_NeverFails(string query)
    {
        var endpoints = Api.EndpointsOf(platform).Where(e => Api.MethodOf(e) == "GET").ToList();
        endpoints.Count.ShouldBeGreaterThan(1);
        var wrong = new List<string>();
        foreach (var (role, client) in await Clients())
        {
            foreach (var endpoint in endpoints.Where(e => IsFor(e, role)))
            {
                var response = await client.GetAsync($"{Address(endpoint)}?{query}", HttpCompletionOption.ResponseHeadersRead);
                if ((int)response.StatusCode >= 500 || ((int)response.StatusCode >= 400 && await Shape(response) is { Length: > 0 })) { wrong.Add($"{Name(endpoint)}: {(int)response.StatusCode} {await response.Content.ReadAsStringAsync()}"); }
                response.Dispose();
            }
        }

        wrong.ShouldBeEmpty();
    }

    private static readonly SemaphoreSlim Gate = new(1);
    private static List<(Role Role, HttpClient Client)>? sessions;

    /// <summary>One session a role, so that together they hold every right; the same for all tests, because signing in is slow on purpose.</summary>
    internal static async Task<List<(Role Role, HttpClient Client)>> Clients(PlatformFixture platform)
    {
        await Gate.WaitAsync();
        try { return [.. sessions ??= await SignIn(platform)]; }
        finally { Gate.Release(); }
    }

    private static async Task<List<(Role Role, HttpClient Client)>> SignIn(PlatformFixture platform)
    {
        var organisation = await platform.Department();
        var clients = new List<(Role, HttpClient)>();
        foreach (var role in Enum.GetValues<Role>()) { clients.Add((role, await platform.SignedIn(organisation, role))); }
        return clients;
    }

    private Task<List<(Role Role, HttpClient Client)>> Clients() => Clients(platform);

    /// <summary>True for the first role that may call the endpoint: each endpoint is tried once.</summary>
    internal static bool IsFor(RouteEndpoint endpoint, Role role)
    {
        var rights = endpoint.Metadata.GetOrderedMetadata<IAuthorizeData>().Select(a => a.Policy).OfType<string>().Where(p => Enum.TryParse<Right>(p, out _)).Select(Enum.Parse<Right>).ToList();
        return Enum.GetValues<Role>().Where(r => rights.All(Rights.Of[r].Contains)).Cast<Role?>().FirstOrDefault() == role;
    }

    internal static string Name(RouteEndpoint endpoint) => $"{Api.MethodOf(endpoint)} {endpoint.RoutePattern.RawText}";

    /// <summary>The endpoint's address with plausible but unknown values in its places.</summary>
    internal static string Address(RouteEndpoint endpoint, Func<Type?, string>? otherwise = null)
    {
        var handler = endpoint.Metadata.GetMetadata<System.Reflection.MethodInfo>()?.GetParameters() ?? [];
        var address = endpoint.RoutePattern.RawText!;
        foreach (var place in endpoint.RoutePattern.Parameters)
        {
            var of = place.ParameterPolicies.Select(p => p.Content ?? "").ToList();
            var value = of.Any(c => c == "guid") ? "018f0000-0000-7000-8000-000000000000" : of.Any(c => c is "int" or "long") ? "1"
                : otherwise?.Invoke(handler.FirstOrDefault(p => p.Name == place.Name)?.ParameterType) ?? "none-such";
            address = System.Text.RegularExpressions.Regex.Replace(address, $@"\{{\*{{0,2}}{place.Name}[^}}]*\}}", value);
        }

        return "/" + address.TrimStart('/');
    }

    /// <summary>A value that this type has.</summary>
    private static string RightValue(Type? type) => type switch
    {
        { IsEnum: true } => Enum.GetNames(type)[0],
        { IsGenericType: true } => RightValue(type.GetGenericArguments()[0]),
        _ when type == typeof(DateOnly) => "2026-01-01",
        _ when type == typeof(Zhengtong.Kernel.Regions.RegionCode) => "610000",
        _ => "none-such",
    };

    internal static HttpRequestMessage Request(RouteEndpoint endpoint, string body)
    {
        var request = new HttpRequestMessage(new HttpMethod(Api.MethodOf(endpoint)), Address(endpoint));
        if (Api.MethodOf(endpoint) is not ("GET" or "HEAD" or "DELETE") || Api.BodyOf(endpoint) is not null) { request.Content = new StringContent(body, Encoding.UTF8, "application/json"); }
        return request;
    }

    /// <summary>Every member of the request, each of a type it cannot have.</summary>
    private static string Everything(Type body) => JsonSerializer.Serialize(body.GetProperties().ToDictionary(p => JsonNamingPolicy.CamelCase.ConvertName(p.Name), object (_) => new[] { new[] { 1 } }));

    /// <summary>What is wrong with the shape of a refusal; null or empty when nothing is.</summary>
    internal static async Task<string> Shape(HttpResponseMessage response)
    {
        var text = await response.Content.ReadAsStringAsync();
        if (response.Content.Headers.ContentType?.MediaType != "application/problem+json") { return $"content type {response.Content.Headers.ContentType}"; }
        var problem = JsonSerializer.Deserialize<JsonElement>(text);
        if (!problem.TryGetProperty("code", out var code) || !ApiDescription.All.ContainsKey(code.GetString()!)) { return "no code of ours"; }
        if (!problem.TryGetProperty("title", out var title) || title.GetString() == code.GetString()) { return "no title"; }
        if (problem.GetProperty("status").GetInt32() != (int)response.StatusCode) { return "another status"; }
        return problem.GetProperty("type").GetString() == $"/docs/errors#{code.GetString()}" ? "" : "another type";
    }
}
