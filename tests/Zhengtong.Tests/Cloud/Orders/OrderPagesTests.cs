using System.Net;
using System.Text.RegularExpressions;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Cloud.Model;
using Zhengtong.Kernel.Identity;
using Zhengtong.Tests.Support;

namespace Zhengtong.Tests.Cloud.Orders;

/// <summary>The way from the catalogue to a granted order, as a browser without script goes it.</summary>
[OnDatabase(Once = true)]
public sealed class OrderPagesTests(PlatformFixture platform)
{
    [Fact]
    public async Task Form_FilledWrong_ComesBackFilled_ThenOrderIsSubmittedAndGranted()
    {
        var world = await OrderWorld.MakeAsync(platform);
        (await world.Officer.GetPage("/work/cloud/services?category=Infrastructure")).ShouldContain($"/work/cloud/services/{world.Code}");
        var service = await world.Officer.GetPage($"/work/cloud/services/{world.Code}");
        service.ShouldContain("99.95 %");
        service.ShouldContain("0.12");
        (await world.Officer.GetAsync("/work/cloud/services/none")).StatusCode.ShouldBe(HttpStatusCode.NotFound);
        (await world.Officer.GetPage("/work/cloud/systems")).ShouldContain("业务系统");

        var address = $"/work/cloud/orders/new?service={world.Code}";
        const string Hostile = "<script>alert(1)</script>";
        var wrong = await world.Officer.Submit(address, "order", ("act", "submit"), ("order.systemId", world.System.ToString()), ("order.zone", "Internet"), ("order.until", OrderWorld.Day(30)), ("order.ground", "x"),
            ("order.items[0].plan", $"{world.Code}/free"), ("order.items[0].name", Hostile), ("order.items[0].count", "many"), ("order.items[0].vcpu", "-1"), ("order.items[0].memory", ""), ("order.items[0].disk", ""), ("order.items[0].image", ""), ("order.items[0].data", Hostile));
        wrong.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        var text = await wrong.Content.ReadAsStringAsync();
        text.ShouldNotContain(Hostile);
        text.ShouldContain("&lt;script&gt;alert(1)&lt;/script&gt;");
        text.ShouldContain("f-order-items-0");

        (await (await world.Officer.Submit(address, "order", ("act", "add"), ("order.items[0].name", "one"))).Content.ReadAsStringAsync()).ShouldContain("order.items[1].name");
        var sent = await world.Officer.Submit(address, "order", ("act", "submit"), ("order.systemId", world.System.ToString()), ("order.zone", "GovernmentExtranet"), ("order.until", OrderWorld.Day(30)), ("order.ground", "会议纪要"),
            ("order.items[0].plan", $"{world.Code}/free"), ("order.items[0].name", "web"), ("order.items[0].count", "2"), ("order.items[0].vcpu", "2"), ("order.items[0].memory", "1.5"), ("order.items[0].disk", ""), ("order.items[0].image", "busybox"), ("order.items[0].data", "#cloud-config"));
        sent.StatusCode.ShouldBe(HttpStatusCode.Redirect);
        var page = Regex.Match(sent.Headers.Location!.ToString(), "/work/cloud/orders/[0-9a-f-]{36}").Value;
        page.ShouldNotBeEmpty();
        (await world.Officer.GetPage("/work/cloud/orders?state=Submitted")).ShouldContain(page);
        var seen = await world.Officer.GetPage(page);
        seen.ShouldContain("2 vCPU, 1,536 MiB of memory");
        seen.ShouldNotContain("#cloud-config");
        (await world.Authority.GetPage("/work")).ShouldContain(page);

        (await world.Authority.Submit(page, "refuse", ("code", "quota"), ("reason", ""))).StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        (await world.Authority.Submit(page, "grant")).StatusCode.ShouldBe(HttpStatusCode.Redirect);
        var granted = await world.Officer.GetPage(page);
        granted.ShouldContain("No host has room now");
        granted.ShouldContain("web-2");
        (await platform.WithDb(db => db.CloudOrders.CountAsync(o => o.OrganisationId == world.Department.Id))).ShouldBe(1);
        (await (await platform.SignedIn(await platform.Department(), Role.DepartmentOfficer)).GetAsync(page)).StatusCode.ShouldBe(HttpStatusCode.NotFound);
    }

