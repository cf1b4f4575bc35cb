using Microsoft.EntityFrameworkCore;
using Zhengtong.Cloud.Model;
using Zhengtong.Cloud.Quotas;
using Zhengtong.Kernel.Identity;
using Zhengtong.Tests.Support;

namespace Zhengtong.Tests.Cloud.Delivery;

/// <summary>Changes that the engine will not carry out: quota, host and bill are what they were.</summary>
[OnDatabase]
public sealed class RefusedChangeTests(DeliveryScene scene) : IClassFixture<DeliveryScene>
{
    [Theory]
    [InlineData(4000, 256)]
    [InlineData(1000, 32)]
    [InlineData(4000, 32)]
    public async Task Size_RefusedForGood_IsTakenBack_AndWhatWasGivenUpWasHeldMeanwhile(long cores, long memory)
    {
        var (pool, engine) = await scene.PoolAsync();
        var id = await scene.GrantAsync(pool, cores: 2000, memory: 64);
        (await scene.DriveAsync(id)).State.ShouldBe(CloudResourceState.Running);
        await AsBeforeAsync(id, await scene.ReadAsync(id));
        engine.RefusesChanges = true;
        await OrderAsync(id, a => a.Kind switch { "vcpu" => a with { Amount = cores }, "memory" => a with { Amount = memory }, _ => a });
        var held = (await scene.HoldAsync(id)).Amounts;
        (held.Get("vcpu"), held.Get("memory")).ShouldBe((Math.Max(2000, cores), Math.Max(64, memory)));
        var after = await scene.DriveAsync(id);
        (after.State, after.Problem, after.Former, after.Amounts.Get("vcpu"), after.Amounts.Get("memory")).ShouldBe((CloudResourceState.Running, null, null, 2000, 64));
        await AsBeforeAsync(id, after);
        (await scene.SpansAsync(id)).Single().Until.ShouldBeNull();

        // Another is carried out, and only then billed and no longer held.
        engine.RefusesChanges = false;
        engine.IsGone = true;
        await OrderAsync(id, a => a.Kind == "memory" ? a with { Amount = 48 } : a);
        await scene.DriveAsync(id, most: 2);
        (await scene.HoldAsync(id)).Amounts.Get("memory").ShouldBe(64);
        (await scene.SpansAsync(id)).Single().Amounts.Get("memory").ShouldBe(64);
        engine.IsGone = false;
        after = await scene.DriveAsync(id);
        (after.Former, after.Amounts.Get("memory")).ShouldBe((null, 48));
        await AsBeforeAsync(id, after);
        (await scene.SpansAsync(id)).Select(s => s.Amounts.Get("memory")).ShouldBe([64L, 48L]);
    }

    [Fact]
    public async Task Volumes_RefusedForGood_AreTakenBack_OneThatIsGoneStaysGone_AndOneThatStoodStands()
    {
        var (pool, engine) = await scene.PoolAsync();
        var id = await scene.GrantAsync(pool, disk: 4);
        await VolumeTests.ChangeAsync(scene, id, new DataVolume("data", 10, "/data"), new DataVolume("old", 3, "/old"));
        await scene.DriveAsync(id);
        engine.RefusesChanges = true;
        await OrderAsync(id, a => a, new DataVolume("data", 12, "/data"), new DataVolume("new", 5, "/new"));
        (await scene.HoldAsync(id)).Amounts.Get("disk").ShouldBe(4 + 12 + 5 + 3);
        var after = await scene.DriveAsync(id);
        (after.State, after.Problem, after.Former).ShouldBe((CloudResourceState.Running, null, null));
        after.Volumes.ShouldBe([new KeptVolume("data", 10, "/data")]);
        (after.Amounts.Get("disk"), after.OwnAmounts.Get("disk")).ShouldBe((14, 4));
        engine.VolumesOf(await scene.InstanceAsync(id)).There.Select(v => v.DiskGiB).ShouldBe([10]);
        await AsBeforeAsync(id, after);
    }

    /// <summary>Hold, host and quota are what the resource has.</summary>
    private async Task AsBeforeAsync(Guid id, CloudResource resource)
    {
        (await scene.HoldAsync(id)).Amounts.ShouldBe(resource.Amounts);
        (await scene.WithDb(db => db.HostClaims.AsNoTracking().Where(c => c.ConsumerId == id && c.ReleasedAt == null).ToListAsync())).Single().Amounts
            .ShouldBe(resource.Amounts.Where(a => a.Kind is "vcpu" or "memory" or "disk"));
        (await scene.WithDb(db => Recounting.DifferencesAsync(db, default))).ShouldBeEmpty();
    }

    /// <summary>What granting a change leaves.</summary>
    private Task<int> OrderAsync(Guid id, Func<ResourceAmount, ResourceAmount> change, params DataVolume[] wanted) => scene.WithDb(async db =>
    {
        var (resource, now) = (await db.CloudResources.SingleAsync(r => r.Id == id), TimeProvider.System.GetUtcNow());
        await using var transaction = await db.Database.BeginTransactionAsync();
        var (former, volumes) = (resource.FormerOf(DeliveryScene.Id()), resource.VolumesWith(wanted));
        var amounts = Amounts.Of([.. resource.OwnAmounts.Select(change), .. volumes.Select(v => new ResourceAmount("disk", v.Size))]);
        (await Holds.ResizeAsync(db, id, CloudResource.HeldOf(amounts, former), Actor.Platform, now, default)).IsSo.ShouldBeTrue();
        (resource.Former, resource.Volumes, resource.Amounts, resource.NextAt) = (former, volumes, amounts, now);
        resource.Touch();
        await db.SaveChangesAsync();
        await transaction.CommitAsync();
        return 0;
    });
}
