using System.Net;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Kernel.Identity;
using Zhengtong.Kernel.Organisations;
using Zhengtong.Tests.Support;

namespace Zhengtong.Tests.Kernel.Organisations;

/// <summary>The pages of organisations, used without script.</summary>
[OnDatabase]
public sealed class OrganisationPagesTests(PlatformFixture platform)
{
    [Fact]
    public async Task Organisation_RegisteredByForm_IsFoundExportedAndRevised()
    {
        var authority = await OrganisationSlicesTests.AuthorityAsync(platform, "610000");
        var parent = await platform.Department();
        var code = OrganisationSlicesTests.NewCreditCode();
        var wrong = await authority.Submit("/admin/organisations/new", "register",
            ("creditCode", code[..17] + (code[17] == '0' ? '1' : '0')), ("name", "<b>页面局</b>"), ("shortName", ""), ("region", "西按市"), ("parentId", "没有这样的局"), ("kind", "Department"));
        wrong.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        var refused = await wrong.Content.ReadAsStringAsync();
        foreach (var field in new[] { "creditCode", "shortName", "region", "parentId" }) { refused.ShouldContain($"id=\"f-{field}-fault\""); }
        WebUtility.HtmlDecode(refused).ShouldContain("陕西省西安市 610100");
        refused.ShouldContain("&lt;b&gt;");

        var made = await authority.Submit("/admin/organisations/new", "register",
            ("creditCode", code.ToLowerInvariant()), ("name", "页面登记的局"), ("shortName", "页面局"), ("region", "西安市雁塔区"), ("parentId", parent.CreditCode.Value), ("kind", "Department"));
        made.StatusCode.ShouldBe(HttpStatusCode.Redirect);
        var address = made.Headers.Location!.ToString();
        address.ShouldContain("done=registered");
        var organisation = await platform.WithDb(db => db.Organisations.SingleAsync(o => o.CreditCode == CreditCode.Parse(code)));
        await platform.Officer(organisation, Role.DepartmentLeader);
        var page = WebUtility.HtmlDecode(await authority.GetPage($"/admin/organisations/{organisation.Id}"));
        page.ShouldContain("陕西省西安市雁塔区");
        page.ShouldContain("Department leader");
        page.ShouldContain("Organisation registered");
        page.ShouldContain(parent.Name);

        WebUtility.HtmlDecode(await authority.GetPage("/admin/organisations?text=页面登记&region=西安市&kind=Department")).ShouldContain("页面登记的局");
        WebUtility.HtmlDecode(await authority.GetPage("/admin/organisations?region=西按市")).ShouldContain("陕西省西安市 610100");
        var csv = await authority.GetStringAsync("/admin/organisations/export.csv?text=页面登记&region=6101");
        csv.Split("\r\n", StringSplitOptions.RemoveEmptyEntries).Length.ShouldBe(2);
        csv.ShouldContain(code);
        (await authority.GetAsync("/admin/organisations/export.xlsx?text=页面登记")).Content.Headers.ContentType!.MediaType!.ShouldContain("spreadsheet");
        (await authority.GetAsync("/admin/organisations/export.pdf")).StatusCode.ShouldBe(HttpStatusCode.NotFound);

        var unsaid = await authority.Submit(address, "revise", ("name", "改过的局"), ("shortName", "页面局"), ("region", "610113"), ("parentId", ""), ("reason", ""));
        unsaid.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        (await unsaid.Content.ReadAsStringAsync()).ShouldContain("id=\"f-reason-fault\"");
        (await authority.Submit(address, "revise", ("name", "改过的局"), ("shortName", "页面局"), ("region", "610113"), ("parentId", ""), ("reason", "更名"))).StatusCode.ShouldBe(HttpStatusCode.Redirect);
        WebUtility.HtmlDecode(await authority.GetPage($"/admin/organisations/{organisation.Id}")).ShouldContain("改过的局");
        // Whoever opened the page before does not write over it.
        (await authority.Submit(address, "revise", ("revision", "1"), ("name", "再改的局"), ("shortName", "页面局"), ("region", "610113"), ("parentId", ""), ("reason", "更名"))).StatusCode.ShouldBe(HttpStatusCode.PreconditionFailed);
    }

    [Fact]
    public async Task Organisation_OutOfReach_ShowsFactsButNeitherPeopleNorForm()
    {
        var authority = await OrganisationSlicesTests.AuthorityAsync(platform, "620000");
        var other = await platform.Department();
        var officer = await platform.Officer(other, Role.DepartmentLeader);
        var page = await authority.GetPage($"/admin/organisations/{other.Id}");
        page.ShouldContain(other.CreditCode.Value);
        page.ShouldNotContain(officer.DisplayName);
        page.ShouldNotContain("value=\"revise\"");
        (await authority.GetAsync($"/admin/organisations/{Guid.AllBitsSet}")).StatusCode.ShouldBe(HttpStatusCode.NotFound);
        (await (await platform.SignedIn(other, Role.DepartmentOfficer)).GetAsync("/admin/organisations")).StatusCode.ShouldBeOneOf(HttpStatusCode.Redirect, HttpStatusCode.Forbidden);
    }
}
