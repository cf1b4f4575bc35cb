using System.Text;
using Microsoft.AspNetCore.Identity;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Catalogue.Model;
using Zhengtong.Cloud.Delivery;
using Zhengtong.Cloud.Engines;
using Zhengtong.Cloud.Migration;
using Zhengtong.Cloud.Model;
using Zhengtong.Kernel.Identity;
using Zhengtong.Kernel.Jobs;
using Zhengtong.Kernel.Objects;
using Zhengtong.Kernel.Organisations;
using Zhengtong.Kernel.Regions;
using Zhengtong.Kernel.Secrets;
using Zhengtong.Tests.Cloud.Engines;
using Zhengtong.Tests.Cloud.Resources;

namespace Zhengtong.EndToEnd;

/// <summary>Pages of the cloud that show what the demonstration does not have without an engine: what was delivered, how it drifted, what stands at brokers.</summary>
public sealed class CloudPagesTests(Browser browser) : IClassFixture<Browser>
{
    private const string Password = "Kaifeng-lamp-7702-river";

    [Theory]
    [InlineData("zh-CN")]
    [InlineData("en")]
    public async Task Pages_OfWhatWasDelivered_AreAccessibleAndFitThePhone(string language)
    {
        var scene = await SceneAsync(language);
        List<string> faults = [];
        await WalkAsync(scene.Officer, language, faults,
        [
            ("instance", $"/work/cloud/resources/{scene.Instance}", null), ("change", $"/work/cloud/resources/{scene.Instance}/change", null), ("drift", $"/work/cloud/resources/{scene.Instance}/drift", null),
            ("backup", $"/work/cloud/resources/{scene.Instance}/backups/{scene.Backup}", null), ("database", $"/work/cloud/resources/{scene.Database}", "button[value=show]"),
            ("database-backup", $"/work/cloud/resources/{scene.Database}/backups/{scene.DatabaseBackup}", null), ("brokered", $"/work/cloud/resources/{scene.Brokered}", "button[name=show]"),
            ("lost", $"/work/cloud/resources/{scene.Lost}", null), ("resources", "/work/cloud/resources", null), ("migration", "/work/cloud/migration", null), ("migration-declare", "/work/cloud/migration?act=declare", null), ("quotas", "/work/cloud/quotas", null),
        ]);
        await WalkAsync(scene.Operator, language, faults,
        [
            ("hosts", "/work/cloud/hosts", null), ("host", $"/work/cloud/hosts/{scene.Host}", null), ("osb-consumers", "/work/cloud/osb-consumers", null), ("brokers", "/work/cloud/brokers", null), ("broker", $"/work/cloud/brokers/{scene.Broker}", null),
            ("drifts", "/work/cloud/drifts", null), ("operator-drift", $"/work/cloud/resources/{scene.Instance}/drift", null), ("operator-instance", $"/work/cloud/resources/{scene.Instance}", null),
        ]);
        faults.ShouldBeEmpty(string.Join('\n', faults));
    }

    /// <summary>Each page wide and narrow; what is folded is unfolded before it is looked at.</summary>
    private async Task WalkAsync(string account, string language, List<string> faults, (string Name, string Path, string? Press)[] pages)
    {
        var page = await browser.Window(language: language);
        await page.SignInAsync(account, Password);
        page.Console += (_, message) => { if (message.Type == "error") { faults.Add($"{page.Url}: console: {message.Text}"); } };
        foreach (var (name, path, press) in pages)
        {
            var response = await page.GotoAsync(path);
            if (response!.Status != 200) { faults.Add($"{path}: status {response.Status}"); continue; }
            if (press is not null) { await new Hands(keyboard: false).PressAsync(page, press); }
            // Chinese wide and English narrow, as people look at it; axe reads what is folded too.
            foreach (var width in new[] { 1280, 390 })
            {
                await page.SetViewportSizeAsync(width, width < 600 ? 844 : 900);
                await page.ShootAsync($"cloud-{name}-{language}");
                if (await page.EvaluateAsync<int>("document.documentElement.scrollWidth - document.documentElement.clientWidth") is var wide and > 0) { faults.Add($"{path}: {wide} pixels wider than the window of {width}"); }
            }

            if (language == "zh-CN") { await page.SetViewportSizeAsync(1280, 900); }
            await page.EvaluateAsync("() => document.querySelectorAll('main details').forEach(d => { d.open = true; })");
            faults.AddRange(await Accessibility.FindingsAsync(page));
            if (await page.EvaluateAsync<int>("document.documentElement.scrollWidth - document.documentElement.clientWidth") is var unfolded and > 0) { faults.Add($"{path}: {unfolded} pixels wider than the window, unfolded"); }
            await page.SetViewportSizeAsync(1280, 900);
        }

        await page.Context.DisposeAsync();
    }

