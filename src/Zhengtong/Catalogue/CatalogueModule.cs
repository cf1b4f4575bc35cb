using Zhengtong.Catalogue.CloudServices;
using Zhengtong.Catalogue.Slices;
using Zhengtong.Kernel;
using Zhengtong.Kernel.Http;
using Zhengtong.Kernel.Identity;

namespace Zhengtong.Catalogue;

/// <summary>Catalogue: information resources and who is responsible for them.</summary>
internal static class CatalogueModule
{
    internal static void AddCatalogue(this WebApplicationBuilder builder)
    {
        var services = builder.Services;
        services.AddScoped<CatalogueLookup>();
        services.AddScoped<CloudServiceLookup>();
        services.AddSingleton<IStartupStep, CatalogueSearch>();
        services.AddSingleton(new NavigationItem(Right.ReadWork, "/work/catalogue", "catalogue.menu", "catalogue", 100, "catalogue.menu.group"));
        services.AddSingleton(new NavigationItem(Right.ReadWork, "/work/cloud/services", "catalogue.services.menu", "cloud", 300, "catalogue.services.menu-group"));
        services.AddSingleton(new HomePanel(typeof(CatalogueHome), 10));
        services.AddScoped<IHomeFigure, ResourcesFigure>();
        services.AddScoped<IHomeFigure, ItemsFigure>();
    }

    internal static void MapCatalogue(this WebApplication app)
    {
        ExportCatalogue.Map(app);
        var api = app.ApiGroup("Catalogue");
        RegisterResource.Map(api);
        ReviseResource.Map(api);
        SearchResources.Map(api);
        GetResource.Map(api);
        PublishResource.Map(api);
        WithdrawResource.Map(api);
        DraftCloudService.Map(api);
        ReviseCloudService.Map(api);
        PublishCloudService.Map(api);
        WithdrawCloudService.Map(api);
        ListCloudServices.Map(api);
        GetCloudService.Map(api);
        SetServicePrice.Map(api);
    }
}
