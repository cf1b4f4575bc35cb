using System.Net.Http.Json;
using System.Text.Json;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Cloud.Model;
using Zhengtong.Cloud.Placement;
using Zhengtong.Cloud.Quotas;
using Zhengtong.Kernel.Identity;
using Zhengtong.Kernel.Regions;
using Zhengtong.Tests.Support;

namespace Zhengtong.Tests.Cloud.Placement;

[OnDatabase]
[Collection("counters changed beside the movements")]
public sealed class PlacingTests(PlatformFixture platform)
{
    private Placing Placing => platform.App.Services.GetRequiredService<Placing>();

    [Fact]
    public async Task Claim_ManyAtOnce_FillEveryHostAndNoneBeyond()
    {
        var world = await CloudWorld.MakeAsync(platform, 1_000_000, 1_000_000, 1_000_000);
        var (pool, hosts) = await Pool(8, 10_000);
        // Room for 40 of 2 cores on 8 hosts of 10.
        var outcomes = await Task.WhenAll(Enumerable.Range(0, 60).Select(_ => Placing.ClaimAsync(Request(world, pool, 2_000), Actor.Platform, default)));
        outcomes.Count(o => o.Result == ClaimResult.Placed).ShouldBe(40);
        outcomes.Count(o => o.Result == ClaimResult.NoHost).ShouldBe(20);
        (await Used(hosts)).ShouldAllBe(u => u == 10_000);
        // What found no host holds nothing.
        (await world.Held(world.Province)).ShouldBe((80_000, 0));
        (await world.Differences()).ShouldBeEmpty();

        foreach (var placed in outcomes.Where(o => o.IsPlaced).Take(5)) { await world.Release(placed.Claim!.ConsumerId); }
        (await Used(hosts)).Sum().ShouldBe(70_000);
        (await Task.WhenAll(Enumerable.Range(0, 5).Select(_ => Placing.ClaimAsync(Request(world, pool, 2_000), Actor.Platform, default)))).ShouldAllBe(o => o.Result == ClaimResult.Placed);
        (await Recounted(hosts)).ShouldBeEmpty();
    }

    [Fact]
    public async Task Claim_AgainOrBeyondTheQuota_IsAnsweredWithoutASecondPlace()
    {
        var world = await CloudWorld.MakeAsync(platform, 5_000, 5_000, 5_000);
        var (pool, hosts) = await Pool(2, 100_000);
        var request = Request(world, pool, 3_000);
        var answers = await Task.WhenAll(Enumerable.Range(0, 10).Select(_ => Placing.ClaimAsync(request, Actor.Platform, default)));
        answers.Count(a => a.Result == ClaimResult.Placed).ShouldBe(1);
        answers.Count(a => a.Result == ClaimResult.Already).ShouldBe(9);
        answers.Select(a => a.Claim!.HostId).Distinct().Count().ShouldBe(1);
        var refused = await Placing.ClaimAsync(Request(world, pool, 3_000), Actor.Platform, default);
        refused.Result.ShouldBe(ClaimResult.NotHeld);
        refused.Hold!.Shortages.ShouldNotBeEmpty();
        (await Placing.ClaimAsync(Request(world, pool, 1) with { Node = Guid.AllBitsSet }, Actor.Platform, default)).Hold!.Result.ShouldBe(HoldResult.NodeUnknown);
        (await Used(hosts)).Sum().ShouldBe(3_000);

        var record = (await (await platform.SignedIn(await platform.Department(), Role.PlatformOperator)).GetFromJsonAsync<JsonElement>($"/api/v1/cloud/placements/{request.Consumer}"))[0];
        record.GetProperty("explanation").GetProperty("chosen").GetProperty("hostId").GetGuid().ShouldBe(answers[0].Claim!.HostId);
        record.GetProperty("explanation").GetProperty("fitting").GetInt32().ShouldBe(2);
    }

    [Fact]
    public async Task Claim_WithinATransactionThatIsRolledBack_LeavesNothing()
    {
        var world = await CloudWorld.MakeAsync(platform, 100_000, 100_000, 100_000);
        var (pool, hosts) = await Pool(1, 5_000);
        await platform.WithDb(async db =>
        {
            await using var transaction = await db.Database.BeginTransactionAsync();
            (await Placing.ClaimWithinAsync(db, Request(world, pool, 5_000), Actor.Platform, default)).Result.ShouldBe(ClaimResult.Placed);
            // The same transaction sees its own.
            (await Placing.ClaimWithinAsync(db, Request(world, pool, 5_000), Actor.Platform, default)).Result.ShouldBe(ClaimResult.NoHost);
            return true;
        });
        (await Used(hosts)).ShouldBe([0]);
        (await world.Held(world.Province)).ShouldBe((0, 0));
        (await Placing.ClaimAsync(Request(world, pool, 5_000), Actor.Platform, default)).Result.ShouldBe(ClaimResult.Placed);
    }

