using System.Net;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Routing;
using Zhengtong.Kernel.Identity;
using Zhengtong.Tests.Support;

namespace Zhengtong.Tests.Kernel.Identity;

/// <summary>Walks every address of the platform: it is public and stands here, or it asks who comes.</summary>
[OnDatabase]
public sealed class EveryEndpointTests(PlatformFixture platform)
{
    /// <summary>What a visitor may reach, and why nobody needs to sign in for it.</summary>
    private static readonly string[] Public =
    [
        "/", "/{**path:file}", "/error", "/not-found", "/language", "/catalogue", "/catalogue/{id:guid}", "/catalogue/{Id:guid}", "/api/v1/calendar/deadline-rules", "/api/v1/calendar/years/{year:int}", "/health", "/health/live", "/health/ready", "/metrics", "/docs/api", "/docs/api/{documentName?}", "/openapi/{documentName}.json",
        "/account/sign-in", "/account/sign-out", "/account/set-password", "/setup", "/connect/token",
        // Ask at their own door, in the order that the protocol has: the version first, then who.
        "/tus", "/tus/{id:guid}",
        // Who checks a signature need not be anybody's client: how certificates stand is for everybody (RFC 6960).
        "/ocsp", "/ocsp/{**request}",
        // A node has no certificate before it is enrolled; it shows its one-time token.
        "/node/v1/enrolments",
        // What is open to everybody; drafts answer only to their department.
        "/api/v1/datasets", "/api/v1/datasets/{dataset}", "/api/v1/datasets/{dataset}/versions", "/api/v1/datasets/{dataset}/versions/{number:int}",
        "/api/v1/datasets/{dataset}/versions/{number:int}/manifest", "/api/v1/datasets/{dataset}/versions/{number:int}/manifest.sig", "/api/v1/datasets/{dataset}/comparison",
        "/api/v1/datasets/{id:guid}/quality", "/api/v1/open-data/ranking",
        // Readers rate, comment, ask and vote without an account; a department reads it before others do.
        "/api/v1/datasets/{dataset}/rating", "/api/v1/datasets/{dataset}/comments", "/api/v1/datasets/{dataset}/corrections", "/api/v1/data-requests", "/api/v1/data-requests/{id:guid}", "/api/v1/data-requests/{id:guid}/vote",
        "/api/v1/datasets/{dataset}/access-applications", "/api/v1/developer-keys/current/access-applications", "/open/access",
        "/api/v1/apps", "/api/v1/apps/{id:guid}", "/api/v1/developer-keys/current/notices", "/open/apps",
        "/api/v1/datasets/{dataset}/subscriptions", "/api/v1/developer-keys/current/subscriptions", "/api/v1/dataset-subscriptions/{id:guid}", "/open/subscriptions",
        "/open/requests", "/open/requests/new", "/open/requests/{id:guid}", "/open/requests/{Id:guid}",
        // What other portals publish, as it was read there.
        "/api/v1/harvested-datasets", "/api/v1/harvested-datasets/{id:guid}", "/harvested/{Id:guid}",
        // Letters go to whoever confirmed the address, and end with the mark in each of them.
        "/api/v1/datasets/{dataset}/mail-subscriptions", "/api/v1/mail-subscriptions/{token}/end", "/api/v1/mail-subscriptions/confirmation", "/open/mail/confirm/{Token}", "/open/mail/end/{Token}",
        // The guides show what everybody may read.
        "/apps/{guide}", "/apps/{guide}/{kind}", "/apps/{guide}/{kind}/{dataset}", "/apps/{guide}/guide.json", "/apps/{guide}/manifest.webmanifest", "/apps/{guide}/offline", "/apps/{guide}/worker.js",
        // A developer's key is its own proof, and opens nothing that is not public.
        "/api/v1/developer-keys", "/api/v1/developer-keys/current", "/api/v1/developer-keys/current/rotation", "/open/developers",
        // The portal's pages, and the ways by which programs read it.
        "/open", "/dataset", "/organization/{name}", "/group/{name}", "/datastore/dump/{id}", "/mcp/", "/api", "/api/1", "/api/2", "/api/3",
        // Departments' sites are for everybody, behind the platform's gateway.
        "/sites/{name}/{**rest}",
        // OpenStack's clients read which versions there are, and prove who they are for a token; what is not there is not there for anybody.
        "/openstack/identity", "/openstack/identity/v3", "/openstack/identity/v3/auth/tokens", "/openstack/compute", "/openstack/image", "/openstack/image/v2", "/openstack/{**rest}",
        "/api/v1/session", "/api/v1/session/passkey", "/api/v1/session/passkey/options", "/api/v1/password", "/api/v1/setup",
    ];

    /// <summary>What front-end nodes ask: every request is signed, or refused (below).</summary>
    private const string Nodes = "/node/v1/";

    /// <summary>What platforms ask that order through the broker: every request shows an account, or is refused (below).</summary>
    private const string Broker = "/osb/v2/";

    /// <summary>What OpenStack's clients ask: a token of its own kind, nothing else.</summary>
    private const string OpenStack = "/openstack/";

