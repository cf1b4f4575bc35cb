using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Kernel.Identity;
using Zhengtong.Kernel.Organisations;
using Zhengtong.Tests.Support;

namespace Zhengtong.Tests.Kernel.Identity.Slices;

/// <summary>Making, locking and resetting accounts: the system administrator's slices.</summary>
[OnDatabase]
public sealed class AccountsTests(PlatformFixture platform)
{
    private const string NewPassword = "Kaifeng-lamp-7702-river";

    [Fact]
    public async Task Create_VisitorOrOtherAdministrators_AreRefused()
    {
        var organisation = await platform.Department();
        (await (await Create(platform.Visitor(), organisation, "someone.else")).ReadProblemCode()).ShouldBe("kernel.not-signed-in");
        foreach (var role in new[] { Role.SecurityAdministrator, Role.AuditAdministrator, Role.DepartmentLeader })
        {
            var response = await Create(await platform.SignedIn(organisation, role), organisation, "someone.else");
            response.StatusCode.ShouldBe(HttpStatusCode.Forbidden, role.ToString());
            (await response.ReadProblemCode()).ShouldBe("kernel.forbidden");
        }
    }

    [Fact]
    public async Task Create_BadNames_AreAllNamedAtOnce()
    {
        var organisation = await platform.Department();
        var response = await (await platform.SignedIn(organisation, Role.SystemAdministrator))
            .PostAsJsonAsync("/api/v1/accounts", new { userName = "<script>", displayName = "x", organisationId = organisation.Id });
        response.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        (await response.ReadProblem()).GetProperty("errors").EnumerateObject().Select(e => e.Name).ShouldBe(["userName", "displayName"], ignoreOrder: true);
    }

    [Fact]
    public async Task Create_OrganisationUnknownOrOutOfReach_IsRefused()
    {
        var city = await platform.Department(region: "610100");
        var client = await platform.SignedIn(city, Role.SystemAdministrator);
        (await (await Create(client, await platform.Department(region: "610000"), Name())).ReadProblemCode()).ShouldBe("kernel.out-of-reach");
        var unknown = await client.PostAsJsonAsync("/api/v1/accounts", new { userName = Name(), displayName = "Somebody", organisationId = Guid.AllBitsSet });
        (await unknown.ReadProblem()).GetProperty("errors").EnumerateObject().Single().Name.ShouldBe("organisationId");
    }

    [Fact]
    public async Task Create_ThenSetPassword_OpensAnAccountThatCanDoNothingYet()
    {
        var organisation = await platform.Department();
        var client = await platform.SignedIn(organisation, Role.SystemAdministrator);
        var name = Name();
        var made = await Create(client, organisation, name);
        made.StatusCode.ShouldBe(HttpStatusCode.Created);
        var account = await made.Content.ReadFromJsonAsync<JsonElement>();
        (await Events(account.GetProperty("id").GetGuid(), "kernel.account-created")).ShouldBe(1);

        (await Set(account.GetProperty("setPasswordPath").GetString()!, "Password12345")).StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        (await Set(account.GetProperty("setPasswordPath").GetString()!, NewPassword)).StatusCode.ShouldBe(HttpStatusCode.NoContent);
        (await (await Set(account.GetProperty("setPasswordPath").GetString()!, NewPassword + "2")).ReadProblemCode()).ShouldBe("kernel.link-spent");

        var person = platform.Visitor();
        (await SignInTests.SignIn(person, name, NewPassword)).StatusCode.ShouldBe(HttpStatusCode.NoContent);
        var me = await person.GetFromJsonAsync<JsonElement>("/api/v1/me");
        me.GetProperty("rights").GetArrayLength().ShouldBe(0);
        me.GetProperty("organisation").GetString().ShouldBe(organisation.Name);
        (await (await person.GetAsync("/api/v1/accounts")).ReadProblemCode()).ShouldBe("kernel.forbidden");
    }

    [Fact]
    public async Task Create_OneNameTwelveTimesAtOnce_MakesOneAccount()
    {
        var organisation = await platform.Department();
        var client = await platform.SignedIn(organisation, Role.SystemAdministrator);
        var name = Name();
        var responses = await Task.WhenAll(Enumerable.Range(0, 12).Select(_ => Create(client, organisation, name)));
        responses.Count(r => r.StatusCode == HttpStatusCode.Created).ShouldBe(1);
        responses.Count(r => r.StatusCode == HttpStatusCode.Conflict).ShouldBe(11);
        (await platform.WithDb(db => db.Users.CountAsync(o => o.UserName == name))).ShouldBe(1);
    }

    [Fact]
    public async Task Lock_OpenSession_EndsWithItsNextRequest()
    {
        var organisation = await platform.Department();
        var administrator = await platform.SignedIn(organisation, Role.SystemAdministrator);
        var (person, officer) = await platform.SignedInAs(organisation, Role.DepartmentOfficer);
        (await person.GetAsync("/api/v1/me")).StatusCode.ShouldBe(HttpStatusCode.OK);

        (await administrator.PostAsJsonAsync($"/api/v1/accounts/{officer.Id}/lock", new { reason = "left" })).StatusCode.ShouldBe(HttpStatusCode.NoContent);
        (await (await person.GetAsync("/api/v1/me")).ReadProblemCode()).ShouldBe("kernel.not-signed-in");
        (await (await SignInTests.SignIn(platform.Visitor(), officer.UserName!, PlatformFixture.Password)).ReadProblemCode()).ShouldBe("kernel.account-locked");
        (await (await administrator.PostAsJsonAsync($"/api/v1/accounts/{officer.Id}/lock", new { reason = "left" })).ReadProblemCode()).ShouldBe("kernel.already-locked");
        (await Events(officer.Id, "kernel.account-locked")).ShouldBe(1);

        (await administrator.PostAsJsonAsync($"/api/v1/accounts/{officer.Id}/unlock", new { reason = "back" })).StatusCode.ShouldBe(HttpStatusCode.NoContent);
        (await SignInTests.SignIn(platform.Visitor(), officer.UserName!, PlatformFixture.Password)).StatusCode.ShouldBe(HttpStatusCode.NoContent);
        (await (await administrator.PostAsJsonAsync($"/api/v1/accounts/{officer.Id}/unlock", new { reason = "back" })).ReadProblemCode()).ShouldBe("kernel.not-locked");
        (await Events(officer.Id, "kernel.account-unlocked")).ShouldBe(1);
    }