    [Fact]
    public async Task Claim_OfOneSpreadGroup_NeverShareAHost()
    {
        var world = await CloudWorld.MakeAsync(platform, 1_000_000, 1_000_000, 1_000_000);
        var (pool, _) = await Pool(4, 100_000);
        var group = $"group-{CloudWorld.NewId()}";
        var outcomes = await Task.WhenAll(Enumerable.Range(0, 6).Select(_ => Placing.ClaimAsync(Request(world, pool, 1_000, group), Actor.Platform, default)));
        outcomes.Where(o => o.IsPlaced).Select(o => o.Claim!.HostId).Distinct().Count().ShouldBe(4);
        outcomes.Count(o => o.Result == ClaimResult.NoHost).ShouldBe(2);
        outcomes.First(o => !o.IsPlaced).Explanation!.Refused.ShouldContain(r => r.Obstacle == PlacementObstacle.SpreadGroup && r.Count == 4);
        await world.Release(outcomes.First(o => o.IsPlaced).Claim!.ConsumerId);
        (await Placing.ClaimAsync(Request(world, pool, 1_000, group), Actor.Platform, default)).Result.ShouldBe(ClaimResult.Placed);
    }

    [Fact]
    public async Task Claim_HostTakenBehindTheView_GoesElsewhere()
    {
        var world = await CloudWorld.MakeAsync(platform, 1_000_000, 1_000_000, 1_000_000);
        var (pool, hosts) = await Pool(3, 10_000);
        await Placing.ExplainAsync(Request(world, pool, 1).Need, Guid.Empty, default);
        // Another process took two hosts, and its number has not been seen.
        var two = hosts.Take(2).ToList();
        await platform.WithDb(db => db.HostInventories.Where(i => two.Contains(i.HostId)).ExecuteUpdateAsync(set => set.SetProperty(i => i.Used, 9_000)));
        var outcomes = new List<ClaimOutcome>();
        for (var n = 0; n < 3; n++) { outcomes.Add(await Placing.ClaimAsync(Request(world, pool, 3_000), Actor.Platform, default)); }
        outcomes.ShouldAllBe(o => o.Result == ClaimResult.Placed && o.Claim!.HostId == hosts[2]);
        (await Placing.ClaimAsync(Request(world, pool, 3_000), Actor.Platform, default)).Result.ShouldBe(ClaimResult.NoHost);
        (await Used(hosts)).Max().ShouldBe(9_000);
        await platform.WithDb(db => db.HostInventories.Where(i => two.Contains(i.HostId)).ExecuteUpdateAsync(set => set.SetProperty(i => i.Used, 0)));
        (await world.Held(world.Province)).ShouldBe((9_000, 0));
    }

    [Fact]
    public async Task Move_ToAnotherHost_CountsBothUntilItEnds_AndResizeFollows()
    {
        var world = await CloudWorld.MakeAsync(platform, 1_000_000, 1_000_000, 1_000_000);
        var (pool, hosts) = await Pool(2, 10_000);
        var request = Request(world, pool, 6_000);
        var placed = await Placing.ClaimAsync(request, Actor.Platform, default);
        (await world.Act(db => Placing.BeginMoveAsync(db, request.Consumer, request.Need, default))).ShouldSatisfyAllConditions(o => o.Result.ShouldBe(ClaimResult.Placed), o => o.Claim!.HostId.ShouldNotBe(placed.Claim!.HostId));
        (await world.Act(db => Placing.BeginMoveAsync(db, request.Consumer, request.Need, default))).Result.ShouldBe(ClaimResult.Already);
        (await Used(hosts)).ShouldBe([6_000, 6_000]);
        (await world.Act(db => Placing.EndMoveAsync(db, request.Consumer, isDone: true, default))).ShouldBeTrue();
        (await world.Act(db => Placing.EndMoveAsync(db, request.Consumer, isDone: true, default))).ShouldBeFalse();
        (await Used(hosts)).Sum().ShouldBe(6_000);

        (await world.Act(db => Holds.ResizeAsync(db, request.Consumer, [new("vcpu", 11_000)], Actor.Platform, TimeProvider.System.GetUtcNow(), default))).ShouldSatisfyAllConditions(
            o => o.Result.ShouldBe(HoldResult.Exceeded), o => o.Shortages.Single().Level.ShouldBeNull(), o => o.Shortages.Single().Lacking.ShouldBe(1_000));
        (await world.Held(world.First)).ShouldBe((6_000, 0));
        (await world.Act(db => Holds.ResizeAsync(db, request.Consumer, [new("vcpu", 9_000)], Actor.Platform, TimeProvider.System.GetUtcNow(), default))).Result.ShouldBe(HoldResult.Done);
        (await Used(hosts)).Sum().ShouldBe(9_000);
        await world.Release(request.Consumer);
        (await Used(hosts)).Sum().ShouldBe(0);
        (await Recounted(hosts)).ShouldBeEmpty();
        (await world.Differences()).ShouldBeEmpty();
    }

