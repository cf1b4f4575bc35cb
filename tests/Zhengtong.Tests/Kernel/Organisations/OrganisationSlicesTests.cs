using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Kernel.Identity;
using Zhengtong.Kernel.Organisations;
using Zhengtong.Kernel.Secrets;
using Zhengtong.Tests.Support;

namespace Zhengtong.Tests.Kernel.Organisations;

[OnDatabase]
public sealed class OrganisationSlicesTests(PlatformFixture platform)
{
    private static int serial;

    [Fact]
    public async Task Post_WithoutTheRight_IsRefused()
    {
        (await (await platform.Visitor().PostAsJsonAsync("/api/v1/organisations", New("610100"))).ReadProblemCode()).ShouldBe("kernel.not-signed-in");
        (await (await (await platform.SignedIn(await platform.Department(), Role.DepartmentOfficer)).PostAsJsonAsync("/api/v1/organisations", New("610100"))).ReadProblemCode()).ShouldBe("kernel.forbidden");
        foreach (var path in new[] { "/api/v1/organisations", $"/api/v1/organisations/{Guid.AllBitsSet}" }) { (await (await platform.Visitor().GetAsync(path)).ReadProblemCode()).ShouldBe("kernel.not-signed-in"); }
    }

    [Fact]
    public async Task Post_ManyFaults_AreAllNamedAtOnce()
    {
        var authority = await Authority("610000");
        var problem = await (await authority.PostAsJsonAsync("/api/v1/organisations", new { creditCode = "116100000123456780", name = "x", shortName = "", region = "61x", kind = "department" })).ReadProblem();
        problem.GetProperty("code").GetString().ShouldBe("kernel.invalid");
        problem.GetProperty("errors").EnumerateObject().Select(e => e.Name).ShouldBe(["creditCode", "name", "shortName", "region"], ignoreOrder: true);

        var unknown = await (await authority.PostAsJsonAsync("/api/v1/organisations", New("610114115", parent: Guid.AllBitsSet))).ReadProblem();
        unknown.GetProperty("code").GetString().ShouldBe("kernel.region-unknown");
        unknown.GetProperty("errors").EnumerateObject().Select(e => e.Name).ShouldBe(["region", "parentId"], ignoreOrder: true);
        unknown.GetProperty("errors").GetProperty("region")[0].GetString()!.ShouldContain("610114");
    }

    [Fact]
    public async Task Post_OutOfReachOrBelowAnUnfitParent_IsRefused()
    {
        var authority = await Authority("610100");
        (await (await authority.PostAsJsonAsync("/api/v1/organisations", New("610200"))).ReadProblemCode()).ShouldBe("kernel.out-of-reach");
        (await (await authority.PostAsJsonAsync("/api/v1/organisations", New("610000"))).ReadProblemCode()).ShouldBe("kernel.out-of-reach");
        var county = await platform.Department(region: "610104");
        var unfit = await (await authority.PostAsJsonAsync("/api/v1/organisations", New("610113", parent: county.Id))).ReadProblem();
        unfit.GetProperty("code").GetString().ShouldBe("kernel.parent-unfit");
        unfit.GetProperty("errors").GetProperty("parentId")[0].GetString()!.ShouldContain(county.Name);
        // The parent may lie above the authority's own reach.
        (await authority.PostAsJsonAsync("/api/v1/organisations", New("610113", parent: (await platform.Department(region: "610000")).Id))).StatusCode.ShouldBe(HttpStatusCode.Created);
    }

