using Zhengtong.Cloud.Delivery;
using Zhengtong.Cloud.Model;
using Zhengtong.Cloud.Placement;
using Zhengtong.Cloud.Quotas;
using Zhengtong.Kernel.Identity;
using Zhengtong.Kernel.Organisations;
using Zhengtong.Kernel.Regions;

namespace Zhengtong.Tests.Cloud.Sites;

/// <summary>A site as a granted order leaves it: held, and due.</summary>
internal static class SiteWorld
{
    private static int serial = Environment.ProcessId % 1000 * 1000;

    /// <summary>A pool, a host, a quota, a system and a site of a department: due, or running at an address.</summary>
    internal static async Task<CloudResource> GrantAsync(ZhengtongDb db, Organisation owner, string engine, string address, ResourceForm form = ResourceForm.Site, string? runsAt = null)
    {
        var (now, id, region) = (TimeProvider.System.GetUtcNow(), CloudWorld.NewId(), RegionCode.Parse("610000"));
        var node = QuotaNode.Below(null, QuotaLevel.Department, $"test:{id}", region, owner.Id, null, now);
        var system = new BusinessSystem { Id = CloudWorld.NewId(), OrganisationId = owner.Id, Name = $"系统 {id}", Purpose = "测试", Protection = 3, Zone = NetworkZone.GovernmentExtranet, CreatedAt = now };
        var pool = new ResourcePool
        {
            Id = CloudWorld.NewId(), Name = $"pool {id}", Zone = NetworkZone.GovernmentExtranet, Region = region, Engine = engine, Address = address, Protection = 3, Strategy = PlacementStrategy.Spread, Ratios = [], CreatedAt = now,
        };
        var host = new CloudHost { Id = CloudWorld.NewId(), PoolId = pool.Id, Name = "here", State = HostState.Online, Traits = [], Group = "" };
        ResourceAmount[] amounts = [new("vcpu", 1000), new("memory", 64), new("disk", 1)];
        await using var transaction = await db.Database.BeginTransactionAsync();
        var generation = await HostBook.TickAsync(db, default);
        db.AddRange(node, system, pool, host);
        db.QuotaCounters.AddRange(amounts.Select(a => new QuotaCounter { NodeId = node.Id, Kind = a.Kind, Limit = 1_000_000 }));
        db.HostInventories.AddRange(amounts.Select(a => new HostInventory { HostId = host.Id, Kind = a.Kind, Total = 1_000_000, Reserved = 0, Capacity = 1_000_000, IsOpen = true, Generation = generation, SetGeneration = generation }));
        await db.SaveChangesAsync();
        (await Holds.TakeAsync(db, new HoldRequest(id, node.Id, amounts), Actor.Platform, now, default)).Result.ShouldBe(HoldResult.Done);
        var resource = new CloudResource
        {
            Id = id, Number = $"TS-{Interlocked.Increment(ref serial)}", Name = "web", Form = form, OrderId = id, Item = 1, OrganisationId = owner.Id, Region = region, NodeId = node.Id, SystemId = system.Id, ServiceCode = "web-container",
            PlanCode = "static", Zone = NetworkZone.GovernmentExtranet, Protection = 3, Amounts = Amounts.Of(amounts), Image = "busybox", PoolId = pool.Id, Wish = ResourceWish.Running, NextAt = now, Until = now.AddYears(1), CreatedAt = now,
        };
        if (runsAt is not null) { (resource.State, resource.Address, resource.NextAt, resource.DeliveredAt, resource.IsBegun) = (CloudResourceState.Running, runsAt, null, now, true); }
        db.CloudResources.Add(resource);
        await db.SaveChangesAsync();
        await transaction.CommitAsync();
        return resource;
    }

    /// <summary>A resource that runs at an address, in a network of its department; nobody made it.</summary>
    internal static async Task<CloudResource> RunningAsync(ZhengtongDb db, Organisation owner, int network, string address)
    {
        var resource = await GrantAsync(db, owner, "pretend", $"pretend:{CloudWorld.NewId()}", runsAt: address);
        db.TenantNetworks.Add(new TenantNetwork { PoolId = resource.PoolId!.Value, OrganisationId = owner.Id, Number = network, Rules = [] });
        await db.SaveChangesAsync();
        return resource;
    }
}
