using System.Diagnostics;
using System.Text.Json;
using System.Text.Json.Serialization;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Catalogue;
using Zhengtong.Catalogue.CloudServices;
using Zhengtong.Catalogue.Model;
using Zhengtong.Cloud.Brokers;
using Zhengtong.Cloud.Engines;
using Zhengtong.Cloud.Migration;
using Zhengtong.Cloud.Model;
using Zhengtong.Cloud.Orders;
using Zhengtong.Cloud.Pools;
using Zhengtong.Cloud.Quotas;
using Zhengtong.Cloud.Savings;
using Zhengtong.Cloud.Systems;
using Zhengtong.Kernel;
using Zhengtong.Kernel.Calendar;
using Zhengtong.Kernel.Http;
using Zhengtong.Kernel.Identity;
using Zhengtong.Kernel.Jobs;
using Zhengtong.Kernel.Regions;
using Zhengtong.Kernel.Secrets;

namespace Zhengtong.Demonstration;

/// <summary>The province's cloud as described in <c>cloud.json</c>.</summary>
internal sealed record CloudPlan(
    CloudPlanPool Pool, IReadOnlyList<CloudPlanQuota> Quotas, CloudPlanProject Project, IReadOnlyList<CloudPlanSystem> Systems, IReadOnlyList<CloudPlanService> Services, string Source, string QuotaReason, string EngineReason,
    IReadOnlyList<CloudPlanOrder> Orders, CloudPlanSavings Savings, IReadOnlyList<CloudPlanLegacy> Legacy, string Retirement, CloudPlanBroker Broker)
{
    internal static CloudPlan Load()
    {
        using var file = typeof(CloudPlan).Assembly.GetManifestResourceStream("Zhengtong.Demonstration.cloud.json")!;
        return JsonSerializer.Deserialize<CloudPlan>(file, new JsonSerializerOptions(JsonSerializerDefaults.Web) { Converters = { new JsonStringEnumConverter() } })!;
    }
}

/// <summary>The pool.</summary>
internal sealed record CloudPlanPool(string Name, NetworkZone Zone, string Region, string Address, int Protection);

/// <summary>What a region or a department may hold.</summary>
internal sealed record CloudPlanQuota(string? Region, string? Department, IReadOnlyDictionary<string, long> Limits);

/// <summary>A project of a department.</summary>
internal sealed record CloudPlanProject(string Department, string Name, IReadOnlyDictionary<string, long> Limits);

/// <summary>A business system.</summary>
internal sealed record CloudPlanSystem(string Department, string Name, string Purpose, int Protection, string Record, NetworkZone Zone);

/// <summary>An existing system outside the cloud: the room that it stands in, how far it is, and when it is planned, in how many days it moves.</summary>
internal sealed record CloudPlanLegacy(string Department, string Name, string Purpose, string Room, int Servers, MigrationState State, int Days);

/// <summary>A service.</summary>
internal sealed record CloudPlanService(
    string Code, string Name, ServiceCategory Category, ServiceLayer Layer, ServiceForm Form, string Summary, int Availability, int Answer, int Recovery, string Support, IReadOnlyList<CloudPlanPlan> Plans);

/// <summary>A plan: of each kind code, least, most, step; prices by meter.</summary>
internal sealed record CloudPlanPlan(string Code, string Name, IReadOnlyList<IReadOnlyList<JsonElement>> Amounts, IReadOnlyList<string> Images, IReadOnlyDictionary<string, decimal> Prices);

/// <summary>An order for the department's first system.</summary>
internal sealed record CloudPlanOrder(string Department, string Ground, bool IsGranted, IReadOnlyList<CloudPlanItem> Items);

/// <summary>An item of an order.</summary>
internal sealed record CloudPlanItem(string Name, string Service, string Plan, int Count);

/// <summary>How savings are counted.</summary>
internal sealed record CloudPlanSavings(string Reason, SavingsParameters Parameters);

/// <summary>A broker of others, with what it would offer: nobody answers at its address.</summary>
internal sealed record CloudPlanBroker(string Name, string Address, string Account, BrokerCatalogue Catalogue);

/// <summary>Quotas, a pool, services with their prices, business systems and orders, by the officers' own acts. Adds what is missing. Without an engine what was granted waits, and says so.</summary>
internal sealed class SeedCloud(IServiceScopeFactory scopes, Deployment deployment, Reconcilers reconcilers, TimeProvider clock) : IStartupStep
{
    private readonly CloudPlan plan = CloudPlan.Load();

