using Zhengtong.OpenData.Apps;
using Zhengtong.OpenData.Ckan;
using Zhengtong.OpenData.Descriptions;
using Zhengtong.OpenData.Harvest;
using Zhengtong.OpenData.Import;
using Zhengtong.OpenData.Keys;
using Zhengtong.OpenData.Links;
using Zhengtong.OpenData.Live;
using Zhengtong.OpenData.Mcp;
using Zhengtong.OpenData.OData;
using Zhengtong.OpenData.Ogc;
using Zhengtong.OpenData.Portal;
using Zhengtong.OpenData.Privacy;
using Zhengtong.OpenData.Publishing;
using Zhengtong.OpenData.Quality;
using Zhengtong.OpenData.Reuse;
using Zhengtong.OpenData.Tables;

namespace Zhengtong.OpenData;

/// <summary>OpenData: what departments open to everybody, how it gets there, and the ways to it. A folder each; its module file is the folder's table of contents.</summary>
internal static class OpenDataModule
{
    internal static void AddOpenData(this WebApplicationBuilder builder)
    {
        builder.Services.AddOptions<TablesOptions>().Bind(builder.Configuration.GetSection("OpenData:Tables")).ValidateOnStart();
        builder.Services.AddSingleton<TableEngine>();
        builder.Services.AddScoped<OpenDataLookup>();
        builder.AddPublishing();
        builder.AddImport();
        builder.AddPrivacy();
        builder.AddQuality();
        builder.AddPortal();
        builder.AddDescriptions();
        builder.AddDeveloperKeys();
        builder.AddCkan();
        builder.AddPortalTools();
        builder.AddReuse();
        builder.AddHarvest();
        builder.AddLinks();
        builder.AddLive();
        builder.AddApps();
    }

    internal static void MapOpenData(this WebApplication app)
    {
        app.MapPublishing();
        app.MapImport();
        app.MapPrivacy();
        app.MapQuality();
        app.MapPortal();
        app.MapDescriptions();
        app.MapDeveloperKeys();
        app.MapCkan();
        app.MapOgc();
        app.MapOData();
        app.MapPortalTools();
        app.MapReuse();
        app.MapHarvest();
        app.MapLinks();
        app.MapLive();
        app.MapApps();
    }
}
