using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Kernel.Identity;
using Zhengtong.Tests.Support;

namespace Zhengtong.Tests.Catalogue.Slices;

[OnDatabase]
public sealed class RegisterResourceTests(PlatformFixture platform)
{
    [Fact]
    public async Task Post_NotSignedIn_Is401() =>
        (await (await platform.Visitor().PostAsJsonAsync("/api/v1/resources", Enterprises())).ReadProblemCode()).ShouldBe("kernel.not-signed-in");

    [Fact]
    public async Task Post_LeaderWithoutTheRight_Is403()
    {
        var client = await platform.SignedIn(await platform.Department(), Role.DepartmentLeader);
        var response = await client.PostAsJsonAsync("/api/v1/resources", Enterprises());
        response.StatusCode.ShouldBe(HttpStatusCode.Forbidden);
        (await response.ReadProblemCode()).ShouldBe("kernel.forbidden");
    }

    [Fact]
    public async Task Post_ManyFaults_AreAllNamedAtOnce()
    {
        var client = await platform.SignedIn(await platform.Department(), Role.DepartmentOfficer);
        var response = await client.PostAsJsonAsync("/api/v1/resources", new
        {
            name = "x", @abstract = "", sharingType = "conditional", updateCycle = "daily",
            items = new[] { new { name = "", column = "Bad Column", type = "text", isKey = false } },
        });
        response.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        var problem = await response.ReadProblem();
        problem.GetProperty("code").GetString().ShouldBe("kernel.invalid");
        problem.GetProperty("errors").EnumerateObject().Select(e => e.Name).ShouldBe(["name", "items[0].name", "items[0].column"], ignoreOrder: true);
    }

