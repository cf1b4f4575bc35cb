using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Kernel.Identity;
using Zhengtong.Kernel.Organisations;
using Zhengtong.Tests.Support;

namespace Zhengtong.Tests.Cloud.Quotas;

/// <summary>The tree of quotas over HTTP, in a province that no other test uses.</summary>
[OnDatabase]
public sealed class SetQuotaTests(PlatformFixture platform)
{
    private const string Quotas = "/api/v1/cloud/quotas";

    [Fact]
    public async Task Tree_FromTheProvinceToAProject_IsMadeSetAndRead()
    {
        var province = await Authority("630000");
        var city = await Authority("630100");
        var department = await platform.Department(region: "630102");
        (await (await city.PostAsJsonAsync(Quotas, new { region = "620000", limits = Limits(1), reason = "年度核定" })).ReadProblemCode()).ShouldBe("kernel.out-of-reach");
        var faults = await (await province.PostAsJsonAsync(Quotas, new { region = "630000", organisationId = department.Id, limits = new[] { new { kind = "none", limit = 1 }, new { kind = "vcpu", limit = 1 }, new { kind = "vcpu", limit = 2 } }, reason = "年度核定" })).ReadProblem();
        faults.GetProperty("code").GetString().ShouldBe("cloud.invalid");
        faults.GetProperty("errors").EnumerateObject().Select(e => e.Name).ShouldBe(["region", "limits[0].kind", "limits[2].kind"], ignoreOrder: true);
        (await (await province.PostAsJsonAsync(Quotas, new { organisationId = department.Id, limits = Limits(1), reason = "年度核定" })).ReadProblemCode()).ShouldBe("cloud.quota-above");

        var root = await Made(await province.PostAsJsonAsync(Quotas, new { region = "630000", limits = Limits(100_000), reason = "年度核定" }));
        (await (await province.PostAsJsonAsync(Quotas, new { region = "630000", limits = Limits(1), reason = "年度核定" })).ReadProblemCode()).ShouldBe("cloud.quota-taken");
        (await (await city.PostAsJsonAsync(Quotas, new { region = "630100", limits = Limits(1), reason = "自己核定" })).ReadProblemCode()).ShouldBe("kernel.out-of-reach");
        var cityNode = await Made(await province.PostAsJsonAsync(Quotas, new { region = "630100", limits = Limits(50_000), reason = "年度核定" }));
        // More than the city has: what counts is what is held.
        var own = await Made(await city.PostAsJsonAsync(Quotas, new { organisationId = department.Id, limits = Limits(60_000), reason = "年度核定" }));
        var project = await Made(await city.PostAsJsonAsync("/api/v1/cloud/projects", new { organisationId = department.Id, name = "一网通办", limits = Array.Empty<object>(), reason = "立项批复" }));
        (await (await city.PostAsJsonAsync("/api/v1/cloud/projects", new { organisationId = department.Id, name = "一网通办", limits = Array.Empty<object>(), reason = "立项批复" })).ReadProblemCode()).ShouldBe("cloud.quota-taken");
        // A county that would come above the department is too late.
        (await (await province.PostAsJsonAsync(Quotas, new { region = "630102", limits = Limits(1), reason = "年度核定" })).ReadProblemCode()).ShouldBe("cloud.quota-above");
        (await platform.WithDb(db => db.Ledger.CountAsync(e => e.Event == "cloud.quota-opened" && (e.Subject == root.ToString() || e.Subject == cityNode.ToString() || e.Subject == own.ToString())))).ShouldBe(3);

        var tree = await province.GetFromJsonAsync<JsonElement>($"{Quotas}?region=63&limit=200");
        tree.GetProperty("items").EnumerateArray().Select(n => n.GetProperty("id").GetGuid()).ShouldBe([root, cityNode, own, project]);
        tree.GetProperty("items").EnumerateArray().Select(n => n.GetProperty("level").GetString()).ShouldBe(["province", "city", "department", "project"]);
        var officer = await platform.SignedIn(department, Role.DepartmentOfficer);
        (await officer.GetFromJsonAsync<JsonElement>(Quotas)).GetProperty("items").EnumerateArray().Select(n => n.GetProperty("id").GetGuid()).ShouldBe([own, project]);
        (await (await officer.GetAsync($"{Quotas}/{root}")).ReadProblemCode()).ShouldBe("cloud.quota-not-found");
        var detail = await officer.GetFromJsonAsync<JsonElement>($"{Quotas}/{project}");
        detail.GetProperty("above").GetArrayLength().ShouldBe(3);
        var available = detail.GetProperty("available").EnumerateArray().Single();
        (available.GetProperty("kind").GetString(), available.GetProperty("amount").GetInt64()).ShouldBe(("vcpu", 50_000L));

        await Lowered(province, city, cityNode, project);
    }

    [Fact]
    public async Task Open_CityAndADepartmentWithinItAtOnce_TheDepartmentNeverHangsBesideTheCity()
    {
        var province = await Authority("540000");
        await Made(await province.PostAsJsonAsync(Quotas, new { region = "540000", limits = Limits(1_000), reason = "年度核定" }));
        foreach (var city in new[] { "540100", "540200", "540300", "540400", "540500" })
        {
            var department = await platform.Department(region: city);
            var answers = await Task.WhenAll(
                province.PostAsJsonAsync(Quotas, new { region = city, limits = Limits(100), reason = "年度核定" }), UnderAKey(new { organisationId = department.Id, limits = Limits(10), reason = "年度核定" }));
            var below = await Made(answers[1]);
            var parent = await platform.WithDb(db => db.QuotaNodes.Where(n => n.Id == below).Select(n => n.ParentId).SingleAsync());
            // The city came first, and the department is below it; or it came too late.
            if (answers[0].StatusCode == HttpStatusCode.Created) { parent.ShouldBe(await Made(answers[0])); }
            else { (await answers[0].ReadProblemCode()).ShouldBe("cloud.quota-above"); }
        }

        Task<HttpResponseMessage> UnderAKey(object quota)
        {
            var request = new HttpRequestMessage(HttpMethod.Post, Quotas) { Content = JsonContent.Create(quota) };
            request.Headers.TryAddWithoutValidation("Idempotency-Key", $"{CloudWorld.NewId()}");
            return province.SendAsync(request);
        }
    }