    /// <summary>Whole parts that are public: files of the pages, and the ledger's proofs, which anybody may check.</summary>
    private static readonly string[] PublicBelow = ["/_framework/", "/_content/", "/lib/", "/ledger/", "/docs/",
        // What is published, for people and in the protocols of other portals.
        "/dataset/", "/catalog.", "/feeds/", "/sitemap/", "/api/action/", "/api/3/action/", "/api/util/", "/api/1/util/", "/api/2/util/", "/api/3/util/", "/ogc/", "/odata/",
    ];

    [Fact]
    public void EveryAddress_IsListedAsPublicOrAsksForARight()
    {
        var open = Addresses().Where(e => !Asks(e)).Select(Pattern).Distinct().Where(p => !Public.Contains(p) && !PublicBelow.Any(p.StartsWith) && !p.StartsWith(Nodes, StringComparison.Ordinal) && !p.StartsWith(Broker, StringComparison.Ordinal) && !IsFile(p)).Order().ToArray();
        open.ShouldBeEmpty($"Public without being listed here: {string.Join(", ", open)}. Add .Requires(Right...) or [Requires(...)], or list it with its reason");
        Addresses().Count(Asks).ShouldBeGreaterThan(20);
    }

    [Fact]
    public async Task EveryReadingAddressThatAsks_RefusesAVisitorAndAnOfficerWithoutPosts()
    {
        var officer = await platform.SignedIn(await platform.Department());
        var checkedAddresses = 0;
        foreach (var endpoint in Addresses().Where(e => Asks(e) && Methods(e).Contains("GET")))
        {
            var path = Filled(endpoint);
            var visitor = await platform.Visitor().GetAsync(path);
            checkedAddresses++;
            if (path.StartsWith(OpenStack, StringComparison.Ordinal))
            {
                visitor.StatusCode.ShouldBe(HttpStatusCode.Unauthorized, path);
                (await officer.GetAsync(path)).StatusCode.ShouldBe(HttpStatusCode.Unauthorized, $"{path}: a session opens nothing here");
                continue;
            }

            if (path.StartsWith("/api/", StringComparison.Ordinal))
            {
                visitor.StatusCode.ShouldBe(HttpStatusCode.Unauthorized, path);
                (await visitor.ReadProblemCode()).ShouldBe("kernel.not-signed-in", path);
            }
            else
            {
                visitor.StatusCode.ShouldBe(HttpStatusCode.Redirect, path);
                visitor.Headers.Location!.ToString().ShouldContain("/account/sign-in", Case.Sensitive, path);
            }

            if (endpoint.Metadata.GetOrderedMetadata<IAuthorizeData>().Any(a => Enum.TryParse<Right>(a.Policy, out _)))
            {
                (await officer.GetAsync(path)).StatusCode.ShouldBe(HttpStatusCode.Forbidden, path);
            }
        }

        checkedAddresses.ShouldBeGreaterThan(5);
    }

    [Fact]
    public async Task EveryAddressOfNodes_WithoutASignature_IsRefused() => (await RefusedAsync(Nodes)).ShouldBeGreaterThan(9);

    [Fact]
    public async Task EveryAddressOfTheBroker_WithoutAnAccount_IsRefused() => (await RefusedAsync(Broker)).ShouldBeGreaterThan(8);

    /// <summary>How many requests below an address were refused: all that are not listed as public.</summary>
    private async Task<int> RefusedAsync(string below)
    {
        var refused = 0;
        foreach (var endpoint in Addresses().Where(e => Pattern(e).StartsWith(below, StringComparison.Ordinal) && !Public.Contains(Pattern(e))))
        {
            foreach (var method in Methods(endpoint))
            {
                using var request = new HttpRequestMessage(new HttpMethod(method), Filled(endpoint));
                using var answer = await platform.Visitor().SendAsync(request);
                answer.StatusCode.ShouldBe(HttpStatusCode.Unauthorized, request.RequestUri!.ToString());
                refused++;
            }
        }

        return refused;
    }

    private IEnumerable<RouteEndpoint> Addresses() => platform.App.Services.GetServices<EndpointDataSource>().SelectMany(s => s.Endpoints).OfType<RouteEndpoint>();

    private static bool Asks(RouteEndpoint endpoint) => endpoint.Metadata.GetMetadata<IAllowAnonymous>() is null && endpoint.Metadata.GetOrderedMetadata<IAuthorizeData>().Count > 0;

    private static string Pattern(RouteEndpoint endpoint) => "/" + endpoint.RoutePattern.RawText!.TrimStart('/');

    private static bool IsFile(string pattern) => !pattern.Contains('{', StringComparison.Ordinal) && Path.HasExtension(pattern);

    private static IReadOnlyList<string> Methods(RouteEndpoint endpoint) => endpoint.Metadata.GetMetadata<HttpMethodMetadata>()?.HttpMethods ?? ["GET"];

    private static string Filled(RouteEndpoint endpoint) => string.Concat("/", string.Join('/', endpoint.RoutePattern.PathSegments.Select(segment => string.Concat(segment.Parts.Select(part =>
        part is Microsoft.AspNetCore.Routing.Patterns.RoutePatternParameterPart p
            ? p.ParameterPolicies.Any(q => q.Content == "guid") ? Guid.AllBitsSet.ToString() : p.ParameterPolicies.Any(q => q.Content is "int" or "long") ? "1" : "x"
            : ((Microsoft.AspNetCore.Routing.Patterns.RoutePatternLiteralPart)part).Content)))));
}
