using Microsoft.EntityFrameworkCore;
using Zhengtong.Cloud.Engines;
using Zhengtong.Cloud.Model;
using Zhengtong.Cloud.Pools;
using Zhengtong.Kernel.Jobs;
using Zhengtong.Kernel.Organisations;
using Zhengtong.Kernel.Regions;
using Zhengtong.Tests.Cloud.Engines;
using Zhengtong.Tests.Support;

namespace Zhengtong.Tests.Cloud.Pools;

/// <summary>On a platform of its own: the job looks at all pools there are.</summary>
[OnDatabase]
public sealed class WatchPoolsTests
{
    [Fact]
    public async Task Look_MembersComeGoAndReturn_HostsFollowAndOfficersKeepTheirSay()
    {
        await using var platform = await StartAsync();
        var (pool, engine) = await PoolAsync(platform, members: [Member("a", used: 64), Member("b", MemberStatus.Evacuated), Member("c", MemberStatus.Offline), Member("../d")]);
        await Look(platform);
        // One that was never heard of has no totals yet; a name that is none is no host.
        (await Hosts(platform, pool)).ShouldBe([("a", HostState.Online, null, 250), ("b", HostState.Evacuating, HostState.Online, 0)]);
        var rows = await platform.WithDb(db => db.HostInventories.AsNoTracking().Join(db.CloudHosts, i => i.HostId, h => h.Id, (i, h) => new { h.Name, i.Kind, i.Total, i.Capacity, i.IsOpen }).OrderBy(i => i.Name).ThenBy(i => i.Kind).ToListAsync());
        rows.Where(r => r.Name == "a").Select(r => (r.Kind, r.Total, r.Capacity, r.IsOpen)).ShouldBe([("disk", 1000, 1000, true), ("memory", 262_144, 262_144, true), ("vcpu", 16_000, 32_000, true)]);
        rows.Where(r => r.Name == "b").ShouldAllBe(r => !r.IsOpen);

        engine.Members = [Member("a", MemberStatus.Offline), Member("b"), Member("c")];
        await Look(platform);
        (await Hosts(platform, pool)).ShouldBe([("a", HostState.Offline, HostState.Online, 250), ("b", HostState.Online, null, 0), ("c", HostState.Online, null, 0)]);
        // What an officer took out of service stays out; what was being emptied goes on being emptied.
        await platform.WithDb(db => db.CloudHosts.Where(h => h.Name == "b").ExecuteUpdateAsync(set => set.SetProperty(h => h.State, HostState.Offline)));
        await platform.WithDb(db => db.HostInventories.Where(i => db.CloudHosts.Any(h => h.Id == i.HostId && h.Name == "b")).ExecuteUpdateAsync(set => set.SetProperty(i => i.IsOpen, false)));
        await platform.WithDb(db => db.CloudHosts.Where(h => h.Name == "c").ExecuteUpdateAsync(set => set.SetProperty(h => h.State, HostState.Evacuating)));
        engine.Members = [Member("a", used: 32), Member("b", used: 2)];
        await Look(platform);
        (await Hosts(platform, pool)).ShouldBe([("a", HostState.Online, null, 125), ("b", HostState.Offline, null, 0), ("c", HostState.Offline, HostState.Evacuating, 0)]);
        engine.Members = [Member("a", used: 33), Member("b"), Member("c")];
        await Look(platform);
        // A load that is nearly the same is not written.
        (await Hosts(platform, pool)).ShouldBe([("a", HostState.Online, null, 125), ("b", HostState.Offline, null, 0), ("c", HostState.Evacuating, null, 0)]);
        (await platform.WithDb(db => db.HostInventories.Where(i => i.IsOpen).Select(i => i.HostId).Distinct().CountAsync())).ShouldBe(1);

        var events = await platform.WithDb(db => db.Ledger.Where(e => e.Event == "cloud.host-found" || e.Event == "cloud.host-followed").GroupBy(e => e.Event).Select(g => new { g.Key, Count = g.Count() }).ToListAsync());
        events.OrderBy(e => e.Key, StringComparer.Ordinal).Select(e => e.Count).ShouldBe([5, 3]);
        var clock = await platform.WithDb(db => db.PlacementClocks.Select(c => c.Generation).SingleAsync());
        (await Look(platform)).ShouldBe(0);
        (await platform.WithDb(db => db.PlacementClocks.Select(c => c.Generation).SingleAsync())).ShouldBe(clock);
    }

