using Zhengtong.Kernel.Http;
using Zhengtong.OpenData.Import;
using Zhengtong.OpenData.Privacy;
using Zhengtong.OpenData.Publishing;
using Zhengtong.OpenData.Quality;
using Zhengtong.OpenData.Tables;

namespace Zhengtong.OpenData;

/// <summary>OpenData: what departments open to everybody, how it gets there, and the ways to it.</summary>
internal static class OpenDataModule
{
    internal static void AddOpenData(this WebApplicationBuilder builder)
    {
        var services = builder.Services;
        services.AddSingleton<TableEngine>();
        services.AddSingleton<IStartupStep, DatasetSearch>();
        builder.AddPrivacy();
        builder.AddOpenDataQuality();
        services.AddSingleton<TableScratch>();
        services.AddSingleton<TableWriter>();
    }

    internal static void MapOpenData(this WebApplication app)
    {
        var api = app.ApiGroup("OpenData");
        api.MapPrivacy();
        api.MapOpenDataQuality();
    }
}
