using Microsoft.Extensions.Options;
using Zhengtong.Kernel;
using Zhengtong.Kernel.Http;
using Zhengtong.Kernel.Identity;
using Zhengtong.Kernel.Jobs;

namespace Zhengtong.OpenData.Harvest;

/// <summary>Datasets of other portals beside our own: sources, runs, what does not fit together.</summary>
internal static class HarvestModule
{
    internal static void AddHarvest(this WebApplicationBuilder builder)
    {
        var services = builder.Services;
        services.AddOptions<HarvestOptions>().Bind(builder.Configuration.GetSection("OpenData:Harvest")).ValidateDataAnnotations().ValidateOnStart();
        services.AddSingleton<IValidateOptions<HarvestOptions>, HarvestOptionsCheck>();
        services.AddSingleton<PortalConnections>();
        services.AddSingleton<CkanCatalogue>();
        services.AddSingleton<DcatCatalogue>();
        services.AddReconciler<HarvestPortals>();
        services.AddSingleton(new NavigationItem(Right.ManagePortal, "/work/open-data/harvest", "open-data.harvest.menu", "in", 420, "open-data.menu.group"));
    }

    internal static void MapHarvest(this WebApplication app)
    {
        var api = app.ApiGroup("OpenData");
        RegisterHarvestSource.Map(api);
        ReviseHarvestSource.Map(api);
        RemoveHarvestSource.Map(api);
        RunHarvest.Map(api);
        ListHarvestSources.Map(api);
        GetHarvestSource.Map(api);
        ListHarvestRuns.Map(api);
        ListHarvestConflicts.Map(api);
        CorrectHarvested.Map(api);
        ListHarvested.Map(api);
        GetHarvested.Map(api);
    }
}
