using Microsoft.EntityFrameworkCore;
using Zhengtong.Cloud.Delivery;
using Zhengtong.Cloud.Model;
using Zhengtong.Cloud.Placement;
using Zhengtong.Cloud.Quotas;
using Zhengtong.Kernel.Identity;
using Zhengtong.Kernel.Jobs;
using Zhengtong.Kernel.Regions;

namespace Zhengtong.Tests.Cloud.Resources;

/// <summary>An instance as a granted order leaves it, delivered by the platform's own job. Its region is there.</summary>
internal static class RunningInstance
{
    /// <summary>Makes a pool at the engine, grants the department an instance of it and waits until it runs.</summary>
    /// <param name="app">The platform.</param>
    /// <param name="owner">Id of the department.</param>
    /// <param name="engine">The pool's engine.</param>
    /// <param name="address">And its address.</param>
    /// <returns>Id of the resource.</returns>
    internal static async Task<Guid> DeliverAsync(WebApplication app, Guid owner, string engine, string address)
    {
        var now = TimeProvider.System.GetUtcNow();
        Guid NewId() => Guid.CreateVersion7(now);
        var (id, region) = (NewId(), RegionCode.Parse("610000"));
        await using (var scope = app.Services.CreateAsyncScope())
        {
            var db = scope.ServiceProvider.GetRequiredService<ZhengtongDb>();
            var node = QuotaNode.Below(null, QuotaLevel.Department, $"test:{id}", region, owner, null, now);
            var system = new BusinessSystem { Id = NewId(), OrganisationId = owner, Name = "系统", Purpose = "测试", Protection = 3, Zone = NetworkZone.GovernmentExtranet, CreatedAt = now };
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
            db.CloudResources.Add(new CloudResource
            {
                Id = id, Number = $"T{id.ToString("N")[^10..]}", Name = "web", Form = ResourceForm.Instance, OrderId = id, Item = 1, OrganisationId = owner, Region = region, NodeId = node.Id, SystemId = system.Id, ServiceCode = "compute",
                PlanCode = "small", Zone = NetworkZone.GovernmentExtranet, Protection = 3, Amounts = Amounts.Of(amounts), Image = "busybox", PoolId = pool.Id, Wish = ResourceWish.Running, NextAt = now, Until = now.AddYears(1), CreatedAt = now,
            });
            await db.SaveChangesAsync();
            await transaction.CommitAsync();
        }

        app.Services.GetRequiredService<Reconcilers>().Wake<DeliverResources>();
        await UntilAsync(app, id, r => r is { State: CloudResourceState.Running, NextAt: null });
        return id;
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
