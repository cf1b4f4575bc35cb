using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Kernel.Identity;
using Zhengtong.Kernel.Organisations;
using Zhengtong.Tests.Support;

namespace Zhengtong.Tests.Kernel.Identity.Slices;

/// <summary>Granting and withdrawing posts: the security administrator's slices, and the rule of the three.</summary>
[OnDatabase]
public sealed class PostsTests(PlatformFixture platform)
{
    [Fact]
    public async Task Grant_ByAnybodyElse_Is403()
    {
        var organisation = await platform.Department();
        var officer = await platform.Officer(organisation);
        (await (await Grant(platform.Visitor(), officer, Role.DepartmentOfficer)).ReadProblemCode()).ShouldBe("kernel.not-signed-in");
        foreach (var role in new[] { Role.SystemAdministrator, Role.AuditAdministrator, Role.Authority })
        {
            (await (await Grant(await platform.SignedIn(organisation, role), officer, Role.DepartmentOfficer)).ReadProblemCode()).ShouldBe("kernel.forbidden", role.ToString());
        }
    }

    [Fact]
    public async Task GrantAndWithdraw_Post_HoldInTheOpenSessionAtOnce()
    {
        var organisation = await platform.Department();
        var security = await platform.SignedIn(organisation, Role.SecurityAdministrator);
        var (person, officer) = await platform.SignedInAs(organisation);
        (await RightsOf(person)).ShouldBeEmpty();
        (await Grant(security, officer, Role.DepartmentOfficer)).StatusCode.ShouldBe(HttpStatusCode.NoContent);
        (await RightsOf(person)).ShouldContain("catalogue");
        (await Withdraw(security, officer, Role.DepartmentOfficer)).StatusCode.ShouldBe(HttpStatusCode.NoContent);
        (await RightsOf(person)).ShouldBeEmpty();
        (await platform.WithDb(db => db.Ledger.CountAsync(e => e.Subject == officer.Id.ToString() && (e.Event == "kernel.post-granted" || e.Event == "kernel.post-withdrawn")))).ShouldBe(2);
    }

    [Fact]
    public async Task Grant_WhatTheRulesForbid_IsRefusedEachWithItsCode()
    {
        var organisation = await platform.Department();
        var (security, self) = await platform.SignedInAs(organisation, Role.SecurityAdministrator);
        var officer = await platform.Officer(organisation, Role.DepartmentOfficer);
        (await (await Grant(security, self, Role.DepartmentOfficer)).ReadProblemCode()).ShouldBe("kernel.own-post");
        (await (await Grant(security, officer, Role.DepartmentOfficer)).ReadProblemCode()).ShouldBe("kernel.post-held");
        (await (await Grant(security, officer, Role.AuditAdministrator)).ReadProblemCode()).ShouldBe("kernel.posts-separated");
        (await (await Grant(security, await platform.Officer(organisation, Role.AuditAdministrator), Role.DepartmentOfficer)).ReadProblemCode()).ShouldBe("kernel.posts-separated");
        (await (await Grant(security, officer, Role.ProjectApprover)).ReadProblemCode()).ShouldBe("kernel.post-unfit");
        (await (await Withdraw(security, officer, Role.DepartmentLeader)).ReadProblemCode()).ShouldBe("kernel.post-not-held");
        (await (await security.PostAsJsonAsync($"/api/v1/accounts/{Guid.AllBitsSet}/posts", new { role = "departmentLeader", reason = "why" })).ReadProblemCode()).ShouldBe("kernel.account-not-found");
        (await security.PostAsJsonAsync($"/api/v1/accounts/{officer.Id}/posts", new { role = "emperor", reason = "why" })).StatusCode.ShouldBe(HttpStatusCode.BadRequest);

        var below = await platform.SignedIn(await platform.Department(region: "610100"), Role.SecurityAdministrator);
        (await (await Grant(below, officer, Role.DepartmentLeader)).ReadProblemCode()).ShouldBe("kernel.out-of-reach");
        (await (await Withdraw(below, officer, Role.DepartmentOfficer)).ReadProblemCode()).ShouldBe("kernel.out-of-reach");
    }

