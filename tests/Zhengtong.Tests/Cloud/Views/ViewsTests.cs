using System.Net.Http.Json;
using System.Text.Json;
using Zhengtong.Cloud.Model;
using Zhengtong.Cloud.Views;
using Zhengtong.Kernel.Identity;
using Zhengtong.Kernel.Regions;
using Zhengtong.Tests.Cloud.Orders;
using Zhengtong.Tests.Support;

namespace Zhengtong.Tests.Cloud.Views;

/// <summary>What those who answer for the cloud see of it.</summary>
[OnDatabase]
public sealed class ViewsTests(PlatformFixture platform)
{
    [Fact]
    public async Task Hosts_FullOnesAndSilentEngines_AreAlarms_AndFiguresStandOnThePage()
    {
        var (now, pool, name) = (TimeProvider.System.GetUtcNow(), CloudWorld.NewId(), $"heat {CloudWorld.NewId()}");
        var @operator = await platform.SignedIn(await platform.Department(), Role.PlatformOperator);
        await platform.WithDb(async db =>
        {
            db.ResourcePools.Add(new ResourcePool { Id = pool, Name = name, Zone = NetworkZone.Internet, Region = RegionCode.Parse("610000"), Engine = "none", Address = "-", Protection = 1, Strategy = PlacementStrategy.Spread, Ratios = [], CreatedAt = now, IsOpen = false });
            db.PoolSights.Add(new PoolSight { PoolId = pool, LookedAt = now, Fault = "silent", FaultSince = now });
            foreach (var (host, used) in new[] { ("full", 9500L), ("calm", 1000L) })
            {
                var member = new CloudHost { Id = CloudWorld.NewId(), PoolId = pool, Name = host, State = HostState.Offline, Traits = [], Group = "A1" };
                db.CloudHosts.Add(member);
                db.HostInventories.Add(new HostInventory { HostId = member.Id, Kind = "vcpu", Total = 10_000, Reserved = 0, Capacity = 10_000, Used = used, IsOpen = false, Generation = 0, SetGeneration = 0 });
            }

            return await db.SaveChangesAsync();
        });
        var seen = await @operator.GetFromJsonAsync<JsonElement>("/api/v1/cloud/hosts");
        var alarms = seen.GetProperty("alarms").EnumerateArray().Select(a => (a.GetProperty("code").GetString(), a.GetProperty("subject").GetString(), a.GetProperty("count").GetInt64())).ToList();
        alarms.ShouldContain(("engine-silent", name, 1));
        alarms.ShouldContain(("host-full", $"{name} / full", 950));
        alarms.ShouldNotContain(a => a.Item2 == $"{name} / calm");
        var page = await @operator.GetPage($"/work/cloud/hosts?pool={pool}");
        page.ShouldContain("heat-3\">95 %");
        page.ShouldContain("heat-0\">10 %");
        (await (await (await platform.SignedIn(await platform.Department(), Role.DepartmentOfficer)).GetAsync("/api/v1/cloud/hosts")).ReadProblemCode()).ShouldBe("kernel.forbidden");
    }

    [Fact]
    public async Task Topology_IsOfTheOwnDepartment_AsPictureAndTable()
    {
        var (world, other) = (await OrderWorld.MakeAsync(platform), await OrderWorld.MakeAsync(platform));
        await OrderWorld.Done(world.Grant(await world.Submitted(world.Item("topo-web", count: 2))));
        var seen = await world.Officer.GetFromJsonAsync<JsonElement>("/api/v1/cloud/topology");
        seen.GetProperty("resources").GetArrayLength().ShouldBe(2);
        seen.GetProperty("systems").EnumerateArray().Single().GetProperty("id").GetGuid().ShouldBe(world.System);
        seen.GetProperty("networks").EnumerateArray().Single().GetProperty("zone").GetString().ShouldBe("governmentExtranet");
        var page = await world.Officer.GetPage("/work/cloud/topology");
        page.ShouldContain("<svg viewBox=\"0 0 1000 128\" role=\"img\"");
        page.ShouldContain("topo-web-2</text>");
        page.ShouldContain("topo-web-2</a>");
        (await other.Officer.GetPage("/work/cloud/topology")).ShouldNotContain("topo-web");
    }

