using System.Net;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Catalogue.Model;
using Zhengtong.Kernel.Identity;
using Zhengtong.Tests.Cloud.Orders;
using Zhengtong.Tests.Support;

namespace Zhengtong.Tests.Catalogue.CloudServices;

/// <summary>From the first draft to a price, as a browser without script goes it.</summary>
[OnDatabase(Once = true)]
public sealed class CloudServicePagesTests(PlatformFixture platform)
{
    private const string Draft = "/work/cloud/services/_draft";

    [Fact]
    public async Task Service_DraftedByForm_ChangedPublishedAndPriced_IsOffered()
    {
        var provider = await platform.SignedIn(await platform.Department(), Role.PlatformOperator);
        var authority = await platform.SignedIn(await platform.Department(), Role.Authority);
        var code = OrderWorld.NewCode();
        var wrong = await provider.Submit(Draft, "service", Fields(code, "vcpu many", "vcpu-hour"));
        wrong.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        var told = await wrong.Content.ReadAsStringAsync();
        told.ShouldContain("vcpu many");
        told.ShouldContain(code);
        var unknown = await provider.Submit(Draft, "service", Fields(code, "vcpu 1000 8000 1000", "per-click"));
        unknown.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        (await unknown.Content.ReadAsStringAsync()).ShouldContain("gib-memory-hour");

        var made = await provider.Submit(Draft, "service", Fields(code, "vcpu 1000 8000 1000\ninstance 1", "vcpu-hour\none-time"));
        made.StatusCode.ShouldBe(HttpStatusCode.Redirect);
        made.Headers.Location!.ToString().ShouldEndWith($"/work/cloud/services/{code}?version=1");
        (await provider.GetPage("/work/cloud/services?state=draft")).ShouldContain($"/work/cloud/services/{code}?version=1");
        (await provider.Submit($"{Draft}?code={code}", "service", Fields(code, "vcpu 2000 4000 2000", "vcpu-hour", "改名的服务"))).StatusCode.ShouldBe(HttpStatusCode.Redirect);
        (await provider.GetPage($"/work/cloud/services/{code}")).ShouldNotContain("value=\"publish\"");

        var page = $"/work/cloud/services/{code}";
        var service = await platform.WithDb(db => db.CloudServices.AsNoTracking().SingleAsync(s => s.Code == code));
        (service.State, service.Revision, service.Name).ShouldBe((ServiceState.Draft, 2, "改名的服务"));
        service.Plans.Single().Amounts.ShouldBe([new PlanAmount("vcpu", 2000, 4000, 2000)]);
        (service.Level.Availability, service.Level.RecoveryHours).ShouldBe((99_950, 4));
        (await authority.Submit(page, "publish")).StatusCode.ShouldBe(HttpStatusCode.Redirect);

        var free = await authority.Submit(page, "price", ("meter", "small/vcpu-hour"), ("amount", "free"), ("validFrom", ""), ("validUntil", ""), ("source", ""), ("ground", ""));
        free.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        (await free.Content.ReadAsStringAsync()).ShouldContain("value=\"free\"");
        (await authority.Submit(page, "price", ("meter", "small/vcpu-hour"), ("amount", "0.125"), ("validFrom", ""), ("validUntil", ""), ("source", "省价格〔2026〕9号"), ("ground", ""))).StatusCode.ShouldBe(HttpStatusCode.Redirect);
        var reader = await platform.SignedIn(await platform.Department(), Role.DepartmentOfficer);
        var offered = await reader.GetPage(page);
        offered.ShouldContain("0.125");
        offered.ShouldContain("省价格〔2026〕9号");
        offered.ShouldNotContain("value=\"price\"");
        (await authority.Submit(page, "withdraw", ("reason", ""))).StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        (await authority.Submit(page, "withdraw", ("reason", "不再提供"))).StatusCode.ShouldBe(HttpStatusCode.Redirect);
        (await platform.WithDb(db => db.CloudServices.Where(s => s.Code == code).Select(s => s.State).SingleAsync())).ShouldBe(ServiceState.Withdrawn);
    }

    private static (string, string)[] Fields(string code, string amounts, string meters, string name = "弹性云主机") =>
    [
        ("act", "save"), ("code", code), ("service.name", name), ("service.summary", "按需使用"), ("service.category", "Infrastructure"), ("service.layer", "IaaS"), ("service.form", "Instance"),
        ("service.level.availability", "99.95"), ("service.level.answerHours", "1"), ("service.level.recoveryHours", "4"), ("service.level.supportTimes", "7×24"),
        ("service.plans[0].code", "small"), ("service.plans[0].name", "小型"), ("service.plans[0].amounts", amounts), ("service.plans[0].images", "busybox"), ("service.plans[0].meters", meters),
    ];
}
