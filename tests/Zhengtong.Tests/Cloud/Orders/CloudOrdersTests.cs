using System.Net;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Cloud.Model;
using Zhengtong.Cloud.Orders;
using Zhengtong.Kernel.Identity;
using Zhengtong.Kernel.Secrets;
using Zhengtong.Tests.Support;

namespace Zhengtong.Tests.Cloud.Orders;

[OnDatabase]
public sealed class CloudOrdersTests(PlatformFixture platform)
{
    private const string Orders = OrderWorld.Orders;

    [Fact]
    public async Task Order_Granted_IsHeldSealedByBoth_AndItsResourcesWaitWithAClearSign()
    {
        var world = await OrderWorld.MakeAsync(platform);
        var id = await world.Draft(world.Item(count: 2, userData: "#cloud-config\npassword: hunter2-secret"), world.Item("db", "free", amounts: new[] { new { kind = "vcpu", amount = 4000 } }, isApart: true));
        (await (await world.Grant(id)).ReadProblemCode()).ShouldBe("cloud.order-not-found");
        var draft = await world.Seen(id);
        draft.GetProperty("items")[0].GetProperty("monthly").GetDecimal().ShouldBe(97.6m);
        draft.GetProperty("items")[1].GetProperty("amounts").EnumerateArray().Single(a => a.GetProperty("kind").GetString() == "memory").GetProperty("amount").GetInt64().ShouldBe(512);
        (await world.Submit(id)).StatusCode.ShouldBe(HttpStatusCode.OK);
        (await (await world.Submit(id)).ReadProblemCode()).ShouldBe("cloud.order-not-draft");
        (await world.Held()).ShouldBe((0, 0));
        (await world.Grant(id)).StatusCode.ShouldBe(HttpStatusCode.NoContent);
        (await (await world.Grant(id)).ReadProblemCode()).ShouldBe("cloud.order-not-submitted");

        (await world.Held()).ShouldBe((6000, 0));
        (await world.Differences()).ShouldBeEmpty();
        var resources = await world.Resources(id);
        resources.Select(r => (r.Name, r.Wish, r.Zone, r.Protection)).ShouldBe([("web-1", ResourceWish.Running, NetworkZone.GovernmentExtranet, 5), ("web-2", ResourceWish.Running, NetworkZone.GovernmentExtranet, 5), ("db", ResourceWish.Running, NetworkZone.GovernmentExtranet, 5)], ignoreOrder: true);
        resources.ShouldAllBe(r => r.Problem == "no-host" && r.NextAt != null && r.HostId == null);
        resources.Select(r => r.Number).Distinct().Count().ShouldBe(3);
        var vault = platform.App.Services.GetRequiredService<Vault>();
        foreach (var web in resources.Where(r => r.Item == 1)) { Encoding.UTF8.GetString(vault.Open(web.UserData!, CloudResource.PurposeOf(web.Id))).ShouldContain("hunter2-secret"); }
        (await platform.WithDb(db => db.OrderUserData.CountAsync(d => d.OrderId == id))).ShouldBe(0);

        var seen = await world.Seen(id);
        var (text, digest) = (seen.GetProperty("document").GetString()!, seen.GetProperty("digest").GetString());
        Suite.International.DigestOf(text).ShouldBe(digest);
        text.ShouldStartWith("{\"at\":");
        JsonDocument.Parse(text).RootElement.GetProperty("format").GetString().ShouldBe("zhengtong-cloud-order-1");
        foreach (var (side, owner) in new[] { ("consumerSeal", world.Department.Id), ("providerSeal", world.Provider.Id) })
        {
            var seal = seen.GetProperty(side);
            seal.GetProperty("organisation").GetGuid().ShouldBe(owner);
            var keyId = seal.GetProperty("keyId").GetString();
            var key = await platform.WithDb(db => db.OrganisationKeys.SingleAsync(k => k.KeyId == keyId));
            (key.OrganisationId, OrganisationKeys.Verify(key, Encoding.UTF8.GetBytes(text), seal.GetProperty("signature").GetString()!)).ShouldBe((owner, true));
        }

        seen.ToString().ShouldNotContain("hunter2-secret");
        var subject = id.ToString();
        var entries = await platform.WithDb(db => db.Ledger.Where(e => e.Subject == subject).ToListAsync());
        entries.Select(e => e.Event).ShouldBe(["cloud.order-drafted", "cloud.order-submitted", "cloud.order-granted"], ignoreOrder: true);
        entries.ShouldAllBe(e => !e.Data.Contains("hunter2-secret"));
        (await platform.WithDb(db => db.Notices.CountAsync(n => n.OrganisationId == world.Department.Id && n.TextKey == "cloud.notice.order-granted"))).ShouldBe(1);
    }

