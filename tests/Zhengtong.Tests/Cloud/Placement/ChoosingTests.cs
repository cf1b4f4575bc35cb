using Zhengtong.Cloud.Model;
using Zhengtong.Cloud.Placement;
using Zhengtong.Kernel.Regions;

namespace Zhengtong.Tests.Cloud.Placement;

public sealed class ChoosingTests
{
    private static readonly HashSet<Guid> None = [];

    [Fact]
    public void Choose_Spread_TakesTheLeastAllocatedAndNotAlwaysTheSame()
    {
        var (view, pool) = View(PlacementStrategy.Spread, 100, n => n < 50 ? 500 : 200);
        var chosen = Enumerable.Range(0, 200).Select(n => Choose(view, 10, Consumer(n)).Chosen!).ToList();
        chosen.ShouldAllBe(c => c.Share == 210);
        chosen.Select(c => c.HostId).Distinct().Count().ShouldBeGreaterThan(20);
        Choose(view, 10, Consumer(1)).Chosen.ShouldBe(Choose(view, 10, Consumer(1)).Chosen);
        pool.Hosts.Count.ShouldBe(100);
    }

    [Fact]
    public void Choose_SameShare_TakesTheLessLoaded()
    {
        var (view, pool) = View(PlacementStrategy.Spread, 10, _ => 100);
        foreach (var host in pool.Hosts) { host.Load = 900; }
        pool.Hosts[7].Load = 100;
        Enumerable.Range(0, 20).ShouldAllBe(n => Choose(view, 10, Consumer(n)).Chosen!.HostId == pool.Hosts[7].Id);
    }

    [Fact]
    public void Choose_Pack_TakesTheFullestThatFits()
    {
        var (view, pool) = View(PlacementStrategy.Pack, 10, n => n * 100);
        Choose(view, 150, Consumer(1)).Chosen!.HostId.ShouldBe(pool.Hosts[8].Id);
        Choose(view, 100, Consumer(1)).Chosen!.HostId.ShouldBe(pool.Hosts[9].Id);
    }

    [Fact]
    public void Choose_NothingFits_SaysWhyForEveryHost()
    {
        var (view, pool) = View(PlacementStrategy.Spread, 3000, n => n % 2 == 0 ? 990 : 950);
        pool.Hosts[0].IsOpen = false;
        pool.Hosts[1].Traits = ["hdd"];
        var other = new ViewPool { Id = Consumer(9), Name = "intranet", Zone = NetworkZone.GovernmentIntranet, IsOpen = true, Protection = 5 };
        view.Add(other, new ViewHost { Id = Consumer(10), Name = "inner" });
        var explanation = Choosing.Choose(view, Need() with { UnwantedTraits = ["hdd"] }, [new("vcpu", 100)], Consumer(1), None, None);
        explanation.Chosen.ShouldBeNull();
        explanation.Hosts.ShouldBe(3001);
        explanation.Refused.Sum(r => r.Count).ShouldBe(3001);
        explanation.Refused[0].ShouldSatisfyAllConditions(r => r.Obstacle.ShouldBe(PlacementObstacle.Capacity), r => r.Count.ShouldBe(2998), r => r.MostFree.ShouldBe(50), r => r.Examples.Count.ShouldBe(3));
        explanation.Refused.ShouldContain(r => r.Obstacle == PlacementObstacle.Trait && r.What == "!hdd" && r.Count == 1);
        explanation.Refused.ShouldContain(r => r.Obstacle == PlacementObstacle.HostClosed && r.Count == 1);
        explanation.Refused.ShouldContain(r => r.Obstacle == PlacementObstacle.Zone && r.Count == 1 && r.Examples[0] == "intranet");
    }

    [Fact]
    public void Choose_SpreadGroupLeftAndUnknownKind_AreRefused()
    {
        var (view, pool) = View(PlacementStrategy.Spread, 3, _ => 0);
        var explanation = Choosing.Choose(view, Need(), [new("vcpu", 1)], Consumer(1), new HashSet<Guid> { pool.Hosts[0].Id }, new HashSet<Guid> { pool.Hosts[1].Id });
        explanation.Chosen!.HostId.ShouldBe(pool.Hosts[2].Id);
        explanation.Refused.Select(r => r.Obstacle).ShouldBe([PlacementObstacle.SpreadGroup, PlacementObstacle.Left], ignoreOrder: true);
        Choosing.Choose(view, Need(), [new("gpu", 1)], Consumer(1), None, None).Refused.Single().ShouldSatisfyAllConditions(r => r.Obstacle.ShouldBe(PlacementObstacle.Capacity), r => r.What.ShouldBe("gpu"), r => r.Count.ShouldBe(3));
        Choosing.Choose(view, Need() with { Protection = 4 }, [new("vcpu", 1)], Consumer(1), None, None).Refused.Single().Obstacle.ShouldBe(PlacementObstacle.Protection);
        Choosing.Choose(view, Need() with { Region = "6201" }, [new("vcpu", 1)], Consumer(1), None, None).Refused.Single().Obstacle.ShouldBe(PlacementObstacle.Region);
    }

    private static PlacementExplanation Choose(HostView view, long cores, Guid consumer) => Choosing.Choose(view, Need(), [new("vcpu", cores)], consumer, None, None);

    private static PlacementNeed Need() => new([new("vcpu", 1)], NetworkZone.GovernmentExtranet, 3, null, null, [], [], null);

    private static (HostView View, ViewPool Pool) View(PlacementStrategy strategy, int hosts, Func<int, long> used)
    {
        var view = new HostView();
        var pool = new ViewPool { Id = Consumer(-1), Name = "pool", Zone = NetworkZone.GovernmentExtranet, Region = RegionCode.Parse("610000"), Protection = 3, Strategy = strategy, IsOpen = true };
        for (var n = 0; n < hosts; n++)
        {
            var host = new ViewHost { Id = Consumer(1000 + n), Name = $"host-{n}" };
            view.Add(pool, host);
            view.Set(host, "vcpu", 1000, used(n), isOpen: true);
        }

        return (view, pool);
    }

    private static Guid Consumer(int n) => new(n, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10);
}
