using Microsoft.EntityFrameworkCore;
using Zhengtong.Cloud.Delivery;
using Zhengtong.Cloud.Model;
using Zhengtong.Cloud.Placement;
using Zhengtong.Cloud.Quotas;
using Zhengtong.Kernel.Identity;
using Zhengtong.Kernel.Jobs;
using Zhengtong.Kernel.Regions;

namespace Zhengtong.Tests.Cloud.Resources;

/// <summary>A resource as a granted order leaves it, in a world of its own. Its region is there.</summary>
internal static class RunningInstance
{
    /// <summary>Makes a pool at the engine, grants the department an instance of it and waits until the platform's own job delivered it.</summary>
    /// <param name="app">The platform.</param>
    /// <param name="owner">Id of the department.</param>
    /// <param name="engine">The pool's engine.</param>
    /// <param name="address">And its address.</param>
    /// <returns>Id of the resource.</returns>
    internal static async Task<Guid> DeliverAsync(WebApplication app, Guid owner, string engine, string address)
    {
        Guid id;
        await using (var scope = app.Services.CreateAsyncScope()) { id = (await GrantAsync(scope.ServiceProvider.GetRequiredService<ZhengtongDb>(), owner, engine, address)).Id; }
        app.Services.GetRequiredService<Reconcilers>().Wake<DeliverResources>();
        await UntilAsync(app, id, r => r is { State: CloudResourceState.Running, NextAt: null });
        return id;
    }

    /// <summary>A pool, a host, a quota, a system and a resource of a department: held, and due; or running at an address, and nobody made it.</summary>
    internal static async Task<CloudResource> GrantAsync(ZhengtongDb db, Guid owner, string engine, string address, ResourceForm form = ResourceForm.Instance, string? runsAt = null)
    {
        var (now, region) = (TimeProvider.System.GetUtcNow(), RegionCode.Parse("610000"));
        Guid NewId() => Guid.CreateVersion7(now);
        var id = NewId();
        var node = QuotaNode.Below(null, QuotaLevel.Department, $"test:{id}", region, owner, null, now);
        var system = new BusinessSystem { Id = NewId(), OrganisationId = owner, Name = $"系统 {id}", Purpose = "测试", Protection = 3, Zone = NetworkZone.GovernmentExtranet, CreatedAt = now };
        var pool = new ResourcePool
        {
            Id = NewId(), Name = $"pool {id}", Zone = NetworkZone.GovernmentExtranet, Region = region, Engine = engine, Address = address, Protection = 3, Strategy = PlacementStrategy.Spread, Ratios = [], CreatedAt = now,
        };
        var host = new CloudHost { Id = NewId(), PoolId = pool.Id, Name = "here", State = HostState.Online, Traits = [], Group = "" };
        ResourceAmount[] amounts = [new("vcpu", 1000), new("memory", 64), new("disk", 1)];
        await using var transaction = await db.Database.BeginTransactionAsync();
        var generation = await HostBook.TickAsync(db, default);
        db.AddRange(node, system, pool, host);
        db.QuotaCounters.AddRange(amounts.Select(a => new QuotaCounter { NodeId = node.Id, Kind = a.Kind, Limit = 1_000_000 }));
        db.HostInventories.AddRange(amounts.Select(a => new HostInventory { HostId = host.Id, Kind = a.Kind, Total = 1_000_000, Reserved = 0, Capacity = 1_000_000, IsOpen = true, Generation = generation, SetGeneration = generation }));
        await db.SaveChangesAsync();
        (await Holds.TakeAsync(db, new HoldRequest(id, node.Id, amounts), Actor.Platform, now, default)).Result.ShouldBe(HoldResult.Done);
        var (service, plan) = form == ResourceForm.Instance ? ("compute", "small") : ("web-container", "static");
        var resource = new CloudResource
        {
            Id = id, Number = $"T{id.ToString("N")[^10..]}", Name = "web", Form = form, OrderId = id, Item = 1, OrganisationId = owner, Region = region, NodeId = node.Id, SystemId = system.Id, ServiceCode = service, PlanCode = plan,
            Zone = NetworkZone.GovernmentExtranet, Protection = 3, Amounts = Amounts.Of(amounts), Image = "busybox", PoolId = pool.Id, Wish = ResourceWish.Running, NextAt = now, Until = now.AddYears(1), CreatedAt = now,
        };
        if (runsAt is not null) { (resource.State, resource.Address, resource.NextAt, resource.DeliveredAt, resource.IsBegun) = (CloudResourceState.Running, runsAt, null, now, true); }
        db.CloudResources.Add(resource);
        await db.SaveChangesAsync();
        await transaction.CommitAsync();
        return resource;
    }

    /// <summary>Waits until a resource is so, at most two minutes.</summary>
    internal static async Task UntilAsync(WebApplication app, Guid id, Func<CloudResource, bool> isSo)
    {
        var until = TimeProvider.System.GetUtcNow().AddMinutes(2);
        while (true)
        {
            await using var scope = app.Services.CreateAsyncScope();
            var resource = await scope.ServiceProvider.GetRequiredService<ZhengtongDb>().CloudResources.AsNoTracking().SingleAsync(r => r.Id == id);
            if (isSo(resource)) { return; }
            TimeProvider.System.GetUtcNow().ShouldBeLessThan(until, $"it did not come to that: {resource.State} {resource.Problem}");
            await Task.Delay(50);
        }
    }
}