    [Fact]
    public async Task Grant_BeyondTheQuota_IsRefusedWithEveryLevelThatLacks_AndNothingChanges()
    {
        var world = await OrderWorld.MakeAsync(platform, cores: 2500);
        var id = await world.Submitted(world.Item(count: 2), world.Item("more", "free", amounts: new[] { new { kind = "vcpu", amount = 8000 } }));
        var shown = await world.Seen(id);
        shown.GetProperty("quotaShortages")[0].GetProperty("lacking").GetInt64().ShouldBe(7500);
        var problem = await (await world.Grant(id)).ReadProblem();
        problem.GetProperty("code").GetString().ShouldBe("cloud.quota-exceeded");
        problem.GetProperty("errors").EnumerateObject().Single().Name.ShouldBe("amounts.vcpu");
        (await world.Held()).ShouldBe((0, 0));
        (await world.Resources(id)).ShouldBeEmpty();
        (await world.Seen(id)).GetProperty("state").GetString().ShouldBe("submitted");
        (await (await world.Authority.PostAsJsonAsync($"{Orders}/{id}/refusal", new { code = "quota", reason = "配额不足", revision = await world.Revision(id) })).Content.ReadAsStringAsync()).ShouldBeEmpty();
        (await world.Seen(id)).GetProperty("reasonCode").GetString().ShouldBe("quota");
    }

    [Fact]
    public async Task Grant_WithoutAnyQuota_OfTheOwnSupply_OrOutOfReach_IsRefused()
    {
        var world = await OrderWorld.MakeAsync(platform);
        var id = await world.Submitted();
        (await (await world.Grant(id, await platform.SignedIn(world.Provider, Role.Authority))).ReadProblemCode()).ShouldBe("cloud.order-own");
        (await (await world.Grant(id, await platform.SignedIn(world.Department, Role.Authority))).ReadProblemCode()).ShouldBe("cloud.order-own");
        (await (await world.Grant(id, await platform.SignedIn(await platform.Department(region: "620000"), Role.Authority))).ReadProblemCode()).ShouldBe("cloud.order-not-found");
        (await (await world.Grant(id, world.Officer)).ReadProblemCode()).ShouldBe("kernel.forbidden");
        (await (await world.Authority.PostAsJsonAsync($"{Orders}/{id}/grant", new { revision = 1 })).ReadProblemCode()).ShouldBe("cloud.changed-meanwhile");
        var stranger = await platform.SignedIn(await platform.Department(), Role.DepartmentOfficer);
        (await stranger.GetAsync($"{Orders}/{id}")).StatusCode.ShouldBe(HttpStatusCode.NotFound);
        (await (await stranger.PostAsJsonAsync($"{Orders}/{id}/withdrawal", new { reason = "不要了", revision = 2 })).ReadProblemCode()).ShouldBe("cloud.order-not-found");

        await platform.WithDb(async db => await db.QuotaCounters.Where(c => c.NodeId == world.Node).ExecuteDeleteAsync() + await db.QuotaNodes.Where(n => n.Id == world.Node).ExecuteDeleteAsync());
        var code = await (await world.Grant(id)).ReadProblemCode();
        // Another test may have opened the province's own quota: then that one lacks.
        new[] { "cloud.order-no-quota", "cloud.quota-exceeded" }.ShouldContain(code);
    }