    public async Task RunAsync(IServiceProvider scope, CancellationToken ct)
    {
        var watch = Stopwatch.StartNew();
        await WithinAsync(SeedQuotasAsync);
        // Its hosts are known before anything is placed, so that what is granted need not wait for them.
        if (deployment.Engine is not null) { await reconcilers.SettleAsync<WatchPools>(ct); }
        await WithinAsync(SeedServicesAsync);
        await WithinAsync(SeedSystemsAsync);
        await WithinAsync(SeedSavingsAsync);
        await WithinAsync(SeedLegacyAsync);
        await WithinAsync(SeedBrokerAsync);
        foreach (var order in plan.Orders) { await WithinAsync(services => SeedOrderAsync(services, order, ct)); }
        Progress.Say("demonstration.progress.cloud", plan.Services.Count, plan.Orders.Count, watch.Elapsed.TotalSeconds);

        async Task WithinAsync(Func<IServiceProvider, Task> act)
        {
            await using var own = scopes.CreateAsyncScope();
            await act(own.ServiceProvider);
        }

        Task SeedQuotasAsync(IServiceProvider services) => this.SeedQuotasAsync(services.GetRequiredService<ZhengtongDb>(), services.GetRequiredService<Vault>(), services.GetRequiredService<PoolEngines>(), ct);
        Task SeedServicesAsync(IServiceProvider services) => this.SeedServicesAsync(services.GetRequiredService<ZhengtongDb>(), ct);
        Task SeedBrokerAsync(IServiceProvider services) => this.SeedBrokerAsync(services.GetRequiredService<ZhengtongDb>(), services.GetRequiredService<Vault>(), ct);
        Task SeedSavingsAsync(IServiceProvider services) => this.SeedSavingsAsync(services.GetRequiredService<ZhengtongDb>(), ct);
        Task SeedLegacyAsync(IServiceProvider services) => this.SeedLegacyAsync(services.GetRequiredService<ZhengtongDb>(), ct);
        Task SeedSystemsAsync(IServiceProvider services) => this.SeedSystemsAsync(services.GetRequiredService<ZhengtongDb>(), ct);
    }

    private async Task SeedQuotasAsync(ZhengtongDb db, Vault vault, PoolEngines engines, CancellationToken ct)
    {
        var authority = await Officers.ActorAsync(db, "authority", ct);
        foreach (var quota in plan.Quotas)
        {
            Guid? organisation = quota.Department is { } slug ? (await Officers.ActorAsync(db, $"{slug}-officer", ct)).Organisation : null;
            var key = organisation is { } id ? QuotaNode.KeyOf(id) : QuotaNode.KeyOf(RegionCode.Parse(quota.Region!));
            if (await db.QuotaNodes.AnyAsync(n => n.Key == key, ct)) { continue; }
            Expect.Done<Created<QuotaOpened>>((await OpenQuota.Handle(new OpenQuotaRequest(quota.Region, organisation, Limits(quota.Limits), plan.QuotaReason), authority, db, clock, ct)).Result);
        }

        var owner = (await Officers.ActorAsync(db, $"{plan.Project.Department}-officer", ct)).Organisation;
        var project = QuotaNode.KeyOf(owner, plan.Project.Name);
        if (!await db.QuotaNodes.AnyAsync(n => n.Key == project, ct))
        {
            Expect.Done<Created<QuotaOpened>>((await CreateProject.Handle(new CreateProjectRequest(owner, plan.Project.Name, Limits(plan.Project.Limits), plan.QuotaReason), authority, db, clock, ct)).Result);
        }

        var keeper = await Officers.ActorAsync(db, "platform-operator", ct);
        IReadOnlyList<PoolKind> kinds = [new PoolKind("vcpu", 4000, 100)];
        var pool = await db.ResourcePools.AsNoTracking().SingleOrDefaultAsync(p => p.Name == plan.Pool.Name, ct);
        if (pool is null)
        {
            Expect.Done<Created<PoolRegistered>>((await RegisterPool.Handle(
                new RegisterPoolRequest(plan.Pool.Name, plan.Pool.Zone, plan.Pool.Region, "lxd", deployment.Engine ?? plan.Pool.Address, null, plan.Pool.Protection, PlacementStrategy.Spread, kinds),
                keeper, db, vault, engines, clock, ct)).Result);
        }
        else if (deployment.Engine is { } engine && pool.Address != engine)
        {
            var http = new DefaultHttpContext();
            http.Request.Headers.IfMatch = Revisions.ETag(pool.Revision);
            Expect.Done<NoContent>((await RevisePool.Handle(
                pool.Id, new RevisePoolRequest(pool.Name, "lxd", engine, null, pool.Protection, pool.Strategy, kinds, pool.IsOpen, plan.EngineReason), http, keeper, db, vault, engines, clock, ct)).Result);
        }
    }

