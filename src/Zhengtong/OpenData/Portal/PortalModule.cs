using Microsoft.AspNetCore.ResponseCompression;
using Microsoft.EntityFrameworkCore.Diagnostics;
using Microsoft.Extensions.Options;
using Zhengtong.Kernel;
using Zhengtong.Kernel.Http;
using Zhengtong.OpenData.TableFormats;

namespace Zhengtong.OpenData.Portal;

/// <summary>The public pages of the portal, their files and what they give to the platform's home page.</summary>
internal static class PortalModule
{
    internal static void AddPortal(this WebApplicationBuilder builder)
    {
        var services = builder.Services;
        services.AddOptions<DownloadOptions>().Bind(builder.Configuration.GetSection("OpenData:Downloads"));
        services.AddSingleton<KeptFiles>();
        services.AddSingleton<CatalogueChanges>();
        services.AddSingleton<IInterceptor>(s => s.GetRequiredService<CatalogueChanges>());
        services.AddSingleton<CatalogueMemory>();
        services.Configure<ResponseCompressionOptions>(o => o.MimeTypes = [.. o.MimeTypes, "application/jsonl", "application/geo+json", Tiles.VectorTile.MediaType]);
        services.AddSingleton<TableCharts>();
        services.AddSingleton<BuiltCharts>();
        services.AddSingleton<BuiltChart>();
        services.AddOptions<BaseMapOptions>().Bind(builder.Configuration.GetSection("OpenData:Map")).ValidateOnStart();
        services.AddSingleton<IValidateOptions<BaseMapOptions>, BaseMapCheck>();
        services.AddSingleton<BaseMap>();
        services.AddSingleton(s => new PageSources(s.GetRequiredService<BaseMap>().Sources));
        services.AddSingleton<Tiles.TileDrawing>();
        services.AddSingleton(new HomePanel(typeof(OpenDataHome), 20));
        services.AddScoped<IHomeFigure, DatasetsFigure>();
        services.AddScoped<IHomeFigure, RowsFigure>();
    }

    internal static void MapPortal(this WebApplication app)
    {
        DownloadResource.Map(app);
        ExportRows.Map(app);
        EmbedChart.Map(app);
        ExportCatalogue.Map(app);
        ExportCitation.Map(app);
        ShowGroup.Map(app);
        ShowOrganization.Map(app);
        Tiles.ExportTile.Map(app);
    }
}
