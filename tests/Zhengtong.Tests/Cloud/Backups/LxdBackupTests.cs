using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Cloud.Delivery;
using Zhengtong.Cloud.Engines;
using Zhengtong.Cloud.Model;
using Zhengtong.Tests.Cloud.Delivery;
using Zhengtong.Tests.Cloud.Engines;
using Zhengtong.Tests.Support;

namespace Zhengtong.Tests.Cloud.Backups;

/// <summary>A container of a real LXD, backed up and restored beside itself and in its own place.</summary>
[OnDatabase(Once = true)]
[Collection(typeof(LxdTests))]
public sealed class LxdBackupTests(LxdFixture lxd, DeliveryScene scene) : IClassFixture<DeliveryScene>
{
    [Fact]
    public async Task FileInAContainer_IsInTheOneRestoredFromItsBackup_WhichIsAnotherOnTheNetwork()
    {
        _ = lxd.Engine;
        var pool = await scene.PoolAsync("lxd", $"unix:{lxd.Daemon.Socket}", 1_000_000);
        var engine = scene.App.Services.GetRequiredService<PoolEngines>().Of(pool).Value!;
        var first = await scene.DriveAsync(await scene.GrantAsync(pool.Id, memory: 32), most: 400);
        (first.State, first.Problem).ShouldBe((CloudResourceState.Running, null));
        var text = Enumerable.Range(0, 3_000_000).Select(n => (byte)(n * 7919 >> 3)).ToArray();
        (await engine.PutFileAsync(InstanceFulfilment.IdOf(first), "/root/kept", new MemoryStream(text), default)).ShouldBeDone();
        var task = await scene.WithDb(async db =>
        {
            var now = TimeProvider.System.GetUtcNow();
            var row = new ResourceTask { Id = DeliveryScene.Id(), ResourceId = first.Id, Kind = ResourceTaskKind.BackUp, Subject = "b", AskedBy = DeliveryScene.Id(), AskedAt = now, NextAt = now };
            db.ResourceTasks.Add(row);
            await db.SaveChangesAsync();
            return row.Id;
        });
        await scene.RunAsync<DoTasks>();
        var backup = await scene.WithDb(db => db.ResourceBackups.AsNoTracking().SingleOrDefaultAsync(b => b.Id == task));
        backup.ShouldNotBeNull((await scene.WithDb(db => db.ResourceTasks.AsNoTracking().SingleAsync(t => t.Id == task))).Problem);
        backup.Length.ShouldBeGreaterThan(100_000);
        // Nothing of it stays at the engine.
        (await engine.DeleteBackupAsync(InstanceFulfilment.IdOf(first), EngineName.Parse($"b{task:N}"), default)).Outcome.ShouldBe(EngineOutcome.NotFound);

        // Beside the first, which runs on.
        var second = await RestoredAsync();
        (second.State, second.Problem).ShouldBe((CloudResourceState.Running, null));
        IPAddress.Parse(second.Address!).ShouldNotBe(IPAddress.Parse(first.Address!));
        await HasFileAsync(second);
        (await engine.FindAsync(InstanceFulfilment.IdOf(second), default)).Value!.ShouldSatisfyAllConditions(i => i.Marks["resource"].ShouldBe($"{second.Id}"), i => i.Size.MemoryMiB.ShouldBe(48));

        // And when the first is gone for good.
        await scene.WishAsync(first.Id, ResourceWish.Removed);
        (await scene.DriveAsync(first.Id, most: 400)).State.ShouldBe(CloudResourceState.Removed);
        await scene.RunAsync<WatchResources>();
        var third = await RestoredAsync();
        (third.State, third.Problem).ShouldBe((CloudResourceState.Running, null));
        await HasFileAsync(third);
        foreach (var one in new[] { second, third })
        {
            await scene.WishAsync(one.Id, ResourceWish.Removed);
            (await scene.DriveAsync(one.Id, most: 400)).State.ShouldBe(CloudResourceState.Removed);
        }

        async Task<CloudResource> RestoredAsync()
        {
            var made = await scene.GrantAsync(pool.Id, memory: 48);
            await scene.WithDb(db => db.CloudResources.Where(r => r.Id == made).ExecuteUpdateAsync(s => s.SetProperty(r => r.BackupId, task)));
            return await scene.DriveAsync(made, most: 400);
        }

        async Task HasFileAsync(CloudResource one) =>
            (await engine.ExecAsync(InstanceFulfilment.IdOf(one), new ExecOrder("cat", "/root/kept") { MostBytes = 4_000_000 }, default)).Value!.Output.SequenceEqual(text).ShouldBeTrue();
    }

