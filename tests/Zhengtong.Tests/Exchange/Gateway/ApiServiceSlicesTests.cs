using System.Net;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Catalogue.Model;
using Zhengtong.Exchange.Gateway;
using Zhengtong.Kernel.Identity;
using Zhengtong.Kernel.Organisations;
using Zhengtong.Tests.Support;

namespace Zhengtong.Tests.Exchange.Gateway;

/// <summary>Services and information systems set up over the API and on the pages.</summary>
[OnDatabase]
public sealed class ApiServiceSlicesTests(PlatformFixture platform)
{
    private const string Key = "hunter2-top-secret";

    [Fact]
    public async Task Service_NotSignedInOrWithoutTheRight_IsRefused()
    {
        var (_, _, resource) = await ProviderAsync();
        (await (await platform.Visitor().PutAsJsonAsync($"/api/v1/resources/{resource}/service", Service())).ReadProblemCode()).ShouldBe("kernel.not-signed-in");
        var leader = await platform.SignedIn(await platform.Department(), Role.DepartmentLeader);
        (await (await leader.PutAsJsonAsync($"/api/v1/resources/{resource}/service", Service())).ReadProblemCode()).ShouldBe("kernel.forbidden");
        (await (await leader.PutAsJsonAsync("/api/v1/information-systems/desk", System())).ReadProblemCode()).ShouldBe("kernel.forbidden");
    }

    [Fact]
    public async Task Service_OfAnotherOrNoApi_IsRefused()
    {
        var (client, organisation, resource) = await ProviderAsync();
        (await (await client.PutAsJsonAsync($"/api/v1/resources/{Guid.Empty}/service", Service())).ReadProblemCode()).ShouldBe("exchange.resource-unknown");
        var stranger = await platform.SignedIn(await platform.Department(), Role.DepartmentOfficer);
        (await (await stranger.PutAsJsonAsync($"/api/v1/resources/{resource}/service", Service())).ReadProblemCode()).ShouldBe("exchange.not-provider");
        (await (await stranger.PostAsync($"/api/v1/resources/{resource}/service/test", null)).ReadProblemCode()).ShouldBe("exchange.service-unknown");
        (await (await stranger.PutAsJsonAsync($"/api/v1/resources/{resource}/service/state", new { enabled = true })).ReadProblemCode()).ShouldBe("exchange.service-unknown");
        var table = await ResourceAsync(organisation, DeliveryKind.Table);
        (await (await client.PutAsJsonAsync($"/api/v1/resources/{table}/service", Service())).ReadProblemCode()).ShouldBe("exchange.not-an-api");
    }

    [Theory]
    [InlineData("subsystemCode", "my_system", "firms", "http://h/x")]
    [InlineData("subsystemCode", "..", "firms", "http://h/x")]
    [InlineData("serviceCode", "registry", "企业", "http://h/x")]
    [InlineData("serviceCode", "registry", "a/b", "http://h/x")]
    [InlineData("serviceCode", "registry", "listMethods", "http://h/x")]
    [InlineData("address", "registry", "firms", "ftp://h/x")]
    [InlineData("address", "registry", "firms", "file:///etc/passwd")]
    [InlineData("address", "registry", "firms", "http://user:pass@h/x")]
    [InlineData("address", "registry", "firms", "http://h/x?a=b")]
    [InlineData("address", "registry", "firms", "http://h/x#y")]
    [InlineData("address", "registry", "firms", "http://h/../x")]
    [InlineData("address", "registry", "firms", "http://h/a%2fb")]
    [InlineData("address", "registry", "firms", "/x")]
    [InlineData("address", "registry", "firms", "http://h x/")]
    public async Task Service_Invalid_Is400AndNamesTheField(string field, string subsystem, string code, string address)
    {
        var (client, _, resource) = await ProviderAsync();
        var answer = await client.PutAsJsonAsync($"/api/v1/resources/{resource}/service", new { subsystemCode = subsystem, serviceCode = code, address, headers = Array.Empty<object>() });
        answer.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        (await answer.ReadProblem()).GetProperty("errors").EnumerateObject().Select(p => p.Name).ShouldBe([field]);
    }