    [Fact]
    public async Task Look_EngineGoneTwice_IsToldOnceAndAgainWhenItIsBack()
    {
        await using var platform = await StartAsync();
        var (pool, engine) = await PoolAsync(platform);
        var (other, _) = await PoolAsync(platform, "no-such-driver", "0 first");
        await Look(platform);
        engine.IsGone = true;
        await Look(platform);
        (await Notices(platform, pool)).ShouldBeEmpty();
        await Look(platform);
        await Look(platform);
        (await Notices(platform, pool)).ShouldBe(["cloud.notice.engine-lost"]);
        (await Notices(platform, other)).ShouldBe(["cloud.notice.engine-lost"]);
        var sight = await platform.WithDb(db => db.PoolSights.AsNoTracking().SingleAsync(s => s.PoolId == pool));
        (sight.Fault, sight.IsTold, sight.Product).ShouldBe(("no-connection", true, "pretend"));
        sight.FaultSince!.Value.ShouldBeGreaterThan(sight.SeenAt!.Value);
        // That nobody answers does not say that the hosts are gone.
        (await Hosts(platform, pool)).ShouldHaveSingleItem().State.ShouldBe(HostState.Online);

        engine.IsGone = false;
        await Look(platform);
        (await Notices(platform, pool)).ShouldBe(["cloud.notice.engine-back", "cloud.notice.engine-lost"], ignoreOrder: true);
        (await platform.WithDb(db => db.PoolSights.AsNoTracking().SingleAsync(s => s.PoolId == pool))).Fault.ShouldBeNull();
        engine.IsGone = true;
        await Look(platform);
        engine.IsGone = false;
        await Look(platform);
        (await Notices(platform, pool)).Count.ShouldBe(2);
        (await platform.WithDb(db => db.Ledger.CountAsync(e => e.Subject == pool.ToString() && (e.Event == "cloud.engine-lost" || e.Event == "cloud.engine-back")))).ShouldBe(2);
    }

    private static EngineMember Member(string name, MemberStatus status = MemberStatus.Online, long used = 0) =>
        new(name, status, ["default", "room-1"], status == MemberStatus.Offline ? null : new MemberCapacity(16, 256L << 30, used << 30, 1000L << 30, 0));

    private static async Task<OwnPlatform> StartAsync()
    {
        var platform = await OwnPlatform.StartAsync(b => b.Services.AddSingleton<IEngineDriver, PretendDriver>());
        await platform.WithDb(async db =>
        {
            if (!await db.Regions.AnyAsync(r => r.Code == RegionCode.Parse("610000"))) { db.Regions.Add(new Region { Code = RegionCode.Parse("610000"), Name = "陕西省", Level = RegionCode.Parse("610000").Level, Parent = null }); }
            db.Organisations.Add(new Organisation { Id = CloudWorld.NewId(), CreditCode = CreditCode.FromBody("11610000000000001"), Name = "运营中心", ShortName = "运营", Region = RegionCode.Parse("610000"), Kind = OrganisationKind.Operator });
            return await db.SaveChangesAsync();
        });
        return platform;
    }

    private static async Task<(Guid Pool, PretendEngine Engine)> PoolAsync(OwnPlatform platform, string engine = "pretend", string? name = null, IReadOnlyList<EngineMember>? members = null)
    {
        var id = CloudWorld.NewId();
        // Before the pool is there: the platform's own job may look at any moment.
        var pretended = PretendDriver.Of(platform.App).At($"pretend:{id}");
        pretended.Members = members ?? pretended.Members;
        await platform.WithDb(async db =>
        {
            db.ResourcePools.Add(new ResourcePool
            {
                Id = id, Name = name ?? $"pool {id}", Zone = NetworkZone.GovernmentExtranet, Region = RegionCode.Parse("610000"), Engine = engine, Address = $"pretend:{id}", Protection = 3, Strategy = PlacementStrategy.Spread,
                Ratios = [new PoolRatio("vcpu", 2000, 0)], CreatedAt = TimeProvider.System.GetUtcNow(),
            });
            return await db.SaveChangesAsync();
        });
        return (id, pretended);
    }

    private static Task<long> Look(OwnPlatform platform) => platform.App.Services.GetRequiredService<Reconcilers>().SettleAsync<WatchPools>(default);

    private static Task<List<(string Name, HostState State, HostState? Intended, int Load)>> Hosts(OwnPlatform platform, Guid pool) => platform.WithDb(async db =>
        (await db.CloudHosts.AsNoTracking().Where(h => h.PoolId == pool).OrderBy(h => h.Name).ToListAsync()).Select(h => (h.Name, h.State, h.Intended, h.Load)).ToList());

    private static Task<List<string>> Notices(OwnPlatform platform, Guid pool) => platform.WithDb(async db =>
    {
        var name = await db.ResourcePools.Where(p => p.Id == pool).Select(p => p.Name).SingleAsync();
        return (await db.Notices.AsNoTracking().ToListAsync()).Where(n => n.Arguments.Contains(name)).Select(n => n.TextKey).ToList();
    });
}
