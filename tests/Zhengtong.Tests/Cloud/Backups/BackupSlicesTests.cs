using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Cloud.Delivery;
using Zhengtong.Cloud.Model;
using Zhengtong.Cloud.Placement;
using Zhengtong.Cloud.Quotas;
using Zhengtong.Kernel.Identity;
using Zhengtong.Kernel.Jobs;
using Zhengtong.Kernel.Regions;
using Zhengtong.Tests.Cloud.Engines;
using Zhengtong.Tests.Cloud.Orders;
using Zhengtong.Tests.Support;

namespace Zhengtong.Tests.Cloud.Backups;

/// <summary>What a department does with its backups, over HTTP, while the jobs run.</summary>
[OnDatabase]
public sealed class BackupSlicesTests(PlatformFixture platform)
{
    private const string Resources = "/api/v1/cloud/resources";

    [Fact]
    public async Task Department_BacksUpListsDownloadsPlansAndRemovesItsOwn_AnotherNothing()
    {
        var world = await OrderWorld.MakeAsync(platform, protection: 3);
        var (_, id) = await DeliveredAsync(world);
        var backup = await BackedUpAsync(world, id, "first");
        var row = (await world.Officer.GetFromJsonAsync<JsonElement>($"{Resources}/{id}/backups")).GetProperty("items")[0];
        (row.GetProperty("name").GetString(), row.GetProperty("isScheduled").GetBoolean(), row.GetProperty("expiresAt").ValueKind).ShouldBe(("first", false, JsonValueKind.Null));
        var content = await world.Officer.GetAsync($"{Resources}/{id}/backups/{backup}/content");
        content.Content.Headers.ContentDisposition!.FileName.ShouldBe("first.tar.gz");
        (await content.Content.ReadAsStringAsync()).ShouldStartWith("pretend backup");

        var other = await platform.SignedIn(await platform.Department(), Role.DepartmentOfficer);
        var keeper = await platform.SignedIn(await platform.Department(), Role.PlatformOperator);
        var restore = new { name = "again", reason = "误删" };
        foreach (var path in new[] { "backups", "backup-plan" }) { (await (await other.GetAsync($"{Resources}/{id}/{path}")).ReadProblemCode()).ShouldBe("cloud.resource-not-found", path); }
        (await (await other.PutAsJsonAsync($"{Resources}/{id}/backup-plan", new { hour = 2, days = 5 })).ReadProblemCode()).ShouldBe("cloud.resource-not-found");
        (await (await other.GetAsync($"{Resources}/{id}/backups/{backup}/content")).ReadProblemCode()).ShouldBe("cloud.backup-not-found");
        (await (await other.PostAsJsonAsync($"{Resources}/{id}/backups/{backup}/restorations", restore)).ReadProblemCode()).ShouldBe("cloud.backup-not-found");
        (await (await other.DeleteAsync($"{Resources}/{id}/backups/{backup}")).ReadProblemCode()).ShouldBe("cloud.backup-not-found");
        (await other.GetAsync($"/work/cloud/resources/{id}/backups/{backup}")).StatusCode.ShouldBe(HttpStatusCode.NotFound);
        // The operator runs it; what is inside is the department's.
        (await (await keeper.GetAsync($"{Resources}/{id}/backups")).ReadProblemCode()).ShouldBe("cloud.resource-not-found");
        (await (await keeper.GetAsync($"{Resources}/{id}/backups/{backup}/content")).ReadProblemCode()).ShouldBe("kernel.forbidden");
        (await platform.Visitor().GetAsync($"{Resources}/{id}/backups/{backup}/content")).StatusCode.ShouldBe(HttpStatusCode.Unauthorized);

        (await world.Officer.GetFromJsonAsync<JsonElement>($"{Resources}/{id}/backup-plan")).GetProperty("hour").ValueKind.ShouldBe(JsonValueKind.Null);
        (await (await world.Officer.PutAsJsonAsync($"{Resources}/{id}/backup-plan", new { hour = 24, days = 0 })).ReadProblem()).GetProperty("errors").EnumerateObject().Select(e => e.Name).Order().ShouldBe(["days", "hour"]);
        (await world.Officer.PutAsJsonAsync($"{Resources}/{id}/backup-plan", new { hour = 2, days = 5 })).StatusCode.ShouldBe(HttpStatusCode.NoContent);
        var plan = await world.Officer.GetFromJsonAsync<JsonElement>($"{Resources}/{id}/backup-plan");
        (plan.GetProperty("hour").GetInt32(), plan.GetProperty("days").GetInt32()).ShouldBe((2, 5));

        var page = await world.Officer.GetStringAsync($"/work/cloud/resources/{id}");
        page.ShouldContain($"{Resources}/{id}/backups/{backup}/content");
        page.ShouldContain("02:00");
        (await world.Officer.GetStringAsync($"/work/cloud/resources/{id}/backups/{backup}")).ShouldContain("first");

        (await world.Officer.PutAsJsonAsync($"{Resources}/{id}/backup-plan", new { hour = (int?)null, days = 5 })).StatusCode.ShouldBe(HttpStatusCode.NoContent);
        (await world.Officer.GetFromJsonAsync<JsonElement>($"{Resources}/{id}/backup-plan")).GetProperty("hour").ValueKind.ShouldBe(JsonValueKind.Null);
        (await world.Officer.DeleteAsync($"{Resources}/{id}/backups/{backup}")).StatusCode.ShouldBe(HttpStatusCode.NoContent);
        (await (await world.Officer.DeleteAsync($"{Resources}/{id}/backups/{backup}")).ReadProblemCode()).ShouldBe("cloud.backup-not-found");
        (await EventsAsync(id, "cloud.backup-")).ShouldBe(["cloud.backup-deleted", "cloud.backup-downloaded", "cloud.backup-plan-set", "cloud.backup-plan-set"]);
    }

