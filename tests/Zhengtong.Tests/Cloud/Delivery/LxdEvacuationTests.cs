using Microsoft.AspNetCore.Http;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Cloud.Delivery;
using Zhengtong.Cloud.Engines;
using Zhengtong.Cloud.Model;
using Zhengtong.Cloud.Placement;
using Zhengtong.Cloud.Pools;
using Zhengtong.Cloud.Quotas;
using Zhengtong.Kernel.Identity;
using Zhengtong.Kernel.Jobs;
using Zhengtong.Tests.Cloud.Engines;
using Zhengtong.Tests.Support;

namespace Zhengtong.Tests.Cloud.Delivery;

/// <summary>A real cluster of two members, one of which the operator empties and lets serve again.</summary>
[OnDatabase(Once = true)]
[Collection(typeof(LxdTests))]
public sealed class LxdEvacuationTests(LxdFixture lxd, DeliveryScene scene) : IClassFixture<DeliveryScene>
{
    [Fact]
    public async Task Evacuated_ByTheOperator_InstancesMoveAndComeBack_AndTheBooksStandWhereTheyAre()
    {
        _ = lxd.Engine;
        await using var first = new LxdDaemon(isBare: true);
        await using var second = new LxdDaemon(isBare: true);
        await LxdClusterTests.FormAsync(lxd, first, second);
        var pool = await scene.PoolAsync("lxd", $"unix:{first.Socket}", 10_000, "n1", "n2");
        var engine = scene.App.Services.GetRequiredService<PoolEngines>().Of(pool).Value!;
        var ids = new[] { await MakeAsync(pool, engine), await MakeAsync(pool, engine) };
        (await PlacesAsync(pool)).Values.Order(StringComparer.Ordinal).ShouldBe(["n1", "n2"]);
        var before = await PlacesAsync(pool);
        await scene.RunAsync<WatchResources>();

        await WishAsync(pool, HostWish.Evacuated);
        (await PlacesAsync(pool)).Values.ShouldBe(["n1", "n1"]);
        (await MembersAsync(engine, ids)).ShouldBe(["n1", "n1"]);
        (await UsedAsync(pool)).ShouldBe((2000, 0));
        // Neither round takes it for anything else than it is.
        await scene.RunAsync<WatchPools>();
        await scene.RunAsync<WatchResources>();
        foreach (var id in ids) { (await scene.ReadAsync(id)).ShouldSatisfyAllConditions(r => r.State.ShouldBe(CloudResourceState.Running), r => r.NextAt.ShouldBeNull()); }

        await WishAsync(pool, HostWish.Serving);
        (await PlacesAsync(pool)).ShouldBe(before);
        (await MembersAsync(engine, ids)).ShouldBe([.. ids.Select(i => before[i])]);
        (await UsedAsync(pool)).ShouldBe((1000, 1000));
        (await scene.WithDb(db => db.CloudHosts.AsNoTracking().SingleAsync(h => h.PoolId == pool.Id && h.Name == "n2"))).State.ShouldBe(HostState.Online);
        foreach (var id in ids) { await scene.WishAsync(id, ResourceWish.Removed); (await scene.DriveAsync(id)).State.ShouldBe(CloudResourceState.Removed); }
        (await UsedAsync(pool)).ShouldBe((0, 0));
        (await scene.WithDb(db => Recounting.DifferencesAsync(db, default))).ShouldBeEmpty();
    }

