using Zhengtong.Cloud.Brokers;
using Zhengtong.Cloud.Databases;
using Zhengtong.Cloud.Placement;
using Zhengtong.Cloud.Pools;
using Zhengtong.Cloud.Quotas;
using Zhengtong.Kernel.Http;
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
        builder.AddDatabases();
        builder.AddBrokers();
    }

    internal static void MapCloud(this WebApplication app)
    {
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
        app.MapDatabases();
        app.MapBrokers();
    }
}
