using Microsoft.Extensions.Options;
using Zhengtong.Kernel.Http;
using Zhengtong.Kernel.Jobs;
using Zhengtong.OpenData.Import;
using Zhengtong.OpenData.Import.Slices;
using Zhengtong.OpenData.Tables;

namespace Zhengtong.OpenData;

/// <summary>OpenData: what departments open to everybody, how it gets there, and the ways to it.</summary>
internal static class OpenDataModule
{
    internal static void AddOpenData(this WebApplicationBuilder builder)
    {
        var services = builder.Services;
        services.AddSingleton<TableEngine>();
        services.AddSingleton<TableScratch>();
        services.AddSingleton<TableWriter>();
        services.AddSingleton<FileImport>();
        services.AddOptions<ImportOptions>().Bind(builder.Configuration.GetSection("OpenData:Import")).ValidateOnStart();
        services.AddSingleton<IValidateOptions<ImportOptions>, ImportOptionsCheck>();
        services.AddReconciler<ImportFiles>();
        services.AddReconciler<ImportSweep>();
    }

    internal static void MapOpenData(this WebApplication app)
    {
        var api = app.ApiGroup("OpenData");
        ImportUpload.Map(api);
        ImportResource.Map(api);
        GetImport.Map(api);
        StopImport.Map(api);
        ExportBadRows.Map(api);
    }
}