    [Fact]
    public async Task Grant_TwoAdministratorPostsAtOnce_GivesOne()
    {
        var operators = await Operators();
        var security = await platform.SignedIn(await platform.Department(), Role.SecurityAdministrator);
        for (var round = 0; round < 4; round++)
        {
            var officer = await platform.Officer(operators);
            var responses = await Task.WhenAll(new[] { Role.SystemAdministrator, Role.AuditAdministrator, Role.PlatformOperator }.Select(role => Grant(security, officer, role)));
            responses.Count(r => r.StatusCode == HttpStatusCode.NoContent).ShouldBe(1);
            responses.Count(r => r.StatusCode == HttpStatusCode.Conflict).ShouldBe(2);
            (await platform.WithDb(db => db.Posts.CountAsync(p => p.OfficerId == officer.Id))).ShouldBe(1);
        }
    }

    [Fact]
    public async Task Database_SecondAdministratorPostByItself_IsRefused()
    {
        var officer = await platform.Officer(await platform.Department(), Role.SystemAdministrator);
        await Should.ThrowAsync<DbUpdateException>(() => platform.WithDb(db =>
        {
            db.Posts.Add(new Post { OfficerId = officer.Id, Role = Role.AuditAdministrator, GrantedAt = TimeProvider.System.GetUtcNow(), GrantedBy = Guid.Empty });
            return db.SaveChangesAsync();
        }));
    }

    [Fact]
    public async Task SignIn_AdministratorByPasswordAlone_MayDoNothingUntilASecondFactor()
    {
        var administrator = await platform.Officer(await platform.Department(), Role.SecurityAdministrator);
        var client = platform.Visitor();
        (await SignInTests.SignIn(client, administrator.UserName!, PlatformFixture.Password)).StatusCode.ShouldBe(HttpStatusCode.NoContent);
        var me = await client.GetFromJsonAsync<JsonElement>("/api/v1/me");
        me.GetProperty("secondFactorNeeded").GetBoolean().ShouldBeTrue();
        (await (await client.GetAsync("/api/v1/accounts")).ReadProblemCode()).ShouldBe("kernel.second-factor-needed");

        var key = OneTimeCodeTests.FromBase32((await (await client.PostAsync("/api/v1/me/codes", null)).Content.ReadFromJsonAsync<JsonElement>()).GetProperty("key").GetString()!);
        (await client.PostAsJsonAsync("/api/v1/me/codes/confirmation", new { code = "000000x" })).StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        var confirmed = await client.PostAsJsonAsync("/api/v1/me/codes/confirmation", new { code = OneTimeCode.At(key, OneTimeCode.StepOf(TimeProvider.System.GetUtcNow())) });
        confirmed.StatusCode.ShouldBe(HttpStatusCode.OK);
        (await client.GetAsync("/api/v1/accounts")).StatusCode.ShouldBe(HttpStatusCode.OK);

        var recovery = (await confirmed.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("recoveryCodes")[0].GetString();
        (await SignInTests.SignIn(platform.Visitor(), administrator.UserName!, PlatformFixture.Password, recovery)).StatusCode.ShouldBe(HttpStatusCode.NoContent);
        (await (await SignInTests.SignIn(platform.Visitor(), administrator.UserName!, PlatformFixture.Password, recovery)).ReadProblemCode()).ShouldBe("kernel.code-wrong");
    }

    private async Task<Organisation> Operators()
    {
        var department = await platform.Department();
        await platform.WithDb(db => db.Organisations.Where(o => o.Id == department.Id).ExecuteUpdateAsync(s => s.SetProperty(o => o.Kind, OrganisationKind.Operator)));
        return department;
    }

    private static async Task<string[]> RightsOf(HttpClient client) =>
        [.. (await client.GetFromJsonAsync<JsonElement>("/api/v1/me")).GetProperty("rights").EnumerateArray().Select(r => r.GetString()!)];

    private static Task<HttpResponseMessage> Grant(HttpClient client, Officer officer, Role role) =>
        client.PostAsJsonAsync($"/api/v1/accounts/{officer.Id}/posts", new { role = Wire(role), reason = "appointed" });

    private static Task<HttpResponseMessage> Withdraw(HttpClient client, Officer officer, Role role) =>
        client.PostAsJsonAsync($"/api/v1/accounts/{officer.Id}/posts/{role}/withdrawal", new { reason = "moved" });

    private static string Wire(Role role) => JsonNamingPolicy.CamelCase.ConvertName(role.ToString());
}