    [Fact]
    public async Task Draft_HostileOrWrong_NamesEveryFault_AndKeepsNothing()
    {
        var world = await OrderWorld.MakeAsync(platform, zone: "governmentIntranet");
        var problem = await (await world.Officer.PostAsJsonAsync(Orders, new
        {
            order = new
            {
                systemId = world.System, zone = "internet", projectId = Guid.AllBitsSet, until = OrderWorld.Day(-1), ground = "依据",
                items = new object[]
                {
                    world.Item("same", amounts: new[] { new { kind = "vcpu", amount = 999 } }), world.Item("same", "none"), new { name = "x1", service = "none", plan = "small", count = 50, isApart = false },
                    new { name = "x2", service = world.Code, plan = "free", image = "../../etc/passwd", count = 50, isApart = false, amounts = new[] { new { kind = "disk", amount = 1 } } },
                    // Fewer letters than the limit and more bytes.
                    world.Item("x3", userData: new string('长', 100_000)),
                },
            },
        })).ReadProblem();
        problem.GetProperty("code").GetString().ShouldBe("cloud.order-invalid");
        problem.GetProperty("errors").EnumerateObject().Select(e => e.Name).ShouldBe(
            ["order.zone", "order.projectId", "order.until", "order.items", "order.items[0].amounts[0].amount", "order.items[1].name", "order.items[1].plan", "order.items[2].service", "order.items[3].image",
             "order.items[3].amounts[0].kind", "order.items[4].userData"], ignoreOrder: true);
        foreach (var name in new[] { "../../root", "a;reboot", "<b>x</b>", "-rf", "x" })
        {
            (await (await world.Officer.PostAsJsonAsync(Orders, world.Order("governmentIntranet", [world.Item(name)]))).ReadProblemCode()).ShouldBe("kernel.invalid");
        }

        (await (await world.Officer.PostAsJsonAsync(Orders, world.Order("governmentIntranet", [world.Item(userData: new string('x', 131_073))]))).ReadProblemCode()).ShouldBe("kernel.invalid");
        (await world.Officer.PostAsJsonAsync(Orders, world.Order("governmentIntranet", [world.Item(userData: "'; DROP TABLE orders; -- $(reboot) {{7*7}}\r\n" + new string('x', 131_000))]))).StatusCode.ShouldBe(HttpStatusCode.Created);
        (await platform.WithDb(db => db.CloudOrders.CountAsync(o => o.OrganisationId == world.Department.Id))).ShouldBe(1);
    }

    [Fact]
    public async Task Draft_Revised_KeepsUserDataThatIsNotSentAgain_AndWithdrawnForgetsIt()
    {
        var world = await OrderWorld.MakeAsync(platform);
        var id = await world.Draft(world.Item(userData: "one"), world.Item("two", userData: "two"));
        var digest = (await world.Seen(id)).GetProperty("items")[0].GetProperty("userDataDigest").GetString();
        Task<HttpResponseMessage> Revise(string tag, params object[] items) => world.Officer.SendAsync(new HttpRequestMessage(HttpMethod.Put, $"{Orders}/{id}") { Content = JsonContent.Create(world.Order(items)), Headers = { { "If-Match", tag } } });
        (await Revise("\"1\"", world.Item(count: 3))).StatusCode.ShouldBe(HttpStatusCode.NoContent);
        (await Revise("\"1\"", world.Item())).StatusCode.ShouldBe(HttpStatusCode.PreconditionFailed);
        var seen = await world.Seen(id);
        (seen.GetProperty("items")[0].GetProperty("userDataDigest").GetString(), seen.GetProperty("items")[0].GetProperty("count").GetInt32()).ShouldBe((digest, 3));
        (await platform.WithDb(db => db.OrderUserData.CountAsync(d => d.OrderId == id))).ShouldBe(1);
        await OrderWorld.Done(world.Submit(id));
        (await (await Revise("\"3\"", world.Item())).ReadProblemCode()).ShouldBe("cloud.order-not-draft");
        await OrderWorld.Done(world.Officer.PostAsJsonAsync($"{Orders}/{id}/withdrawal", new { reason = "不再需要", revision = 3 }));
        (await platform.WithDb(db => db.OrderUserData.CountAsync(d => d.OrderId == id))).ShouldBe(0);
        (await (await world.Grant(id)).ReadProblemCode()).ShouldBe("cloud.order-not-submitted");
    }