    [Fact]
    public async Task Post_Valid_IsRegisteredWithItsLedgerEvent()
    {
        var client = await platform.SignedIn(await platform.Department(), Role.DepartmentOfficer);
        var response = await client.PostAsJsonAsync("/api/v1/resources", Enterprises());
        response.StatusCode.ShouldBe(HttpStatusCode.Created);
        var id = (await response.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("id").GetGuid();
        (await platform.WithDb(db => db.Ledger.CountAsync(e => e.Subject == id.ToString() && e.Event == "catalogue.registered"))).ShouldBe(1);
    }

    [Fact]
    public async Task Post_TwelveAtOnce_OneIsCreatedAndElevenAreRefused()
    {
        var client = await platform.SignedIn(await platform.Department(), Role.DepartmentOfficer);
        var responses = await Task.WhenAll(Enumerable.Range(0, 12).Select(_ => client.PostAsJsonAsync("/api/v1/resources", Enterprises())));
        responses.Count(r => r.StatusCode == HttpStatusCode.Created).ShouldBe(1);
        responses.Count(r => r.StatusCode == HttpStatusCode.Conflict).ShouldBe(11);
    }

    [Fact]
    public async Task Post_Api_ReadsItsOperationsFromTheOpenApiDocument()
    {
        var client = await platform.SignedIn(await platform.Department(), Role.DepartmentOfficer);
        var response = await client.PostAsJsonAsync("/api/v1/resources", Firms());
        response.StatusCode.ShouldBe(HttpStatusCode.Created);
        var id = (await response.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("id").GetGuid();
        var detail = await client.GetFromJsonAsync<JsonElement>($"/api/v1/resources/{id}");
        detail.GetProperty("kind").GetString().ShouldBe("api");
        detail.GetProperty("operations").EnumerateArray().Select(o => $"{o.GetProperty("method").GetString()} {o.GetProperty("path").GetString()} {o.GetProperty("summary").GetString()}")
            .ShouldBe(["GET /firms/{code} 查询企业", "POST /firms 登记"]);
        (await platform.WithDb(db => db.ServiceDescriptions.AnyAsync(d => d.ResourceId == id))).ShouldBeTrue();
    }

    [Theory]
    [InlineData("{}", "openApi")]
    [InlineData("not json", "openApi")]
    [InlineData("""{"openapi":"2.0","paths":{"/a":{"get":{}}}}""", "openApi")]
    [InlineData("""{"openapi":"3.0.0","paths":{}}""", "openApi")]
    [InlineData("""{"openapi":"3.0.0","paths":{"/a/../b":{"get":{}}}}""", "openApi")]
    [InlineData("""{"openapi":"3.0.0","paths":{"/a%2fb":{"get":{}}}}""", "openApi")]
    [InlineData("""{"openapi":"3.0.0","paths":{"/a//b":{"get":{}}}}""", "openApi")]
    [InlineData("""{"openapi":"3.0.0","paths":{"a":{"get":{}}}}""", "openApi")]
    [InlineData("""{"openapi":"3.0.0","paths":{"/a{x}b":{"get":{}}}}""", "openApi")]
    [InlineData(null, "openApi")]
    public async Task Post_ApiWithADocumentThatCannotBeRead_IsRefusedAtThatField(string? document, string field)
    {
        var client = await platform.SignedIn(await platform.Department(), Role.DepartmentOfficer);
        var response = await client.PostAsJsonAsync("/api/v1/resources", Firms(document));
        response.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        var problem = await response.ReadProblem();
        problem.GetProperty("code").GetString().ShouldBe("catalogue.invalid");
        problem.GetProperty("errors").EnumerateObject().Select(e => e.Name).ShouldBe([field]);
    }

    [Fact]
    public async Task Post_FileWithoutItems_IsRegistered()
    {
        var client = await platform.SignedIn(await platform.Department(), Role.DepartmentOfficer);
        (await client.PostAsJsonAsync("/api/v1/resources", new { name = "遥感影像", @abstract = "", kind = "file", sharingType = "unconditional", updateCycle = "monthly", items = Array.Empty<object>() }))
            .StatusCode.ShouldBe(HttpStatusCode.Created);
        (await (await client.PostAsJsonAsync("/api/v1/resources", new { name = "空表", @abstract = "", sharingType = "unconditional", updateCycle = "monthly", items = Array.Empty<object>() }))
            .ReadProblem()).GetProperty("errors").EnumerateObject().Select(e => e.Name).ShouldBe(["items"]);
    }

    [Fact]
    public async Task Post_MasksAndChecksThatCannotWork_AreAllNamedAtOnce()
    {
        var client = await platform.SignedIn(await platform.Department(), Role.DepartmentOfficer);
        object Item(string column, string type = "text", int? length = 20, bool isKey = false, string mask = "none", int? keep = null, string check = "none", string[]? codes = null) =>
            new { name = column, column, type, length, isKey, mask, maskKeep = keep, check, codes };
        var response = await client.PostAsJsonAsync("/api/v1/resources", new
        {
            name = "人口信息", @abstract = "", sharingType = "unconditional", updateCycle = "daily",
            items = new[]
            {
                Item("masked_key", isKey: true, mask: "name"), Item("short_hash", mask: "hash"), Item("keep_what", mask: "keepLast"), Item("masked_number", "integer", null, mask: "phone"),
                Item("born", "date", null, mask: "generalise", keep: 5), Item("checked_number", "integer", null, check: "idNumber"), Item("no_codes", check: "codeList"), Item("unused_codes", codes: ["1"]),
                Item("fine", mask: "idNumber", check: "idNumber"), Item("sex", check: "codeList", codes: ["1", "2"]),
            },
        });
        response.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        (await response.ReadProblem()).GetProperty("errors").EnumerateObject().Select(e => e.Name).ShouldBe(
            ["items[0].mask", "items[1].mask", "items[2].mask", "items[3].mask", "items[4].mask", "items[5].check", "items[6].check", "items[7].check"], ignoreOrder: true);
    }

    internal const string FirmsDocument =
        """{"openapi":"3.0.3","info":{"title":"企业","version":"1"},"paths":{"/firms/{code}":{"get":{"summary":"查询企业","responses":{}},"parameters":[]},"/firms":{"post":{"description":"登记"}}}}""";

    internal static object Firms(string? openApi = FirmsDocument) => new
    {
        name = "企业查询接口", @abstract = "按代码查询企业", kind = "api", openApi, sharingType = "unconditional", updateCycle = "realtime",
        items = new object[] { new { name = "企业名称", column = "data.name", type = "text", length = 200, isKey = false }, new { name = "法定代表人", column = "data.owner.name", type = "text", length = 50, isKey = false } },
    };

    internal static object Enterprises() => new
    {
        name = "企业登记信息", @abstract = "全省企业登记基本信息", sharingType = "unconditional", updateCycle = "daily",
        items = new object[]
        {
            new { name = "统一社会信用代码", column = "credit_code", type = "text", length = 18, isKey = true },
            new { name = "企业名称", column = "name", type = "text", length = 200, isKey = false },
        },
    };
}