    private sealed record Scene(string Officer, string Operator, Guid Instance, Guid Backup, Guid Database, Guid DatabaseBackup, Guid Brokered, Guid Lost, Guid Host, Guid Broker);

    /// <summary>A department with an instance that the engine in memory runs, and rows of what stands elsewhere.</summary>
    private async Task<Scene> SceneAsync(string language)
    {
        var (app, now, address) = (browser.App, TimeProvider.System.GetUtcNow(), $"pretend:{language}");
        Guid NewId() => Guid.CreateVersion7(now);
        var (officer, keeper) = ($"pages.officer.{language}", $"pages.operator.{language}");
        await using var scope = app.Services.CreateAsyncScope();
        var (db, vault) = (scope.ServiceProvider.GetRequiredService<ZhengtongDb>(), scope.ServiceProvider.GetRequiredService<Vault>());
        var region = RegionCode.Parse("610000");
        if (!await db.Regions.AnyAsync(r => r.Code == region)) { db.Regions.Add(new Region { Code = region, Name = "演示省", Level = region.Level }); }
        Organisation Body(int n, string name, string shortName) => new() { Id = NewId(), CreditCode = CreditCode.FromBody($"1161000008{n:D7}"), Name = name, ShortName = shortName, Region = region, Kind = OrganisationKind.Department };
        var count = await db.Organisations.CountAsync();
        var (owner, provider) = (Body(count, $"演示省市场监督管理局（{language}）", "市场监管局"), Body(count + 1, $"演示省大数据中心（{language}）", "大数据中心"));
        db.Organisations.AddRange(owner, provider);
        await db.SaveChangesAsync();
        var users = scope.ServiceProvider.GetRequiredService<UserManager<Officer>>();
        var account = await Accounts.CreateAsync(db, users, Actor.Platform, officer, "王芳", owner.Id, Password, [Role.DepartmentOfficer], now);
        account.Result.Succeeded.ShouldBeTrue();
        (await Accounts.CreateAsync(db, users, Actor.Platform, keeper, "李强", provider.Id, Password, [Role.PlatformOperator], now)).Result.Succeeded.ShouldBeTrue();

        var id = await RunningInstance.DeliverAsync(app, owner.Id, "pretend", address);
        var (instance, engine) = (await db.CloudResources.SingleAsync(r => r.Id == id), PretendDriver.Of(app).At(address));
        (await engine.SnapshotAsync(InstanceFulfilment.IdOf(instance), EngineName.Parse("before-upgrade"), null, default)).IsDone.ShouldBeTrue();
        // Its engine has more memory than was granted, and the operator is asked.
        db.ResourceDrifts.Add(new ResourceDrift { ResourceId = id, Rule = DriftRule.Ask, Wanted = instance.Amounts });
        await db.SaveChangesAsync();
        var size = (await engine.FindAsync(InstanceFulfilment.IdOf(instance), default)).Value!.Size;
        (await engine.ResizeAsync(InstanceFulfilment.IdOf(instance), size with { Cpus = 4, MemoryMiB = 8192 }, default)).IsDone.ShouldBeTrue();
        await app.Services.GetRequiredService<Reconcilers>().SettleAsync<WatchResources>(default);
        db.ChangeTracker.Clear();
        instance = await db.CloudResources.SingleAsync(r => r.Id == id);

        var host = await db.CloudHosts.Where(h => h.PoolId == instance.PoolId).Select(h => h.Id).SingleAsync();
        instance.HostId = host;
        instance.Volumes = [new KeptVolume("data", 200, "/srv/data"), new KeptVolume("archive", 40, "/srv/archive") { IsLeaving = true }];
        instance.Amounts = Amounts.Of([.. instance.Amounts, new ResourceAmount("disk", 240)]);
        var plan = new ServicePlan("small", "通用型", [new("vcpu", 1000, 8000, 1000), new("memory", 64, 16384, 64), new("disk", 1, 500, 1)], ["busybox"], ["vcpu-hour"]);
        if (!await db.CloudServices.AnyAsync(s => s.Code == "compute"))
        {
            db.CloudServices.Add(Published("compute", "云主机", ServiceForm.Instance, provider.Id, [plan], now));
            db.CloudServices.Add(Published("queue", "消息队列", ServiceForm.Brokered, provider.Id, [new("small", "标准版", [new("instance", 1, 1, 1)], [], []), new("large", "高可用版", [new("instance", 1, 1, 1)], [], [])], now));
        }

        db.CloudOrders.Add(new CloudOrder
        {
            Id = instance.OrderId, Number = $"YY-2026-{count:D6}", Kind = OrderKind.New, OrganisationId = owner.Id, Region = region, ProviderId = provider.Id, ProjectId = null, SystemId = instance.SystemId, Zone = instance.Zone, Protection = 3,
            Items = [new OrderItem("web", "compute", 1, "云主机", ServiceForm.Instance, "small", "通用型", instance.OwnAmounts, "busybox", 1, false, null, 120m)], Until = instance.Until, Ground = "省政府第 12 次常务会议纪要", CreatedBy = account.Officer.Id, CreatedAt = now,
        });
        ResourceBackup Backup(Guid of, string name, bool isScheduled, int daysAgo, DateTimeOffset? expires) => new()
        {
            Id = NewId(), ResourceId = of, Name = name, IsScheduled = isScheduled, Digest = Digest.Parse(new string('a', 64)), Length = 1_288_490_188, Key = [1], Source = "LXD 5.21.3", At = now.AddDays(-daysAgo), ExpiresAt = expires,
        };
        var backups = new[] { Backup(id, "b-20261127-0200", true, 1, now.AddDays(6)), Backup(id, "b-20261126-0200", true, 2, now.AddDays(5)), Backup(id, "升级之前", false, 9, null) };
        db.ResourceBackups.AddRange(backups);
        db.Set<BackupPlan>().Add(new BackupPlan { ResourceId = id, Hour = 2, Days = 7, NextAt = now.AddDays(1) });
        db.Set<ResourceTask>().AddRange(
            new ResourceTask { Id = NewId(), ResourceId = id, Kind = ResourceTaskKind.Snapshot, Subject = "before-upgrade", AskedBy = account.Officer.Id, AskedAt = now.AddHours(-2), State = ResourceTaskState.Done, DoneAt = now.AddHours(-2) },
            new ResourceTask { Id = NewId(), ResourceId = id, Kind = ResourceTaskKind.BackUp, Subject = "b-20261125-0200", AskedBy = account.Officer.Id, AskedAt = now.AddDays(-3), State = ResourceTaskState.Failed, Problem = "silent", DoneAt = now.AddDays(-3) });

        var database = await RunningInstance.GrantAsync(db, owner.Id, "none", "-", ResourceForm.Database, "db-1.gov.example:5432");
        var server = new DatabaseServer { Id = NewId(), Name = $"数据库一号（{language}）", Host = "db-1.gov.example", Port = 5432, Connection = [1], Zone = NetworkZone.GovernmentExtranet, Protection = 3, MostDatabases = 100, Connections = 20, CreatedAt = now };
        db.Add(server);
        db.ManagedDatabases.Add(new ManagedDatabase { ResourceId = database.Id, ServerId = server.Id, Draft = "draft", Password = vault.Seal("Xk7-mW2p-Qq9r"u8.ToArray(), ManagedDatabase.PurposeOf(database.Id)), Size = 734_003_200, CreatedAt = now });
        var dump = Backup(database.Id, "b-20261128-0300", true, 0, now.AddDays(7));
        db.ResourceBackups.Add(dump);

        var offering = new BrokerOffering("mq", "queue", "消息队列", true, true, true, [new("mq-s", "small", "一个节点", false, true, true, null, null), new("mq-l", "large", "三个节点", false, true, false, null, "2.1")]);
        var broker = new ServiceBroker
        {
            Id = NewId(), Name = $"中间件服务代理（{language}）", Address = "https://broker.middleware.example/osb", Credentials = [1], Catalogue = new([offering]), CreatedAt = now,
            Proposed = new([offering with { Plans = [offering.Plans[0], new("mq-x", "extra", "五个节点", false, true, false, null, null)] }]), ProposedDigest = new string('b', 64),
        };
        broker.Credentials = vault.Seal(Encoding.UTF8.GetBytes("platform\ngeheim"), ServiceBroker.PurposeOf(broker.Id));
        var behind = new BrokeredPlan { ServiceCode = "queue", PlanCode = "small", BrokerId = broker.Id, OfferingId = "mq", PlanId = "mq-s", Parameters = "{\"disk\":\"$disk\"}" };
        var brokered = await RunningInstance.GrantAsync(db, owner.Id, "none", "-", ResourceForm.Brokered, "amqp.middleware.example");
        db.Add(broker);
        if (!await db.Set<BrokeredPlan>().AnyAsync(p => p.ServiceCode == "queue")) { db.Add(behind); }
        var there = Brokered.Of(brokered, behind, now);
        there.Phase = BrokeredPhase.There;
        Brokered Binding(BrokeredPhase phase, int hours) => new() { Id = NewId(), ResourceId = brokered.Id, BrokerId = broker.Id, RemoteId = $"{NewId()}", OfferingId = "mq", PlanId = "mq-s", Phase = phase, CreatedAt = now.AddHours(-hours) };
        var (ready, making, ending) = (Binding(BrokeredPhase.There, 30), Binding(BrokeredPhase.Making, 1), Binding(BrokeredPhase.There, 50));
        ready.Credentials = vault.Seal(Encoding.UTF8.GetBytes("{\"uri\":\"amqps://u7f3:9c1e@amqp.middleware.example:5671/market-supervision-bureau\",\"vhost\":\"market-supervision-bureau\"}"), Brokered.PurposeOf(ready.Id));
        (making.Problem, ending.IsEnding) = ("broker-silent", true);
        db.AddRange(there, ready, making, ending);
        db.Add(new BrokerCall { Id = NewId(), BrokeredId = making.Id, Act = BrokerAct.Bind, RemoteId = making.RemoteId, IsMitigation = false, At = now.AddHours(-1), AnsweredAt = now.AddHours(-1), Status = 503, Verdict = "unsure" });

        var lost = await RunningInstance.GrantAsync(db, owner.Id, "none", "-", ResourceForm.Instance, "10.128.4.9");
        (lost.State, lost.Problem) = (CloudResourceState.Lost, "gone");
        OsbConsumer Consumer(string name) => new() { Id = NewId(), Name = $"{name}（{language}）", OrganisationId = owner.Id, SystemId = instance.SystemId, Days = 365, PasswordHash = new byte[32], CreatedAt = now.AddDays(-20) };
        var (first, second) = (Consumer("容器平台"), Consumer("旧容器平台"));
        second.RevokedAt = now;
        db.AddRange(first, second);
        var room = new MachineRoom { Id = NewId(), OrganisationId = owner.Id, Name = "三楼机房", DeclaredAt = now };
        db.AddRange(room, new LegacySystem { Id = NewId(), OrganisationId = owner.Id, Name = "企业年报系统", Purpose = "企业年度报告的填报和公示", RoomId = room.Id, Servers = 4, DeclaredAt = now },
            new LegacySystem { Id = NewId(), OrganisationId = owner.Id, Name = "消费投诉登记", Purpose = "消费者投诉的登记和转办", RoomId = room.Id, Servers = 2, DeclaredAt = now });
        await db.SaveChangesAsync();
        return new Scene(officer, keeper, id, backups[0].Id, database.Id, dump.Id, brokered.Id, lost.Id, host, broker.Id);
    }

    private static CloudService Published(string code, string name, ServiceForm form, Guid provider, IReadOnlyList<ServicePlan> plans, DateTimeOffset now)
    {
        var service = new CloudService
        {
            Id = Guid.CreateVersion7(now), Code = code, Version = 1, Name = name, Category = ServiceCategory.Infrastructure, Layer = ServiceLayer.IaaS, ProviderId = provider, Summary = name, Level = new(99_950, 1, 4, "7×24"), Form = form, Plans = plans, CreatedAt = now,
        };
        service.Publish(now);
        return service;
    }
}