    [Fact]
    public async Task LockUnlockReset_AccountMissingOrOutOfReach_AreRefused()
    {
        var administrator = await platform.SignedIn(await platform.Department(region: "610100"), Role.SystemAdministrator);
        var above = await platform.Officer(await platform.Department(), Role.DepartmentOfficer);
        foreach (var act in new[] { "lock", "unlock", "password-reset" })
        {
            (await (await administrator.PostAsJsonAsync($"/api/v1/accounts/{Guid.AllBitsSet}/{act}", new { reason = "why" })).ReadProblemCode()).ShouldBe("kernel.account-not-found");
            (await (await administrator.PostAsJsonAsync($"/api/v1/accounts/{above.Id}/{act}", new { reason = "why" })).ReadProblemCode()).ShouldBe("kernel.out-of-reach");
            (await administrator.PostAsJsonAsync($"/api/v1/accounts/{above.Id}/{act}", new { reason = "" })).StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        }
    }

    [Fact]
    public async Task Reset_Password_EndsSessionsAndTheOldPassword()
    {
        var organisation = await platform.Department();
        var administrator = await platform.SignedIn(organisation, Role.SystemAdministrator);
        var (person, officer) = await platform.SignedInAs(organisation, Role.DepartmentOfficer);
        var reset = await administrator.PostAsJsonAsync($"/api/v1/accounts/{officer.Id}/password-reset", new { reason = "forgotten" });
        reset.StatusCode.ShouldBe(HttpStatusCode.OK);
        (await person.GetAsync("/api/v1/me")).StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
        (await (await SignInTests.SignIn(platform.Visitor(), officer.UserName!, PlatformFixture.Password)).ReadProblemCode()).ShouldBe("kernel.sign-in-failed");
        (await Set((await reset.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("setPasswordPath").GetString()!, NewPassword)).StatusCode.ShouldBe(HttpStatusCode.NoContent);
        (await SignInTests.SignIn(platform.Visitor(), officer.UserName!, NewPassword)).StatusCode.ShouldBe(HttpStatusCode.NoContent);
        (await Events(officer.Id, "kernel.password-reset")).ShouldBe(1);
        (await Events(officer.Id, "kernel.password-set")).ShouldBe(1);
    }

    [Fact]
    public async Task Reset_AdministratorsSecondFactor_IsKept()
    {
        var organisation = await platform.Department();
        var administrator = await platform.SignedIn(organisation, Role.SystemAdministrator);
        var security = await platform.Officer(organisation, Role.SecurityAdministrator);
        (await (await administrator.PostAsJsonAsync($"/api/v1/accounts/{security.Id}/password-reset", new { reason = "lost", removeSecondFactor = true })).ReadProblemCode())
            .ShouldBe("kernel.second-factor-kept");
    }

    [Fact]
    public async Task List_ByTextStateAndRole_FindsOnlyAccountsInReach()
    {
        var organisation = await platform.Department(region: "610100");
        var (auditor, _) = await platform.SignedInAs(organisation, Role.AuditAdministrator);
        var officer = await platform.Officer(organisation, Role.DepartmentLeader);
        var above = await platform.Officer(await platform.Department(), Role.DepartmentLeader);
        var found = await auditor.GetFromJsonAsync<JsonElement>($"/api/v1/accounts?text={officer.UserName}&state=open&role=departmentLeader");
        found.GetProperty("items").EnumerateArray().Single().GetProperty("id").GetGuid().ShouldBe(officer.Id);
        (await auditor.GetFromJsonAsync<JsonElement>($"/api/v1/accounts?text={officer.UserName}&state=inert")).GetProperty("total").GetInt32().ShouldBe(0);
        (await auditor.GetAsync($"/api/v1/accounts/{above.Id}")).StatusCode.ShouldBe(HttpStatusCode.NotFound);
        (await auditor.GetFromJsonAsync<JsonElement>($"/api/v1/accounts/{officer.Id}")).GetProperty("posts")[0].GetString().ShouldBe("departmentLeader");
    }

    private static Task<HttpResponseMessage> Create(HttpClient client, Organisation organisation, string userName) =>
        client.PostAsJsonAsync("/api/v1/accounts", new { userName, displayName = "Somebody", organisationId = organisation.Id });

    private Task<HttpResponseMessage> Set(string path, string password)
    {
        var query = Microsoft.AspNetCore.WebUtilities.QueryHelpers.ParseQuery(new Uri(platform.Address, path).Query);
        return platform.Visitor().PostAsJsonAsync("/api/v1/password", new { accountId = query["account"].ToString(), token = query["token"].ToString(), password });
    }

    private Task<int> Events(Guid subject, string name) => platform.WithDb(db => db.Ledger.CountAsync(e => e.Subject == subject.ToString() && e.Event == name));

    private static string Name() => $"new.{Guid.CreateVersion7(TimeProvider.System.GetUtcNow()):N}";
}
