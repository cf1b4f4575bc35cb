using System.Net;
using System.Text.RegularExpressions;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Kernel.Identity;
using Zhengtong.Tests.Support;

namespace Zhengtong.Tests.Kernel.Identity.Slices;

/// <summary>The pages of accounts, used without script.</summary>
[OnDatabase]
public sealed partial class AccountPagesTests(PlatformFixture platform)
{
    [Fact]
    public async Task SignIn_ByForm_OpensTheSessionAndGoesWhereItWasAsked()
    {
        var officer = await platform.Officer(await platform.Department(), Role.DepartmentOfficer);
        var client = platform.Visitor();
        var wrong = await client.Submit("/account/sign-in", "sign-in", ("userName", officer.UserName!), ("password", "Not-the-password-1"));
        wrong.StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
        var page = await wrong.Content.ReadAsStringAsync();
        page.ShouldContain("Wrong user name or password");
        page.ShouldContain($"value=\"{officer.UserName}\"");
        page.ShouldNotContain("Not-the-password-1");

        var right = await client.Submit("/account/sign-in?returnUrl=/account/security", "sign-in", ("userName", officer.UserName!), ("password", PlatformFixture.Password));
        right.StatusCode.ShouldBe(HttpStatusCode.Redirect);
        right.Headers.Location!.ToString().ShouldEndWith("/account/security");
        (await client.GetPage("/account/security")).ShouldContain("Account security");
    }

    [Theory]
    [InlineData("https://elsewhere.example/")]
    [InlineData("//elsewhere.example/")]
    [InlineData("/\\elsewhere.example/")]
    public async Task SignIn_AskedToLeadElsewhere_LeadsToWork(string returnUrl)
    {
        var officer = await platform.Officer(await platform.Department(), Role.DepartmentOfficer);
        var right = await platform.Visitor().Submit($"/account/sign-in?returnUrl={Uri.EscapeDataString(returnUrl)}", "sign-in", ("userName", officer.UserName!), ("password", PlatformFixture.Password));
        right.Headers.Location!.ToString().ShouldEndWith("/work");
        right.Headers.Location!.ToString().ShouldNotContain("elsewhere");
    }

    [Fact]
    public async Task Accounts_MadeByOnePageAndGrantedByAnother_Work()
    {
        var organisation = await platform.Department();
        var system = await platform.SignedIn(organisation, Role.SystemAdministrator);
        var security = await platform.SignedIn(organisation, Role.SecurityAdministrator);
        var name = $"by.page.{Guid.CreateVersion7(TimeProvider.System.GetUtcNow()):N}";
        var empty = await system.Submit("/admin/accounts", "create", ("userName", ""), ("displayName", "<b>Bold</b>"), ("organisationId", ""));
        empty.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        (await empty.Content.ReadAsStringAsync()).ShouldContain("&lt;b&gt;Bold");

        var made = await (await system.Submit("/admin/accounts", "create", ("userName", name), ("displayName", "By page"), ("organisationId", organisation.Id.ToString()))).Content.ReadAsStringAsync();
        var link = WebUtility.HtmlDecode(Link().Match(made).Value);
        link.ShouldNotBeEmpty();
        var set = await platform.Visitor().Submit(link, "set-password", ("password", PlatformFixture.Password), ("again", PlatformFixture.Password));
        (await set.Content.ReadAsStringAsync()).ShouldContain("The password is set");

        var officer = await platform.WithDb(db => db.Users.SingleAsync(o => o.UserName == name));
        (await security.GetPage("/admin/accounts?text=" + name)).ShouldContain("By page");
        (await system.GetPage($"/admin/accounts/{officer.Id}")).ShouldNotContain("Grant the post");
        var granted = await security.Submit($"/admin/accounts/{officer.Id}", "post", ("role", nameof(Role.DepartmentOfficer)), ("reason", "appointed"), ("act", "grant"));
        (await granted.Content.ReadAsStringAsync()).ShouldContain("Granted: Department officer");
        (await platform.WithDb(db => db.Posts.CountAsync(p => p.OfficerId == officer.Id && p.Role == Role.DepartmentOfficer))).ShouldBe(1);

        var locked = await system.Submit($"/admin/accounts/{officer.Id}", "manage", ("reason", "left"), ("act", "lock"));
        (await locked.Content.ReadAsStringAsync()).ShouldContain("The account is locked");
    }

    [Fact]
    public async Task Clients_MadeByPage_ShowTheSecretOnce()
    {
        var organisation = await platform.Department();
        var system = await platform.SignedIn(organisation, Role.SystemAdministrator);
        var made = await system.Submit("/admin/clients", "create-client", ("organisationId", organisation.Id.ToString()), ("name", "Node of the department"));
        (await made.Content.ReadAsStringAsync()).ShouldContain("shown this once");
        var client = await platform.WithDb(db => db.ApiClients.SingleAsync(c => c.OrganisationId == organisation.Id));
        (await system.GetPage("/admin/clients")).ShouldNotContain("shown this once");

        var security = await platform.SignedIn(organisation, Role.SecurityAdministrator);
        var granted = await security.Submit("/admin/clients", "manage-client", ("client", client.Id.ToString()), ("scopes", "work"), ("reason", "agreed"), ("act", "grant"));
        (await granted.Content.ReadAsStringAsync()).ShouldContain("The scopes are set");
        (await platform.WithDb(db => db.ApiClients.SingleAsync(c => c.Id == client.Id))).Granted.ShouldBe("work");
    }

    [Fact]
    public async Task Admin_AdministratorWithoutSecondFactor_IsLedToSecurity()
    {
        var administrator = await platform.Officer(await platform.Department(), Role.SystemAdministrator);
        var client = platform.Visitor();
        await SignInTests.SignIn(client, administrator.UserName!, PlatformFixture.Password);
        var response = await client.GetAsync("/admin/accounts");
        response.StatusCode.ShouldBe(HttpStatusCode.Redirect);
        response.Headers.Location!.ToString().ShouldContain("/account/security");
        (await client.GetPage("/account/security")).ShouldContain("you act only with one-time codes or a passkey");
    }

    [Fact]
    public async Task SignOut_ByForm_EndsTheSessionAndNeedsTheForm()
    {
        var client = await platform.SignedIn(await platform.Department(), Role.DepartmentOfficer);
        (await client.PostAsync("/account/sign-out", new FormUrlEncodedContent([]))).StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        var page = await client.GetPage("/account/security");
        var token = Token().Match(page).Groups[1].Value;
        (await client.PostAsync("/account/sign-out", new FormUrlEncodedContent([new("__RequestVerificationToken", token)]))).StatusCode.ShouldBe(HttpStatusCode.Redirect);
        (await client.GetAsync("/api/v1/me")).StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
    }

    [GeneratedRegex("/account/set-password[^<\" ]+")]
    private static partial Regex Link();

    [GeneratedRegex("name=\"__RequestVerificationToken\" value=\"([^\"]+)\"")]
    private static partial Regex Token();
}