    [Fact]
    public async Task Service_WithdrawnMeanwhile_RefusesTheGrant_AndANewerVersionDoesNot()
    {
        var world = await OrderWorld.MakeAsync(platform);
        var id = await world.Submitted();
        var other = await world.Submitted(world.Item("other"));
        var drafts = await platform.SignedIn(world.Provider, Role.PlatformOperator);
        await OrderWorld.Done(drafts.PostAsJsonAsync("/api/v1/cloud-services", OrderWorld.Service(world.Code)));
        await OrderWorld.Done(world.Authority.PostAsJsonAsync($"/api/v1/cloud-services/{world.Code}/publication", new { revision = 1 }));
        (await world.Grant(id)).StatusCode.ShouldBe(HttpStatusCode.NoContent);
        await platform.WithDb(db => db.CloudServices.Where(s => s.Code == world.Code).ExecuteUpdateAsync(set => set.SetProperty(s => s.State, Zhengtong.Catalogue.Model.ServiceState.Withdrawn)));
        (await (await world.Grant(other)).ReadProblemCode()).ShouldBe("cloud.service-gone");
    }

    [Fact]
    public async Task Change_ResizesHoldAndResourceTogether_AndGivingBackNeedsNobody()
    {
        var world = await OrderWorld.MakeAsync(platform, cores: 4000);
        var id = await world.Submitted(world.Item("app", "free"));
        await OrderWorld.Done(world.Grant(id));
        var resource = (await world.Resources(id)).Single();
        Task<HttpResponseMessage> Change(object body) => world.Officer.PostAsJsonAsync($"/api/v1/cloud/resources/{resource.Id}/changes", body);
        (await (await Change(new { amounts = new[] { new { kind = "vcpu", amount = 1500 } }, ground = "扩容" })).ReadProblemCode()).ShouldBe("cloud.order-invalid");
        (await (await Change(new { ground = "什么也不变" })).ReadProblemCode()).ShouldBe("cloud.order-invalid");

        // More than the quota: refused, and nothing is half changed.
        var large = (await (await OrderWorld.Done(Change(new { amounts = new[] { new { kind = "vcpu", amount = 5000 } }, ground = "扩容" }))).Content.ReadFromJsonAsync<JsonElement>()).GetProperty("id").GetGuid();
        (await (await Change(new { amounts = new[] { new { kind = "vcpu", amount = 2000 } }, ground = "扩容" })).ReadProblemCode()).ShouldBe("cloud.change-open");
        await OrderWorld.Done(world.Submit(large));
        (await (await world.Grant(large)).ReadProblemCode()).ShouldBe("cloud.quota-exceeded");
        (await world.Held()).ShouldBe((1000, 0));
        await OrderWorld.Done(world.Officer.PostAsJsonAsync($"{Orders}/{large}/withdrawal", new { reason = "改小", revision = await world.Revision(large) }));

        var change = (await (await OrderWorld.Done(Change(new { amounts = new[] { new { kind = "vcpu", amount = 3000 } }, until = OrderWorld.Day(730), ground = "扩容并续期" }))).Content.ReadFromJsonAsync<JsonElement>()).GetProperty("id").GetGuid();
        await OrderWorld.Done(world.Submit(change));
        await OrderWorld.Done(world.Grant(change));
        (await world.Held()).ShouldBe((3000, 0));
        (await world.Differences()).ShouldBeEmpty();
        var changed = (await world.Resources(id)).Single();
        (changed.Amounts.Get("vcpu"), changed.Amounts.Get("memory"), changed.Until > resource.Until).ShouldBe((3000, 512, true));

        var back = $"/api/v1/cloud/resources/{resource.Id}/return";
        (await (await (await platform.SignedIn(await platform.Department(), Role.DepartmentOfficer)).PostAsJsonAsync(back, new { reason = "不是我的" })).ReadProblemCode()).ShouldBe("cloud.resource-not-found");
        await OrderWorld.Done(world.Officer.PostAsJsonAsync(back, new { reason = "不再使用" }));
        (await (await world.Officer.PostAsJsonAsync(back, new { reason = "不再使用" })).ReadProblemCode()).ShouldBe("cloud.resource-gone");
        (await (await Change(new { until = OrderWorld.Day(30), ground = "续期" })).ReadProblemCode()).ShouldBe("cloud.resource-gone");
    }

