using Zhengtong.Catalogue.Slices;
using Zhengtong.Kernel.Http;

namespace Zhengtong.Catalogue;

/// <summary>Catalogue: information resources and who is responsible for them.</summary>
internal static class CatalogueModule
{
    internal static void AddCatalogue(this WebApplicationBuilder builder) => builder.Services.AddScoped<CatalogueLookup>();

    internal static void MapCatalogue(this WebApplication app)
    {
        var api = app.ApiGroup("Catalogue");
        RegisterResource.Map(api);
        ReviseResource.Map(api);
        SearchResources.Map(api);
        GetResource.Map(api);
        PublishResource.Map(api);
        WithdrawResource.Map(api);
    }
}