    [Theory]
    [InlineData("Host", "x", "headers[0].name")]
    [InlineData("X-Road-Client", "x", "headers[0].name")]
    [InlineData("Transfer-Encoding", "chunked", "headers[0].name")]
    [InlineData("X Key", "x", "headers[0].name")]
    [InlineData("X-Key", "a\tb", "headers[0].value")]
    public async Task Service_HeaderThatIsNotItsOwn_Is400(string name, string value, string field)
    {
        var (client, _, resource) = await ProviderAsync();
        var answer = await client.PutAsJsonAsync($"/api/v1/resources/{resource}/service", new { subsystemCode = "a", serviceCode = "b", address = "http://h", headers = new[] { new { name, value } } });
        (await answer.ReadProblem()).GetProperty("errors").TryGetProperty(field, out _).ShouldBeTrue();
    }

    [Fact]
    public async Task Service_Set_IsTestedEnabledAndNeverTellsItsAddressOrKey()
    {
        var (client, organisation, resource) = await ProviderAsync();
        (await client.PutAsJsonAsync($"/api/v1/resources/{resource}/service", Service("http://127.0.0.1:1/inner-path"))).StatusCode.ShouldBe(HttpStatusCode.NoContent);
        var service = await platform.WithDb(db => db.ApiServices.AsNoTracking().SingleAsync(s => s.ResourceId == resource));
        service.IsEnabled.ShouldBeFalse();
        Encoding.UTF8.GetString(service.Door).ShouldNotContain("inner-path");
        (await EventsAsync(service.Id)).ShouldBe(["exchange.service-set"]);

        (await (await client.PostAsync($"/api/v1/resources/{resource}/service/test", null)).ReadProblemCode()).ShouldBe("exchange.service-unreachable");
        (await client.PutAsJsonAsync($"/api/v1/resources/{resource}/service/state", new { enabled = true, reason = "上线" })).StatusCode.ShouldBe(HttpStatusCode.NoContent);
        (await client.PutAsJsonAsync($"/api/v1/resources/{resource}/service/state", new { enabled = true })).StatusCode.ShouldBe(HttpStatusCode.NoContent);
        (await EventsAsync(service.Id)).ShouldBe(["exchange.service-set", "exchange.service-enabled"]);

        // What is left out stays.
        (await client.PutAsJsonAsync($"/api/v1/resources/{resource}/service", new { subsystemCode = "registry", serviceCode = "companies", timeoutSeconds = 5 })).StatusCode.ShouldBe(HttpStatusCode.NoContent);
        var door = GatewayDirectory.Open(platform.App.Services.GetRequiredService<Zhengtong.Kernel.Secrets.Vault>(), await platform.WithDb(db => db.ApiServices.AsNoTracking().SingleAsync(s => s.ResourceId == resource)));
        (door.Address, door.Headers.Single().Value).ShouldBe(("http://127.0.0.1:1/inner-path", Key));

        var list = await client.GetStringAsync("/api/v1/api-services");
        list.ShouldContain($"/r1/CN/GOV/{organisation.CreditCode}/registry/companies");
        var ledger = string.Join('\n', await platform.WithDb(db => db.Ledger.Where(e => e.Subject == service.Id.ToString()).Select(e => e.Data).ToListAsync()));
        foreach (var said in new[] { list, ledger, await client.GetPage("/work/exchange/services"), await client.GetPage($"/work/exchange/services/{resource}") })
        {
            said.ShouldNotContain("inner-path");
            said.ShouldNotContain(Key);
        }
    }

