using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Kernel.Identity;
using Zhengtong.Kernel.Regions;
using Zhengtong.Tests.Support;

namespace Zhengtong.Tests.Kernel.Regions;

[OnDatabase]
public sealed class RegionSlicesTests(PlatformFixture platform)
{
    [Fact]
    public async Task Get_NotSignedIn_Is401()
    {
        foreach (var path in new[] { "/api/v1/regions", "/api/v1/regions/61", "/api/v1/regions/61/children" }) { (await (await platform.Visitor().GetAsync(path)).ReadProblemCode()).ShouldBe("kernel.not-signed-in"); }
    }

    [Fact]
    public async Task Search_ByNameCodeLevelAndParent_FindsThemInOrderOfTheirCodes()
    {
        var client = await platform.SignedIn(await platform.Department(), Role.DepartmentOfficer);
        (await Codes(client, "text=雁塔")).ShouldBe(["610113"]);
        (await Codes(client, "prefix=6103&level=county&limit=200")).ShouldAllBe(c => c.StartsWith("6103", StringComparison.Ordinal) && c.Length == 6);
        (await Codes(client, "prefix=0")).ShouldBeEmpty();
        (await Codes(client, "parent=120000")).ShouldBe(["120100"]);
        var found = await client.GetFromJsonAsync<JsonElement>("/api/v1/regions?text=东城区&prefix=11");
        found.GetProperty("items")[0].GetProperty("fullName").GetString().ShouldBe("北京市东城区");
        found.GetProperty("items")[0].GetProperty("parent").GetString().ShouldBe("110100");
        (await (await client.GetAsync("/api/v1/regions?prefix=6x")).ReadProblem()).GetProperty("errors").GetProperty("prefix").GetArrayLength().ShouldBe(1);
        (await (await client.GetAsync("/api/v1/regions?after=nonsense")).ReadProblemCode()).ShouldBe("kernel.cursor-unknown");
    }

