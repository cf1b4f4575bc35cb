using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Kernel.Identity;
using Zhengtong.Tests.Support;

namespace Zhengtong.Tests.Kernel.Identity.Slices;

[OnDatabase]
public sealed class ClientsTests(PlatformFixture platform)
{
    [Fact]
    public async Task Create_ThenScopes_ThenRotateAndRevoke_EachHoldsAtOnce()
    {
        var organisation = await platform.Department();
        var system = await platform.SignedIn(organisation, Role.SystemAdministrator);
        var security = await platform.SignedIn(organisation, Role.SecurityAdministrator);
        var made = await system.PostAsJsonAsync("/api/v1/clients", new { organisationId = organisation.Id, name = "Front-end node" });
        made.StatusCode.ShouldBe(HttpStatusCode.Created);
        var client = await made.Content.ReadFromJsonAsync<JsonElement>();
        var id = client.GetProperty("id").GetGuid();
        (await RightsOf(await Token(client))).ShouldBeEmpty();

        (await security.PutAsJsonAsync($"/api/v1/clients/{id}/scopes", new { scopes = new[] { "everything" }, reason = "why" })).StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        (await security.PutAsJsonAsync($"/api/v1/clients/{id}/scopes", new { scopes = new[] { "work", "catalogue" }, reason = "why" })).StatusCode.ShouldBe(HttpStatusCode.NoContent);
        var token = await Token(client);
        (await RightsOf(token)).ShouldBe(["readWork", "catalogue"]);
        (await security.PutAsJsonAsync($"/api/v1/clients/{id}/scopes", new { scopes = new[] { "work" }, reason = "why" })).StatusCode.ShouldBe(HttpStatusCode.NoContent);
        (await RightsOf(token)).ShouldBe(["readWork"]);

        var rotated = await (await system.PostAsync($"/api/v1/clients/{id}/secret", null)).Content.ReadFromJsonAsync<JsonElement>();
        (await Me(token)).StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
        (await Ask(client)).StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
        token = await Token(rotated);
        (await RightsOf(token)).ShouldBe(["readWork"]);

        (await system.PostAsJsonAsync($"/api/v1/clients/{id}/revocation", new { reason = "retired" })).StatusCode.ShouldBe(HttpStatusCode.NoContent);
        (await (await Me(token)).ReadProblemCode()).ShouldBe("kernel.not-signed-in");
        (await (await Ask(rotated)).Content.ReadFromJsonAsync<JsonElement>()).GetProperty("error").GetString().ShouldBe("invalid_client");
        (await (await system.PostAsync($"/api/v1/clients/{id}/secret", null)).ReadProblemCode()).ShouldBe("kernel.client-revoked");

        var events = await platform.WithDb(db => db.Ledger.Where(e => e.Subject == id.ToString()).Select(e => e.Event).ToListAsync());
        events.Order().ShouldBe(["kernel.client-created", "kernel.client-revoked", "kernel.client-secret-rotated", "kernel.scopes-granted", "kernel.scopes-granted"]);
        (await system.GetFromJsonAsync<JsonElement>($"/api/v1/clients?organisation={organisation.Id}")).GetProperty("items")[0].GetProperty("clientId").GetString()
            .ShouldBe(client.GetProperty("clientId").GetString());
    }

    [Fact]
    public async Task Create_WithoutTheRightOrOutOfReachOrTwice_IsRefused()
    {
        var organisation = await platform.Department();
        object body = new { organisationId = organisation.Id, name = "Program" };
        (await (await platform.Visitor().PostAsJsonAsync("/api/v1/clients", body)).ReadProblemCode()).ShouldBe("kernel.not-signed-in");
        (await (await (await platform.SignedIn(organisation, Role.SecurityAdministrator)).PostAsJsonAsync("/api/v1/clients", body)).ReadProblemCode()).ShouldBe("kernel.forbidden");
        (await (await (await platform.SignedIn(await platform.Department(region: "610100"), Role.SystemAdministrator)).PostAsJsonAsync("/api/v1/clients", body)).ReadProblemCode()).ShouldBe("kernel.out-of-reach");

        var system = await platform.SignedIn(organisation, Role.SystemAdministrator);
        var responses = await Task.WhenAll(Enumerable.Range(0, 6).Select(_ => system.PostAsJsonAsync("/api/v1/clients", body)));
        responses.Count(r => r.StatusCode == HttpStatusCode.Created).ShouldBe(1);
        foreach (var refused in responses.Where(r => r.StatusCode != HttpStatusCode.Created)) { (await refused.ReadProblemCode()).ShouldBe("kernel.client-name-taken"); }
        (await (await system.PostAsync($"/api/v1/clients/{Guid.AllBitsSet}/secret", null)).ReadProblemCode()).ShouldBe("kernel.client-not-found");
    }

    private async Task<HttpResponseMessage> Ask(JsonElement client) => await platform.Visitor().PostAsync("/connect/token", new FormUrlEncodedContent(new Dictionary<string, string>
    {
        ["grant_type"] = "client_credentials",
        ["client_id"] = client.GetProperty("clientId").GetString()!,
        ["client_secret"] = client.GetProperty("clientSecret").GetString()!,
    }));

    private async Task<string> Token(JsonElement client)
    {
        var response = await Ask(client);
        response.StatusCode.ShouldBe(HttpStatusCode.OK, await response.Content.ReadAsStringAsync());
        return (await response.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("access_token").GetString()!;
    }

    private Task<HttpResponseMessage> Me(string token)
    {
        var client = platform.Visitor();
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token);
        return client.GetAsync("/api/v1/me");
    }

    private async Task<string[]> RightsOf(string token) =>
        [.. (await (await Me(token)).Content.ReadFromJsonAsync<JsonElement>()).GetProperty("rights").EnumerateArray().Select(r => r.GetString()!)];
}
