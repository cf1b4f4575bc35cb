using Microsoft.Extensions.Options;
using Zhengtong.Kernel.Http;
using Zhengtong.Kernel.Jobs;
using Zhengtong.OpenData.Import.Slices;

namespace Zhengtong.OpenData.Import;

/// <summary>Files into typed tables.</summary>
internal static class ImportModule
{
    internal static void AddImport(this WebApplicationBuilder builder)
    {
        var services = builder.Services;
        services.AddSingleton<TableScratch>();
        services.AddSingleton<TableWriter>();
        services.AddSingleton<FileImport>();
        services.AddOptions<ImportOptions>().Bind(builder.Configuration.GetSection("OpenData:Import")).ValidateOnStart();
        services.AddSingleton<IValidateOptions<ImportOptions>, ImportOptionsCheck>();
        services.AddReconciler<ImportFiles>();
        services.AddReconciler<ImportSweep>();
    }

    internal static void MapImport(this WebApplication app)
    {
        var api = app.ApiGroup("OpenData");
        ImportUpload.Map(api);
        ImportResource.Map(api);
        GetImport.Map(api);
        StopImport.Map(api);
        ExportBadRows.Map(api);
    }
}
