using System.Net;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Kernel.Identity;
using Zhengtong.Kernel.Regions;
using Zhengtong.Tests.Support;

namespace Zhengtong.Tests.Kernel.Regions;

/// <summary>The pages of divisions, used without script.</summary>
[OnDatabase]
public sealed class RegionPagesTests(PlatformFixture platform)
{
    [Fact]
    public async Task Pages_ByLinks_LeadFromProvinceToCounty()
    {
        var officer = await platform.SignedIn(await platform.Department(), Role.DepartmentOfficer);
        (await officer.GetPage("/admin/regions")).ShouldContain("href=\"/admin/regions/610000\"");
        var province = await officer.GetPage("/admin/regions/610000");
        province.ShouldContain("href=\"/admin/regions/610100\"");
        province.ShouldNotContain("value=\"rename\"");
        var city = await officer.GetPage("/admin/regions/610100");
        city.ShouldContain("陕西省西安市");
        city.ShouldContain("href=\"/admin/regions/610113\"");
        (await officer.GetPage("/admin/regions?text=雁塔")).ShouldContain("陕西省西安市雁塔区");
        (await officer.GetPage("/admin/regions?text=610113")).ShouldContain("陕西省西安市雁塔区");
        (await officer.GetAsync("/admin/regions/870000")).StatusCode.ShouldBe(HttpStatusCode.NotFound);
        (await officer.GetAsync("/admin/regions/nowhere")).StatusCode.ShouldBe(HttpStatusCode.NotFound);
        (await (await platform.SignedIn(await platform.Department())).GetAsync("/admin/regions")).StatusCode.ShouldBe(HttpStatusCode.Forbidden);
    }

    [Fact]
    public async Task Region_AddedAndRenamedByForm_StandsWithItsTimeline()
    {
        var authority = await platform.SignedIn(await platform.Department(region: "620000"), Role.Authority);
        var wrong = await authority.Submit("/admin/regions/620100", "add", ("code", "620200"), ("name", ""));
        wrong.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        var shown = await wrong.Content.ReadAsStringAsync();
        shown.ShouldContain("id=\"f-code-fault\"");
        shown.ShouldContain("id=\"f-name-fault\"");
        shown.ShouldContain("value=\"620200\"");

        (await authority.Submit("/admin/regions/620100", "add", ("code", "620197"), ("name", "页面区"))).StatusCode.ShouldBe(HttpStatusCode.Redirect);
        (await authority.Submit("/admin/regions/620197", "rename", ("newName", "页面新区"), ("reason", "试验"))).StatusCode.ShouldBe(HttpStatusCode.Redirect);
        var page = await authority.GetPage("/admin/regions/620197?done=renamed");
        page.ShouldContain("甘肃省兰州市页面新区");
        page.ShouldContain("Division renamed");
        page.ShouldContain("Division added");
        (await platform.WithDb(db => db.Regions.SingleAsync(r => r.Code == RegionCode.Parse("620197")))).IsOurs.ShouldBeTrue();
        (await authority.GetPage("/admin/regions/630000")).ShouldNotContain("value=\"rename\"");
    }
}