    private async Task SeedBrokerAsync(ZhengtongDb db, Vault vault, CancellationToken ct)
    {
        var keeper = await Officers.ActorAsync(db, "platform-operator", ct);
        var said = plan.Broker;
        if (!await db.ServiceBrokers.AnyAsync(b => b.Name == said.Name, ct))
        {
            Expect.Done<Created<BrokerRegistered>>((await RegisterBroker.Handle(new RegisterBrokerRequest(said.Name, said.Address, said.Account, ApiClients.NewSecret()), keeper, db, vault, clock, ct)).Result);
        }

        var broker = await db.ServiceBrokers.SingleAsync(b => b.Name == said.Name, ct);
        if (broker.Catalogue is not null) { return; }
        // As it would have been read.
        (broker.Proposed, broker.ProposedDigest) = (said.Catalogue, CatalogueReading.DigestOf(said.Catalogue));
        await db.SaveChangesAsync(ct);
        Expect.Done<NoContent>((await AcceptBrokerCatalogue.Handle(broker.Id, new AcceptBrokerCatalogueRequest(broker.ProposedDigest), keeper, db, clock, ct)).Result);
    }

    private static IReadOnlyList<QuotaLimit> Limits(IReadOnlyDictionary<string, long> limits) => [.. limits.Select(l => new QuotaLimit(l.Key, l.Value))];

    private async Task SeedServicesAsync(ZhengtongDb db, CancellationToken ct)
    {
        var (provider, authority) = (await Officers.ActorAsync(db, "platform-operator", ct), await Officers.ActorAsync(db, "authority", ct));
        foreach (var service in plan.Services)
        {
            if (!await db.CloudServices.AnyAsync(s => s.Code == service.Code, ct)) { Expect.Done<Created<CloudServiceDrafted>>((await DraftCloudService.Handle(RequestOf(service), provider, db, clock, ct)).Result); }
            var draft = await db.CloudServices.AsNoTracking().SingleOrDefaultAsync(s => s.Code == service.Code && s.State == ServiceState.Draft, ct);
            if (draft is not null) { Expect.Done<NoContent>((await PublishCloudService.Handle(service.Code, new PublishCloudServiceRequest(draft.Revision), authority, db, clock, ct)).Result); }
            var priced = await db.PriceSeries.Where(s => s.ServiceCode == service.Code).Select(s => s.PlanCode + "/" + s.Meter).ToListAsync(ct);
            foreach (var (one, meter, amount) in service.Plans.SelectMany(p => p.Prices.Select(m => (p.Code, m.Key, m.Value))).Where(p => !priced.Contains($"{p.Code}/{p.Key}")))
            {
                Expect.Done<NoContent>((await SetServicePrice.Handle(service.Code, new SetServicePriceRequest(one, meter, amount, clock.GetUtcNow(), null, plan.Source), authority, db, clock, ct)).Result);
            }

            db.ChangeTracker.Clear();
        }
    }

    private static DraftCloudServiceRequest RequestOf(CloudPlanService s) => new(s.Code, new CloudServiceText(s.Name, s.Category, s.Layer, s.Summary, new CloudServiceLevel(s.Availability, s.Answer, s.Recovery, s.Support), s.Form,
        [.. s.Plans.Select(p => new CloudServicePlan(p.Code, p.Name, [.. p.Amounts.Select(a => new CloudServiceAmount(a[0].GetString()!, a[1].GetInt64(), a[2].GetInt64(), a[3].GetInt64()))], p.Images, [.. p.Prices.Keys]))]));

    private async Task SeedSystemsAsync(ZhengtongDb db, CancellationToken ct)
    {
        foreach (var system in plan.Systems)
        {
            var officer = await Officers.ActorAsync(db, $"{system.Department}-officer", ct);
            if (await db.BusinessSystems.AnyAsync(s => s.OrganisationId == officer.Organisation && s.Name == system.Name, ct)) { continue; }
            Expect.Done<Created<BusinessSystemRegistered>>((await RegisterBusinessSystem.Handle(
                new RegisterBusinessSystemRequest(system.Name, system.Purpose, system.Protection, system.Record, system.Zone), officer, db, clock, ct)).Result);
        }
    }