    [Fact]
    public async Task Service_CodeOfAnotherService_Is409()
    {
        var (client, organisation, first) = await ProviderAsync();
        var second = await ResourceAsync(organisation, DeliveryKind.Api);
        var answers = await Task.WhenAll(new[] { first, second }.Select(r => client.PutAsJsonAsync($"/api/v1/resources/{r}/service", Service())));
        answers.Count(a => a.StatusCode == HttpStatusCode.NoContent).ShouldBe(1);
        (await answers.Single(a => a.StatusCode != HttpStatusCode.NoContent).ReadProblemCode()).ShouldBe("exchange.service-code-taken");
    }

    [Fact]
    public async Task Service_OnItsPage_IsSetAndSwitched()
    {
        var (client, _, resource) = await ProviderAsync();
        var page = $"/work/exchange/services/{resource}";
        (await client.GetPage($"/work/catalogue/{resource}")).ShouldContain(page);
        var wrong = await client.Submit(page, "set", ("subsystemCode", "my_system"), ("serviceCode", "firms"), ("address", "http://127.0.0.1:1/inner-path"), ("headers", $"X-Api-Key: {Key}"), ("timeoutSeconds", ""));
        wrong.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        var said = await wrong.Content.ReadAsStringAsync();
        said.ShouldContain("is-invalid");
        said.ShouldNotContain(Key);
        (await client.Submit(page, "set", ("subsystemCode", "registry"), ("serviceCode", "firms"), ("address", "http://127.0.0.1:1/inner-path"), ("headers", $"X-Api-Key: {Key}"), ("timeoutSeconds", ""))).StatusCode.ShouldBe(HttpStatusCode.OK);
        (await client.Submit(page, "test")).StatusCode.ShouldBe(HttpStatusCode.ServiceUnavailable);
        (await client.Submit(page, "switch", ("reason", "上线"), ("enabled", "true"))).StatusCode.ShouldBe(HttpStatusCode.OK);
        (await platform.WithDb(db => db.ApiServices.SingleAsync(s => s.ResourceId == resource))).IsEnabled.ShouldBeTrue();
        (await client.Submit(page, "switch", ("reason", ""), ("enabled", "false"))).StatusCode.ShouldBe(HttpStatusCode.OK);
        (await platform.WithDb(db => db.ApiServices.SingleAsync(s => s.ResourceId == resource))).IsEnabled.ShouldBeFalse();
    }

    [Theory]
    [InlineData("""{"name":"系统"}""", "clientId")]
    [InlineData("""{"name":"系统","certificates":["abc"]}""", "certificates")]
    [InlineData("""{"name":"系统","addresses":["0.0.0.0/0"]}""", "addresses")]
    [InlineData("""{"name":"系统","addresses":["10.0.0.1/8"]}""", "addresses")]
    [InlineData("""{"name":"系统","addresses":["::/0"]}""", "addresses")]
    [InlineData("""{"name":"系统","addresses":["here"]}""", "addresses")]
    [InlineData("""{"name":"系统","clientId":"0197a000-0000-7000-8000-000000000000"}""", "clientId")]
    public async Task System_Invalid_Is400AndNamesTheField(string body, string field)
    {
        var client = await platform.SignedIn(await platform.Department(), Role.DepartmentOfficer);
        var answer = await client.PutAsync("/api/v1/information-systems/desk", new StringContent(body, Encoding.UTF8, "application/json"));
        answer.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        (await answer.ReadProblem()).GetProperty("errors").EnumerateObject().Select(p => p.Name).ShouldBe([field]);
    }