    [Fact]
    public async Task Review_WithAChain_GrantsWithItsLastStep_RefusesAndWithdraws()
    {
        var world = await OrderWorld.MakeAsync(platform, cores: 1000);
        var chain = new { kind = "cloud.order", validFrom = OrderWorld.Day(0), source = "云资源管理办法", organisation = world.Department.Id, steps = new object[] { new { name = "部门审核", seat = "applicant", post = "departmentLeader", days = 3 } } };
        await OrderWorld.Done(world.Authority.PostAsJsonAsync("/api/v1/review-chains", chain));
        var leader = await platform.SignedIn(world.Department, Role.DepartmentLeader);
        async Task<Guid> ReviewOf(Guid order) => await platform.WithDb(db => db.Reviews.Where(r => r.SubjectId == order).Select(r => r.Id).SingleAsync());

        var (first, second, third) = (await world.Submitted(), await world.Submitted(world.Item("b1")), await world.Submitted(world.Item("c1")));
        (await (await world.Grant(first)).ReadProblemCode()).ShouldBe("cloud.order-in-review");
        var review = await leader.GetFromJsonAsync<JsonElement>($"/api/v1/reviews/{await ReviewOf(first)}");
        review.GetProperty("asked").GetArrayLength().ShouldBeGreaterThan(8);
        await OrderWorld.Done(leader.PostAsJsonAsync($"/api/v1/reviews/{await ReviewOf(first)}/approvals", new { opinion = "同意", revision = 1 }));
        (await world.Seen(first)).GetProperty("state").GetString().ShouldBe("granted");
        (await world.Resources(first)).Count.ShouldBe(1);

        // The quota is used up: the last step is not granted, and may be tried again.
        (await (await leader.PostAsJsonAsync($"/api/v1/reviews/{await ReviewOf(second)}/approvals", new { opinion = "同意", revision = 1 })).ReadProblemCode()).ShouldBe("cloud.quota-exceeded");
        (await world.Seen(second)).GetProperty("state").GetString().ShouldBe("submitted");
        await OrderWorld.Done(leader.PostAsJsonAsync($"/api/v1/reviews/{await ReviewOf(second)}/refusal", new { reason = "quota", opinion = "配额不足", revision = 1 }));
        (await world.Seen(second)).GetProperty("reasonCode").GetString().ShouldBe("quota");
        await OrderWorld.Done(world.Officer.PostAsJsonAsync($"{Orders}/{third}/withdrawal", new { reason = "不再需要", revision = await world.Revision(third) }));
        (await platform.WithDb(db => db.Reviews.Where(r => r.SubjectId == third).Select(r => r.State).SingleAsync())).ToString().ShouldBe("Withdrawn");
        (await world.Held()).ShouldBe((1000, 0));
    }