    [Fact]
    public async Task FileOnADataVolume_IsInTheBackup_AndOnVolumesOfItsOwnOfWhatIsRestored_WithTheOriginalStandingAndGone()
    {
        _ = lxd.Engine;
        var pool = await scene.PoolAsync("lxd", $"unix:{lxd.Daemon.Socket}", 1_000_000);
        var engine = scene.App.Services.GetRequiredService<PoolEngines>().Of(pool).Value!;
        DataVolume[] wanted = [new("data", 2, "/data"), new("logs", 1, "/var/log/app")];
        var id = await scene.GrantAsync(pool.Id, memory: 32);
        await VolumeTests.ChangeAsync(scene, id, wanted);
        var first = await RunningAsync(id);
        (await SaidAsync(first, "echo 政通 >/data/file; mkdir /data/deep; echo 2 >/data/deep/two; echo x >/var/log/app/log; ls /data")).ShouldBe("deep\nfile");
        var task = await scene.WithDb(async db =>
        {
            var now = TimeProvider.System.GetUtcNow();
            var row = new ResourceTask { Id = DeliveryScene.Id(), ResourceId = id, Kind = ResourceTaskKind.BackUp, Subject = "b", AskedBy = DeliveryScene.Id(), AskedAt = now, NextAt = now };
            db.ResourceTasks.Add(row);
            await db.SaveChangesAsync();
            return row.Id;
        });
        await scene.RunAsync<DoTasks>();
        var backup = await scene.WithDb(db => db.ResourceBackups.AsNoTracking().SingleOrDefaultAsync(b => b.Id == task));
        backup.ShouldNotBeNull((await scene.WithDb(db => db.ResourceTasks.AsNoTracking().SingleAsync(t => t.Id == task))).Problem);
        backup.Volumes.Select(v => (v.Name, v.Size, v.Path)).ShouldBe([("data", 2, "/data"), ("logs", 1, "/var/log/app")]);
        foreach (var volume in first.Volumes)
        {
            (await engine.DeleteVolumeBackupAsync(InstanceFulfilment.IdOf(first).Project, InstanceVolumes.NameOf(first, volume), EngineName.Parse($"b{task:N}"), default)).Outcome.ShouldBe(EngineOutcome.NotFound);
        }

        // Beside the first each has what is its own.
        var second = await RestoredAsync();
        (await SaidAsync(second, "cat /data/file /data/deep/two /var/log/app/log; grep -c -E ' (/data|/var/log/app) ' /proc/mounts; echo other >/data/file")).ShouldBe("政通\n2\nx\n2");
        (await SaidAsync(first, "cat /data/file")).ShouldBe("政通");
        (await NamesAsync()).ShouldBe(Names(first, second), ignoreOrder: true);
        var ownVolume = (await engine.FindVolumeAsync(InstanceFulfilment.IdOf(second).Project, InstanceVolumes.NameOf(second, second.Volumes[0]), default)).Value!;
        (ownVolume.Marks["resource"], ownVolume.Marks["volume"], ownVolume.DiskGiB).ShouldBe(($"{second.Id}", "data", 2));

        // And when the first is gone for good, with its volumes.
        await RemovedAsync(first.Id);
        await scene.RunAsync<WatchResources>();
        (await NamesAsync()).ShouldBe(Names(second), ignoreOrder: true);
        var third = await RestoredAsync();
        (await SaidAsync(third, "cat /data/file /data/deep/two /var/log/app/log")).ShouldBe("政通\n2\nx");
        (await SaidAsync(second, "cat /data/file")).ShouldBe("other");
        (await NamesAsync()).ShouldBe(Names(second, third), ignoreOrder: true);

        // An attempt that died left an empty one in the place of the first's.
        var config = new JsonObject { ["user.zt.owner"] = scene.App.Services.GetRequiredService<PoolEngines>().Owner, ["user.zt.placeholder"] = third.EngineName, ["size"] = "1GiB" };
        var left = new JsonObject { ["name"] = $"{first.EngineName}-data", ["content_type"] = "filesystem", ["config"] = config };
        (await lxd.Raw.DoAsync(HttpMethod.Post, $"/1.0/storage-pools/default/volumes/custom?project={InstanceFulfilment.IdOf(first).Project}", left, default)).IsDone.ShouldBeTrue();
        (await NamesAsync()).Count.ShouldBe(5);
        await scene.RunAsync<WatchResources>();
        (await NamesAsync()).ShouldBe(Names(second, third), ignoreOrder: true);
        await RemovedAsync(second.Id);
        await RemovedAsync(third.Id);
        (await NamesAsync()).ShouldBeEmpty();

        async Task<CloudResource> RestoredAsync()
        {
            var made = await scene.GrantAsync(pool.Id, memory: 32);
            await VolumeTests.ChangeAsync(scene, made, wanted);
            await scene.WithDb(db => db.CloudResources.Where(r => r.Id == made).ExecuteUpdateAsync(s => s.SetProperty(r => r.BackupId, task)));
            return await RunningAsync(made);
        }

        async Task<CloudResource> RunningAsync(Guid one)
        {
            var there = await scene.DriveAsync(one, most: 400);
            (there.State, there.Problem).ShouldBe((CloudResourceState.Running, null));
            return there;
        }

        async Task RemovedAsync(Guid one)
        {
            await scene.WishAsync(one, ResourceWish.Removed);
            (await scene.DriveAsync(one, most: 400)).State.ShouldBe(CloudResourceState.Removed);
        }

        static List<string> Names(params CloudResource[] of) => [.. of.SelectMany(r => new[] { $"{r.EngineName}-data", $"{r.EngineName}-logs" })];

        async Task<List<string>> NamesAsync()
        {
            var names = new List<string>();
            (await engine.ReadVolumesAsync(v => { if (v.Project == InstanceFulfilment.IdOf(first).Project) { names.Add(v.Name.ToString()); } }, default)).ShouldBeDone();
            return names;
        }

        async Task<string> SaidAsync(CloudResource one, string script) =>
            Encoding.UTF8.GetString((await engine.ExecAsync(InstanceFulfilment.IdOf(one), new ExecOrder("sh", "-c", script), default)).Value!.Output).Trim();
    }
}
