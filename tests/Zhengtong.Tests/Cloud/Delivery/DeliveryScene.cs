using Microsoft.EntityFrameworkCore;
using Zhengtong.Cloud.Delivery;
using Zhengtong.Cloud.Engines;
using Zhengtong.Cloud.Model;
using Zhengtong.Cloud.Quotas;
using Zhengtong.Kernel.Identity;
using Zhengtong.Kernel.Jobs;
using Zhengtong.Kernel.Organisations;
using Zhengtong.Kernel.Regions;
using Zhengtong.Kernel.Secrets;
using Zhengtong.Tests.Cloud.Engines;
using Zhengtong.Tests.Support;

namespace Zhengtong.Tests.Cloud.Delivery;

/// <summary>A platform that does not serve: its jobs run when a test says so. With a pool of one host, a department with a quota and a business system.</summary>
public sealed class DeliveryScene : IAsyncLifetime
{
    private readonly string folder = Directory.CreateTempSubdirectory("zhengtong-delivery-").FullName;
    private static int scenes;
    private int serial;

    internal WebApplication App { get; private set; } = null!;

    internal Guid Department { get; private set; }

    internal Guid Node { get; private set; }

    internal Guid System { get; private set; }

    public async ValueTask InitializeAsync()
    {
        App = Platform.Build(new Deployment(folder, PlatformFixture.PostgresServer is null ? null : await PlatformFixture.CreatePostgresDatabaseAsync(), "http://127.0.0.1:0", Demo: false),
            b =>
            {
                b.Services.AddSingleton<IEngineDriver, PretendDriver>();
                // Scenes may share an engine: their networks do not overlap.
                b.Configuration["Cloud:TenantNetworks"] = $"10.{128 + (Interlocked.Increment(ref scenes) % 120)}.0.0/16";
                // Brokers of tests stand on this machine.
                b.Configuration["Cloud:Brokers:ForbiddenNetworks"] = "";
                b.Configuration["Cloud:Brokers:CallSeconds"] = "3";
                b.Configuration["Cloud:Brokers:AnswerBytes"] = "20000";
            });
        await App.PrepareOnCopyAsync();
        var (region, now) = (RegionCode.Parse("610000"), TimeProvider.System.GetUtcNow());
        await WithDb(async db =>
        {
            if (!await db.Regions.AnyAsync(r => r.Code == region)) { db.Regions.Add(new Region { Code = region, Name = "陕西省", Level = region.Level, Parent = region.Parent }); }
            var department = new Organisation { Id = Id(), CreditCode = CreditCode.FromBody("11610000000000001"), Name = "省民政厅", ShortName = "民政厅", Region = region, Kind = OrganisationKind.Department };
            var node = QuotaNode.Below(null, QuotaLevel.Department, QuotaNode.KeyOf(department.Id), region, department.Id, null, now);
            var system = new BusinessSystem { Id = Id(), OrganisationId = department.Id, Name = "婚姻登记", Purpose = "婚姻登记", Protection = 3, Zone = NetworkZone.GovernmentExtranet, CreatedAt = now };
            (Department, Node, System) = (department.Id, node.Id, system.Id);
            db.AddRange(department, node, system);
            db.QuotaCounters.AddRange(Kinds.Select(k => new QuotaCounter { NodeId = node.Id, Kind = k, Limit = 1_000_000_000 }));
            return await db.SaveChangesAsync();
        });
    }

    private static readonly string[] Kinds = ["vcpu", "memory", "disk", "instance", "database"];

    public async ValueTask DisposeAsync()
    {
        await App.DisposeAsync();
        Microsoft.Data.Sqlite.SqliteConnection.ClearAllPools();
        Directory.Delete(folder, recursive: true);
    }

    internal static Guid Id() => Guid.CreateVersion7(TimeProvider.System.GetUtcNow());

    internal async Task<T> WithDb<T>(Func<ZhengtongDb, Task<T>> act)
    {
        await using var scope = App.Services.CreateAsyncScope();
        return await act(scope.ServiceProvider.GetRequiredService<ZhengtongDb>());
    }

    /// <summary>A pool of its own with one host, and its engine.</summary>
    internal async Task<(Guid Pool, PretendEngine Engine)> PoolAsync(long cores = 1_000_000)
    {
        var pool = await PoolAsync("pretend", $"pretend:{Id()}", cores);
        return (pool.Id, PretendDriver.Of(App).At(pool.Address));
    }

    internal async Task<ResourcePool> PoolAsync(string engine, string address, long cores, params string[] hosts) => await WithDb(async db =>
    {
        var pool = new ResourcePool
        {
            Id = Id(), Name = $"pool {Interlocked.Increment(ref serial)}", Zone = NetworkZone.GovernmentExtranet, Region = RegionCode.Parse("610000"), Engine = engine, Address = address, Protection = 3,
            Strategy = PlacementStrategy.Spread, Ratios = [], CreatedAt = TimeProvider.System.GetUtcNow(),
        };
        db.Add(pool);
        var generation = await Zhengtong.Cloud.Placement.HostBook.TickAsync(db, default);
        foreach (var host in hosts.DefaultIfEmpty("here"))
        {
            var member = new CloudHost { Id = Id(), PoolId = pool.Id, Name = host, State = HostState.Online, Traits = [], Group = "" };
            db.Add(member);
            db.HostInventories.AddRange(new[] { ("vcpu", cores), ("memory", 1_000_000_000L), ("disk", 1_000_000L) }.Select(i => new HostInventory
            {
                HostId = member.Id, Kind = i.Item1, Total = i.Item2, Reserved = 0, Capacity = i.Item2, IsOpen = true, Generation = generation, SetGeneration = generation,
            }));
        }

        await db.SaveChangesAsync();
        return pool;
    });

