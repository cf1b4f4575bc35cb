using System.Net;
using Microsoft.EntityFrameworkCore;
using MiniExcelLibs;
using Zhengtong.Catalogue.Model;
using Zhengtong.Kernel.Identity;
using Zhengtong.Tests.Support;

namespace Zhengtong.Tests.Catalogue.Slices;

[OnDatabase]
public sealed class CataloguePagesTests(PlatformFixture platform)
{
    private const string Register = "/work/catalogue/register";

    [Fact]
    public async Task Register_WithoutTheRight_Is403()
    {
        var leader = await platform.SignedIn(await platform.Department(), Role.DepartmentLeader);
        (await leader.GetAsync(Register)).StatusCode.ShouldBe(HttpStatusCode.Forbidden);
    }

    [Fact]
    public async Task Register_FirstVisit_HasALabelForEachField()
    {
        var page = await (await Officer()).GetPage(Register);
        foreach (var field in new[] { "f-name", "f-abstract", "f-updateCycle", "f-sharingType", "f-sharingCondition", "f-paste" })
        {
            page.ShouldContain($"for=\"{field}\"");
            page.ShouldContain($"id=\"{field}\"");
        }

        page.ShouldContain("aria-label=\"Row 1, Item name\"");
    }

    [Fact]
    public async Task Register_AddAndRemoveRows_KeepsEverythingTyped()
    {
        var officer = await Officer();
        var added = await Read(await officer.Submit(Register, "register", [.. Typed("Water <b>quality</b>"), ("act", "add")]));
        added.ShouldContain("value=\"Water &lt;b&gt;quality&lt;/b&gt;\"");
        added.ShouldContain("name=\"items[2].name\"");
        added.ShouldContain("value=\"station_id\"");
        var removed = await Read(await officer.Submit(Register, "register", [.. Typed("Water"), ("act", "remove-0")]));
        removed.ShouldNotContain("value=\"station_id\"");
        removed.ShouldContain("value=\"ph_value\"");
        removed.ShouldNotContain("name=\"items[1].name\"");
    }

    [Fact]
    public async Task Register_Pasted_FillsTheTable()
    {
        var page = await Read(await (await Officer()).Submit(Register, "register", ("name", "n"), ("act", "paste"),
            ("paste", "信息项名称\t字段名\t类型\t长度\t主键\r\n许可证号\tLicence_No\tvarchar(30)\t\t是\r\n金额\tamount\tnumeric(12,2)\r\n")));
        var text = WebUtility.HtmlDecode(page);
        text.ShouldContain("value=\"许可证号\"");
        text.ShouldContain("value=\"licence_no\"");
        text.ShouldContain("value=\"30\"");
        text.ShouldContain("value=\"金额\"");
        System.Text.RegularExpressions.Regex.Matches(page, "<option value=\"Decimal\" selected").Count.ShouldBe(1);
    }

    [Fact]
    public async Task Register_Api_TakesTheDocumentAndAMaskAndShowsBoth()
    {
        var officer = await Officer();
        var response = await officer.Submit(Register, "register", ("name", "Firms service"), ("abstract", ""), ("kind", "Api"), ("openApi", RegisterResourceTests.FirmsDocument), ("sharingType", "Unconditional"),
            ("updateCycle", "Realtime"), ("items[0].name", "Owner"), ("items[0].column", "data.owner"), ("items[0].type", "Text"), ("items[0].length", "50"), ("items[0].sharingType", ""),
            ("items[0].mask", "Name"), ("items[0].maskKeep", ""), ("items[0].check", "None"), ("items[0].codes", ""), ("items[1].name", ""), ("items[1].column", ""), ("items[1].type", "Text"), ("items[1].length", ""), ("act", "register"));
        response.StatusCode.ShouldBe(HttpStatusCode.Found, await response.Content.ReadAsStringAsync());
        var page = WebUtility.HtmlDecode(await officer.GetPage(response.Headers.Location!.ToString()));
        page.ShouldContain("GET /firms/{code}");
        page.ShouldContain("Name (first character stays)");
    }

    [Fact]
    public async Task Register_Invalid_NamesEveryFaultLinksItsFieldAndKeepsWhatWasTyped()
    {
        var response = await (await Officer()).Submit(Register, "register", ("name", "x"), ("abstract", "kept <script>"), ("sharingType", "Unconditional"), ("updateCycle", "Daily"),
            ("items[0].name", ""), ("items[0].column", "Bad Column"), ("items[0].type", "Text"), ("items[0].length", "many"), ("items[0].sharingType", ""), ("act", "register"));
        response.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        var page = await response.Content.ReadAsStringAsync();
        foreach (var id in new[] { "f-name", "f-items-0-name", "f-items-0-column", "f-items-0-length" })
        {
            page.ShouldContain($"#{id}\"");
            page.ShouldContain($"id=\"{id}\"");
        }

        page.ShouldContain("kept &lt;script&gt;");
        page.ShouldContain("value=\"many\"");
        page.ShouldContain("aria-invalid=\"true\"");
    }

    [Fact]
    public async Task Register_Valid_RegistersWithItsEventAndShowsIt()
    {
        var officer = await Officer();
        var response = await officer.Submit(Register, "register", [.. Typed("Water quality"), ("act", "register")]);
        response.StatusCode.ShouldBe(HttpStatusCode.Redirect, await response.Content.ReadAsStringAsync());
        var address = new Uri(platform.Address, response.Headers.Location!.OriginalString).PathAndQuery;
        var page = await officer.GetPage(address);
        page.ShouldContain("Water quality");
        page.ShouldContain("station_id");
        page.ShouldContain("Registered as a draft");
        var id = Guid.Parse(address.Split('/', '?')[3]);
        (await platform.WithDb(db => db.Ledger.CountAsync(e => e.Subject == id.ToString() && e.Event == "catalogue.registered"))).ShouldBe(1);
    }

