using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Kernel.Identity;
using Zhengtong.Tests.Cloud.Orders;
using Zhengtong.Tests.Support;

namespace Zhengtong.Tests.Catalogue.CloudServices;

[OnDatabase]
public sealed class CloudServicesTests(PlatformFixture platform)
{
    private const string Services = "/api/v1/cloud-services";

    [Fact]
    public async Task Service_DraftedRevisedPublished_IsListed_AndTheNextVersionTakesItsPlace()
    {
        var provider = await platform.Department();
        var drafts = await platform.SignedIn(provider, Role.PlatformOperator);
        var authority = await platform.SignedIn(await platform.Department(), Role.Authority);
        var reader = await platform.SignedIn(await platform.Department(), Role.DepartmentOfficer);
        var code = OrderWorld.NewCode();
        (await platform.Visitor().PostAsJsonAsync(Services, OrderWorld.Service(code))).StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
        (await (await reader.PostAsJsonAsync(Services, OrderWorld.Service(code))).ReadProblemCode()).ShouldBe("kernel.forbidden");
        (await drafts.PostAsJsonAsync(Services, OrderWorld.Service(code))).StatusCode.ShouldBe(HttpStatusCode.Created);
        (await (await drafts.PostAsJsonAsync(Services, OrderWorld.Service(code))).ReadProblemCode()).ShouldBe("catalogue.service-drafted");
        (await (await (await platform.SignedIn(await platform.Department(), Role.PlatformOperator)).PostAsJsonAsync(Services, OrderWorld.Service(code))).ReadProblemCode()).ShouldBe("catalogue.service-of-another");
        (await (await reader.GetAsync($"{Services}/{code}")).ReadProblemCode()).ShouldBe("catalogue.service-not-found");

        var revised = new HttpRequestMessage(HttpMethod.Put, $"{Services}/{code}/draft") { Content = JsonContent.Create(new { service = OrderWorld.Text("改名的云主机") }) };
        (await (await drafts.SendAsync(revised)).ReadProblemCode()).ShouldBe("kernel.precondition-needed");
        revised = new HttpRequestMessage(HttpMethod.Put, $"{Services}/{code}/draft") { Content = JsonContent.Create(new { service = OrderWorld.Text("改名的云主机") }), Headers = { { "If-Match", "\"1\"" } } };
        (await drafts.SendAsync(revised)).StatusCode.ShouldBe(HttpStatusCode.NoContent);
        (await (await drafts.PostAsJsonAsync($"{Services}/{code}/publication", new { revision = 2 })).ReadProblemCode()).ShouldBe("kernel.forbidden");
        (await (await authority.PostAsJsonAsync($"{Services}/{code}/publication", new { revision = 1 })).ReadProblemCode()).ShouldBe("catalogue.changed-meanwhile");
        (await authority.PostAsJsonAsync($"{Services}/{code}/publication", new { revision = 2 })).StatusCode.ShouldBe(HttpStatusCode.NoContent);
        var read = await reader.GetFromJsonAsync<JsonElement>($"{Services}/{code}");
        (read.GetProperty("name").GetString(), read.GetProperty("version").GetInt32(), read.GetProperty("state").GetString()).ShouldBe(("改名的云主机", 1, "published"));

        (await drafts.PostAsJsonAsync(Services, OrderWorld.Service(code))).StatusCode.ShouldBe(HttpStatusCode.Created);
        (await authority.PostAsJsonAsync($"{Services}/{code}/publication", new { revision = 1 })).StatusCode.ShouldBe(HttpStatusCode.NoContent);
        (await reader.GetFromJsonAsync<JsonElement>($"{Services}/{code}?version=1")).GetProperty("state").GetString().ShouldBe("superseded");
        var list = await reader.GetFromJsonAsync<JsonElement>($"{Services}?category=infrastructure&layer=iaaS&limit=200");
        list.GetProperty("items").EnumerateArray().Single(s => s.GetProperty("code").GetString() == code).GetProperty("version").GetInt32().ShouldBe(2);
        (await authority.PostAsJsonAsync($"{Services}/{code}/withdrawal", new { reason = "不再提供", revision = 2 })).StatusCode.ShouldBe(HttpStatusCode.NoContent);
        (await (await authority.PostAsJsonAsync($"{Services}/{code}/withdrawal", new { reason = "不再提供", revision = 3 })).ReadProblemCode()).ShouldBe("catalogue.service-not-found");
        (await platform.WithDb(db => db.Ledger.Where(e => e.Subject == code).OrderBy(e => e.Id).Select(e => e.Event).ToListAsync())).ShouldBe(
            ["catalogue.service-drafted", "catalogue.service-revised", "catalogue.service-published", "catalogue.service-drafted", "catalogue.service-published", "catalogue.service-withdrawn"], ignoreOrder: true);
    }

