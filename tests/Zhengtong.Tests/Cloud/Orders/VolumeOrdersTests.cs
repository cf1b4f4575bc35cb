using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Zhengtong.Cloud.Model;
using Zhengtong.Kernel.Identity;
using Zhengtong.Tests.Support;

namespace Zhengtong.Tests.Cloud.Orders;

/// <summary>Data volumes as part of a change: held with its grant, or refused whole.</summary>
[OnDatabase]
public sealed class VolumeOrdersTests(PlatformFixture platform)
{
    [Fact]
    public async Task Volumes_AreOrderedByAChange_HeldAsDisk_AndRefusedWhereQuotaLacks()
    {
        var world = await OrderWorld.MakeAsync(platform);
        var id = await world.Submitted(world.Item("app", "free"));
        await OrderWorld.Done(world.Grant(id));
        var resource = (await world.Resources(id)).Single();
        Task<HttpResponseMessage> Change(params object[] volumes) => world.Officer.PostAsJsonAsync($"/api/v1/cloud/resources/{resource.Id}/changes", new { volumes, ground = "数据增长" });
        async Task<Guid> Drafted(params object[] volumes) => (await (await OrderWorld.Done(Change(volumes))).Content.ReadFromJsonAsync<JsonElement>()).GetProperty("id").GetGuid();
        object Volume(string name, int size, string path) => new { name, size, path };

        foreach (var (field, volume) in new[] { ("name", Volume("Data", 1, "/data")), ("name", Volume("-", 1, "/data")), ("size", Volume("data", 0, "/data")), ("path", Volume("data", 1, "data")), ("path", Volume("data", 1, "/")), ("path", Volume("data", 1, "/a/../b")) })
        {
            (await (await Change(volume)).ReadProblem()).GetProperty("errors").EnumerateObject().Select(e => e.Name).ShouldBe([$"volumes[0].{field}"]);
        }

        (await (await Change(Volume("data", 1, "/data"), Volume("data", 1, "/data/deep"))).ReadProblem()).GetProperty("errors").EnumerateObject().Select(e => e.Name).Order().ShouldBe(["volumes[0].name", "volumes[0].path", "volumes[1].name"]);
        (await (await Change()).ReadProblemCode()).ShouldBe("cloud.order-invalid");
        (await Change([.. Enumerable.Range(1, 9).Select(n => Volume($"v{n}", 1, $"/v{n}"))])).StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        (await (await (await platform.SignedIn(await platform.Department(), Role.DepartmentOfficer)).PostAsJsonAsync($"/api/v1/cloud/resources/{resource.Id}/changes", new { volumes = new[] { Volume("data", 1, "/data") }, ground = "不是我的" })).ReadProblemCode()).ShouldBe("cloud.resource-not-found");

        // No disk was granted to the department: nothing of a kind that was not.
        var first = await Drafted(Volume("data", 20, "/data"));
        await OrderWorld.Done(world.Submit(first));
        (await (await world.Grant(first)).ReadProblemCode()).ShouldBe("cloud.quota-exceeded");
        (await world.Resources(id)).Single().Volumes.ShouldBeEmpty();
        await platform.WithDb(async db => { db.QuotaCounters.Add(new QuotaCounter { NodeId = world.Node, Kind = "disk", Limit = 30 }); return await db.SaveChangesAsync(); });
        await OrderWorld.Done(world.Grant(first));
        (await world.Held("disk")).ShouldBe((20, 0));
        var seen = await world.Seen(first);
        seen.GetProperty("items")[0].GetProperty("volumes")[0].GetProperty("path").GetString().ShouldBe("/data");
        JsonDocument.Parse(seen.GetProperty("document").GetString()!).RootElement.GetProperty("items")[0].GetProperty("volumes")[0].GetProperty("size").GetInt32().ShouldBe(20);
        JsonDocument.Parse((await world.Seen(id)).GetProperty("document").GetString()!).RootElement.GetProperty("items")[0].TryGetProperty("volumes", out _).ShouldBeFalse();
        (await world.Resources(id)).Single().ShouldSatisfyAllConditions(r => r.Volumes.ShouldBe([new KeptVolume("data", 20, "/data")]), r => r.Amounts.Get("disk").ShouldBe(20), r => r.OwnAmounts.Get("disk").ShouldBe(0));

        (await (await Change(Volume("data", 10, "/data"))).ReadProblem()).GetProperty("errors").EnumerateObject().Single().Name.ShouldBe("volumes[0].size");
        (await (await Change(Volume("data", 20, "/moved"))).ReadProblem()).GetProperty("errors").EnumerateObject().Single().Name.ShouldBe("volumes[0].path");
        var second = await Drafted(Volume("data", 25, "/data"), Volume("logs", 6, "/logs"));
        await OrderWorld.Done(world.Submit(second));
        (await (await world.Grant(second)).ReadProblemCode()).ShouldBe("cloud.quota-exceeded");
        (await world.Held("disk")).ShouldBe((20, 0));
        await OrderWorld.Done(world.Officer.PostAsJsonAsync($"{OrderWorld.Orders}/{second}/withdrawal", new { reason = "改小", revision = await world.Revision(second) }));

        // Another size of the instance leaves them; what goes stays held until its engine no longer has it.
        var cores = await OrderWorld.Done(world.Officer.PostAsJsonAsync($"/api/v1/cloud/resources/{resource.Id}/changes", new { amounts = new[] { new { kind = "vcpu", amount = 2000 } }, ground = "扩容" }));
        var larger = (await cores.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("id").GetGuid();
        await OrderWorld.Done(world.Submit(larger));
        await OrderWorld.Done(world.Grant(larger));
        (await world.Resources(id)).Single().ShouldSatisfyAllConditions(r => r.Amounts.Get("vcpu").ShouldBe(2000), r => r.Amounts.Get("disk").ShouldBe(20), r => r.Volumes.Count.ShouldBe(1));
        var none = await Drafted();
        await OrderWorld.Done(world.Submit(none));
        await OrderWorld.Done(world.Grant(none));
        (await world.Held("disk")).ShouldBe((20, 0));
        (await world.Resources(id)).Single().Volumes.ShouldBe([new KeptVolume("data", 20, "/data", IsLeaving: true)]);
        (await (await Change(Volume("data", 30, "/data"))).ReadProblem()).GetProperty("errors").EnumerateObject().Single().Name.ShouldBe("volumes[0].name");
        (await world.Differences()).ShouldBeEmpty();
    }

    [Fact]
    public async Task Page_DraftsAVolume_ShowsFaultsAndGoesToTheOrder()
    {
        var world = await OrderWorld.MakeAsync(platform);
        var id = await world.Submitted(world.Item("app", "free"));
        await OrderWorld.Done(world.Grant(id));
        var page = $"/work/cloud/resources/{(await world.Resources(id)).Single().Id}";
        var wrong = await world.Officer.Submit(page, "volumes", ("volumes[0].name", "data"), ("volumes[0].size", "x"), ("volumes[0].path", "/data"), ("ground", "数据增长"));
        wrong.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        (await wrong.Content.ReadAsStringAsync()).ShouldContain("#f-volumes-0-size");
        var drafted = await world.Officer.Submit(page, "volumes", ("volumes[0].name", "data"), ("volumes[0].size", "7"), ("volumes[0].path", "/data"), ("ground", "数据增长"));
        drafted.StatusCode.ShouldBe(HttpStatusCode.Found);
        (await world.Officer.GetPage(drafted.Headers.Location!.ToString())).ShouldContain("volume data: 7 GiB at /data");
    }
}
