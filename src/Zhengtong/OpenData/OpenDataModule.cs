using Zhengtong.OpenData.Portal;
using Zhengtong.OpenData.Publishing;
using Zhengtong.OpenData.Tables;

namespace Zhengtong.OpenData;

/// <summary>OpenData: what departments open to everybody, how it gets there, and the ways to it.</summary>
internal static class OpenDataModule
{
    internal static void AddOpenData(this WebApplicationBuilder builder)
    {
        var services = builder.Services;
        services.AddOptions<TablesOptions>().Bind(builder.Configuration.GetSection("Tables")).ValidateOnStart();
        services.AddSingleton<TableEngine>();
        services.AddPortal();
        services.AddSingleton<IStartupStep, DatasetSearch>();
    }

    internal static void MapOpenData(this WebApplication app)
    {
        app.MapPortal();
    }
}