    [Fact]
    public async Task Explain_OverHttp_ChoosesAndHoldsNothing()
    {
        var (pool, hosts) = await Pool(2, 10_000);
        var client = await platform.SignedIn(await platform.Department(), Role.Authority);
        object Need(long cores) => new { amounts = new[] { new { kind = "vcpu", amount = cores } }, zone = "governmentExtranet", protection = 3, poolId = pool, traits = Array.Empty<string>(), unwantedTraits = Array.Empty<string>() };
        var chosen = await (await client.PostAsJsonAsync("/api/v1/cloud/placement-explanations", Need(10_000))).Content.ReadFromJsonAsync<JsonElement>();
        hosts.ShouldContain(chosen.GetProperty("chosen").GetProperty("hostId").GetGuid());
        var none = await (await client.PostAsJsonAsync("/api/v1/cloud/placement-explanations", Need(10_001))).Content.ReadFromJsonAsync<JsonElement>();
        none.GetProperty("chosen").ValueKind.ShouldBe(JsonValueKind.Null);
        (await Used(hosts)).Sum().ShouldBe(0);
    }

    private static ClaimRequest Request(CloudWorld world, Guid pool, long cores, string? group = null) =>
        new(CloudWorld.NewId(), world.First.Id, new PlacementNeed([new("vcpu", cores)], NetworkZone.GovernmentExtranet, 3, null, pool, [], [], group));

    private async Task<(Guid Pool, List<Guid> Hosts)> Pool(int count, long cores)
    {
        await platform.Department();
        var now = TimeProvider.System.GetUtcNow();
        var pool = new ResourcePool
        {
            Id = CloudWorld.NewId(), Name = $"pool {CloudWorld.NewId()}", Zone = NetworkZone.GovernmentExtranet, Region = RegionCode.Parse("610000"), Engine = "none", Address = "-", Protection = 3,
            Strategy = PlacementStrategy.Spread, Ratios = [], CreatedAt = now,
        };
        var hosts = Enumerable.Range(0, count).Select(n => new CloudHost { Id = CloudWorld.NewId(), PoolId = pool.Id, Name = $"host-{n}", State = HostState.Online, Traits = [], Group = "" }).ToList();
        return await platform.WithDb(async db =>
        {
            await using var transaction = await db.Database.BeginTransactionAsync();
            var generation = await HostBook.TickAsync(db, default);
            db.ResourcePools.Add(pool);
            db.CloudHosts.AddRange(hosts);
            db.HostInventories.AddRange(hosts.Select(h => new HostInventory { HostId = h.Id, Kind = "vcpu", Total = cores, Reserved = 0, Capacity = cores, IsOpen = true, Generation = generation, SetGeneration = generation }));
            await db.SaveChangesAsync();
            await transaction.CommitAsync();
            return (pool.Id, hosts.ConvertAll(h => h.Id));
        });
    }

    private Task<List<long>> Used(List<Guid> hosts) => platform.WithDb(db => db.HostInventories.Where(i => hosts.Contains(i.HostId)).Select(i => i.Used).ToListAsync());

    private Task<List<CounterDifference>> Recounted(List<Guid> hosts) => platform.WithDb(async db =>
        (await Recounting.DifferencesAsync(db, default)).Where(d => hosts.Contains(d.Node)).ToList());
}