    [Fact]
    public async Task Register_WithoutTheToken_IsRefused()
    {
        var officer = await Officer();
        var fields = new Dictionary<string, string> { ["_handler"] = "register", ["name"] = "Forged", ["act"] = "register" };
        (await officer.PostAsync(Register, new FormUrlEncodedContent(fields))).StatusCode.ShouldBe(HttpStatusCode.BadRequest);
    }

    [Fact]
    public async Task Publish_OnThePage_PublishesAndThePublicFindsIt()
    {
        var name = $"Licences {Guid.CreateVersion7(TimeProvider.System.GetUtcNow()):N}";
        var officer = await Officer();
        var id = await Registered(officer, name);
        (await platform.Visitor().GetAsync($"/catalogue/{id}")).StatusCode.ShouldBe(HttpStatusCode.NotFound);
        (await officer.Submit($"/work/catalogue/{id}", "publish")).StatusCode.ShouldBe(HttpStatusCode.Redirect);
        (await platform.WithDb(db => db.Resources.SingleAsync(r => r.Id == id))).State.ShouldBe(ResourceState.Published);
        (await platform.Visitor().GetPage($"/catalogue?text={name}")).ShouldContain(name);
        var seen = await platform.Visitor().GetPage($"/catalogue/{id}");
        seen.ShouldContain(name);
        seen.ShouldNotContain("station_id");
    }

    [Fact]
    public async Task Withdraw_WithoutAReason_IsRefusedAtTheField()
    {
        var officer = await Officer();
        var id = await Registered(officer, "To withdraw");
        await officer.Submit($"/work/catalogue/{id}", "publish");
        var refused = await officer.Submit($"/work/catalogue/{id}", "withdraw", ("reason", ""));
        refused.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        (await refused.Content.ReadAsStringAsync()).ShouldContain("id=\"f-reason-fault\"");
        (await officer.Submit($"/work/catalogue/{id}", "withdraw", ("reason", "Replaced by another"))).StatusCode.ShouldBe(HttpStatusCode.Redirect);
        (await officer.GetPage($"/work/catalogue/{id}")).ShouldContain("Replaced by another");
    }

    [Fact]
    public async Task Resource_Unknown_IsAPageOf404()
    {
        var response = await (await Officer()).GetAsync($"/work/catalogue/{Guid.Empty}");
        response.StatusCode.ShouldBe(HttpStatusCode.NotFound);
        (await response.Content.ReadAsStringAsync()).ShouldContain("href=\"/work/catalogue\"");
    }

    [Fact]
    public async Task List_Filtered_IsWhatTheExportsHold()
    {
        var department = await platform.Department();
        var officer = await platform.SignedIn(department, Role.DepartmentOfficer);
        await Registered(officer, "=HYPERLINK(1)");
        await Registered(officer, "Other \"quoted\", thing");
        var page = await officer.GetPage("/work/catalogue?mine=true&text=quoted");
        page.ShouldContain("Other &quot;quoted&quot;, thing");
        page.ShouldNotContain("HYPERLINK");
        page.ShouldContain("1 in all");
        var csv = await officer.GetStringAsync("/work/catalogue/export.csv?mine=true&text=quoted");
        csv.ShouldContain("\"Other \"\"quoted\"\", thing\"");
        csv.Split("\r\n", StringSplitOptions.RemoveEmptyEntries).Length.ShouldBe(2);
        (await officer.GetStringAsync("/work/catalogue/export.csv?mine=true")).ShouldContain("'=HYPERLINK(1)");
        await using var xlsx = await officer.GetStreamAsync("/work/catalogue/export.xlsx?mine=true");
        var copy = new MemoryStream();
        await xlsx.CopyToAsync(copy);
        copy.Query(useHeaderRow: true).Count().ShouldBe(2);
    }

    private static (string, string)[] Typed(string name) =>
    [
        ("name", name), ("abstract", "Stations"), ("sharingType", "Unconditional"), ("updateCycle", "Daily"), ("sharingCondition", ""),
        ("items[0].name", "Station"), ("items[0].column", "station_id"), ("items[0].type", "Text"), ("items[0].length", "20"), ("items[0].isKey", "true"), ("items[0].sharingType", ""),
        ("items[1].name", "pH"), ("items[1].column", "ph_value"), ("items[1].type", "Decimal"), ("items[1].length", ""), ("items[1].sharingType", ""),
    ];

    private static async Task<string> Read(HttpResponseMessage response)
    {
        response.StatusCode.ShouldBe(HttpStatusCode.OK);
        return await response.Content.ReadAsStringAsync();
    }

    private static async Task<Guid> Registered(HttpClient officer, string name)
    {
        var response = await officer.Submit(Register, "register", [.. Typed(name), ("act", "register")]);
        response.StatusCode.ShouldBe(HttpStatusCode.Redirect);
        return Guid.Parse(response.Headers.Location!.OriginalString.Split('?')[0].Split('/')[^1]);
    }

    private async Task<HttpClient> Officer() => await platform.SignedIn(await platform.Department(), Role.DepartmentOfficer);
}
