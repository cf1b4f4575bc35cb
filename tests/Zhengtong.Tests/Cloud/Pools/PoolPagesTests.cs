using System.Net;
using System.Text.RegularExpressions;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Cloud.Model;
using Zhengtong.Kernel.Identity;
using Zhengtong.Kernel.Regions;
using Zhengtong.Tests.Cloud.Orders;
using Zhengtong.Tests.Support;

namespace Zhengtong.Tests.Cloud.Pools;

/// <summary>Pools and placements as their operator sees them.</summary>
[OnDatabase]
public sealed class PoolPagesTests(PlatformFixture platform)
{
    private const string Pools = "/work/cloud/pools";

    [Fact]
    public async Task Register_Revise_KeepWhatWasTypedAndSayWhatIsWrong()
    {
        var @operator = await platform.SignedIn(await platform.Department(), Role.PlatformOperator);
        var name = $"池 {CloudWorld.NewId():N}";
        (string, string)[] form = [("name", name), ("zone", "Internet"), ("region", "610000"), ("engine", "lxd"), ("address", "ftp://nowhere"), ("secret", ""), ("protection", "2"), ("strategy", "Pack"), ("overcommit-vcpu", "many"), ("kept-vcpu", "10"), ("overcommit-memory", ""), ("kept-memory", ""), ("overcommit-disk", ""), ("kept-disk", "")];
        var refused = await @operator.Submit(Pools, "register", form);
        refused.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        var page = await refused.Content.ReadAsStringAsync();
        page.ShouldContain(name);
        page.ShouldContain("A number from 0.1 to 100");
        var made = await @operator.Submit(Pools, "register", [.. form.Where(f => f.Item1 is not ("address" or "overcommit-vcpu")), ("address", "unix:/nowhere/unix.socket"), ("overcommit-vcpu", "4")]);
        made.StatusCode.ShouldBe(HttpStatusCode.Redirect);
        var address = made.Headers.Location!.ToString();
        address.ShouldEndWith("?done=registered");
        var pool = await platform.WithDb(db => db.ResourcePools.AsNoTracking().SingleAsync(p => p.Name == name));
        (pool.Zone, pool.Strategy, pool.Ratios.Single(r => r.Kind == "vcpu")).ShouldBe((NetworkZone.Internet, PlacementStrategy.Pack, new PoolRatio("vcpu", 4000, 100)));
        (await (await @operator.GetAsync($"{Pools}/export.csv")).Content.ReadAsStringAsync()).ShouldContain(name);

        var own = $"{Pools}/{pool.Id}";
        var shown = await @operator.GetPage(own);
        shown.ShouldContain("4 times, 10 % kept back");
        shown.ShouldContain("value=\"4\"");
        (string, string)[] revised = [.. form.Where(f => f.Item1 is not ("zone" or "region" or "address" or "overcommit-vcpu")), ("address", "unix:/nowhere/unix.socket"), ("overcommit-vcpu", "4")];
        (await @operator.Submit(own, "revise", [.. revised, ("reason", ""), ("isOpen", "true")])).StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        (await @operator.Submit(own, "revise", [.. revised, ("reason", "扩容"), ("isOpen", "")])).StatusCode.ShouldBe(HttpStatusCode.Redirect);
        (await platform.WithDb(db => db.ResourcePools.AsNoTracking().SingleAsync(p => p.Id == pool.Id))).ShouldSatisfyAllConditions(p => p.IsOpen.ShouldBeFalse(), p => p.Ratios.Single(r => r.Kind == "vcpu").ShouldBe(new PoolRatio("vcpu", 4000, 100)));
        // Seen before another changed it.
        (await @operator.Submit(own, "revise", [.. revised, ("reason", "再改"), ("revision", "1")])).StatusCode.ShouldBe(HttpStatusCode.PreconditionFailed);
    }

    [Fact]
    public async Task Placement_StandsOnTheResourcesPage_ForThoseWhoAnswerForPoolsAlone()
    {
        var world = await OrderWorld.MakeAsync(platform);
        var order = await world.Submitted(world.Item());
        await OrderWorld.Done(world.Grant(order));
        var resource = (await world.Resources(order)).Single();
        var (now, pool, host) = (TimeProvider.System.GetUtcNow(), CloudWorld.NewId(), CloudWorld.NewId());
        await platform.WithDb(async db =>
        {
            db.ResourcePools.Add(new ResourcePool { Id = pool, Name = $"放置 {pool}", Zone = NetworkZone.Internet, Region = RegionCode.Parse("610000"), Engine = "none", Address = "-", Protection = 1, Strategy = PlacementStrategy.Spread, Ratios = [], CreatedAt = now, IsOpen = false });
            db.CloudHosts.Add(new CloudHost { Id = host, PoolId = pool, Name = "rack-7", State = HostState.Offline, Traits = [], Group = "A1" });
            var claim = new HostClaim { Id = CloudWorld.NewId(), ConsumerId = resource.Id, PoolId = pool, HostId = host, Amounts = resource.Amounts, SpreadGroup = null, CreatedAt = now, ReleasedAt = now };
            db.AddRange(claim, new PlacementRecord
            {
                ClaimId = claim.Id, ConsumerId = resource.Id, At = now,
                Explanation = new PlacementExplanation(new HostCandidate(pool, host, "rack-7", 300, 0), [new HostCandidate(pool, host, "rack-9", 410, 0)], 2, 5, [new RefusedHosts(PlacementObstacle.Capacity, "vcpu", 3, ["rack-1"], 500)], PlacementStrategy.Spread, 1),
            });
            return await db.SaveChangesAsync();
        });
        var page = await (await platform.SignedIn(await platform.Department(), Role.PlatformOperator)).GetPage($"/work/cloud/resources/{resource.Id}");
        foreach (var said in new[] { "rack-7", "rack-9 (41 %)", "Too little is free", "rack-1" }) { page.ShouldContain(said); }
        (await world.Officer.GetPage($"/work/cloud/resources/{resource.Id}")).ShouldNotContain("rack-7");
    }

    [Fact]
    public async Task Authority_ReadsPools_HasNoForm_AndCannotSendOne()
    {
        var authority = await platform.SignedIn(await platform.Department(), Role.Authority);
        var page = await authority.GetPage(Pools);
        page.ShouldNotContain("value=\"register\"");
        // A token of another form of its own, such as that to sign out.
        var token = Regex.Match(page, "name=\"__RequestVerificationToken\" value=\"([^\"]+)\"").Groups[1].Value;
        token.ShouldNotBeEmpty();
        var name = $"池 {CloudWorld.NewId():N}";
        var sent = await authority.PostAsync(Pools, new FormUrlEncodedContent(new Dictionary<string, string>
        {
            ["_handler"] = "register", ["__RequestVerificationToken"] = token, ["name"] = name, ["zone"] = "Internet", ["region"] = "610000", ["engine"] = "lxd", ["address"] = "unix:/nowhere/unix.socket", ["protection"] = "2", ["strategy"] = "Pack",
        }));
        sent.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        (await platform.WithDb(db => db.ResourcePools.AnyAsync(p => p.Name == name))).ShouldBeFalse();
        (await (await platform.SignedIn(await platform.Department(), Role.DepartmentOfficer)).GetAsync(Pools)).StatusCode.ShouldBe(HttpStatusCode.Forbidden);
    }
}