    [Fact]
    public async Task Lost_IsRestoredWithinItsGrantOnce_AndTwoAgainstOneQuota_LeaveOneRefusedWithWhatLacks()
    {
        // Two that are lost hold two cores; there is room for one more.
        var world = await OrderWorld.MakeAsync(platform, cores: 3000, protection: 3);
        var (engine, first) = await DeliveredAsync(world);
        var second = await DeliveredAsync(world, engine.Pool);
        var (one, two) = (await BackedUpAsync(world, first, "a"), await BackedUpAsync(world, second.Id, "b"));
        foreach (var id in new[] { first, second.Id }) { engine.Engine.LoseBehindOurBack(InstanceFulfilment.IdOf(await ReadAsync(id))); }
        await platform.App.Services.GetRequiredService<Reconcilers>().SettleAsync<WatchResources>(default);
        foreach (var id in new[] { first, second.Id }) { await UntilAsync(id, r => r is { State: CloudResourceState.Lost, NextAt: null }); }

        var answers = await Task.WhenAll(RestoreAsync(world, first, one), RestoreAsync(world, second.Id, two));
        var won = answers.Single(a => a.StatusCode == HttpStatusCode.Created);
        var refused = await answers.Single(a => a != won).ReadProblem();
        refused.GetProperty("code").GetString().ShouldBe("cloud.quota-exceeded");
        refused.GetProperty("errors").EnumerateObject().Single().Name.ShouldBe("amounts.vcpu");
        (await world.Differences()).ShouldBeEmpty();
        var made = (await won.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("resourceId").GetGuid();
        await UntilAsync(made, r => r is { State: CloudResourceState.Running, NextAt: null });
        var held = await world.Held();
        (held.Reserved + held.Active).ShouldBe(3000);
        var restored = await ReadAsync(made);
        var origin = answers[0] == won ? first : second.Id;
        (restored.RootId, restored.Until, restored.OrderId).ShouldBe((origin, (await ReadAsync(origin)).Until, (await ReadAsync(origin)).OrderId));
        (await EventsAsync(made, "cloud.backup-")).ShouldBe(["cloud.backup-restored"]);

        // One stands under the grant now: the lost one stays so, and another is ordered.
        (await (await world.Officer.PostAsJsonAsync($"{Resources}/{origin}/retries", new { anew = true, reason = "重建", revision = (await ReadAsync(origin)).Revision })).ReadProblemCode()).ShouldBe("cloud.resource-replaced");
        var again = await RestoreAsync(world, origin, origin == first ? one : two);
        (await again.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("orderId").ValueKind.ShouldBe(JsonValueKind.String);
    }

    [Fact]
    public async Task GivenBack_IsRestoredByManyAtOnce_OneResourceComesOfIt()
    {
        var world = await OrderWorld.MakeAsync(platform, protection: 3);
        var (engine, id) = await DeliveredAsync(world);
        var backup = await BackedUpAsync(world, id, "a");
        await platform.WithDb(async db =>
        {
            var resource = await db.CloudResources.SingleAsync(r => r.Id == id);
            (resource.Wish, resource.NextAt) = (ResourceWish.Removed, TimeProvider.System.GetUtcNow());
            resource.Touch();
            return await db.SaveChangesAsync();
        });
        platform.App.Services.GetRequiredService<Reconcilers>().Wake<DeliverResources>();
        await UntilAsync(id, r => r.State == CloudResourceState.Removed);
        (await world.Held()).ShouldBe((0, 0));
        var answers = await Task.WhenAll(Enumerable.Range(0, 6).Select(_ => RestoreAsync(world, id, backup)));
        foreach (var refused in answers.Where(a => a.StatusCode != HttpStatusCode.Created)) { (await refused.ReadProblemCode()).ShouldBe("cloud.changed-meanwhile"); }
        var made = await platform.WithDb(db => db.CloudResources.AsNoTracking().Where(r => r.RootId == id).ToListAsync());
        made.Count.ShouldBe(1);
        await UntilAsync(made[0].Id, r => r is { State: CloudResourceState.Running, NextAt: null });
        (await world.Held()).ShouldBe((0, 1000));
        (await world.Differences()).ShouldBeEmpty();
        engine.Engine.IsThere(InstanceFulfilment.IdOf(await ReadAsync(made[0].Id))).ShouldBeTrue();
        // Its page leads back to what it was taken from, by its backups.
        (await world.Officer.GetStringAsync($"/work/cloud/resources/{id}")).ShouldContain($"/backups/{backup}");
    }

    [Fact]
    public async Task BesideOneThatStands_AnOrderIsDrafted_WhoseDocumentNamesTheBackup_AndWhichIsDeliveredFromIt()
    {
        var world = await OrderWorld.MakeAsync(platform, protection: 3);
        var (engine, id) = await DeliveredAsync(world);
        (await engine.Engine.PutFileAsync(InstanceFulfilment.IdOf(await ReadAsync(id)), "/root/kept", new MemoryStream([7]), default)).IsDone.ShouldBeTrue();
        var backup = await BackedUpAsync(world, id, "a");
        var answer = await RestoreAsync(world, id, backup);
        answer.StatusCode.ShouldBe(HttpStatusCode.Created);
        var order = (await answer.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("orderId").GetGuid();
        (await world.Held()).ShouldBe((0, 1000));
        (await world.Submit(order)).StatusCode.ShouldBe(HttpStatusCode.OK);
        var document = JsonDocument.Parse((await world.Seen(order)).GetProperty("document").GetString()!).RootElement;
        document.GetProperty("items")[0].GetProperty("backup").GetProperty("id").GetGuid().ShouldBe(backup);
        (await world.Grant(order)).StatusCode.ShouldBe(HttpStatusCode.NoContent);
        var made = (await world.Resources(order)).ShouldHaveSingleItem();
        (made.BackupId, made.RootId).ShouldBe((backup, null));
        platform.App.Services.GetRequiredService<Reconcilers>().Wake<DeliverResources>();
        await UntilAsync(made.Id, r => r is { State: CloudResourceState.Running, NextAt: null });
        (await engine.Engine.ExecAsync(InstanceFulfilment.IdOf(await ReadAsync(made.Id)), new Zhengtong.Cloud.Engines.ExecOrder("cat", "/root/kept"), default)).Value!.Output.ShouldBe([7]);

        // Gone before the decision: the order says so, and nothing is held.
        var late = (await (await RestoreAsync(world, id, backup)).Content.ReadFromJsonAsync<JsonElement>()).GetProperty("orderId").GetGuid();
        (await world.Submit(late)).StatusCode.ShouldBe(HttpStatusCode.OK);
        (await world.Officer.DeleteAsync($"{Resources}/{id}/backups/{backup}")).StatusCode.ShouldBe(HttpStatusCode.NoContent);
        (await (await world.Grant(late)).ReadProblemCode()).ShouldBe("cloud.backup-gone");
        (await world.Held()).ShouldBe((0, 2000));
    }

    [Fact]
    public async Task Volumes_AreListedAndDownloaded_AndHeldWithWhatIsRestored_OrRefusedWhereQuotaLacks()
    {
        var world = await OrderWorld.MakeAsync(platform, protection: 3);
        var ((_, engine), id) = await DeliveredAsync(world);
        await LimitAsync(20);
        await platform.WithDb(async db =>
        {
            await using var transaction = await db.Database.BeginTransactionAsync();
            var (resource, now) = (await db.CloudResources.SingleAsync(r => r.Id == id), TimeProvider.System.GetUtcNow());
            var amounts = Amounts.Of([.. resource.Amounts, new ResourceAmount("disk", 20)]);
            (await Holds.ResizeAsync(db, id, amounts, Actor.Platform, now, default)).Result.ShouldBe(HoldResult.Done);
            (resource.Amounts, resource.Volumes, resource.NextAt) = (amounts, [new KeptVolume("data", 20, "/data")], now);
            resource.Touch();
            await db.SaveChangesAsync();
            await transaction.CommitAsync();
            return 0;
        });
        platform.App.Services.GetRequiredService<Reconcilers>().Wake<DeliverResources>();
        await UntilAsync(id, r => r.NextAt is null);
        engine.WriteOn(InstanceFulfilment.IdOf(await ReadAsync(id)), "data", "秦");
        var backup = await BackedUpAsync(world, id, "a");
        var listed = (await world.Officer.GetFromJsonAsync<JsonElement>($"{Resources}/{id}/backups")).GetProperty("items")[0].GetProperty("volumes")[0];
        (listed.GetProperty("name").GetString(), listed.GetProperty("size").GetInt32(), listed.GetProperty("path").GetString()).ShouldBe(("data", 20, "/data"));
        listed.GetProperty("length").GetInt64().ShouldBeGreaterThan(10);
        var content = await world.Officer.GetAsync($"{Resources}/{id}/backups/{backup}/content?volume=data");
        content.Content.Headers.ContentDisposition!.FileName.ShouldBe("a.data.tar.gz");
        (await content.Content.ReadAsStringAsync()).ShouldStartWith("pretend volume");
        (await (await world.Officer.GetAsync($"{Resources}/{id}/backups/{backup}/content?volume=logs")).ReadProblemCode()).ShouldBe("cloud.backup-not-found");
        (await world.Officer.GetPage($"/work/cloud/resources/{id}")).ShouldContain("data (20 GiB,");
        (await world.Officer.GetPage($"/work/cloud/resources/{id}/backups/{backup}")).ShouldContain("data (20 GiB,");

        // By an order it is held with its volume, or not at all.
        var order = (await (await RestoreAsync(world, id, backup)).Content.ReadFromJsonAsync<JsonElement>()).GetProperty("orderId").GetGuid();
        await OrderWorld.Done(world.Submit(order));
        (await world.Seen(order)).GetProperty("items")[0].GetProperty("volumes")[0].GetProperty("size").GetInt32().ShouldBe(20);
        (await (await world.Grant(order)).ReadProblemCode()).ShouldBe("cloud.quota-exceeded");
        (await world.Held("disk")).ShouldBe((0, 20));
        await LimitAsync(40);
        await OrderWorld.Done(world.Grant(order));
        var made = (await world.Resources(order)).Single().Id;
        platform.App.Services.GetRequiredService<Reconcilers>().Wake<DeliverResources>();
        await UntilAsync(made, r => r is { State: CloudResourceState.Running, NextAt: null });
        (await world.Held("disk")).ShouldBe((0, 40));
        (await ReadAsync(made)).ShouldSatisfyAllConditions(r => r.Volumes.ShouldBe([new KeptVolume("data", 20, "/data")]), r => r.Amounts.Get("disk").ShouldBe(20));
        engine.ReadOn(InstanceFulfilment.IdOf(await ReadAsync(made)), "data").ShouldBe("秦");

        // In the place of one that is given back likewise, at once.
        await platform.WithDb(async db =>
        {
            var resource = await db.CloudResources.SingleAsync(r => r.Id == id);
            (resource.Wish, resource.NextAt) = (ResourceWish.Removed, TimeProvider.System.GetUtcNow());
            resource.Touch();
            return await db.SaveChangesAsync();
        });
        platform.App.Services.GetRequiredService<Reconcilers>().Wake<DeliverResources>();
        await UntilAsync(id, r => r.State == CloudResourceState.Removed);
        await LimitAsync(30);
        var lacking = await (await RestoreAsync(world, id, backup)).ReadProblem();
        lacking.GetProperty("code").GetString().ShouldBe("cloud.quota-exceeded");
        lacking.GetProperty("errors").EnumerateObject().Single().Name.ShouldBe("amounts.disk");
        await LimitAsync(40);
        var again = (await (await RestoreAsync(world, id, backup)).Content.ReadFromJsonAsync<JsonElement>()).GetProperty("resourceId").GetGuid();
        platform.App.Services.GetRequiredService<Reconcilers>().Wake<DeliverResources>();
        await UntilAsync(again, r => r is { State: CloudResourceState.Running, NextAt: null });
        engine.ReadOn(InstanceFulfilment.IdOf(await ReadAsync(again)), "data").ShouldBe("秦");
        (await world.Held("disk")).ShouldBe((0, 40));
        (await platform.WithDb(db => db.ResourceSpans.AsNoTracking().SingleAsync(s => s.ResourceId == again && s.Until == null))).Amounts.Get("disk").ShouldBe(20);
        (await world.Differences()).ShouldBeEmpty();

        Task<int> LimitAsync(long limit) => platform.WithDb(async db =>
        {
            if (await db.QuotaCounters.Where(c => c.NodeId == world.Node && c.Kind == "disk").ExecuteUpdateAsync(s => s.SetProperty(c => c.Limit, limit)) is > 0 and var changed) { return changed; }
            db.QuotaCounters.Add(new QuotaCounter { NodeId = world.Node, Kind = "disk", Limit = limit });
            return await db.SaveChangesAsync();
        });
    }

    /// <summary>As a browser without script goes it.</summary>
    [Fact]
    public async Task Pages_BackUpPlanRestoreAndRemove_AndAWrongEntryComesBack()
    {
        var world = await OrderWorld.MakeAsync(platform, protection: 3);
        var (_, id) = await DeliveredAsync(world);
        var page = $"/work/cloud/resources/{id}";
        (await world.Officer.Submit(page, "backup-now")).StatusCode.ShouldBe(HttpStatusCode.Redirect);
        await Eventually(() => platform.WithDb(db => db.ResourceBackups.AnyAsync(b => b.ResourceId == id)));
        var backup = await platform.WithDb(db => db.ResourceBackups.AsNoTracking().SingleAsync(b => b.ResourceId == id));
        var wrong = await world.Officer.Submit(page, "backup-plan", ("hour", "3"), ("days", "many"));
        wrong.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        (await wrong.Content.ReadAsStringAsync()).ShouldContain("value=\"many\"");
        (await world.Officer.Submit(page, "backup-plan", ("hour", "3"), ("days", "9"))).StatusCode.ShouldBe(HttpStatusCode.Redirect);
        (await platform.WithDb(db => db.BackupPlans.AsNoTracking().SingleAsync(p => p.ResourceId == id))).ShouldSatisfyAllConditions(p => p.Hour.ShouldBe(3), p => p.Days.ShouldBe(9));
        (await world.Officer.GetPage(page)).ShouldContain("from 03:00, each kept for 9 days");

        var own = $"{page}/backups/{backup.Id}";
        var shown = await world.Officer.GetPage(own);
        shown.ShouldContain("an order is drafted");
        (await world.Officer.Submit(own, "restore", ("name", "x"), ("reason", ""))).StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        var drafted = await world.Officer.Submit(own, "restore", ("name", "again"), ("reason", "演练"));
        drafted.Headers.Location!.ToString().ShouldContain("/work/cloud/orders/");
        (await world.Officer.GetPage(drafted.Headers.Location.ToString())).ShouldContain("From a backup");
        (await world.Officer.Submit(own, "delete")).StatusCode.ShouldBe(HttpStatusCode.Redirect);
        (await platform.WithDb(db => db.ResourceBackups.AnyAsync(b => b.ResourceId == id))).ShouldBeFalse();
        (await world.Officer.GetAsync(own)).StatusCode.ShouldBe(HttpStatusCode.NotFound);
    }

    private static Task<HttpResponseMessage> RestoreAsync(OrderWorld world, Guid resource, Guid backup) =>
        world.Officer.PostAsJsonAsync($"{Resources}/{resource}/backups/{backup}/restorations", new { name = "again", reason = "原主机丢失" });

    /// <summary>Asks for a backup and waits until it is there.</summary>
    private async Task<Guid> BackedUpAsync(OrderWorld world, Guid id, string name)
    {
        (await world.Officer.PostAsJsonAsync($"{Resources}/{id}/tasks", new { kind = "backUp", subject = name })).StatusCode.ShouldBe(HttpStatusCode.Accepted);
        await Eventually(() => platform.WithDb(db => db.ResourceBackups.AnyAsync(b => b.ResourceId == id && b.Name == name)));
        await Eventually(() => platform.WithDb(async db => !await db.ResourceTasks.AnyAsync(t => t.ResourceId == id && t.NextAt != null)));
        await UntilAsync(id, r => r.NextAt == null);
        return await platform.WithDb(db => db.ResourceBackups.Where(b => b.ResourceId == id && b.Name == name).Select(b => b.Id).SingleAsync());
    }

    private Task<List<string>> EventsAsync(Guid id, string begin) => platform.WithDb(db => db.Ledger.Where(e => e.Subject == id.ToString() && e.Event.StartsWith(begin)).OrderBy(e => e.Event).Select(e => e.Event).ToListAsync());

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

    private async Task<((Guid Pool, PretendEngine Engine) At, Guid Id)> DeliveredAsync(OrderWorld world, Guid? pool = null)
    {
        var (now, id, address) = (TimeProvider.System.GetUtcNow(), CloudWorld.NewId(), $"pretend:{CloudWorld.NewId()}");
        ResourceAmount[] amounts = [new("vcpu", 1000), new("memory", 1024), new("instance", 1)];
        var at = await platform.WithDb(async db =>
        {
            await using var transaction = await db.Database.BeginTransactionAsync();
            var place = pool is { } given ? await db.ResourcePools.AsNoTracking().SingleAsync(p => p.Id == given) : new ResourcePool
            {
                Id = CloudWorld.NewId(), Name = $"pool {id}", Zone = NetworkZone.GovernmentExtranet, Region = RegionCode.Parse("610000"), Engine = "pretend", Address = address, Protection = 3,
                Strategy = PlacementStrategy.Spread, Ratios = [], CreatedAt = now,
            };
            if (pool is null)
            {
                var host = new CloudHost { Id = CloudWorld.NewId(), PoolId = place.Id, Name = "here", State = HostState.Online, Traits = [], Group = "" };
                var generation = await HostBook.TickAsync(db, default);
                db.AddRange(place, host);
                db.HostInventories.AddRange(new[] { "vcpu", "memory", "disk" }.Select(k => new HostInventory { HostId = host.Id, Kind = k, Total = 1_000_000, Reserved = 0, Capacity = 1_000_000, IsOpen = true, Generation = generation, SetGeneration = generation }));
                await db.SaveChangesAsync();
            }

            (await Holds.TakeAsync(db, new HoldRequest(id, world.Node, amounts), Actor.Platform, now, default)).Result.ShouldBe(HoldResult.Done);
            db.CloudResources.Add(new CloudResource
            {
                Id = id, Number = $"T{id.ToString("N")[^10..]}", Name = "web", Form = ResourceForm.Instance, OrderId = id, Item = 1, OrganisationId = world.Department.Id, Region = world.Department.Region, NodeId = world.Node,
                SystemId = world.System, ServiceCode = world.Code, PlanCode = "small", Zone = NetworkZone.GovernmentExtranet, Protection = 3, Amounts = Amounts.Of(amounts), Image = "busybox", PoolId = place.Id,
                Wish = ResourceWish.Running, NextAt = now, Until = now.AddYears(1), CreatedAt = now,
            });
            await db.SaveChangesAsync();
            await transaction.CommitAsync();
            return place;
        });
        platform.App.Services.GetRequiredService<Reconcilers>().Wake<DeliverResources>();
        await UntilAsync(id, r => r is { State: CloudResourceState.Running, NextAt: null });
        return ((at.Id, PretendDriver.Of(platform.App).At(at.Address)), id);
    }
}
