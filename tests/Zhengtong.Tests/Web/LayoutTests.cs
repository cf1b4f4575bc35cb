using System.Net;
using Zhengtong.Kernel.Identity;
using Zhengtong.Tests.Support;

namespace Zhengtong.Tests.Web;

[OnDatabase]
public sealed class LayoutTests(PlatformFixture platform)
{
    [Theory]
    [InlineData("zh-CN", "全省信息资源")]
    [InlineData("en", "information resources in one place")]
    public async Task Home_InEachLanguage_SaysSoAndMarksItself(string language, string words)
    {
        var page = await platform.Visitor(language).GetPage("/");
        page.ShouldContain($"<html lang=\"{language}\"");
        page.ShouldContain(words);
        page.ShouldContain("href=\"/#main\"");
    }

    [Fact]
    public async Task Home_WithAllItNeeds_IsBelow200Kilobytes()
    {
        var visitor = platform.Visitor();
        visitor.DefaultRequestHeaders.AcceptEncoding.ParseAdd("gzip");
        var page = await platform.Visitor().GetPage("/");
        var addresses = System.Text.RegularExpressions.Regex.Matches(page, "(?:href|src)=\"([^\"]+\\.(?:css|js|svg)[^\"]*)\"").Select(m => m.Groups[1].Value).Distinct().ToList();
        addresses.Count.ShouldBeGreaterThanOrEqualTo(4);
        var total = System.Text.Encoding.UTF8.GetByteCount(page);
        foreach (var address in addresses)
        {
            var response = await visitor.GetAsync(address);
            response.StatusCode.ShouldBe(HttpStatusCode.OK, address);
            total += (await response.Content.ReadAsByteArrayAsync()).Length;
        }

        total.ShouldBeLessThan(200_000);
    }

    [Fact]
    public async Task Work_NotSignedIn_LeadsToSignIn()
    {
        var response = await platform.Visitor().GetAsync("/work");
        response.StatusCode.ShouldBe(HttpStatusCode.Redirect);
        response.Headers.Location!.OriginalString.ShouldContain("/account/sign-in");
    }

    [Fact]
    public async Task Work_OfAnOfficerOfAnotherKind_IsTheirsAndOffersNothingElse()
    {
        var auditor = await platform.SignedIn(await platform.Department(), Role.Auditor);
        var page = await auditor.GetPage("/work");
        page.ShouldContain("href=\"/work/ledger\"");
        page.ShouldNotContain("href=\"/work/catalogue\"");
        (await auditor.GetAsync("/work/catalogue")).StatusCode.ShouldBe(HttpStatusCode.Forbidden);
    }

    [Fact]
    public async Task Work_SignedIn_ShowsWhoActsForWhomAndOnlyTheirMenu()
    {
        var department = await platform.Department("Bureau <script>alert(1)</script> of Tests");
        var officer = await platform.SignedIn(department, Role.DepartmentOfficer);
        var page = await officer.GetPage("/work");
        page.ShouldContain("Bureau &lt;script&gt;alert(1)&lt;/script&gt; of Tests");
        page.ShouldContain("href=\"/work\" aria-current=\"page\"");
        page.ShouldNotContain("href=\"/admin");
    }

    [Fact]
    public async Task Language_ChosenByTheLink_IsKeptAndLeadsBack()
    {
        var visitor = platform.Visitor("zh-CN");
        var link = System.Text.RegularExpressions.Regex.Match(await visitor.GetPage("/"), "href=\"(/language[^\"]*)\"").Groups[1].Value;
        var response = await visitor.GetAsync(WebUtility.HtmlDecode(link));
        response.StatusCode.ShouldBe(HttpStatusCode.Redirect);
        response.Headers.Location!.OriginalString.ShouldBe("/");
        (await visitor.GetPage("/")).ShouldContain("<html lang=\"en\"");
    }
}