    [Fact]
    public async Task Search_PageByPage_BringsEveryOneOnce()
    {
        var client = await platform.SignedIn(await platform.Department(), Role.DepartmentOfficer);
        var (codes, next, total) = (new List<string>(), "", 0);
        do
        {
            var page = await client.GetFromJsonAsync<JsonElement>($"/api/v1/regions?prefix=13&level=county&limit=50{(next.Length > 0 ? "&after=" + next : "")}");
            codes.AddRange(page.GetProperty("items").EnumerateArray().Select(r => r.GetProperty("code").GetString()!));
            (next, total) = (page.GetProperty("next").GetString() ?? "", page.GetProperty("total").GetInt32());
        }
        while (next.Length > 0);
        codes.Count.ShouldBe(total);
        codes.ShouldBe(codes.Distinct().Order(StringComparer.Ordinal));
        total.ShouldBe(DivisionsData.Read().Count(d => d.Code.Level == RegionLevel.County && d.Code.Value.StartsWith("13", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task Get_One_ShowsItsPathAndWhatLiesInIt()
    {
        var client = await platform.SignedIn(await platform.Department(region: "630102"), Role.DepartmentOfficer);
        var response = await client.GetAsync("/api/v1/regions/630100");
        response.Headers.ETag!.Tag.ShouldBe("\"1\"");
        var region = await response.Content.ReadFromJsonAsync<JsonElement>();
        region.GetProperty("fullName").GetString().ShouldBe("青海省西宁市");
        region.GetProperty("path").EnumerateArray().Select(p => p.GetProperty("code").GetString()).ShouldBe(["630000"]);
        region.GetProperty("below").EnumerateArray().Single().GetProperty("level").GetString().ShouldBe("county");
        region.GetProperty("organisations").GetInt32().ShouldBeGreaterThan(0);
        var children = await client.GetFromJsonAsync<JsonElement>("/api/v1/regions/630100/children");
        children.GetProperty("total").GetInt32().ShouldBe(region.GetProperty("below")[0].GetProperty("count").GetInt32());
        foreach (var path in new[] { "/api/v1/regions/870000", "/api/v1/regions/870000/children" }) { (await (await client.GetAsync(path)).ReadProblemCode()).ShouldBe("kernel.region-not-found"); }
        (await (await client.GetAsync("/api/v1/regions/8")).ReadProblemCode()).ShouldBe("kernel.malformed");
    }

    [Fact]
    public async Task Post_Division_NeedsTheRightTheReachAndAParent()
    {
        var (officer, authority) = (await platform.SignedIn(await platform.Department(region: "640000"), Role.DepartmentOfficer), await platform.SignedIn(await platform.Department(region: "640000"), Role.Authority));
        (await (await platform.Visitor().PostAsJsonAsync("/api/v1/regions", new { code = "640198", name = "新区" })).ReadProblemCode()).ShouldBe("kernel.not-signed-in");
        (await (await officer.PostAsJsonAsync("/api/v1/regions", new { code = "640198", name = "新区" })).ReadProblemCode()).ShouldBe("kernel.forbidden");
        (await (await authority.PostAsJsonAsync("/api/v1/regions", new { code = "650198", name = "新区" })).ReadProblemCode()).ShouldBe("kernel.out-of-reach");
        (await (await authority.PostAsJsonAsync("/api/v1/regions", new { code = "6401", name = "新区" })).ReadProblemCode()).ShouldBe("kernel.region-taken");
        var orphan = await (await authority.PostAsJsonAsync("/api/v1/regions", new { code = "649801", name = "新区" })).ReadProblem();
        orphan.GetProperty("code").GetString().ShouldBe("kernel.region-unknown");
        orphan.GetProperty("errors").GetProperty("code")[0].GetString()!.ShouldContain("649800");
        (await (await authority.PostAsJsonAsync("/api/v1/regions", new { code = "64x", name = "" })).ReadProblem()).GetProperty("errors").EnumerateObject().Select(e => e.Name).ShouldBe(["code", "name"], ignoreOrder: true);
    }

    [Fact]
    public async Task Post_TwelveAtOnce_OneIsAddedWithItsLedgerEntry()
    {
        var authority = await platform.SignedIn(await platform.Department(region: "640000"), Role.Authority);
        var responses = await Task.WhenAll(Enumerable.Range(0, 12).Select(_ => authority.PostAsJsonAsync("/api/v1/regions", new { code = "640199", name = "试验区" })));
        responses.Count(r => r.StatusCode == HttpStatusCode.Created).ShouldBe(1);
        responses.Count(r => r.StatusCode == HttpStatusCode.Conflict).ShouldBe(11);
        (await platform.WithDb(db => db.Ledger.CountAsync(e => e.Event == "kernel.region-added" && e.Subject == "640199"))).ShouldBe(1);
    }

    [Fact]
    public async Task Put_Name_IsGivenOnceToWhoSawTheRevision()
    {
        var authority = await platform.SignedIn(await platform.Department(region: "640000"), Role.Authority);
        var change = new { name = "新贺兰县", reason = "国函〔2026〕1号" };
        (await (await authority.PutAsJsonAsync("/api/v1/regions/640122", change)).ReadProblemCode()).ShouldBe("kernel.precondition-needed");
        (await (await Rename(authority, "640122", change, "\"9\"")).ReadProblemCode()).ShouldBe("kernel.changed-meanwhile");
        (await (await Rename(authority, "640122", change with { reason = "" }, "\"1\"")).ReadProblemCode()).ShouldBe("kernel.invalid");
        (await (await Rename(authority, "650100", change, "\"1\"")).ReadProblemCode()).ShouldBe("kernel.out-of-reach");
        (await (await Rename(authority, "647700", change, "\"1\"")).ReadProblemCode()).ShouldBe("kernel.region-not-found");
        (await (await Rename(await platform.SignedIn(await platform.Department(region: "640000"), Role.DepartmentLeader), "640122", change, "\"1\"")).ReadProblemCode()).ShouldBe("kernel.forbidden");

        var responses = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Rename(authority, "640122", change, "\"1\"")));
        responses.Count(r => r.StatusCode == HttpStatusCode.NoContent).ShouldBe(1);
        responses.Count(r => r.StatusCode is HttpStatusCode.Conflict or HttpStatusCode.PreconditionFailed).ShouldBe(7);
        var entry = await platform.WithDb(db => db.Ledger.SingleAsync(e => e.Event == "kernel.region-renamed" && e.Subject == "640122"));
        (entry.Reason, entry.Data).ShouldSatisfyAllConditions(e => e.Reason.ShouldBe(change.reason), e => e.Data.ShouldContain("贺兰县"));
        // What is named so already is no change.
        (await Rename(authority, "640122", change, "\"2\"")).StatusCode.ShouldBe(HttpStatusCode.NoContent);
        (await platform.WithDb(db => db.Ledger.CountAsync(e => e.Subject == "640122"))).ShouldBe(1);
    }

    [Theory]
    [InlineData("610113", "610113")]
    [InlineData("陕西省西安市雁塔区", "610113")]
    [InlineData("雁塔区", "610113")]
    [InlineData("西安市雁塔区", "610113")]
    [InlineData("陕西省雁塔区", "610113")]
    [InlineData("北京市东城区", "110101")]
    [InlineData("北京市市辖区东城区", "110101")]
    public async Task Find_CodeOrUniqueName_IsTheRegion(string typed, string code) => (await platform.WithDb(db => RegionNames.FindAsync(db, typed, CancellationToken.None))).Code.ShouldBe(RegionCode.Parse(code));

    [Theory]
    [InlineData("西按市", "西安市 610100")]
    [InlineData("陕西省西按市", "陕西省西安市 610100")]
    [InlineData("610114115", "610114")]
    [InlineData("朝阳区", "北京市朝阳区 110105")]
    [InlineData("鼓楼区", "江苏省徐州市鼓楼区 320302")]
    [InlineData("北京市雁塔区", "610113")]
    public async Task Find_WrongOrAmbiguous_NamesTheClosest(string typed, string candidate)
    {
        var (code, fault) = await platform.WithDb(db => RegionNames.FindAsync(db, typed, CancellationToken.None));
        code.ShouldBeNull();
        fault!.ShouldContain(candidate);
    }

    private static async Task<List<string>> Codes(HttpClient client, string query) =>
        [.. (await client.GetFromJsonAsync<JsonElement>($"/api/v1/regions?{query}")).GetProperty("items").EnumerateArray().Select(r => r.GetProperty("code").GetString()!)];

    private static Task<HttpResponseMessage> Rename(HttpClient client, string code, object change, string revision)
    {
        var request = new HttpRequestMessage(HttpMethod.Put, $"/api/v1/regions/{code}") { Content = JsonContent.Create(change) };
        request.Headers.TryAddWithoutValidation("If-Match", revision);
        return client.SendAsync(request);
    }
}
