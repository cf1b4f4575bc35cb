using Zhengtong.Cloud.Delivery;
using Zhengtong.Cloud.Model;
using Zhengtong.Cloud.Quotas;
using Zhengtong.Kernel.Identity;
using Zhengtong.Tests.Cloud.Engines;
using Zhengtong.Tests.Support;
using Microsoft.EntityFrameworkCore;

namespace Zhengtong.Tests.Cloud.Delivery;

/// <summary>Data volumes between the grant and the engine, whatever dies on the way.</summary>
[OnDatabase]
public sealed class VolumeTests(DeliveryScene scene) : IClassFixture<DeliveryScene>
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task KilledAtEveryCall_VolumesAreMadeAndRemovedOnce_HeldOnceAndGivenBackOnce(bool afterIt)
    {
        var (pool, engine) = await scene.PoolAsync();
        var id = await scene.GrantAsync(pool, disk: 4);
        (await scene.DriveAsync(id)).State.ShouldBe(CloudResourceState.Running);
        var instance = await scene.InstanceAsync(id);

        await ChangeAsync(scene, id, new DataVolume("data", 10, "/data"), new DataVolume("logs", 5, "/var/log/app"));
        (await HeldAsync(id)).ShouldBe(19);
        var killed = await KillAsync(engine, id, afterIt, r => r.NextAt is null);
        killed.ShouldBeGreaterThanOrEqualTo(4);
        var (there, inside) = engine.VolumesOf(instance);
        there.Select(v => (v.DiskGiB, v.Marks["volume"])).Order().ShouldBe([(5, "logs"), (10, "data")]);
        inside.Count.ShouldBe(2);
        var resource = await scene.ReadAsync(id);
        (resource.State, resource.Amounts.Get("disk"), resource.OwnAmounts.Get("disk")).ShouldBe((CloudResourceState.Running, 19, 4));
        (await scene.SpansAsync(id)).Select(s => s.Amounts.Get("disk")).ShouldBe([4L, 19L]);

        // One goes, the other grows: what goes is held until it is gone.
        await ChangeAsync(scene, id, new DataVolume("data", 12, "/data"));
        (await HeldAsync(id)).ShouldBe(21);
        await KillAsync(engine, id, afterIt, r => r.NextAt is null);
        (await HeldAsync(id)).ShouldBe(16);
        (there, inside) = engine.VolumesOf(instance);
        there.Single().DiskGiB.ShouldBe(12);
        inside.Count.ShouldBe(1);
        (await scene.ReadAsync(id)).Volumes.ShouldBe([new KeptVolume("data", 12, "/data")]);
        (await scene.SpansAsync(id))[^1].Amounts.Get("disk").ShouldBe(16);
        (await scene.WithDb(db => db.Ledger.CountAsync(e => e.Subject == id.ToString() && e.Event == "cloud.volumes-removed"))).ShouldBe(1);
        (await scene.WithDb(db => Recounting.DifferencesAsync(db, default))).ShouldBeEmpty();

        // It goes with its instance, and nothing is given back before.
        await scene.WishAsync(id, ResourceWish.Removed);
        await KillAsync(engine, id, afterIt, r => r.State == CloudResourceState.Removed);
        engine.VolumesOf(instance).There.ShouldBeEmpty();
        (await scene.HoldAsync(id)).State.ShouldBe(HoldState.Released);
        (await scene.WithDb(db => Recounting.DifferencesAsync(db, default))).ShouldBeEmpty();
    }

    [Fact]
    public async Task EngineSilent_VolumeThatGoesStaysHeld_AndOneWithoutItsInstanceIsGivenBackLast()
    {
        var (pool, engine) = await scene.PoolAsync();
        var id = await scene.GrantAsync(pool, disk: 2);
        await scene.DriveAsync(id);
        await ChangeAsync(scene, id, new DataVolume("data", 3, "/data"));
        await scene.DriveAsync(id);
        engine.IsGone = true;
        await ChangeAsync(scene, id);
        await scene.DriveAsync(id, most: 3);
        (await HeldAsync(id)).ShouldBe(5);
        engine.IsGone = false;
        (await scene.DriveAsync(id)).Amounts.Get("disk").ShouldBe(2);
        (await HeldAsync(id)).ShouldBe(2);

        // Taken out behind our back it comes in again with the next look.
        await ChangeAsync(scene, id, new DataVolume("again", 3, "/data"));
        await scene.DriveAsync(id);
        var instance = await scene.InstanceAsync(id);
        (await engine.DetachVolumeAsync(instance, engine.VolumesOf(instance).In.Single(), default)).ShouldBeDone();
        await scene.WishAsync(id, ResourceWish.Running);
        await scene.DriveAsync(id);
        engine.VolumesOf(instance).In.Count.ShouldBe(1);
    }

    /// <summary>What granting a change of volumes leaves.</summary>
    internal static Task<int> ChangeAsync(DeliveryScene scene, Guid id, params DataVolume[] wanted) => scene.WithDb(async db =>
    {
        var (resource, now) = (await db.CloudResources.SingleAsync(r => r.Id == id), TimeProvider.System.GetUtcNow());
        await using var transaction = await db.Database.BeginTransactionAsync();
        var volumes = resource.VolumesWith(wanted);
        var amounts = Amounts.Of([.. resource.OwnAmounts, .. volumes.Select(v => new ResourceAmount("disk", v.Size))]);
        (await Holds.ResizeAsync(db, id, amounts, Actor.Platform, now, default)).Result.ShouldBe(amounts.SequenceEqual(resource.Amounts) ? HoldResult.Already : HoldResult.Done);
        (resource.Volumes, resource.Amounts, resource.NextAt) = (volumes, amounts, now);
        resource.Touch();
        await db.SaveChangesAsync();
        await transaction.CommitAsync();
        return volumes.Count;
    });

    private async Task<long> HeldAsync(Guid id) => (await scene.HoldAsync(id)).Amounts.Get("disk");

    /// <summary>Dies at the first call, then at the second of what follows, and so on; lives once nothing more is to be done. How often it died.</summary>
    private async Task<int> KillAsync(PretendEngine engine, Guid id, bool afterIt, Func<CloudResource, bool> isDone)
    {
        for (var at = 1; ; at++)
        {
            var (count, died) = (0, false);
            engine.Watch = over =>
            {
                if (over == afterIt && ++count == at) { died = true; throw new EndedException(); }
            };
            await scene.DueAsync(id);
            try { await scene.App.Services.GetRequiredService<Delivering>().DriveAsync(id, default); }
            catch (EndedException) { }
            finally { engine.Watch = null; }
            if (!died && isDone(await scene.ReadAsync(id))) { return at - 1; }
            at.ShouldBeLessThan(60);
        }
    }

    private sealed class EndedException : Exception;
}
