using Microsoft.AspNetCore.Http;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Cloud.Delivery;
using Zhengtong.Cloud.Engines;
using Zhengtong.Cloud.Model;
using Zhengtong.Cloud.Pools;
using Zhengtong.Cloud.Quotas;
using Zhengtong.Kernel.Identity;
using Zhengtong.Kernel.Jobs;
using Zhengtong.Tests.Cloud.Delivery;
using Zhengtong.Tests.Cloud.Engines;
using Zhengtong.Tests.Support;

namespace Zhengtong.Tests.Cloud.Pools;

/// <summary>Hosts that the operator empties and lets serve again; what stood there is counted where it is.</summary>
[OnDatabase]
public sealed class KeepHostsTests(DeliveryScene scene) : IClassFixture<DeliveryScene>
{
    [Fact]
    public async Task Evacuated_WhatIsThereMovesAndIsCountedThere_NothingNewComes_AndItAllComesBack()
    {
        var (pool, engine) = await TwoAsync(10_000);
        var ids = new List<Guid>();
        for (var n = 0; n < 6; n++) { ids.Add(await scene.GrantAsync(pool.Id)); }
        foreach (var id in ids) { (await scene.DriveAsync(id)).State.ShouldBe(CloudResourceState.Running); }
        var before = await UsedAsync(pool);
        var there = await OnAsync(pool, "a");
        there.Count.ShouldBe(3);

        (await WishAsync(pool, "a", HostWish.Evacuated)).ShouldBe(204);
        // From now on nothing new, before the engine was asked.
        var late = await scene.GrantAsync(pool.Id);
        await scene.DriveAsync(late);
        await scene.RunAsync<KeepHosts>();
        (await HostAsync(pool, "a")).ShouldSatisfyAllConditions(h => h.Problem.ShouldBeNull(), h => h.NextAt.ShouldBeNull(), h => h.State.ShouldBe(HostState.Evacuating));
        (await OnAsync(pool, "a")).ShouldBeEmpty();
        (await OnAsync(pool, "b")).Count.ShouldBe(7);
        (await UsedAsync(pool)).ShouldBe(new Dictionary<string, long> { ["a"] = 0, ["b"] = before["a"] + before["b"] + 1000 });
        // It stays empty whatever the rounds see, and nothing was taken for drift.
        await scene.RunAsync<WatchPools>();
        await scene.RunAsync<WatchResources>();
        (await HostAsync(pool, "a")).State.ShouldBe(HostState.Evacuating);
        foreach (var id in ids) { (await scene.ReadAsync(id)).ShouldSatisfyAllConditions(r => r.State.ShouldBe(CloudResourceState.Running), r => r.NextAt.ShouldBeNull()); }

        (await WishAsync(pool, "a", HostWish.Serving)).ShouldBe(204);
        await scene.RunAsync<KeepHosts>();
        (await HostAsync(pool, "a")).ShouldSatisfyAllConditions(h => h.Problem.ShouldBeNull(), h => h.State.ShouldBe(HostState.Online));
        (await OnAsync(pool, "a")).Order().ShouldBe(there.Order());
        (await UsedAsync(pool)).ShouldBe(new Dictionary<string, long> { ["a"] = before["a"], ["b"] = before["b"] + 1000 });
        var host = (await HostAsync(pool, "a")).Id.ToString();
        (await scene.WithDb(db => db.Ledger.Where(e => e.Subject == host).OrderBy(e => e.Id).Select(e => e.Event).ToListAsync())).ShouldBe(["cloud.host-wish-set", "cloud.host-evacuated", "cloud.host-wish-set", "cloud.host-restored"], ignoreOrder: true);
        foreach (var id in ids.Append(late)) { await scene.WishAsync(id, ResourceWish.Removed); await scene.DriveAsync(id); }
        (await UsedAsync(pool)).Values.ShouldAllBe(v => v == 0);
        (await scene.WithDb(db => Recounting.DifferencesAsync(db, default))).ShouldBeEmpty();
        engine.Changes.ShouldBeGreaterThan(0);
    }