    [Fact]
    public async Task Resource_ChangedByForm_IsAnOrder_AndGivenBackOnlyByItsNumber()
    {
        var world = await OrderWorld.MakeAsync(platform);
        var order = await world.Draft(world.Item("web", "free"));
        (await world.Submit(order)).StatusCode.ShouldBe(HttpStatusCode.OK);
        (await world.Authority.Submit($"/work/cloud/orders/{order}", "grant")).StatusCode.ShouldBe(HttpStatusCode.Redirect);
        var resource = await platform.WithDb(db => db.CloudResources.AsNoTracking().SingleAsync(r => r.OrderId == order));
        var page = $"/work/cloud/resources/{resource.Id}/change";
        (await world.Officer.GetPage($"/work/cloud/resources/{resource.Id}")).ShouldContain(page);
        var form = await world.Officer.GetPage(page);
        form.ShouldContain("1 to 8, in steps of 1");
        var wrong = await world.Officer.Submit(page, "change", ("vcpu", "9"), ("memory", "x"), ("until", OrderWorld.Day(30)), ("ground", "升级"));
        wrong.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        (await wrong.Content.ReadAsStringAsync()).ShouldContain("升级");
        var unfit = await world.Officer.Submit(page, "change", ("vcpu", "9"), ("memory", "0.5"), ("until", OrderWorld.Day(30)), ("ground", "升级"));
        unfit.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        (await unfit.Content.ReadAsStringAsync()).ShouldContain("#f-vcpu");
        var sent = await world.Officer.Submit(page, "change", ("vcpu", "4"), ("memory", "0.5"), ("until", OrderWorld.Day(30)), ("ground", "升级"));
        sent.StatusCode.ShouldBe(HttpStatusCode.Redirect);
        var change = await platform.WithDb(db => db.CloudOrders.AsNoTracking().SingleAsync(o => o.ResourceId == resource.Id));
        sent.Headers.Location!.ToString().ShouldContain($"/work/cloud/orders/{change.Id}");
        change.Items.Single().Amounts.ShouldContain(new ResourceAmount("vcpu", 4000));
        (await world.Officer.GetPage(page)).ShouldContain($"/work/cloud/orders/{change.Id}");

        (await world.Officer.Submit(page, "return", ("reason", "不再使用"), ("number", "ZY-1"))).StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        (await platform.WithDb(db => db.CloudResources.AsNoTracking().SingleAsync(r => r.Id == resource.Id))).Wish.ShouldBe(ResourceWish.Running);
        (await world.Officer.Submit(page, "return", ("reason", "不再使用"), ("number", resource.Number))).StatusCode.ShouldBe(HttpStatusCode.Redirect);
        (await platform.WithDb(db => db.CloudResources.AsNoTracking().SingleAsync(r => r.Id == resource.Id))).Wish.ShouldBe(ResourceWish.Removed);
        (await world.Officer.GetAsync(page)).StatusCode.ShouldBe(HttpStatusCode.Conflict);
        (await (await platform.SignedIn(await platform.Department(), Role.DepartmentOfficer)).GetAsync(page)).StatusCode.ShouldBe(HttpStatusCode.NotFound);
    }

    [Fact]
    public async Task Draft_ChangedByForm_KeepsItsUserData_AndASecondHandIsTold()
    {
        var world = await OrderWorld.MakeAsync(platform);
        var id = await world.Draft(world.Item("web", userData: "#cloud-config"));
        var page = $"/work/cloud/orders/{id}";
        (await world.Officer.GetPage(page)).ShouldContain($"{page}/draft");
        var filled = await world.Officer.GetPage($"{page}/draft");
        filled.ShouldContain("value=\"web\"");
        filled.ShouldNotContain("#cloud-config");
        (string, string)[] fields =
        [
            ("act", "save"), ("order.systemId", world.System.ToString()), ("order.zone", "GovernmentExtranet"), ("order.until", OrderWorld.Day(60)), ("order.ground", "会议纪要第二号"), ("order.items[0].plan", $"{world.Code}/small"),
            ("order.items[0].name", "web"), ("order.items[0].count", "3"), ("order.items[0].vcpu", ""), ("order.items[0].memory", ""), ("order.items[0].disk", ""), ("order.items[0].image", "busybox"), ("order.items[0].data", ""),
        ];
        (await world.Officer.Submit($"{page}/draft", "order", fields)).StatusCode.ShouldBe(HttpStatusCode.Redirect);
        var order = await platform.WithDb(db => db.CloudOrders.AsNoTracking().SingleAsync(o => o.Id == id));
        (order.Items.Single().Count, order.Ground, order.Items.Single().UserDataDigest is not null).ShouldBe((3, "会议纪要第二号", true));
        // Whoever still sees the draft as it was is told, and nothing is lost.
        var late = await world.Officer.Submit($"{page}/draft", "order", [.. fields, ("revision", "1")]);
        late.StatusCode.ShouldBe(HttpStatusCode.PreconditionFailed);
        (await late.Content.ReadAsStringAsync()).ShouldContain("会议纪要第二号");
        (await world.Submit(id)).StatusCode.ShouldBe(HttpStatusCode.OK);
        (await world.Officer.GetAsync($"{page}/draft")).StatusCode.ShouldBe(HttpStatusCode.Conflict);
        (await (await platform.SignedIn(await platform.Department(), Role.DepartmentOfficer)).GetAsync($"{page}/draft")).StatusCode.ShouldBe(HttpStatusCode.NotFound);
    }
}
