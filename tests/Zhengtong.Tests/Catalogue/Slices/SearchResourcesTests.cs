using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Zhengtong.Kernel.Identity;
using Zhengtong.Tests.Support;

namespace Zhengtong.Tests.Catalogue.Slices;

[OnDatabase]
public sealed class SearchResourcesTests(PlatformFixture platform)
{
    [Fact]
    public async Task Get_Paged_SeesEachResourceOnceAndOnlyOwnDrafts()
    {
        var owner = await platform.SignedIn(await platform.Department(), Role.DepartmentOfficer);
        var mark = Guid.CreateVersion7(TimeProvider.System.GetUtcNow()).ToString("N");
        for (var n = 0; n < 5; n++)
        {
            var created = await owner.PostAsJsonAsync("/api/v1/resources", new
            {
                name = $"资源{n}", @abstract = mark, sharingType = "unconditional", updateCycle = "daily",
                items = new[] { new { name = "编号", column = "id", type = "integer", isKey = true } },
            });
            var id = (await created.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("id").GetGuid();
            if (n < 3) { await owner.PostAsJsonAsync($"/api/v1/resources/{id}/publication", new { revision = 1 }); }
        }

        (await Walk(owner, $"/api/v1/resources?q={mark.ToUpperInvariant()}&limit=2")).ShouldBe(["资源4", "资源3", "资源2", "资源1", "资源0"]);
        var other = await platform.SignedIn(await platform.Department(), Role.DepartmentOfficer);
        (await Walk(other, $"/api/v1/resources?q={mark}&limit=2")).ShouldBe(["资源2", "资源1", "资源0"]);
        (await other.GetFromJsonAsync<JsonElement>($"/api/v1/resources?q={mark}")).GetProperty("total").GetInt32().ShouldBe(3);
    }

    [Theory]
    [InlineData("%")]
    [InlineData("'; DROP TABLE resources; --")]
    [InlineData("<script>alert(1)</script>")]
    public async Task Get_HostileWords_FindNothingAndBreakNothing(string words)
    {
        var client = await platform.SignedIn(await platform.Department(), Role.DepartmentOfficer);
        (await client.GetFromJsonAsync<JsonElement>($"/api/v1/resources?q={Uri.EscapeDataString(words)}")).GetProperty("total").GetInt32().ShouldBe(0);
    }

    [Fact]
    public async Task Get_Words_AreFoundInAnyOrderCaseWidthAndScript()
    {
        var provider = await platform.Department("渭南市水务监察局");
        var owner = await platform.SignedIn(provider, Role.DepartmentOfficer);
        await Publish(owner, "企业登记", "全省企业登记的基本信息，按 GB/T 2260 编码", ("统一社会信用代码", "credit_code"));
        await Publish(owner, "医疗机构Ⅲ级名录", "ＭＲＩ设备清单2024年版", ("机构编号", "org_id"));
        await Publish(owner, "人口", "", ("身份证号", "id_card"));
        string[] none = [], all = ["人口", "医疗机构Ⅲ级名录", "企业登记"];
        foreach (var (words, found) in new (string, string[])[]
        {
            ("登记 企业", ["企业登记"]), ("编码　全省", ["企业登记"]), ("企业登记 人口", none), ("登企", none), ("credit_code", ["企业登记"]), ("CRED", ["企业登记"]), ("ｃｒｅｄｉｔ 信用", ["企业登记"]),
            ("redit", none), ("2260", ["企业登记"]), ("口", ["人口"]), ("人", ["人口"]), ("级", ["医疗机构Ⅲ级名录"]), ("iii级", ["医疗机构Ⅲ级名录"]), ("MRI设备", ["医疗机构Ⅲ级名录"]),
            ("设备2024", ["医疗机构Ⅲ级名录"]), ("２０２４年版", ["医疗机构Ⅲ级名录"]), ("024", none), ("设备202", ["医疗机构Ⅲ级名录"]), ("202年", none), ("gb/t 2260", ["企业登记"]), ("身份证", ["人口"]), ("水务监察", all), ("水务监察 人口", ["人口"]), ("  ", all),
        })
        {
            (await Walk(owner, $"/api/v1/resources?provider={provider.Id}&q={Uri.EscapeDataString(words)}")).ShouldBe([.. found], words);
        }
    }

    [Theory]
    [InlineData("\"企业\"", true)]
    [InlineData("\"企业", true)]
    [InlineData("'企业", true)]
    [InlineData("-企业", true)]
    [InlineData("!企业", true)]
    [InlineData("企业*", true)]
    [InlineData("企业:*", true)]
    [InlineData("^企业 + 登记", true)]
    [InlineData("企业 & 登记", true)]
    [InlineData("(企业) \\ \"\"\"", true)]
    [InlineData("企业 OR 人口", false)]
    [InlineData("企业 AND 登记", false)]
    [InlineData("企业 NOT 人口", false)]
    [InlineData("NEAR(企业 登记, 9)", false)]
    [InlineData("title:企业", false)]
    [InlineData("企业 | 人口", false)]
    [InlineData("企业 <-> 人口", false)]
    [InlineData("*", false)]
    [InlineData("\"", false)]
    [InlineData("((((", false)]
    [InlineData("{企业 人口}:登", false)]
    public async Task Get_MatchSyntax_IsOnlyText(string words, bool found)
    {
        var provider = await platform.Department();
        var owner = await platform.SignedIn(provider, Role.DepartmentOfficer);
        await Publish(owner, "企业登记", "", ("代码", "code"));
        (await Walk(owner, $"/api/v1/resources?provider={provider.Id}&q={Uri.EscapeDataString(words)}")).Count.ShouldBe(found ? 1 : 0);
        // The page's order by relevance takes the same words another way.
        (await owner.GetStringAsync($"/work/catalogue/export.csv?mine=true&text={Uri.EscapeDataString(words)}")).Contains("企业登记", StringComparison.Ordinal).ShouldBe(found);
    }

    [Fact]
    public async Task Get_AfterRevisionAndWithdrawal_FollowsTheResource()
    {
        var provider = await platform.Department();
        var owner = await platform.SignedIn(provider, Role.DepartmentOfficer);
        var other = await platform.SignedIn(await platform.Department(), Role.DepartmentOfficer);
        var id = await Register(owner, "水质监测", "", ("断面", "section"));
        var revision = new HttpRequestMessage(HttpMethod.Put, $"/api/v1/resources/{id}") { Content = JsonContent.Create(Resource("大气监测", "", ("站点", "station"))) };
        revision.Headers.TryAddWithoutValidation("If-Match", "\"1\"");
        (await owner.SendAsync(revision)).StatusCode.ShouldBe(HttpStatusCode.NoContent);
        string Asking(string words) => $"/api/v1/resources?provider={provider.Id}&q={Uri.EscapeDataString(words)}";
        foreach (var old in new[] { "水质", "断面", "section" }) { (await Walk(owner, Asking(old))).ShouldBeEmpty(); }
        (await Walk(owner, Asking("大气 station"))).ShouldBe(["大气监测"]);
        (await Walk(other, Asking("大气"))).ShouldBeEmpty();

        (await owner.PostAsJsonAsync($"/api/v1/resources/{id}/publication", new { revision = 2 })).StatusCode.ShouldBe(HttpStatusCode.NoContent);
        (await Walk(other, Asking("大气"))).ShouldBe(["大气监测"]);
        (await owner.PostAsJsonAsync($"/api/v1/resources/{id}/withdrawal", new { reason = "合并到新目录", revision = 3 })).StatusCode.ShouldBe(HttpStatusCode.NoContent);
        (await Walk(other, Asking("大气"))).ShouldBeEmpty();
        (await Walk(owner, Asking("大气"))).ShouldBe(["大气监测"]);
    }

    [Fact]
    public async Task Export_WithWords_IsInThePagesOrderByRelevance()
    {
        var provider = await platform.Department("安康市水文观测局");
        var owner = await platform.SignedIn(provider, Role.DepartmentOfficer);
        await Publish(owner, "水质监测", "河流", ("代码", "code"));
        await Publish(owner, "河流断面", "水质监测的断面名录", ("代码", "code"));
        await Publish(owner, "水文观测", "", ("代码", "code"));
        async Task<string[]> Names(string text) => [.. (await owner.GetStringAsync($"/work/catalogue/export.csv?mine=true&text={Uri.EscapeDataString(text)}"))
            .Split("\r\n", StringSplitOptions.RemoveEmptyEntries).Skip(1).Select(line => line.Split(',')[0])];
        (await Names("水质监测")).ShouldBe(["水质监测", "河流断面"]);
        (await Names("")).ShouldBe(["水文观测", "河流断面", "水质监测"]);
        // By its name one, by their provider's name the others.
        (await Names("水文观测"))[0].ShouldBe("水文观测");
        (await Names("水文观测")).Length.ShouldBe(3);
        (await Names("水文观测 断面")).ShouldBe(["河流断面"]);
    }

    private static object Resource(string name, string @abstract, (string Name, string Column) item) => new
    {
        name, @abstract, sharingType = "unconditional", updateCycle = "daily",
        items = new[] { new { name = item.Name, column = item.Column, type = "text", length = 50, isKey = true } },
    };

    private static async Task<Guid> Register(HttpClient owner, string name, string @abstract, (string Name, string Column) item)
    {
        var created = await owner.PostAsJsonAsync("/api/v1/resources", Resource(name, @abstract, item));
        created.StatusCode.ShouldBe(HttpStatusCode.Created);
        return (await created.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("id").GetGuid();
    }

    private static async Task Publish(HttpClient owner, string name, string @abstract, (string Name, string Column) item) =>
        (await owner.PostAsJsonAsync($"/api/v1/resources/{await Register(owner, name, @abstract, item)}/publication", new { revision = 1 })).StatusCode.ShouldBe(HttpStatusCode.NoContent);

    private static async Task<List<string>> Walk(HttpClient client, string address)
    {
        var names = new List<string>();
        for (var next = ""; ;)
        {
            var page = await client.GetFromJsonAsync<JsonElement>(address + (next == "" ? "" : $"&after={next}"));
            names.AddRange(page.GetProperty("items").EnumerateArray().Select(i => i.GetProperty("name").GetString()!));
            if (page.GetProperty("next").GetString() is not { } more) { return names; }
            next = more;
        }
    }
}
