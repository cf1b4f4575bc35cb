using Zhengtong.Kernel.Identity;

namespace Zhengtong.Kernel.Regions;

/// <summary>Regions: the administrative divisions, where every organisation has its place.</summary>
internal static class RegionsModule
{
    internal static void AddRegions(this IServiceCollection services)
    {
        services.AddSingleton<IStartupStep, DivisionsData>();
        services.AddSingleton(new NavigationItem(Right.ManageOrganisations, "/admin/regions", "kernel.regions.title", "region", 911, "kernel.menu.administration"));
    }

    internal static void MapRegions(this IEndpointRouteBuilder api)
    {
        SearchRegions.Map(api);
        GetRegion.Map(api);
        ListChildren.Map(api);
        AddRegion.Map(api);
        RenameRegion.Map(api);
    }
}
