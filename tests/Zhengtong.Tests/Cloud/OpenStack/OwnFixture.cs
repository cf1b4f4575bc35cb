using Zhengtong.Cloud.Model;
using Zhengtong.Kernel.Regions;
using Zhengtong.Tests.Cloud.Orders;
using Zhengtong.Tests.Support;

namespace Zhengtong.Tests.Cloud.OpenStack;

/// <summary>A platform beside the run's, with a pool that takes what is granted, on an engine that pretends.</summary>
internal sealed class OwnFixture : IAsyncDisposable
{
    private readonly PlatformFixture platform = new();

    internal async Task<(PlatformFixture Platform, OrderWorld World, Guid Pool)> StartAsync()
    {
        await platform.InitializeAsync();
        var world = await OrderWorld.MakeAsync(platform);
        var (pool, member) = (CloudWorld.NewId(), CloudWorld.NewId());
        await platform.WithDb(async db =>
        {
            db.Add(new ResourcePool
            {
                Id = pool, Name = "pool", Zone = NetworkZone.GovernmentExtranet, Region = RegionCode.Parse("610000"), Engine = "pretend", Address = $"pretend:{pool}", Protection = 5, Strategy = PlacementStrategy.Spread, Ratios = [],
                CreatedAt = TimeProvider.System.GetUtcNow(),
            });
            db.Add(new CloudHost { Id = member, PoolId = pool, Name = "here", State = HostState.Online, Traits = [], Group = "" });
            var generation = await Zhengtong.Cloud.Placement.HostBook.TickAsync(db, default);
            db.HostInventories.AddRange(new[] { ("vcpu", 1_000_000L), ("memory", 1_000_000_000L), ("disk", 1_000_000L) }.Select(i => new HostInventory
            {
                HostId = member, Kind = i.Item1, Total = i.Item2, Reserved = 0, Capacity = i.Item2, IsOpen = true, Generation = generation, SetGeneration = generation,
            }));
            return await db.SaveChangesAsync();
        });
        return (platform, world, pool);
    }

    internal HttpClient With(string token)
    {
        var client = platform.Visitor();
        client.DefaultRequestHeaders.Add("X-Auth-Token", token);
        return client;
    }

    public ValueTask DisposeAsync() => platform.DisposeAsync();
}