    [Fact]
    public void Drawing_OfMany_LeavesOutAndSaysSo()
    {
        var system = new TopologySystem(CloudWorld.NewId(), new string('长', 40), NetworkZone.Internet, 2);
        var drawing = TopologyDrawing.Of(new CloudTopology([system], [new TopologyNetwork(null, "", NetworkZone.Internet, null)],
            [.. Enumerable.Range(0, 100).Select(n => new TopologyResource(CloudWorld.NewId(), $"ZY-{n}", $"r{n}", ResourceForm.Instance, CloudResourceState.Running, system.Id, 0, null))], 120));
        (drawing.LeftOut, drawing.Lines.Count, drawing.Boxes.Count).ShouldBe((60, 120, 62));
        drawing.Boxes[0].Words.Length.ShouldBe(22);
        drawing.Boxes.ShouldAllBe(b => b.Y > 0 && b.Y < drawing.Height);
    }

    [Fact]
    public async Task Overview_CountsTheRegionAndBelow()
    {
        var above = await platform.Department(region: "650000");
        var (one, _, outside) = (await platform.Department(region: "650100"), await platform.Department(region: "650100"), await platform.Department(region: "640100"));
        var authority = await platform.SignedIn(above, Role.Authority);
        var now = TimeProvider.System.GetUtcNow();
        await platform.WithDb(async db =>
        {
            foreach (var owner in new[] { one, outside })
            {
                var node = QuotaNode.Below(null, QuotaLevel.Department, QuotaNode.KeyOf(owner.Id), owner.Region, owner.Id, null, now);
                var (on, off) = (System(owner.Id, "已上云", now), System(owner.Id, "未上云", now));
                db.AddRange(node, on, off, new CloudResource
                {
                    Id = CloudWorld.NewId(), Number = $"O-{owner.Id:N}"[..20], Name = "web", Form = ResourceForm.Instance, OrderId = CloudWorld.NewId(), Item = 1, OrganisationId = owner.Id, Region = owner.Region, NodeId = node.Id, SystemId = on.Id,
                    ServiceCode = "compute", PlanCode = "small", Zone = NetworkZone.Internet, Protection = 1, Amounts = Amounts.Of([new("vcpu", 2500), new("memory", 2048)]), Wish = ResourceWish.Running, State = CloudResourceState.Running,
                    Until = now.AddYears(1), CreatedAt = now, DeliveredAt = now,
                });
            }

            return await db.SaveChangesAsync();
        });
        var seen = await authority.GetFromJsonAsync<JsonElement>("/api/v1/cloud/overview");
        var total = seen.GetProperty("total");
        (total.GetProperty("departments").GetInt32(), total.GetProperty("departmentsOn").GetInt32()).ShouldBe((3, 1));
        (total.GetProperty("systems").GetInt32(), total.GetProperty("systemsOn").GetInt32(), total.GetProperty("newSystems").GetInt32(), total.GetProperty("newSystemsOn").GetInt32()).ShouldBe((2, 1, 2, 1));
        total.GetProperty("uses").EnumerateArray().First(u => u.GetProperty("kind").GetString() == "vcpu").GetProperty("allocated").GetInt64().ShouldBe(2500);
        seen.GetProperty("regions").EnumerateArray().Select(r => r.GetProperty("region").GetString()).ShouldBe(["650000", "650100"]);
        var page = await authority.GetPage("/work/cloud/overview");
        page.ShouldContain("1 / 3");
        page.ShouldContain("2.5 cores");
        (await (await (await platform.SignedIn(one, Role.DepartmentOfficer)).GetAsync("/api/v1/cloud/overview")).ReadProblemCode()).ShouldBe("kernel.forbidden");
    }

    private static BusinessSystem System(Guid owner, string name, DateTimeOffset now) => new() { Id = CloudWorld.NewId(), OrganisationId = owner, Name = name, Purpose = name, Protection = 1, Zone = NetworkZone.Internet, CreatedAt = now };
}