    [Fact]
    public async Task Evacuated_NoRoomOrStuck_SaysSoAndMovesNothingOrTheRest_AndGoesOnWhenItCan()
    {
        var (pool, engine) = await TwoAsync(2_000);
        var ids = new List<Guid>();
        for (var n = 0; n < 4; n++) { ids.Add(await scene.GrantAsync(pool.Id)); }
        foreach (var id in ids) { (await scene.DriveAsync(id)).State.ShouldBe(CloudResourceState.Running); }
        await WishAsync(pool, "a", HostWish.Evacuated);
        await scene.RunAsync<KeepHosts>();
        (await HostAsync(pool, "a")).ShouldSatisfyAllConditions(h => h.Problem.ShouldBe("no-room"), h => h.NextAt.ShouldNotBeNull());
        (await OnAsync(pool, "a")).Count.ShouldBe(2);
        engine.Members.ShouldAllBe(m => m.Status == MemberStatus.Online);

        foreach (var id in await OnAsync(pool, "b")) { await scene.WishAsync(id, ResourceWish.Removed); await scene.DriveAsync(id); }
        var left = (await OnAsync(pool, "a"))[0];
        engine.Stuck = await scene.InstanceAsync(left);
        await AgainAsync(pool);
        (await HostAsync(pool, "a")).Problem.ShouldBe("left");
        (await OnAsync(pool, "a")).ShouldBe([left]);
        (await UsedAsync(pool)).ShouldBe(new Dictionary<string, long> { ["a"] = 1000, ["b"] = 1000 });

        engine.IsGone = true;
        await AgainAsync(pool);
        (await HostAsync(pool, "a")).Problem.ShouldBe("no-connection");
        engine.IsGone = false;
        engine.Stuck = null;
        await AgainAsync(pool);
        (await HostAsync(pool, "a")).ShouldSatisfyAllConditions(h => h.Problem.ShouldBeNull(), h => h.NextAt.ShouldBeNull());
        (await UsedAsync(pool)).ShouldBe(new Dictionary<string, long> { ["a"] = 0, ["b"] = 2000 });
    }

    [Fact]
    public async Task Evacuated_NotYetMadeGetsAnotherHost_AndOneThatIsNoClusterSaysThatItCannot()
    {
        var (pool, engine) = await TwoAsync(10_000);
        var (first, second) = (await scene.GrantAsync(pool.Id), await scene.GrantAsync(pool.Id));
        engine.IsFull = true;
        await scene.DriveAsync(first, 3);
        await scene.DriveAsync(second, 3);
        var (host, waits) = (await HostAsync(pool, "a"), (await OnAsync(pool, "a")).ShouldHaveSingleItem());
        await WishAsync(pool, "a", HostWish.Evacuated);
        await scene.RunAsync<KeepHosts>();
        (await HostAsync(pool, "a")).Problem.ShouldBeNull();
        (await scene.ReadAsync(waits)).HostId.ShouldNotBe(host.Id);
        (await UsedAsync(pool)).ShouldBe(new Dictionary<string, long> { ["a"] = 0, ["b"] = 2000 });
        engine.IsFull = false;
        (await scene.DriveAsync(waits)).State.ShouldBe(CloudResourceState.Running);

        var alone = await scene.PoolAsync("pretend", $"pretend:{DeliveryScene.Id()}", 1000, "here");
        await WishAsync(alone, "here", HostWish.Evacuated);
        await scene.RunAsync<KeepHosts>();
        (await HostAsync(alone, "here")).ShouldSatisfyAllConditions(h => h.Problem.ShouldBe("not-supported"), h => h.NextAt.ShouldBeNull());
        await WishAsync(alone, "here", HostWish.Serving);
        await scene.RunAsync<KeepHosts>();
        (await HostAsync(alone, "here")).State.ShouldBe(HostState.Online);
    }

    [Fact]
    public async Task Moved_BehindOurBack_TheBooksFollow_AndASpreadGroupThatStandsTogetherIsSaid()
    {
        var (pool, engine) = await TwoAsync(10_000);
        var (one, other) = (await scene.GrantAsync(pool.Id, spread: "pair"), await scene.GrantAsync(pool.Id, spread: "pair"));
        await scene.DriveAsync(one);
        await scene.DriveAsync(other);
        (await scene.ReadAsync(one)).HostId.ShouldNotBe((await scene.ReadAsync(other)).HostId);
        (await engine.EvacuateAsync("a", default)).ShouldBeDone();
        await scene.RunAsync<WatchResources>();
        (await OnAsync(pool, "b")).Count.ShouldBe(2);
        (await UsedAsync(pool)).ShouldBe(new Dictionary<string, long> { ["a"] = 0, ["b"] = 2000 });
        var moved = await scene.WithDb(db => db.Ledger.AsNoTracking().SingleAsync(e => e.Event == "cloud.resource-moved" && (e.Subject == one.ToString() || e.Subject == other.ToString())));
        moved.Data.ShouldContain("\"apart\":false");
        (await engine.RestoreMemberAsync("a", default)).ShouldBeDone();
        await scene.RunAsync<WatchResources>();
        (await scene.WithDb(db => db.HostClaims.CountAsync(c => c.ReleasedAt == null && c.SpreadGroup == "pair"))).ShouldBe(2);
    }