    [Fact]
    public async Task Service_ManyFaults_AreAllNamedAtOnce()
    {
        var drafts = await platform.SignedIn(await platform.Department(), Role.PlatformOperator);
        var problem = await (await drafts.PostAsJsonAsync(Services, new
        {
            code = OrderWorld.NewCode(),
            service = new
            {
                name = "云主机", category = "infrastructure", layer = "iaaS", summary = "说明", level = new { availability = 99_900, answerHours = 1, recoveryHours = 4, supportTimes = "7x24" }, form = "instance",
                plans = new object[]
                {
                    new { code = "a", name = "A", amounts = new object[] { new { kind = "vcpu", least = 2000, most = 1000, step = 1 }, new { kind = "vcpu", least = 1, most = 2, step = 3 } }, images = new[] { "$(reboot)" }, meters = new[] { "UPPER" } },
                    new { code = "a", name = "A", amounts = Array.Empty<object>(), images = Array.Empty<string>(), meters = Array.Empty<string>() },
                },
            },
        })).ReadProblem();
        problem.GetProperty("code").GetString().ShouldBe("catalogue.service-invalid");
        problem.GetProperty("errors").EnumerateObject().Select(e => e.Name).ShouldBe(
            ["service.plans[0].amounts[0].most", "service.plans[0].amounts[1].kind", "service.plans[0].amounts[1].step", "service.plans[0].meters[0]", "service.plans[0].images[0]",
             "service.plans[1].code", "service.plans[1].images", "service.plans[1].amounts"], ignoreOrder: true);
    }

    [Fact]
    public async Task Prices_FollowAndCorrect_NeverOverlap_AndOfTwoAtOnceOneActs()
    {
        var world = await OrderWorld.MakeAsync(platform);
        var (authority, now) = (world.Authority, TimeProvider.System.GetUtcNow());
        Task<HttpResponseMessage> Set(decimal amount, DateTimeOffset from, DateTimeOffset? until = null, string? ground = null, string meter = "vcpu-hour") =>
            authority.PostAsJsonAsync($"{Services}/{world.Code}/prices", new { plan = "small", meter, amount, validFrom = from, validUntil = until, source = "省价格〔2026〕1号", ground });
        (await (await Set(1, now.AddDays(1), meter: "none")).ReadProblem()).GetProperty("errors").EnumerateObject().Single().Name.ShouldBe("meter");
        (await (await Set(0.123456789m, now.AddDays(1), now)).ReadProblem()).GetProperty("errors").EnumerateObject().Select(e => e.Name).ShouldBe(["amount", "validUntil"], ignoreOrder: true);
        (await (await Set(1, now.AddDays(-30))).ReadProblem()).GetProperty("errors").EnumerateObject().Single().Name.ShouldBe("ground");

        // The world set one from now on without an end: it ends where this begins.
        (await Set(0.2m, now.AddDays(10))).StatusCode.ShouldBe(HttpStatusCode.NoContent);
        (await (await Set(0.3m, now.AddDays(5))).ReadProblemCode()).ShouldBe("catalogue.price-overlaps");
        (await Set(0.05m, now.AddDays(2), now.AddDays(12), "核价有误")).StatusCode.ShouldBe(HttpStatusCode.NoContent);
        var prices = (await authority.GetFromJsonAsync<JsonElement>($"{Services}/{world.Code}")).GetProperty("prices").EnumerateArray().Where(p => p.GetProperty("plan").GetString() == "small" && p.GetProperty("meter").GetString() == "vcpu-hour").ToList();
        prices.Select(p => p.GetProperty("amount").GetDecimal()).ShouldBe([0.12m, 0.05m, 0.2m]);
        prices.Count(p => p.GetProperty("isInForce").GetBoolean()).ShouldBe(1);

        var answers = await Task.WhenAll(Enumerable.Range(0, 8).Select(n => Set(1 + n, now.AddDays(20 + n))));
        answers.ShouldAllBe(a => a.StatusCode == HttpStatusCode.NoContent || a.StatusCode == HttpStatusCode.Conflict);
        var series = await platform.WithDb(db => db.PriceSeries.AsNoTracking().Include(s => s.Prices).SingleAsync(s => s.ServiceCode == world.Code && s.PlanCode == "small" && s.Meter == "vcpu-hour"));
        for (var day = 0; day < 40; day++) { series.Prices.Count(p => p.IsInForceAt(now.AddDays(day).AddMinutes(1))).ShouldBe(1); }
    }
}