    [Fact]
    public async Task Grants_OfSixtyFourOfficersAtOnce_NeverExceedTheQuota_AndTheRecountEqualsIt()
    {
        const int Officers = 64;
        var world = await OrderWorld.MakeAsync(platform, cores: 40_000);
        var orders = new List<Guid>();
        foreach (var n in Enumerable.Range(0, Officers)) { orders.Add(await world.Submitted(world.Item($"race {n}"))); }
        var above = await platform.Department();
        var answers = await Task.WhenAll(orders.Select(id => Task.Run(async () =>
        {
            await using var scope = platform.App.Services.CreateAsyncScope();
            var actor = new Actor(CloudWorld.NewId(), "officer", above.Id, above.Region, new HashSet<Role> { Role.Authority });
            return (await GrantCloudOrder.Handle(id, new GrantCloudOrderRequest(2), actor, scope.ServiceProvider.GetRequiredService<ZhengtongDb>(), scope.ServiceProvider.GetRequiredService<OrderGrant>(), TimeProvider.System, default)).Result;
        })));
        answers.Count(a => a is Microsoft.AspNetCore.Http.HttpResults.NoContent).ShouldBe(40);
        (await world.Held()).ShouldBe((40_000, 0));
        (await world.Differences()).ShouldBeEmpty();
        (await platform.WithDb(db => db.CloudResources.CountAsync(r => r.OrganisationId == world.Department.Id))).ShouldBe(40);
        (await platform.WithDb(db => db.CloudOrders.CountAsync(o => o.OrganisationId == world.Department.Id && o.State == OrderState.Granted))).ShouldBe(40);
    }

    [Fact]
    public async Task Grants_OfOneOrderAtOnce_GrantItOnce()
    {
        var world = await OrderWorld.MakeAsync(platform);
        var id = await world.Submitted();
        var answers = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => world.Authority.PostAsJsonAsync($"{Orders}/{id}/grant", new { revision = 2 })));
        answers.Count(a => a.StatusCode == HttpStatusCode.NoContent).ShouldBe(1);
        answers.Where(a => a.StatusCode != HttpStatusCode.NoContent).ShouldAllBe(a => a.StatusCode == HttpStatusCode.Conflict);
        (await world.Held()).ShouldBe((1000, 0));
        (await world.Resources(id)).Count.ShouldBe(1);
    }

    [Fact]
    public async Task Systems_RegisteredRevisedRetired_AreTheDepartmentsOwn()
    {
        const string Systems = "/api/v1/cloud/systems";
        var world = await OrderWorld.MakeAsync(platform);
        (await (await world.Officer.PostAsJsonAsync(Systems, OrderWorld.SystemOf("业务系统", "internet", 2))).ReadProblemCode()).ShouldBe("cloud.system-taken");
        var stranger = await platform.SignedIn(await platform.Department(), Role.DepartmentOfficer);
        (await stranger.GetFromJsonAsync<JsonElement>(Systems)).GetProperty("total").GetInt32().ShouldBe(0);
        Task<HttpResponseMessage> Revise(HttpClient by, object body) => by.SendAsync(new HttpRequestMessage(HttpMethod.Put, $"{Systems}/{world.System}") { Content = JsonContent.Create(body), Headers = { { "If-Match", "\"1\"" } } });
        (await (await Revise(stranger, OrderWorld.SystemOf("别人的", "internet", 2))).ReadProblemCode()).ShouldBe("cloud.system-not-found");
        var order = await world.Submitted();
        (await (await Revise(world.Officer, OrderWorld.SystemOf("业务系统", "internet", 2))).ReadProblemCode()).ShouldBe("cloud.system-in-use");
        (await (await world.Officer.PostAsJsonAsync($"{Systems}/{world.System}/retirement", new { reason = "停用", revision = 1 })).ReadProblemCode()).ShouldBe("cloud.system-in-use");
        (await Revise(world.Officer, OrderWorld.SystemOf("改名", "governmentExtranet", 5))).StatusCode.ShouldBe(HttpStatusCode.NoContent);
        await OrderWorld.Done(world.Officer.PostAsJsonAsync($"{OrderWorld.Orders}/{order}/withdrawal", new { reason = "不再需要", revision = 2 }));
        await OrderWorld.Done(world.Officer.PostAsJsonAsync($"{Systems}/{world.System}/retirement", new { reason = "停用", revision = 2 }));
        (await (await world.Officer.PostAsJsonAsync(OrderWorld.Orders, world.Order())).ReadProblem()).GetProperty("errors").EnumerateObject().Single().Name.ShouldBe("order.systemId");
        (await world.Officer.GetFromJsonAsync<JsonElement>($"{Systems}?retired=true")).GetProperty("total").GetInt32().ShouldBe(1);
    }
}
