using Microsoft.AspNetCore.Http;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Cloud.Delivery;
using Zhengtong.Cloud.Engines;
using Zhengtong.Cloud.Model;
using Zhengtong.Cloud.Quotas;
using Zhengtong.Cloud.Resources;
using Zhengtong.Kernel.Identity;
using Zhengtong.Tests.Cloud.Engines;
using Zhengtong.Tests.Support;

namespace Zhengtong.Tests.Cloud.Delivery;

/// <summary>What somebody changed at an engine: mended, left for a decision, or adopted within the quota.</summary>
[OnDatabase]
public sealed class DriftTests(DeliveryScene scene) : IClassFixture<DeliveryScene>
{
    [Fact]
    public async Task Size_IsMendedUnlessTheOperatorAsks_ThenLeftAndToldOnceUntilDecided()
    {
        var (engine, id, instance) = await MadeAsync();
        var size = await SizeAsync(engine, instance);
        (await engine.ResizeAsync(instance, size with { MemoryMiB = 128 }, default)).ShouldBeDone();
        await scene.RunAsync<WatchResources>();
        await scene.DriveAsync(id);
        (await SizeAsync(engine, instance)).ShouldBe(size);
        (await DriftAsync(id)).ShouldSatisfyAllConditions(d => d.IsOpen.ShouldBeFalse(), d => d.Difference.ShouldBe("size"), d => d.MemoryMiB.ShouldBe(128));

        (await DecideAsync(id, DriftDecision.Ask)).ShouldBe(204);
        (await engine.ResizeAsync(instance, size with { MemoryMiB = 256 }, default)).ShouldBeDone();
        await scene.RunAsync<WatchResources>();
        await scene.RunAsync<WatchResources>();
        (await scene.ReadAsync(id)).NextAt.ShouldBeNull();
        (await DriftAsync(id)).IsOpen.ShouldBeTrue();
        (await scene.WithDb(db => db.Ledger.CountAsync(e => e.Event == "cloud.drift-found" && e.Subject == id.ToString()))).ShouldBe(2);
        // Work of another kind does not undo it.
        await scene.WithDb(db => db.CloudResources.Where(r => r.Id == id).ExecuteUpdateAsync(s => s.SetProperty(r => r.NextAt, DateTimeOffset.UnixEpoch)));
        await scene.DriveAsync(id);
        (await SizeAsync(engine, instance)).MemoryMiB.ShouldBe(256);

        (await DecideAsync(id, DriftDecision.Mend)).ShouldBe(204);
        await scene.DriveAsync(id);
        (await SizeAsync(engine, instance)).ShouldBe(size);
    }

    [Fact]
    public async Task Adopted_HoldHostAndBillFollow_AndNothingIsMendedAnyMore()
    {
        var (engine, id, instance) = await MadeAsync();
        await DecideAsync(id, DriftDecision.Ask);
        (await engine.ResizeAsync(instance, await SizeAsync(engine, instance) with { Cpus = 2, MemoryMiB = 256 }, default)).ShouldBeDone();
        await scene.RunAsync<WatchResources>();
        (await DecideAsync(id, DriftDecision.Adopt, revision: 99)).ShouldBe(409);
        (await DecideAsync(id, DriftDecision.Adopt)).ShouldBe(204);
        await scene.DriveAsync(id);
        var resource = await scene.ReadAsync(id);
        (resource.Amounts.Get("vcpu"), resource.Amounts.Get("memory"), resource.Amounts.Get("disk")).ShouldBe((2000, 256, 1));
        (await scene.HoldAsync(id)).Amounts.ShouldBe(resource.Amounts);
        (await scene.WithDb(db => db.HostClaims.AsNoTracking().SingleAsync(c => c.ConsumerId == id && c.ReleasedAt == null))).Amounts.Get("memory").ShouldBe(256);
        (await scene.SpansAsync(id))[^1].Amounts.ShouldBe(resource.Amounts);
        await scene.RunAsync<WatchResources>();
        (await scene.ReadAsync(id)).NextAt.ShouldBeNull();
        (await scene.WithDb(db => Recounting.DifferencesAsync(db, default))).ShouldBeEmpty();
        (await scene.WithDb(db => db.Ledger.CountAsync(e => e.Event == "cloud.drift-adopted" && e.Subject == id.ToString()))).ShouldBe(1);
        (await DecideAsync(id, DriftDecision.Adopt)).ShouldBe(409);
    }