    [Fact]
    public async Task Post_Valid_IsRegisteredWithItsLedgerEventAndFound()
    {
        var authority = await Authority("610000");
        var parent = await platform.Department();
        var asked = New("610113", parent: parent.Id);
        var response = await authority.PostAsJsonAsync("/api/v1/organisations", asked);
        response.StatusCode.ShouldBe(HttpStatusCode.Created);
        var id = (await response.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("id").GetGuid();
        response.Headers.Location!.ToString().ShouldEndWith(id.ToString());
        (await platform.WithDb(db => db.Ledger.CountAsync(e => e.Subject == id.ToString() && e.Event == "kernel.organisation-registered"))).ShouldBe(1);
        (await (await authority.PostAsJsonAsync("/api/v1/organisations", asked)).ReadProblemCode()).ShouldBe("kernel.credit-code-taken");

        var organisation = await platform.WithDb(db => db.Organisations.SingleAsync(o => o.Id == id));
        await platform.Officer(organisation, Role.DepartmentOfficer);
        await platform.Officer(organisation, Role.DepartmentOfficer, Role.DepartmentLeader);
        var read = await authority.GetAsync($"/api/v1/organisations/{id}");
        read.Headers.ETag!.Tag.ShouldBe("\"1\"");
        var detail = await read.Content.ReadFromJsonAsync<JsonElement>();
        detail.GetProperty("regionName").GetString().ShouldBe("陕西省西安市雁塔区");
        detail.GetProperty("parent").GetProperty("id").GetGuid().ShouldBe(parent.Id);
        detail.GetProperty("accounts").GetInt32().ShouldBe(2);
        detail.GetProperty("posts").EnumerateArray().Select(p => (p.GetProperty("role").GetString(), p.GetProperty("count").GetInt32())).ShouldBe([("departmentOfficer", 2), ("departmentLeader", 1)]);
        var above = await authority.GetFromJsonAsync<JsonElement>($"/api/v1/organisations/{parent.Id}");
        above.GetProperty("children").EnumerateArray().Single().GetProperty("id").GetGuid().ShouldBe(id);
        (await (await authority.GetAsync($"/api/v1/organisations/{Guid.AllBitsSet}")).ReadProblemCode()).ShouldBe("kernel.organisation-not-found");

        foreach (var query in new[] { $"text={organisation.Name}", $"text={organisation.CreditCode.Value.ToLowerInvariant()}", $"text={organisation.ShortName}&region=6101&kind=department", $"parent={parent.Id}" })
        {
            (await Ids(authority, query)).ShouldBe([id], query);
        }

        (await Ids(authority, $"text={organisation.Name}&region=6102")).ShouldBeEmpty();
        (await Ids(authority, $"text={organisation.Name}&kind=audit")).ShouldBeEmpty();
        (await (await authority.GetAsync("/api/v1/organisations?after=nonsense")).ReadProblemCode()).ShouldBe("kernel.cursor-unknown");
    }

    [Fact]
    public async Task Get_PageByPage_BringsEveryOneOnce()
    {
        var authority = await Authority("460000");
        var made = new List<Guid>();
        for (var n = 0; n < 7; n++) { made.Add((await (await authority.PostAsJsonAsync("/api/v1/organisations", New("460200"))).Content.ReadFromJsonAsync<JsonElement>()).GetProperty("id").GetGuid()); }
        var (ids, next) = (new List<Guid>(), "");
        do
        {
            var page = await authority.GetFromJsonAsync<JsonElement>($"/api/v1/organisations?region=460200&limit=3{(next.Length > 0 ? "&after=" + next : "")}");
            ids.AddRange(page.GetProperty("items").EnumerateArray().Select(o => o.GetProperty("id").GetGuid()));
            next = page.GetProperty("next").GetString() ?? "";
        }
        while (next.Length > 0);
        ids.ShouldBe(made, ignoreOrder: true);
    }

    [Fact]
    public async Task Post_TwelveAtOnceWithOneCreditCode_OneIsRegistered()
    {
        var authority = await Authority("610000");
        var asked = New("610100");
        var responses = await Task.WhenAll(Enumerable.Range(0, 12).Select(_ => authority.PostAsJsonAsync("/api/v1/organisations", asked)));
        responses.Count(r => r.StatusCode == HttpStatusCode.Created).ShouldBe(1);
        responses.Count(r => r.StatusCode == HttpStatusCode.Conflict).ShouldBe(11);
        (await platform.WithDb(db => db.Ledger.CountAsync(e => e.Event == "kernel.organisation-registered" && e.Data.Contains(asked.creditCode)))).ShouldBe(1);
    }

    [Fact]
    public async Task Put_Organisation_IsRevisedOnceByWhoSawTheRevision()
    {
        var authority = await Authority("610000");
        var organisation = await platform.Department(region: "610104");
        var change = new { name = "改名后的局", shortName = "改名局", region = "610113", parentId = (Guid?)null, reason = "机构改革方案" };
        (await (await authority.PutAsJsonAsync($"/api/v1/organisations/{organisation.Id}", change)).ReadProblemCode()).ShouldBe("kernel.precondition-needed");
        (await (await Revise(authority, organisation.Id, change, "\"5\"")).ReadProblemCode()).ShouldBe("kernel.changed-meanwhile");
        (await (await Revise(authority, Guid.AllBitsSet, change, "\"1\"")).ReadProblemCode()).ShouldBe("kernel.organisation-not-found");
        (await (await Revise(await Authority("620000"), organisation.Id, change, "\"1\"")).ReadProblemCode()).ShouldBe("kernel.out-of-reach");
        (await (await Revise(authority, organisation.Id, change with { region = "620100" }, "\"1\"")).ReadProblemCode()).ShouldBe("kernel.out-of-reach");
        (await (await Revise(authority, organisation.Id, change with { name = "", reason = "" }, "\"1\"")).ReadProblem()).GetProperty("errors").EnumerateObject().Count().ShouldBe(2);
        (await (await Revise(await platform.SignedIn(organisation, Role.DepartmentLeader), organisation.Id, change, "\"1\"")).ReadProblemCode()).ShouldBe("kernel.forbidden");

        var responses = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Revise(authority, organisation.Id, change, "\"1\"")));
        responses.Count(r => r.StatusCode == HttpStatusCode.NoContent).ShouldBe(1);
        responses.Count(r => r.StatusCode is HttpStatusCode.Conflict or HttpStatusCode.PreconditionFailed).ShouldBe(7);
        var entry = await platform.WithDb(db => db.Ledger.SingleAsync(e => e.Event == "kernel.organisation-revised" && e.Subject == organisation.Id.ToString()));
        entry.Data.ShouldContain(organisation.Name);
        entry.Reason.ShouldBe(change.reason);
        (await Revise(authority, organisation.Id, change, "\"2\"")).StatusCode.ShouldBe(HttpStatusCode.NoContent);
        (await platform.WithDb(db => db.Ledger.CountAsync(e => e.Subject == organisation.Id.ToString()))).ShouldBe(1);
    }

    [Fact]
    public async Task Put_Parent_NeverClosesACircleAndLeavesNobodyBehind()
    {
        var authority = await Authority("610000");
        var (a, b, c) = (await platform.Department(), await platform.Department(), await platform.Department());
        (await Revise(authority, b.Id, Moved(b, a.Id), "\"1\"")).StatusCode.ShouldBe(HttpStatusCode.NoContent);
        (await Revise(authority, c.Id, Moved(c, b.Id), "\"1\"")).StatusCode.ShouldBe(HttpStatusCode.NoContent);
        (await (await Revise(authority, a.Id, Moved(a, a.Id), "\"1\"")).ReadProblemCode()).ShouldBe("kernel.parent-unfit");
        (await (await Revise(authority, a.Id, Moved(a, c.Id), "\"1\"")).ReadProblemCode()).ShouldBe("kernel.parent-unfit");
        var behind = await (await Revise(authority, a.Id, Moved(a, null, "610100"), "\"1\"")).ReadProblem();
        behind.GetProperty("code").GetString().ShouldBe("kernel.parent-unfit");
        behind.GetProperty("errors").GetProperty("region")[0].GetString()!.ShouldContain(b.Name);
    }

    [Fact]
    public async Task Put_TwoBelowOneAnotherAtOnce_NeverBothSucceed()
    {
        var authority = await Authority("610000");
        for (var round = 0; round < 5; round++)
        {
            var (a, b) = (await platform.Department(), await platform.Department());
            var both = await Task.WhenAll(Revise(authority, a.Id, Moved(a, b.Id), "\"1\""), Revise(authority, b.Id, Moved(b, a.Id), "\"1\""));
            both.Count(r => r.StatusCode == HttpStatusCode.NoContent).ShouldBe(1);
            both.Single(r => r.StatusCode != HttpStatusCode.NoContent).StatusCode.ShouldBeOneOf(HttpStatusCode.Conflict, HttpStatusCode.BadRequest);
        }
    }

    [Theory]
    [InlineData(SuiteName.International)]
    [InlineData(SuiteName.National)]
    public async Task Post_Valid_ItsKeysAreMadeAtFirstUseAndItsSealsVerify(SuiteName suite)
    {
        var authority = await Authority("610000");
        var id = (await (await authority.PostAsJsonAsync("/api/v1/organisations", New("610100"))).Content.ReadFromJsonAsync<JsonElement>()).GetProperty("id").GetGuid();
        (await platform.WithDb(db => db.OrganisationKeys.AnyAsync(k => k.OrganisationId == id))).ShouldBeFalse();
        var made = await Task.WhenAll(Enumerable.Range(0, 4).Select(async _ =>
        {
            await using var scope = platform.App.Services.CreateAsyncScope();
            var keys = scope.ServiceProvider.GetRequiredService<OrganisationKeys>();
            var key = await keys.CurrentAsync(id, Suite.Of(suite), KeyUse.Seal, CancellationToken.None);
            key.Suite.ShouldBe(suite);
            OrganisationKeys.Verify(key, [1, 2, 3], keys.Sign(key, [1, 2, 3])).ShouldBeTrue();
            return key.KeyId;
        }));
        made.Distinct().Count().ShouldBe(1);
    }

    private Task<HttpClient> Authority(string region) => AuthorityAsync(platform, region);

    internal static async Task<HttpClient> AuthorityAsync(PlatformFixture platform, string region) => await platform.SignedIn(await platform.Department(region: region), Role.Authority);

    private static object Moved(Organisation organisation, Guid? parent, string region = "610000") => new { organisation.Name, organisation.ShortName, region, parentId = parent, reason = "调整隶属关系" };

    private static NewOrganisation New(string region, Guid? parent = null)
    {
        var n = Interlocked.Increment(ref serial);
        return new NewOrganisation(NewCreditCode(), $"登记局{n:D4}", $"登{n:D4}", region, "department", parent);
    }

    internal static string NewCreditCode() => CreditCode.FromBody($"116100{Interlocked.Increment(ref serial):D4}029910A").Value;

    private static async Task<List<Guid>> Ids(HttpClient client, string query) =>
        [.. (await client.GetFromJsonAsync<JsonElement>($"/api/v1/organisations?{query}")).GetProperty("items").EnumerateArray().Select(o => o.GetProperty("id").GetGuid())];

    private static Task<HttpResponseMessage> Revise(HttpClient client, Guid id, object change, string revision)
    {
        var request = new HttpRequestMessage(HttpMethod.Put, $"/api/v1/organisations/{id}") { Content = JsonContent.Create(change) };
        request.Headers.TryAddWithoutValidation("If-Match", revision);
        return client.SendAsync(request);
    }

    private sealed record NewOrganisation(string creditCode, string name, string shortName, string region, string kind, Guid? parentId);
}