    /// <summary>A resource as a granted order leaves it: held, and due.</summary>
    internal async Task<Guid> GrantAsync(Guid pool, long cores = 1000, long memory = 64, long disk = 1, string image = "busybox", string? userData = null, string? spread = null, ResourceForm form = ResourceForm.Instance) => await WithDb(async db =>
    {
        var (id, now) = (Id(), TimeProvider.System.GetUtcNow());
        ResourceAmount[] amounts = [new("vcpu", cores), new("memory", memory), new("disk", disk), new("instance", 1)];
        await using var transaction = await db.Database.BeginTransactionAsync();
        (await Holds.TakeAsync(db, new HoldRequest(id, Node, amounts), Actor.Platform, now, default)).Result.ShouldBe(HoldResult.Done);
        db.CloudResources.Add(new CloudResource
        {
            Id = id, Number = $"T-{Interlocked.Increment(ref serial)}", Name = "web", Form = form, OrderId = id, Item = 1, OrganisationId = Department, Region = RegionCode.Parse("610000"), NodeId = Node,
            SystemId = System, ServiceCode = "compute", PlanCode = "small", Zone = NetworkZone.GovernmentExtranet, Protection = 3, Amounts = Amounts.Of(amounts), Image = image, PoolId = pool, SpreadGroup = spread,
            UserData = userData is null ? null : App.Services.GetRequiredService<Vault>().Seal(global::System.Text.Encoding.UTF8.GetBytes(userData), CloudResource.PurposeOf(id)),
            Wish = ResourceWish.Running, NextAt = now, Until = now.AddYears(1), CreatedAt = now,
        });
        await db.SaveChangesAsync();
        await transaction.CommitAsync();
        return id;
    });

    /// <summary>The same for what stands on no host.</summary>
    internal async Task<Guid> GrantAsync(ResourceForm form, string service, string plan, params ResourceAmount[] amounts) => await WithDb(async db =>
    {
        var (id, now) = (Id(), TimeProvider.System.GetUtcNow());
        await using var transaction = await db.Database.BeginTransactionAsync();
        (await Holds.TakeAsync(db, new HoldRequest(id, Node, amounts), Actor.Platform, now, default)).Result.ShouldBe(HoldResult.Done);
        db.CloudResources.Add(new CloudResource
        {
            Id = id, Number = $"T-{Interlocked.Increment(ref serial)}", Name = "data", Form = form, OrderId = id, Item = 1, OrganisationId = Department, Region = RegionCode.Parse("610000"), NodeId = Node,
            SystemId = System, ServiceCode = service, PlanCode = plan, Zone = NetworkZone.GovernmentExtranet, Protection = 3, Amounts = Amounts.Of(amounts), Wish = ResourceWish.Running, NextAt = now, Until = now.AddYears(1),
            CreatedAt = now,
        });
        await db.SaveChangesAsync();
        await transaction.CommitAsync();
        return id;
    });

    /// <summary>The job's passes until nothing is due.</summary>
    internal Task RunAsync<T>() where T : IReconciler => App.Services.GetRequiredService<Reconcilers>().SettleAsync<T>(default);

    /// <summary>Drives one resource until it is as it is to be; waits for what is due later.</summary>
    internal async Task<CloudResource> DriveAsync(Guid id, int most = 50)
    {
        for (var attempt = 0; attempt < most; attempt++)
        {
            if ((await ReadAsync(id)).NextAt is null) { break; }
            await DueAsync(id);
            await App.Services.GetRequiredService<Delivering>().DriveAsync(id, default);
        }

        return await ReadAsync(id);
    }

    internal Task<CloudResource> ReadAsync(Guid id) => WithDb(db => db.CloudResources.AsNoTracking().SingleAsync(r => r.Id == id));

    internal Task<int> DueAsync(Guid id) => WithDb(db => db.CloudResources.Where(r => r.Id == id && r.NextAt != null).ExecuteUpdateAsync(s => s.SetProperty(r => r.NextAt, DateTimeOffset.UnixEpoch)));

    internal Task<int> WishAsync(Guid id, ResourceWish wish) => WithDb(async db =>
    {
        var resource = await db.CloudResources.SingleAsync(r => r.Id == id);
        (resource.Wish, resource.NextAt) = (wish, TimeProvider.System.GetUtcNow());
        resource.Touch();
        return await db.SaveChangesAsync();
    });

    internal Task<Hold> HoldAsync(Guid id) => WithDb(db => db.Holds.AsNoTracking().SingleAsync(h => h.ConsumerId == id));

    internal Task<List<ResourceSpan>> SpansAsync(Guid id) => WithDb(db => db.ResourceSpans.AsNoTracking().Where(s => s.ResourceId == id).OrderBy(s => s.From).ToListAsync());

    internal async Task<InstanceId> InstanceAsync(Guid id) => InstanceFulfilment.IdOf(await ReadAsync(id));
}