    private async Task SeedSavingsAsync(ZhengtongDb db, CancellationToken ct)
    {
        if (await db.SavingsMethods.AnyAsync(ct)) { return; }
        var request = new SetSavingsMethodRequest(ChinaTime.DateOf(clock.GetUtcNow()).Year, plan.Savings.Parameters, plan.Savings.Reason);
        Expect.Done<Created<SavingsMethodSet>>((await SetSavingsMethod.Handle(request, await Officers.ActorAsync(db, "authority", ct), db, clock, ct)).Result);
    }

    /// <summary>What departments still run themselves. A room in which nothing stands any more is closed.</summary>
    private async Task SeedLegacyAsync(ZhengtongDb db, CancellationToken ct)
    {
        foreach (var legacy in plan.Legacy)
        {
            var officer = await Officers.ActorAsync(db, $"{legacy.Department}-officer", ct);
            var mine = db.LegacySystems.AsNoTracking().Where(s => s.OrganisationId == officer.Organisation && s.Name == legacy.Name);
            if (!await mine.AnyAsync(ct)) { Expect.Done<Created<LegacySystemDeclared>>((await DeclareLegacySystem.Handle(new DeclareLegacySystemRequest(legacy.Name, legacy.Purpose, legacy.Room, legacy.Servers), officer, db, clock, ct)).Result); }
            if (await mine.SingleAsync(ct) is { State: MigrationState.Declared } declared && legacy.State == MigrationState.Planned)
            {
                Expect.Done<NoContent>((await PlanMigration.Handle(declared.Id, new PlanMigrationRequest(ChinaTime.DateOf(clock.GetUtcNow()).AddDays(legacy.Days), declared.Revision), officer, db, clock, ct)).Result);
            }

            if (await mine.SingleAsync(ct) is { State: MigrationState.Declared } old && legacy.State == MigrationState.Retired)
            {
                Expect.Done<NoContent>((await RetireLegacySystem.Handle(old.Id, new RetireLegacySystemRequest(plan.Retirement, old.Revision), officer, db, clock, ct)).Result);
                var room = await db.MachineRooms.AsNoTracking().SingleAsync(r => r.Id == old.RoomId, ct);
                Expect.Done<NoContent>((await CloseRoom.Handle(room.Id, new CloseRoomRequest(plan.Retirement, room.Revision), officer, db, clock, ct)).Result);
            }
        }
    }

    private async Task SeedOrderAsync(IServiceProvider services, CloudPlanOrder wanted, CancellationToken ct)
    {
        var (db, lookup, grant) = (services.GetRequiredService<ZhengtongDb>(), services.GetRequiredService<CloudServiceLookup>(), services.GetRequiredService<OrderGrant>());
        var officer = await Officers.ActorAsync(db, $"{wanted.Department}-officer", ct);
        var mine = db.CloudOrders.AsNoTracking().Where(o => o.OrganisationId == officer.Organisation && o.Ground == wanted.Ground);
        if (!await mine.AnyAsync(ct))
        {
            var system = await db.BusinessSystems.AsNoTracking().FirstAsync(s => s.OrganisationId == officer.Organisation, ct);
            var text = new CloudOrderText(system.Id, system.Zone, null, [.. wanted.Items.Select(i => new CloudOrderItem(i.Name, i.Service, i.Plan, null, null, i.Count, false, null))], ChinaTime.DateOf(clock.GetUtcNow()).AddYears(1), wanted.Ground);
            Expect.Done<Created<CloudOrderDrafted>>((await DraftCloudOrder.Handle(new DraftCloudOrderRequest(text), officer, db, lookup, services.GetRequiredService<Vault>(), clock, ct)).Result);
        }

        if (await mine.SingleAsync(ct) is { State: OrderState.Draft } draft)
        {
            Expect.Done<Ok<CloudOrderSubmitted>>((await SubmitCloudOrder.Handle(
                draft.Id, new SubmitCloudOrderRequest(draft.Revision), officer, db, lookup, services.GetRequiredService<OrganisationKeys>(), services.GetRequiredService<WorkingCalendar>(), grant, clock, ct)).Result);
        }

        if (wanted.IsGranted && await mine.SingleAsync(ct) is { State: OrderState.Submitted } submitted)
        {
            db.ChangeTracker.Clear();
            Expect.Done<NoContent>((await GrantCloudOrder.Handle(submitted.Id, new GrantCloudOrderRequest(submitted.Revision), await Officers.ActorAsync(db, "authority", ct), db, grant, clock, ct)).Result);
        }
    }
}