    /// <summary>As the delivery leaves it, but for the network: two members on one machine cannot both have a bridge of one name.</summary>
    private async Task<Guid> MakeAsync(ResourcePool pool, CloudEngine engine)
    {
        var id = await scene.GrantAsync(pool.Id);
        await using var scope = scene.App.Services.CreateAsyncScope();
        var db = scope.ServiceProvider.GetRequiredService<ZhengtongDb>();
        var resource = await db.CloudResources.SingleAsync(r => r.Id == id);
        await using var transaction = await db.Database.BeginTransactionAsync();
        var claim = await scene.App.Services.GetRequiredService<Placing>().ClaimWithinAsync(db,
            new ClaimRequest(id, resource.NodeId, new PlacementNeed(resource.Amounts, resource.Zone, resource.Protection, null, pool.Id, [], [], null)), Actor.Platform, default);
        claim.IsPlaced.ShouldBeTrue();
        var now = TimeProvider.System.GetUtcNow();
        (await Holds.ActivateAsync(db, id, Actor.Platform, now, default)).IsSo.ShouldBeTrue();
        (resource.HostId, resource.IsBegun, resource.DeliveredAt, resource.State, resource.NextAt) = (claim.Claim!.HostId, true, now, CloudResourceState.Running, null);
        await db.SaveChangesAsync();
        await transaction.CommitAsync();

        var name = InstanceFulfilment.IdOf(resource);
        (await engine.EnsureProjectAsync(new EngineProject(name.Project, new Dictionary<string, string>()) { Instances = 10 }, default)).ShouldBeDone();
        var host = await db.CloudHosts.Where(h => h.Id == resource.HostId).Select(h => h.Name).SingleAsync();
        var marks = new Dictionary<string, string> { ["resource"] = id.ToString(), ["pool"] = pool.Id.ToString() };
        (await engine.CreateAsync(new InstanceOrder(name, "busybox", scope.ServiceProvider.GetRequiredService<InstanceFulfilment>().SizeOf(resource), marks) { Member = host }, default)).ShouldBeDone();
        (await engine.StartAsync(name, default)).ShouldBeDone();
        return id;
    }

    private async Task WishAsync(ResourcePool pool, HostWish wish)
    {
        var host = await scene.WithDb(db => db.CloudHosts.AsNoTracking().SingleAsync(h => h.PoolId == pool.Id && h.Name == "n2"));
        await using var scope = scene.App.Services.CreateAsyncScope();
        var answer = await SetHostWish.Handle(host.Id, new SetHostWishRequest(wish, "更换内存", host.Revision), Actor.Platform, scope.ServiceProvider.GetRequiredService<ZhengtongDb>(),
            scene.App.Services.GetRequiredService<Reconcilers>(), TimeProvider.System, default);
        ((IStatusCodeHttpResult)answer.Result).StatusCode.ShouldBe(204);
        var until = TimeProvider.System.GetUtcNow().AddMinutes(4);
        while (await scene.WithDb(db => db.CloudHosts.AsNoTracking().SingleAsync(h => h.Id == host.Id)) is { NextAt: not null } open)
        {
            TimeProvider.System.GetUtcNow().ShouldBeLessThan(until, open.Problem);
            await scene.WithDb(db => db.CloudHosts.Where(h => h.Id == host.Id && h.NextAt != null).ExecuteUpdateAsync(s => s.SetProperty(h => h.NextAt, DateTimeOffset.UnixEpoch)));
            await scene.RunAsync<KeepHosts>();
        }

        (await scene.WithDb(db => db.CloudHosts.AsNoTracking().SingleAsync(h => h.Id == host.Id))).Problem.ShouldBeNull();
    }

    private Task<Dictionary<Guid, string>> PlacesAsync(ResourcePool pool) =>
        scene.WithDb(db => db.CloudResources.Where(r => r.PoolId == pool.Id).Join(db.CloudHosts, r => r.HostId, h => h.Id, (r, h) => new { r.Id, h.Name }).OrderBy(r => r.Name).ToDictionaryAsync(r => r.Id, r => r.Name));

    private async Task<List<string?>> MembersAsync(CloudEngine engine, IEnumerable<Guid> ids)
    {
        var members = new List<string?>();
        foreach (var id in ids)
        {
            var found = (await engine.FindAsync(await scene.InstanceAsync(id), default)).Given();
            found.Status.ShouldBe(InstanceStatus.Running);
            members.Add(found.Member);
        }

        return members;
    }

    private async Task<(long, long)> UsedAsync(ResourcePool pool)
    {
        var used = await scene.WithDb(db => db.HostInventories.Where(i => i.Kind == "vcpu").Join(db.CloudHosts.Where(h => h.PoolId == pool.Id), i => i.HostId, h => h.Id, (i, h) => new { h.Name, i.Used }).ToDictionaryAsync(i => i.Name, i => i.Used));
        return (used["n1"], used["n2"]);
    }
}