    [Fact]
    public async Task System_RegisteredAndRemoved_StandsInTheLedger()
    {
        var organisation = await platform.Department();
        var client = await platform.SignedIn(organisation, Role.DepartmentOfficer);
        var fingerprint = string.Join(':', Enumerable.Repeat("AB", 32));
        var body = new { name = "办事系统", certificates = new[] { fingerprint }, addresses = new[] { "10.1.2.3", "10.2.0.0/16", "2001:db8::/48" } };
        (await client.PutAsJsonAsync("/api/v1/information-systems/desk", body)).StatusCode.ShouldBe(HttpStatusCode.NoContent);
        (await client.PutAsJsonAsync("/api/v1/information-systems/desk", body)).StatusCode.ShouldBe(HttpStatusCode.NoContent);
        var system = (await client.GetFromJsonAsync<JsonElement>("/api/v1/information-systems")).GetProperty("items").EnumerateArray().Single();
        system.GetProperty("certificates")[0].GetString().ShouldBe(new string('x', 32).Replace("x", "ab", StringComparison.Ordinal));
        system.GetProperty("addresses").EnumerateArray().Select(a => a.GetString()).ShouldBe(["10.1.2.3/32", "10.2.0.0/16", "2001:db8::/48"]);
        var id = await platform.WithDb(db => db.InformationSystems.Where(s => s.OrganisationId == organisation.Id).Select(s => s.Id).SingleAsync());

        var stranger = await platform.SignedIn(await platform.Department(), Role.DepartmentOfficer);
        (await (await stranger.DeleteAsync("/api/v1/information-systems/desk")).ReadProblemCode()).ShouldBe("exchange.system-unknown");
        (await client.DeleteAsync("/api/v1/information-systems/desk")).StatusCode.ShouldBe(HttpStatusCode.NoContent);
        (await EventsAsync(id)).ShouldBe(["exchange.information-system-set", "exchange.information-system-set", "exchange.information-system-removed"]);
    }

    [Fact]
    public async Task System_OnItsPage_IsRegisteredAndRemoved()
    {
        var organisation = await platform.Department();
        var client = await platform.SignedIn(organisation, Role.DepartmentOfficer);
        const string page = "/work/exchange/systems";
        (await client.Submit(page, "set", ("code", "desk"), ("name", "办事系统"), ("clientId", ""), ("certificates", ""), ("addresses", ""))).StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        (await client.Submit(page, "set", ("code", "desk"), ("name", "办事系统"), ("clientId", ""), ("certificates", ""), ("addresses", "10.1.2.3\r\n10.1.2.4"))).StatusCode.ShouldBe(HttpStatusCode.OK);
        (await client.GetPage(page)).ShouldContain("10.1.2.4/32");
        (await client.Submit(page, "remove", ("System", "desk"))).StatusCode.ShouldBe(HttpStatusCode.OK);
        (await platform.WithDb(db => db.InformationSystems.AnyAsync(s => s.OrganisationId == organisation.Id))).ShouldBeFalse();
    }

    private static object Service(string address = "http://127.0.0.1:1") => new { subsystemCode = "registry", serviceCode = "firms", address, headers = new[] { new { name = "X-Api-Key", value = Key } }, timeoutSeconds = 5 };

    private static object System() => new { name = "办事系统", addresses = new[] { "10.0.0.1" } };

    private Task<List<string>> EventsAsync(Guid subject) => platform.WithDb(db => db.Ledger.Where(e => e.Subject == subject.ToString()).OrderBy(e => e.Id).Select(e => e.Event).ToListAsync());

    private async Task<(HttpClient Client, Organisation Organisation, Guid Resource)> ProviderAsync()
    {
        var organisation = await platform.Department();
        return (await platform.SignedIn(organisation, Role.DepartmentOfficer), organisation, await ResourceAsync(organisation, DeliveryKind.Api));
    }

    private Task<Guid> ResourceAsync(Organisation organisation, DeliveryKind kind) => platform.WithDb(async db =>
    {
        var now = TimeProvider.System.GetUtcNow();
        var resource = new InformationResource
        {
            Id = Guid.CreateVersion7(now), Code = $"3/{Guid.CreateVersion7(now):N}", Name = $"接口{Guid.CreateVersion7(now):N}", Abstract = "", ProviderId = organisation.Id, SharingType = SharingType.Unconditional,
            UpdateCycle = UpdateCycle.Realtime, CreatedAt = now, Kind = kind, Operations = kind == DeliveryKind.Api ? [new ServiceOperation("GET", "/firms", "")] : [],
        };
        db.Resources.Add(resource);
        await db.SaveChangesAsync();
        return resource.Id;
    });
}
