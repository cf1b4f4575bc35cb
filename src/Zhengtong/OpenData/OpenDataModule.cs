using Zhengtong.OpenData.Keys;
using Zhengtong.OpenData.Mcp;
using Zhengtong.OpenData.OData;
using Zhengtong.OpenData.Ogc;
using Zhengtong.OpenData.Tables;

namespace Zhengtong.OpenData;

/// <summary>OpenData: what departments open to everybody, how it gets there, and the ways to it.</summary>
internal static class OpenDataModule
{
    internal static void AddOpenData(this WebApplicationBuilder builder)
    {
        var services = builder.Services;
        services.AddSingleton<TableEngine>();
        services.AddScoped<OpenDataLookup>();
        services.AddSingleton<IStartupStep, DatasetSearch>();
        services.AddPortalTools();
        builder.AddDeveloperKeys();
    }

    internal static void MapOpenData(this WebApplication app)
    {
        app.MapDeveloperKeys();
        app.MapOgc();
        app.MapOData();
        app.MapPortalTools();
    }
}
