using System.Text;
using Zhengtong.Cloud.Delivery;
using Zhengtong.Cloud.Engines;
using Zhengtong.Cloud.Model;
using Zhengtong.Tests.Cloud.Engines;
using Zhengtong.Tests.Support;
using Microsoft.EntityFrameworkCore;

namespace Zhengtong.Tests.Cloud.Delivery;

/// <summary>Data volumes in a container of a real LXD.</summary>
[OnDatabase(Once = true)]
[Collection(typeof(LxdTests))]
public sealed class LxdVolumeTests(LxdFixture lxd, DeliveryScene scene) : IClassFixture<DeliveryScene>
{
    [Fact]
    public async Task File_OnAVolume_OutlivesStopRestoreAndTheInstanceItself_AndIsGoneWithItsResource()
    {
        _ = lxd.Engine;
        var pool = await scene.PoolAsync("lxd", $"unix:{lxd.Daemon.Socket}", 1_000_000);
        var id = await scene.GrantAsync(pool.Id, memory: 32);
        (await SettledAsync()).State.ShouldBe(CloudResourceState.Running);
        var engine = scene.App.Services.GetRequiredService<PoolEngines>().Of(await scene.WithDb(db => db.ResourcePools.AsNoTracking().SingleAsync(p => p.Id == pool.Id))).Value!;
        var instance = await scene.InstanceAsync(id);
        (await engine.SnapshotAsync(instance, EngineName.Parse("before"), null, default)).ShouldBeDone();

        await VolumeTests.ChangeAsync(scene, id, new DataVolume("data", 1, "/data"), new DataVolume("scratch", 1, "/srv/scratch"));
        await DrivenAsync();
        (await SaidAsync("echo 政通 >/data/file; echo x >/srv/scratch/file; grep -c -E ' (/data|/srv/scratch) ' /proc/mounts")).ShouldBe("2");
        await scene.WishAsync(id, ResourceWish.Stopped);
        (await SettledAsync()).State.ShouldBe(CloudResourceState.Stopped);
        await scene.WishAsync(id, ResourceWish.Running);
        await DrivenAsync();
        (await SaidAsync("cat /data/file")).ShouldBe("政通");

        // A snapshot knows nothing of it; the delivery puts it in again.
        (await engine.RestoreAsync(instance, EngineName.Parse("before"), default)).IsDone.ShouldBeTrue();
        await scene.WishAsync(id, ResourceWish.Running);
        await DrivenAsync();
        (await SaidAsync("cat /data/file")).ShouldBe("政通");

        // One goes while it runs, the other stays.
        await VolumeTests.ChangeAsync(scene, id, new DataVolume("data", 1, "/data"));
        await DrivenAsync();
        (await SaidAsync("grep -c ' /srv/scratch ' /proc/mounts; cat /data/file")).ShouldBe("0\n政通");
        (await scene.HoldAsync(id)).Amounts.Get("disk").ShouldBe(2);

        // Lost and made anew: the volume is what was left.
        (await engine.StopAsync(instance, force: true, default)).ShouldBeDone();
        (await engine.DeleteAsync(instance, default)).ShouldBeDone();
        await scene.WithDb(db => db.CloudResources.Where(r => r.Id == id).ExecuteUpdateAsync(s => s.SetProperty(r => r.DeliveredAt, (DateTimeOffset?)null).SetProperty(r => r.NextAt, DateTimeOffset.UnixEpoch)));
        await DrivenAsync();
        (await SaidAsync("cat /data/file")).ShouldBe("政通");

        var volume = InstanceVolumes.NameOf(await scene.ReadAsync(id), (await scene.ReadAsync(id)).Volumes.Single());
        await scene.WishAsync(id, ResourceWish.Removed);
        (await SettledAsync()).State.ShouldBe(CloudResourceState.Removed);
        (await engine.RemoveVolumeAsync(instance.Project, volume, default)).Outcome.ShouldBe(EngineOutcome.NotFound);
        (await scene.HoldAsync(id)).State.ShouldBe(HoldState.Released);

        async Task<CloudResource> SettledAsync()
        {
            var until = TimeProvider.System.GetUtcNow().AddMinutes(3);
            while (true)
            {
                var seen = await scene.DriveAsync(id, most: 1);
                if (seen.NextAt is null) { return seen; }
                TimeProvider.System.GetUtcNow().ShouldBeLessThan(until, $"still {seen.Problem}");
                await Task.Delay(100);
            }
        }

        async Task DrivenAsync() => (await SettledAsync()).ShouldSatisfyAllConditions(r => r.State.ShouldBe(CloudResourceState.Running), r => r.Problem.ShouldBeNull());

        async Task<string> SaidAsync(string script) => Encoding.UTF8.GetString((await engine.ExecAsync(instance, new ExecOrder("sh", "-c", script), default)).Value!.Output).Trim();
    }
}