    [Fact]
    public async Task Wish_OfAnotherRevisionOrHost_IsRefused()
    {
        var (pool, _) = await TwoAsync(1000);
        (await WishAsync(pool, "a", HostWish.Evacuated, 7)).ShouldBe(409);
        await using var scope = scene.App.Services.CreateAsyncScope();
        var answer = await SetHostWish.Handle(DeliveryScene.Id(), new SetHostWishRequest(HostWish.Evacuated, "维护", 1), Actor.Platform, scope.ServiceProvider.GetRequiredService<ZhengtongDb>(), scene.App.Services.GetRequiredService<Reconcilers>(),
            TimeProvider.System, default);
        ((IStatusCodeHttpResult)answer.Result).StatusCode.ShouldBe(404);
        (await HostAsync(pool, "a")).State.ShouldBe(HostState.Online);
    }

    private async Task<(ResourcePool Pool, PretendEngine Engine)> TwoAsync(long cores)
    {
        var pool = await scene.PoolAsync("pretend", $"pretend:{DeliveryScene.Id()}", cores, "a", "b");
        var engine = PretendDriver.Of(scene.App).At(pool.Address);
        engine.Members = [.. new[] { "a", "b" }.Select(n => engine.Members[0] with { Name = n })];
        return (pool, engine);
    }

    private Task<CloudHost> HostAsync(ResourcePool pool, string name) => scene.WithDb(db => db.CloudHosts.AsNoTracking().SingleAsync(h => h.PoolId == pool.Id && h.Name == name));

    private Task<List<Guid>> OnAsync(ResourcePool pool, string name) =>
        scene.WithDb(db => db.CloudResources.Where(r => r.State != CloudResourceState.Removed && db.CloudHosts.Any(h => h.Id == r.HostId && h.PoolId == pool.Id && h.Name == name)).OrderBy(r => r.Number).Select(r => r.Id).ToListAsync());

    /// <summary>What the book says of cores, which must be what the claims say.</summary>
    private async Task<Dictionary<string, long>> UsedAsync(ResourcePool pool)
    {
        var hosts = await scene.WithDb(db => db.CloudHosts.AsNoTracking().Where(h => h.PoolId == pool.Id).ToListAsync());
        var used = new Dictionary<string, long>();
        foreach (var host in hosts.OrderBy(h => h.Name, StringComparer.Ordinal))
        {
            var rows = await scene.WithDb(db => db.HostInventories.AsNoTracking().Where(i => i.HostId == host.Id).ToListAsync());
            var claims = await scene.WithDb(db => db.HostClaims.AsNoTracking().Where(c => c.HostId == host.Id && c.ReleasedAt == null).ToListAsync());
            foreach (var row in rows) { row.Used.ShouldBe(claims.Sum(c => c.Amounts.Get(row.Kind)), $"{host.Name} {row.Kind}"); }
            used[host.Name] = rows.Single(r => r.Kind == "vcpu").Used;
        }

        return used;
    }

    private async Task<int?> WishAsync(ResourcePool pool, string name, HostWish wish, int? revision = null)
    {
        var host = await HostAsync(pool, name);
        await using var scope = scene.App.Services.CreateAsyncScope();
        var answer = await SetHostWish.Handle(host.Id, new SetHostWishRequest(wish, "更换内存", revision ?? host.Revision), Actor.Platform, scope.ServiceProvider.GetRequiredService<ZhengtongDb>(),
            scene.App.Services.GetRequiredService<Reconcilers>(), TimeProvider.System, default);
        return ((IStatusCodeHttpResult)answer.Result).StatusCode;
    }

    private async Task AgainAsync(ResourcePool pool)
    {
        await scene.WithDb(db => db.CloudHosts.Where(h => h.PoolId == pool.Id && h.NextAt != null).ExecuteUpdateAsync(s => s.SetProperty(h => h.NextAt, DateTimeOffset.UnixEpoch)));
        await scene.RunAsync<KeepHosts>();
    }
}
