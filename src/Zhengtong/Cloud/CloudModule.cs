using System.Net;
using System.Net.Sockets;
using Zhengtong.Agreements;
using Zhengtong.Cloud.Brokers;
using Zhengtong.Cloud.Databases;
using Zhengtong.Cloud.Delivery;
using Zhengtong.Cloud.Engines;
using Zhengtong.Cloud.Engines.Lxd;
using Zhengtong.Cloud.Metering;
using Zhengtong.Cloud.Migration;
using Zhengtong.Cloud.OpenStack;
using Zhengtong.Cloud.Orders;
using Zhengtong.Cloud.Osb;
using Zhengtong.Cloud.Placement;
using Zhengtong.Cloud.Pools;
using Zhengtong.Cloud.Quotas;
using Zhengtong.Cloud.Resources;
using Zhengtong.Cloud.Sites;
using Zhengtong.Cloud.Systems;
using Zhengtong.Cloud.Views;
using Zhengtong.Kernel;
using Zhengtong.Kernel.Http;
using Zhengtong.Kernel.Identity;
using Zhengtong.Kernel.Jobs;
using Zhengtong.Kernel.Metering;

namespace Zhengtong.Cloud;

/// <summary>Cloud: who may hold how much of the common resources, where they are, and what goes where.</summary>
internal static class CloudModule
{
    internal static void AddCloud(this WebApplicationBuilder builder)
    {
        var services = builder.Services;
        services.AddScoped<CloudLookup>();
        services.AddSingleton<IStartupStep, KindsData>();
        services.AddReconciler<ExpireHolds>();
        services.AddReconciler<WatchQuotas>();
        services.AddIndicator("cloud.cores-held", "m-core", RollUpPeriod.Day, "cloud.indicator-source.holds", QuotaFigure.ReadAsync);
        services.AddSingleton<Placing>();
        services.AddOptions<CloudOptions>().Bind(builder.Configuration.GetSection(CloudOptions.Section)).ValidateDataAnnotations()
            .Validate(o => IPNetwork.TryParse(o.TenantNetworks, out var space) && space is { BaseAddress.AddressFamily: AddressFamily.InterNetwork, PrefixLength: >= 8 and <= 24 }, "Cloud:TenantNetworks is an IPv4 network in CIDR form, /8 to /24").ValidateOnStart();
        services.AddSingleton<IEngineDriver, LxdDriver>();
        services.AddSingleton<PoolEngines>();
        services.AddSingleton(new NavigationItem(Right.ReadWork, "/work/cloud/resources", "cloud.resources.menu", "work", 305, "catalogue.services.menu-group"));
        services.AddSingleton(new NavigationItem(Right.ManagePools, "/work/cloud/orphans", "cloud.orphans.menu", "work", 390, "catalogue.services.menu-group"));
        services.AddSingleton<TerminalSeats>();
        services.AddSingleton<InstanceSurroundings>();
        services.AddScoped<InstanceFulfilment>();
        services.AddScoped<IFulfilment>(s => s.GetRequiredService<InstanceFulfilment>());
        services.AddSingleton<Delivering>();
        services.AddReconciler<DeliverResources>();
        services.AddReconciler<DoTasks>();
        services.AddReconciler<WatchResources>();
        services.AddReconciler<WatchPools>();
        services.AddScoped<OrderGrant>();
        services.AddScoped<OrderOutlook>();
        services.AddScoped<IReviewedKind, OrderReview>();
        services.AddScoped<IWorkList, OrdersWork>();
        services.AddSingleton(new NavigationItem(Right.ReadWork, "/work/cloud/orders", "cloud.orders.menu", "application", 310, "catalogue.services.menu-group"));
        services.AddSingleton(new NavigationItem(Right.ReadWork, "/work/cloud/systems", "cloud.systems.menu", "work", 320, "catalogue.services.menu-group"));
        services.AddSites();
        services.AddMeasuring();
        builder.AddDatabases();
        builder.AddBrokers();
        services.AddSingleton(new NavigationItem(Right.ReadWork, "/work/cloud/migration", "cloud.migration.title", "exchange", 324, "catalogue.services.menu-group"));
        services.AddSingleton(new NavigationItem(Right.ReadWork, "/work/cloud/topology", "cloud.topology.title", "node", 322, "catalogue.services.menu-group"));
        services.AddSingleton(new NavigationItem(Right.ManageQuotas, "/work/cloud/overview", "cloud.overview.title", "chart", 336, "catalogue.services.menu-group"));
        services.AddSingleton(new NavigationItem(Right.SeePools, "/work/cloud/hosts", "cloud.hosts.title", "node", 337, "catalogue.services.menu-group"));
        builder.AddOpenStack();
    }

    internal static void MapCloud(this WebApplication app)
    {
        ExportResources.Map(app);
        ExportMigration.Map(app);
        var api = app.ApiGroup("Cloud");
        ListKinds.Map(api);
        AddKind.Map(api);
        OpenQuota.Map(api);
        SetQuota.Map(api);
        ListQuotas.Map(api);
        GetQuota.Map(api);
        CreateProject.Map(api);
        ListHolds.Map(api);
        RecountQuotas.Map(api);
        ListRecounts.Map(api);
        RegisterPool.Map(api);
        RevisePool.Map(api);
        ListPools.Map(api);
        GetPool.Map(api);
        SetHost.Map(api);
        ExplainPlacement.Map(api);
        GetPlacement.Map(api);
        ListResources.Map(api);
        GetResource.Map(api);
        PowerResource.Map(api);
        AskTask.Map(api);
        RetryResource.Map(api);
        ListSnapshots.Map(api);
        RunCommand.Map(api);
        OpenTerminal.Map(api);
        GetSecurityRules.Map(api);
        SetSecurityRules.Map(api);
        ListOrphans.Map(api);
        DecideOrphan.Map(api);
        RegisterBusinessSystem.Map(api);
        ReviseBusinessSystem.Map(api);
        RetireBusinessSystem.Map(api);
        ListBusinessSystems.Map(api);
        DraftCloudOrder.Map(api);
        ReviseCloudOrder.Map(api);
        DraftResourceChange.Map(api);
        SubmitCloudOrder.Map(api);
        WithdrawCloudOrder.Map(api);
        GrantCloudOrder.Map(api);
        RefuseCloudOrder.Map(api);
        ListCloudOrders.Map(api);
        GetCloudOrder.Map(api);
        GiveBackResource.Map(api);
        SiteServices.Map(app, api);
        MeasuringServices.Map(app, api);
        app.MapDatabases();
        app.MapBrokers();
        app.MapOsb();
        DeclareLegacySystem.Map(api);
        PlanMigration.Map(api);
        MarkMigrated.Map(api);
        RetireLegacySystem.Map(api);
        ListLegacySystems.Map(api);
        ListRooms.Map(api);
        CloseRoom.Map(api);
        ReadHosts.Map(api);
        ReadTopology.Map(api);
        ReadOverview.Map(api);
        app.MapOpenStack();
    }
}
