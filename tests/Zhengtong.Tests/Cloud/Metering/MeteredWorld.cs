using Microsoft.EntityFrameworkCore;
using Zhengtong.Catalogue.CloudServices;
using Zhengtong.Cloud.Model;
using Zhengtong.Kernel.Organisations;
using Zhengtong.Kernel.Regions;
using Zhengtong.Tests.Support;

namespace Zhengtong.Tests.Cloud.Metering;

/// <summary>A department of a test's own with a system, a service with prices, and resources with their stretches of time.</summary>
internal sealed class MeteredWorld
{
    private static int serial;
    private readonly PlatformFixture platform;

    private MeteredWorld(PlatformFixture platform) => this.platform = platform;

    internal Organisation Department { get; private init; } = null!;

    internal QuotaNode Node { get; private init; } = null!;

    internal BusinessSystem System { get; private init; } = null!;

    internal string Service { get; private init; } = "";

    internal static async Task<MeteredWorld> MakeAsync(PlatformFixture platform, string region = "610000", Organisation? of = null)
    {
        var department = of ?? await platform.Department(region: region);
        var now = TimeProvider.System.GetUtcNow();
        var world = new MeteredWorld(platform)
        {
            Department = department, Service = $"svc-{Interlocked.Increment(ref serial)}",
            Node = QuotaNode.Below(null, QuotaLevel.Department, $"metered:{Guid.CreateVersion7(now)}", RegionCode.Parse(region), department.Id, null, now),
            System = new BusinessSystem { Id = Guid.CreateVersion7(now), OrganisationId = department.Id, Name = $"Registration {Interlocked.Increment(ref serial)}", Purpose = "for tests", Protection = 2, Zone = NetworkZone.GovernmentExtranet, CreatedAt = now },
        };
        await platform.WithDb(async db =>
        {
            db.AddRange(world.Node, world.System);
            return await db.SaveChangesAsync();
        });
        return world;
    }

    internal async Task<Guid> PriceAsync(string meter, decimal amount, DateTimeOffset from, DateTimeOffset? until = null, string plan = "small") => await platform.WithDb(async db =>
    {
        var series = await db.PriceSeries.Include(s => s.Prices).SingleOrDefaultAsync(s => s.ServiceCode == Service && s.PlanCode == plan && s.Meter == meter);
        var price = new ServicePrice { Id = Guid.CreateVersion7(TimeProvider.System.GetUtcNow()), Amount = amount, ValidFrom = from, ValidUntil = until, Source = "Price list" };
        if (series is null) { db.PriceSeries.Add(series = new PriceSeries { Id = Guid.CreateVersion7(TimeProvider.System.GetUtcNow()), ServiceCode = Service, PlanCode = plan, Meter = meter }); }
        series.Add(price);
        db.Entry(price).State = EntityState.Added;
        await db.SaveChangesAsync();
        return price.Id;
    });

    /// <summary>A resource of two cores, 4 GiB and 40 GiB that runs from a moment on.</summary>
    internal async Task<CloudResource> ResourceAsync(DateTimeOffset from, DateTimeOffset? until = null, bool isRunning = true, long cores = 2000)
    {
        var amounts = Amounts.Of([new("vcpu", cores), new("memory", 4096), new("disk", 40), new("instance", 1)]);
        var resource = new CloudResource
        {
            Id = Guid.CreateVersion7(TimeProvider.System.GetUtcNow()), Number = $"ZT-{Interlocked.Increment(ref serial):D8}", Name = $"host {serial}", Form = ResourceForm.Instance, OrderId = Guid.CreateVersion7(from), Item = 1,
            OrganisationId = Department.Id, Region = Department.Region, NodeId = Node.Id, SystemId = System.Id, ServiceCode = Service, PlanCode = "small", Zone = NetworkZone.GovernmentExtranet, Protection = 2, Amounts = amounts,
            Wish = until is null ? ResourceWish.Running : ResourceWish.Removed, State = until is null ? CloudResourceState.Running : CloudResourceState.Removed, Until = from.AddYears(3), CreatedAt = from, DeliveredAt = from, RemovedAt = until,
        };
        await platform.WithDb(async db =>
        {
            db.CloudResources.Add(resource);
            db.ResourceSpans.Add(Span(resource, from, until, isRunning));
            return await db.SaveChangesAsync();
        });
        return resource;
    }

    internal static ResourceSpan Span(CloudResource resource, DateTimeOffset from, DateTimeOffset? until, bool isRunning = true, string plan = "small", IReadOnlyList<ResourceAmount>? amounts = null) =>
        new() { Id = Guid.CreateVersion7(TimeProvider.System.GetUtcNow()), ResourceId = resource.Id, From = from, Until = until, IsRunning = isRunning, PlanCode = plan, Amounts = amounts ?? resource.Amounts };
}
