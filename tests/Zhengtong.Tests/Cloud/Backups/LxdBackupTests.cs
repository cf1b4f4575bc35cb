using System.Net;
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
}