    [Fact]
    public async Task Post_Kind_IsAddedOnceAndCounted()
    {
        var authority = await Authority("610000");
        var code = $"gpu-{CloudWorld.NewId():N}"[..30];
        (await authority.PostAsJsonAsync("/api/v1/cloud/kinds", new { code, name = "图形处理器", unit = "1", isOnHost = true })).StatusCode.ShouldBe(HttpStatusCode.Created);
        (await (await authority.PostAsJsonAsync("/api/v1/cloud/kinds", new { code, name = "图形处理器", unit = "1", isOnHost = true })).ReadProblemCode()).ShouldBe("cloud.kind-taken");
        (await (await authority.PostAsJsonAsync("/api/v1/cloud/kinds", new { code = "Bad Code", name = "x", unit = "1", isOnHost = false })).ReadProblemCode()).ShouldBe("kernel.invalid");
        var kinds = await authority.GetFromJsonAsync<JsonElement>("/api/v1/cloud/kinds");
        kinds.EnumerateArray().Select(k => k.GetProperty("code").GetString()).ShouldContain(code);
        kinds.EnumerateArray().Select(k => k.GetProperty("code").GetString()).ShouldContain("vcpu");
    }

    private async Task Lowered(HttpClient province, HttpClient city, Guid cityNode, Guid project)
    {
        await platform.WithDb(async db =>
        {
            await using var transaction = await db.Database.BeginTransactionAsync();
            (await Zhengtong.Cloud.Quotas.Holds.TakeAsync(db, new(CloudWorld.NewId(), project, [new("vcpu", 40_000)]), Actor.Platform, TimeProvider.System.GetUtcNow(), default)).IsSo.ShouldBeTrue();
            await transaction.CommitAsync();
            return true;
        });
        var holds = await province.GetFromJsonAsync<JsonElement>($"/api/v1/cloud/holds?node={cityNode}&state=reserved");
        holds.GetProperty("items").EnumerateArray().Single().GetProperty("amounts")[0].GetProperty("amount").GetInt64().ShouldBe(40_000);

        (await (await Put(province, cityNode, Limits(30_000), null)).ReadProblemCode()).ShouldBe("kernel.precondition-needed");
        (await (await Put(city, cityNode, Limits(90_000), "\"1\"")).ReadProblemCode()).ShouldBe("kernel.out-of-reach");
        var refused = await (await Put(province, cityNode, Limits(30_000), "\"1\"")).ReadProblem();
        refused.GetProperty("code").GetString().ShouldBe("cloud.quota-held");
        refused.GetProperty("errors").GetProperty("limits.vcpu")[0].GetString()!.ShouldContain("10 cores");
        var counter = await platform.WithDb(db => db.QuotaCounters.AsNoTracking().SingleAsync(c => c.NodeId == cityNode && c.Kind == "vcpu"));
        counter.Limit.ShouldBe(50_000);
        (await platform.WithDb(db => db.Ledger.AnyAsync(e => e.Event == "cloud.quota-set" && e.Subject == cityNode.ToString()))).ShouldBeFalse();

        var responses = await Task.WhenAll(Enumerable.Range(0, 6).Select(_ => Put(province, cityNode, Limits(40_000), "\"1\"")));
        responses.Count(r => r.StatusCode == HttpStatusCode.NoContent).ShouldBe(1);
        responses.Count(r => r.StatusCode is HttpStatusCode.Conflict or HttpStatusCode.PreconditionFailed).ShouldBe(5);
        (await platform.WithDb(db => db.Ledger.CountAsync(e => e.Event == "cloud.quota-set" && e.Subject == cityNode.ToString()))).ShouldBe(1);
        (await Put(province, cityNode, [new { kind = "memory", limit = (long?)null }], "\"2\"")).StatusCode.ShouldBe(HttpStatusCode.NoContent);
        (await (await Put(province, Guid.AllBitsSet, Limits(1), "\"1\"")).ReadProblemCode()).ShouldBe("cloud.quota-not-found");
    }

    private static object[] Limits(long cores) => [new { kind = "vcpu", limit = (long?)cores }];

    private static async Task<Guid> Made(HttpResponseMessage answer)
    {
        answer.StatusCode.ShouldBe(HttpStatusCode.Created, await answer.Content.ReadAsStringAsync());
        return (await answer.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("id").GetGuid();
    }

    private static Task<HttpResponseMessage> Put(HttpClient client, Guid id, object[] limits, string? seen)
    {
        var request = new HttpRequestMessage(HttpMethod.Put, $"{Quotas}/{id}") { Content = JsonContent.Create(new { limits, reason = "调整配额" }) };
        if (seen is not null) { request.Headers.TryAddWithoutValidation("If-Match", seen); }
        return client.SendAsync(request);
    }

    private async Task<HttpClient> Authority(string region)
    {
        Organisation organisation = await platform.Department(region: region);
        return await platform.SignedIn(organisation, Role.Authority);
    }
}