    [Fact]
    public async Task Adopted_BeyondTheQuota_IsRefusedWithWhatLacks_AndChangesNothing()
    {
        var (engine, id, instance) = await MadeAsync();
        await DecideAsync(id, DriftDecision.Ask);
        (await engine.ResizeAsync(instance, await SizeAsync(engine, instance) with { MemoryMiB = 4096 }, default)).ShouldBeDone();
        await scene.RunAsync<WatchResources>();
        var (before, hold) = (await scene.ReadAsync(id), await scene.HoldAsync(id));
        await LimitAsync(1000);
        (await DecideAsync(id, DriftDecision.Adopt)).ShouldBe(409);
        (await scene.ReadAsync(id)).ShouldSatisfyAllConditions(r => r.Amounts.ShouldBe(before.Amounts), r => r.Revision.ShouldBe(before.Revision));
        (await scene.HoldAsync(id)).ShouldSatisfyAllConditions(h => h.Amounts.ShouldBe(hold.Amounts), h => h.Revision.ShouldBe(hold.Revision));
        (await DriftAsync(id)).IsOpen.ShouldBeTrue();
        (await scene.WithDb(db => db.Ledger.CountAsync(e => e.Event == "cloud.drift-adopted" && e.Subject == id.ToString()))).ShouldBe(0);
        await LimitAsync(1_000_000_000);
        (await DecideAsync(id, DriftDecision.Adopt)).ShouldBe(204);
    }

    [Fact]
    public async Task Power_ThatIsAdopted_IsWhatItIsToBe()
    {
        var (engine, id, instance) = await MadeAsync();
        await DecideAsync(id, DriftDecision.Ask);
        (await engine.StopAsync(instance, force: true, default)).ShouldBeDone();
        await scene.RunAsync<WatchResources>();
        (await scene.ReadAsync(id)).NextAt.ShouldBeNull();
        (await DriftAsync(id)).ShouldSatisfyAllConditions(d => d.Difference.ShouldBe("power"), d => d.IsOpen.ShouldBeTrue());
        (await DecideAsync(id, DriftDecision.Adopt)).ShouldBe(204);
        (await scene.DriveAsync(id)).ShouldSatisfyAllConditions(r => r.Wish.ShouldBe(ResourceWish.Stopped), r => r.State.ShouldBe(CloudResourceState.Stopped));
        // Changed back by whoever changed it, there is nothing to decide.
        (await engine.StartAsync(instance, default)).ShouldBeDone();
        await scene.RunAsync<WatchResources>();
        (await engine.StopAsync(instance, force: true, default)).ShouldBeDone();
        await scene.RunAsync<WatchResources>();
        (await DriftAsync(id)).ShouldSatisfyAllConditions(d => d.IsOpen.ShouldBeFalse(), d => d.Difference.ShouldBeNull());
    }

    private async Task<(PretendEngine Engine, Guid Id, InstanceId Instance)> MadeAsync()
    {
        var (pool, engine) = await scene.PoolAsync();
        var id = await scene.GrantAsync(pool);
        (await scene.DriveAsync(id)).State.ShouldBe(CloudResourceState.Running);
        return (engine, id, await scene.InstanceAsync(id));
    }

    /// <summary>What more may be held of memory at the department's node.</summary>
    private Task<int> LimitAsync(long more) => scene.WithDb(db => db.QuotaCounters.Where(c => c.NodeId == scene.Node && c.Kind == "memory").ExecuteUpdateAsync(s => s.SetProperty(c => c.Limit, c => c.Reserved + c.Active + more)));

    private static async Task<EngineSize> SizeAsync(PretendEngine engine, InstanceId id) => (await engine.FindAsync(id, default)).Value!.Size;

    private Task<ResourceDrift> DriftAsync(Guid id) => scene.WithDb(db => db.ResourceDrifts.AsNoTracking().SingleAsync(d => d.ResourceId == id));

    private async Task<int?> DecideAsync(Guid id, DriftDecision decision, int? revision = null)
    {
        await using var scope = scene.App.Services.CreateAsyncScope();
        var db = scope.ServiceProvider.GetRequiredService<ZhengtongDb>();
        var seen = await db.ResourceDrifts.AsNoTracking().Where(d => d.ResourceId == id).Select(d => (int?)d.Revision).SingleOrDefaultAsync() ?? 0;
        var answer = await DecideDrift.Handle(id, new DecideDriftRequest(decision, "运维核对", revision ?? seen), Actor.Platform, db, TimeProvider.System, default);
        return ((IStatusCodeHttpResult)answer.Result).StatusCode;
    }
}
