using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using Microsoft.EntityFrameworkCore;
using OpenIddict.Abstractions;
using Zhengtong.Kernel.Identity;
using Zhengtong.Kernel.Organisations;
using Zhengtong.Tests.Catalogue.Slices;
using Zhengtong.Tests.Support;

namespace Zhengtong.Tests.Kernel.Identity.Slices;

[OnDatabase]
public sealed class IssueTokenTests(PlatformFixture platform)
{
    [Fact]
    public async Task Post_RightSecret_GivesATokenThatActsForItsOrganisationOnly()
    {
        var organisation = await platform.Department();
        var (id, secret) = await Client(platform, organisation, "catalogue");
        var client = await WithToken(id, secret);
        var response = await client.PostAsJsonAsync("/api/v1/resources", RegisterResourceTests.Enterprises());
        response.StatusCode.ShouldBe(HttpStatusCode.Created);
        var resource = (await response.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("id").GetGuid();
        (await platform.WithDb(db => db.Resources.SingleAsync(r => r.Id == resource))).ProviderId.ShouldBe(organisation.Id);
    }

    [Fact]
    public async Task Post_WrongSecret_IsOAuthsInvalidClient()
    {
        var (id, _) = await Client(platform, await platform.Department(), "catalogue");
        var response = await Ask(id, "not the secret");
        response.StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
        (await response.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("error").GetString().ShouldBe("invalid_client");
    }

    [Fact]
    public async Task Post_ScopeNotGranted_IsOAuthsInvalidScope()
    {
        var (id, secret) = await Client(platform, await platform.Department(), "catalogue");
        var response = await Ask(id, secret, "catalogue seal");
        response.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        (await response.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("error").GetString().ShouldBe("invalid_scope");
    }

    [Fact]
    public async Task Use_TokenWithoutTheScope_Is403()
    {
        var (id, secret) = await Client(platform, await platform.Department(), "catalogue", "apply");
        var client = await WithToken(id, secret, "apply");
        var response = await client.PostAsJsonAsync("/api/v1/resources", RegisterResourceTests.Enterprises());
        response.StatusCode.ShouldBe(HttpStatusCode.Forbidden);
        (await response.ReadProblemCode()).ShouldBe("kernel.forbidden");
    }

    [Fact]
    public async Task Use_ForgedToken_Is401()
    {
        var client = platform.Visitor();
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", "eyJhbGciOiJub25lIn0.e30.");
        var response = await client.PostAsJsonAsync("/api/v1/resources", RegisterResourceTests.Enterprises());
        response.StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
        (await response.ReadProblemCode()).ShouldBe("kernel.not-signed-in");
    }

    [Fact]
    public async Task Secret_InTheDatabase_IsHashed()
    {
        var (id, secret) = await Client(platform, await platform.Department(), "catalogue");
        var kept = await platform.WithDb(db => db.Set<OpenIddict.EntityFrameworkCore.Models.OpenIddictEntityFrameworkCoreApplication<Guid>>().SingleAsync(a => a.ClientId == id));
        kept.ClientSecret.ShouldNotBeNull().ShouldNotContain(secret);
    }

    /// <summary>A new API client of the organisation.</summary>
    internal static async Task<(string Id, string Secret)> Client(PlatformFixture platform, Organisation organisation, params string[] scopes)
    {
        await using var scope = platform.App.Services.CreateAsyncScope();
        var now = TimeProvider.System.GetUtcNow();
        var (client, secret) = await ApiClients.CreateAsync(
            scope.ServiceProvider.GetRequiredService<ZhengtongDb>(), scope.ServiceProvider.GetRequiredService<IOpenIddictApplicationManager>(),
            Actor.Platform, organisation.Id, $"Program {Guid.CreateVersion7(now):N}", scopes, now, CancellationToken.None);
        return (client.ClientId, secret);
    }

    private async Task<HttpClient> WithToken(string id, string secret, string? scope = null)
    {
        var response = await Ask(id, secret, scope);
        response.StatusCode.ShouldBe(HttpStatusCode.OK, await response.Content.ReadAsStringAsync());
        var client = platform.Visitor();
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", (await response.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("access_token").GetString());
        return client;
    }

    private async Task<HttpResponseMessage> Ask(string id, string secret, string? scope = null)
    {
        var form = new Dictionary<string, string> { ["grant_type"] = "client_credentials", ["client_id"] = id, ["client_secret"] = secret };
        if (scope is not null) { form["scope"] = scope; }
        return await platform.Visitor().PostAsync("/connect/token", new FormUrlEncodedContent(form));
    }
}
