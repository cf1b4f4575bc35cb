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
