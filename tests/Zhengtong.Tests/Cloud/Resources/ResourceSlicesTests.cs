using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Cloud.Delivery;
using Zhengtong.Cloud.Engines;
using Zhengtong.Cloud.Model;
using Zhengtong.Kernel.Identity;
using Zhengtong.Kernel.Jobs;
using Zhengtong.Kernel.Organisations;
using Zhengtong.Tests.Cloud.Engines;
using Zhengtong.Tests.Support;

namespace Zhengtong.Tests.Cloud.Resources;

/// <summary>What a department does with its resources, over HTTP, while the jobs run.</summary>
[OnDatabase]
public sealed class ResourceSlicesTests(PlatformFixture platform)
{
    private const string Resources = "/api/v1/cloud/resources";

    [Fact]
    public async Task Department_SeesStopsStartsAndSnapshotsItsOwn_AnotherSeesNothingAndMayNothing()
    {
        var (owner, id, engine) = await DeliveredAsync();
        var client = await platform.SignedIn(owner, Role.DepartmentOfficer);
        var other = await platform.SignedIn(await platform.Department(), Role.DepartmentOfficer);
        var row = (await client.GetFromJsonAsync<JsonElement>(Resources)).GetProperty("items").EnumerateArray().Single();
        (row.GetProperty("id").GetGuid(), row.GetProperty("state").GetString()).ShouldBe((id, "running"));
        (await other.GetFromJsonAsync<JsonElement>(Resources)).GetProperty("items").GetArrayLength().ShouldBe(0);
        foreach (var path in new[] { "", "/snapshots" }) { (await (await other.GetAsync($"{Resources}/{id}{path}")).ReadProblemCode()).ShouldBe("cloud.resource-not-found"); }
        foreach (var (path, body) in new (string, object)[] { ("power", new { isOn = false, revision = 1 }), ("tasks", new { kind = "restart" }), ("retries", new { anew = false, reason = "因为", revision = 1 }), ("runs", new { command = new[] { "id" } }) })
        {
            (await (await other.PostAsJsonAsync($"{Resources}/{id}/{path}", body)).ReadProblemCode()).ShouldBe("cloud.resource-not-found", path);
            (await platform.Visitor().PostAsJsonAsync($"{Resources}/{id}/{path}", body)).StatusCode.ShouldBe(HttpStatusCode.Unauthorized, path);
        }

        // The operator sees it, but what is inside is the department's.
        var keeper = await platform.SignedIn(await platform.Department(), Role.PlatformOperator);
        (await keeper.GetAsync($"{Resources}/{id}")).StatusCode.ShouldBe(HttpStatusCode.OK);
        (await (await keeper.PostAsJsonAsync($"{Resources}/{id}/runs", new { command = new[] { "id" } })).ReadProblemCode()).ShouldBe("kernel.forbidden");

        (await (await client.PostAsJsonAsync($"{Resources}/{id}/power", new { isOn = false, revision = 1 })).ReadProblemCode()).ShouldBe("cloud.changed-meanwhile");
        (await PowerAsync(client, id, false)).StatusCode.ShouldBe(HttpStatusCode.OK);
        await UntilAsync(id, r => r.State == CloudResourceState.Stopped);
        (await (await client.PostAsJsonAsync($"{Resources}/{id}/runs", new { command = new[] { "echo", "秦" } })).ReadProblemCode()).ShouldBe("cloud.resource-not-there");
        (await PowerAsync(client, id, true)).StatusCode.ShouldBe(HttpStatusCode.OK);
        await UntilAsync(id, r => r.State == CloudResourceState.Running && r.NextAt == null);
        var ran = await (await client.PostAsJsonAsync($"{Resources}/{id}/runs", new { command = new[] { "echo", "密钥 secret" } })).Content.ReadFromJsonAsync<JsonElement>();
        (ran.GetProperty("exitCode").GetInt32(), ran.GetProperty("output").GetString()).ShouldBe((0, "密钥 secret\n"));
        (await platform.WithDb(db => db.Ledger.Where(e => e.Subject == id.ToString() && e.Event == "cloud.command-run").Select(e => e.Data).ToListAsync())).ShouldAllBe(d => !d.Contains("secret"));

        (await (await client.PostAsJsonAsync($"{Resources}/{id}/tasks", new { kind = "snapshot", subject = "../x" })).ReadProblemCode()).ShouldBe("cloud.invalid");
        (await client.PostAsJsonAsync($"{Resources}/{id}/tasks", new { kind = "snapshot", subject = "before" })).StatusCode.ShouldBe(HttpStatusCode.Accepted);
        await Eventually(async () => (await client.GetFromJsonAsync<JsonElement>($"{Resources}/{id}")).GetProperty("tasks")[0].GetProperty("state").GetString() == "done");
        (await client.GetFromJsonAsync<JsonElement>($"{Resources}/{id}/snapshots"))[0].GetProperty("name").GetString().ShouldBe("before");

        // Behind our back, and made anew by the department's decision.
        engine.LoseBehindOurBack(InstanceFulfilment.IdOf(await ReadAsync(id)));
        (await (await RetryAsync(client, id, anew: true)).ReadProblemCode()).ShouldBe("cloud.resource-not-troubled");
        await platform.App.Services.GetRequiredService<Reconcilers>().SettleAsync<WatchResources>(default);
        await UntilAsync(id, r => r.State == CloudResourceState.Lost);
        (await client.PostAsJsonAsync($"{Resources}/{id}/tasks", new { kind = "restart" })).StatusCode.ShouldBe(HttpStatusCode.Conflict);
        (await RetryAsync(client, id, anew: true)).StatusCode.ShouldBe(HttpStatusCode.OK);
        await UntilAsync(id, r => r.State == CloudResourceState.Running);

        // Its pages, for its own and for the operator.
        (await client.GetStringAsync($"/work/cloud/resources/{id}")).ShouldContain("before");
        (await client.GetStringAsync("/work/cloud/resources")).ShouldContain($"/work/cloud/resources/{id}");
        (await client.GetAsync("/work/cloud/resources/export.csv")).StatusCode.ShouldBe(HttpStatusCode.OK);
        (await keeper.GetAsync("/work/cloud/orphans")).StatusCode.ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task SecurityRules_OfItsNetwork_AreCheckedSetAndTheDepartmentsAlone()
    {
        var (owner, id, _) = await DeliveredAsync();
        var client = await platform.SignedIn(owner, Role.DepartmentOfficer);
        var rules = (await client.GetFromJsonAsync<JsonElement>("/api/v1/cloud/rules"))[0];
        var (pool, revision) = (rules.GetProperty("pool").GetGuid(), rules.GetProperty("revision").GetInt32());
        var bad = await client.PutAsJsonAsync($"/api/v1/cloud/pools/{pool}/rules", new { rules = new object[] { new { protocol = "gre", source = "::/0", fromPort = 0, toPort = 70000, note = "" } }, revision });
        (await bad.ReadProblem()).GetProperty("errors").EnumerateObject().Select(e => e.Name).Order().ShouldBe(["rules[0].fromPort", "rules[0].note", "rules[0].protocol", "rules[0].source"]);
        var good = new { rules = new object[] { new { protocol = "tcp", source = "10.0.0.0/8", fromPort = 80, toPort = 443, note = "网页" } }, revision };
        (await client.PutAsJsonAsync($"/api/v1/cloud/pools/{pool}/rules", good)).StatusCode.ShouldBe(HttpStatusCode.OK);
        (await (await client.PutAsJsonAsync($"/api/v1/cloud/pools/{pool}/rules", good)).ReadProblemCode()).ShouldBe("cloud.changed-meanwhile");
        var other = await platform.SignedIn(await platform.Department(), Role.DepartmentOfficer);
        (await (await other.PutAsJsonAsync($"/api/v1/cloud/pools/{pool}/rules", good)).ReadProblemCode()).ShouldBe("cloud.pool-not-found");
        (await other.GetFromJsonAsync<JsonElement>("/api/v1/cloud/rules")).GetArrayLength().ShouldBe(0);
        (await ReadAsync(id)).State.ShouldBe(CloudResourceState.Running);
    }

    [Fact]
    public async Task Orphans_AreTheOperatorsToDecide()
    {
        var (owner, id, engine) = await DeliveredAsync();
        var stray = new InstanceId(InstanceFulfilment.IdOf(await ReadAsync(id)).Project, EngineName.Parse("stray"));
        engine.MakeStray(stray);
        await platform.App.Services.GetRequiredService<Reconcilers>().SettleAsync<WatchResources>(default);
        var keeper = await platform.SignedIn(await platform.Department(), Role.PlatformOperator);
        (await (await (await platform.SignedIn(owner, Role.DepartmentOfficer)).GetAsync("/api/v1/cloud/orphans")).ReadProblemCode()).ShouldBe("kernel.forbidden");
        var pool = await platform.WithDb(async db => { var p = (await db.CloudResources.AsNoTracking().SingleAsync(r => r.Id == id)).PoolId; return await db.ResourcePools.AsNoTracking().SingleAsync(x => x.Id == p); });
        var orphan = (await keeper.GetFromJsonAsync<JsonElement>("/api/v1/cloud/orphans?limit=200")).GetProperty("items").EnumerateArray().Single(o => o.GetProperty("pool").GetString() == pool.Name);
        var at = $"/api/v1/cloud/orphans/{orphan.GetProperty("id").GetGuid()}/decision";
        (await keeper.PostAsJsonAsync(at, new { decision = "remove", reason = "", revision = 1 })).StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        (await keeper.PostAsJsonAsync(at, new { decision = "remove", reason = "已核实", revision = 1 })).StatusCode.ShouldBe(HttpStatusCode.NoContent);
        await platform.App.Services.GetRequiredService<Reconcilers>().SettleAsync<WatchResources>(default);
        engine.IsThere(stray).ShouldBeFalse();
        (await (await keeper.PostAsJsonAsync(at, new { decision = "keep", reason = "已核实", revision = 1 })).ReadProblemCode()).ShouldBe("cloud.orphan-not-found");
    }

    [Fact]
    public void Words_AreSplitAtSpacesAndKeptTogetherInQuotes() =>
        Zhengtong.Cloud.Resources.ResourcePage.Words("sh -c \"echo a  b\" \"\" 'x' ").ShouldBe(["sh", "-c", "echo a  b", "", "'x'"]);

    private async Task<HttpResponseMessage> PowerAsync(HttpClient client, Guid id, bool on) => await client.PostAsJsonAsync($"{Resources}/{id}/power", new { isOn = on, revision = (await ReadAsync(id)).Revision });

    private async Task<HttpResponseMessage> RetryAsync(HttpClient client, Guid id, bool anew) =>
        await client.PostAsJsonAsync($"{Resources}/{id}/retries", new { anew, reason = "重建", revision = (await ReadAsync(id)).Revision });

    private Task<CloudResource> ReadAsync(Guid id) => platform.WithDb(db => db.CloudResources.AsNoTracking().SingleAsync(r => r.Id == id));

    private Task UntilAsync(Guid id, Func<CloudResource, bool> isSo) => Eventually(async () => isSo(await ReadAsync(id)));

    private static async Task Eventually(Func<Task<bool>> isSo)
    {
        var until = TimeProvider.System.GetUtcNow().AddSeconds(30);
        while (!await isSo())
        {
            TimeProvider.System.GetUtcNow().ShouldBeLessThan(until, "it did not come to that");
            await Task.Delay(50);
        }
    }

    /// <summary>A department with one running instance, delivered by the job.</summary>
    private async Task<(Organisation Owner, Guid Resource, PretendEngine Engine)> DeliveredAsync()
    {
        var (owner, address) = (await platform.Department(), $"pretend:{CloudWorld.NewId()}");
        var id = await RunningInstance.DeliverAsync(platform.App, owner.Id, "pretend", address);
        return (owner, id, PretendDriver.Of(platform.App).At(address));
    }
}
