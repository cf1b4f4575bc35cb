using Zhengtong.OpenData.Keys;
using Zhengtong.OpenData.Mcp;
using Zhengtong.OpenData.OData;
using Zhengtong.OpenData.Ogc;
using Microsoft.Extensions.Options;
using Zhengtong.Kernel;
using Zhengtong.Kernel.Http;
using Zhengtong.Kernel.Identity;
using Zhengtong.OpenData.Import;
using Zhengtong.OpenData.Privacy;
using Zhengtong.OpenData.Descriptions;
using Zhengtong.OpenData.Ckan;
using Zhengtong.OpenData.Portal;
using Zhengtong.OpenData.Publishing;
using Zhengtong.Kernel.Jobs;
using Zhengtong.OpenData.Import;
using Zhengtong.OpenData.Import.Slices;
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
        services.AddScoped<OpenDataLookup>();
        services.AddPortal();
        services.AddSingleton<IStartupStep, DatasetSearch>();
        services.AddPortalTools();
        builder.AddDeveloperKeys();
        services.AddScoped<DraftFiles>();
        services.AddOptions<DatasetFilesOptions>().Bind(builder.Configuration.GetSection("OpenData:Files")).ValidateOnStart();
        services.AddSingleton<IValidateOptions<DatasetFilesOptions>, DatasetFilesOptionsCheck>();
        services.AddScoped<IWorkList, PublishingWork>();
        services.AddSingleton(new NavigationItem(Right.ReadWork, "/work/open-data", "open-data.menu", "open", 400, "open-data.menu.group"));
        services.AddSingleton<TableScratch>();
        services.AddSingleton<TableWriter>();
        services.AddSingleton<FileImport>();
        services.AddOptions<ImportOptions>().Bind(builder.Configuration.GetSection("OpenData:Import")).ValidateOnStart();
        services.AddSingleton<IValidateOptions<ImportOptions>, ImportOptionsCheck>();
        services.AddReconciler<ImportFiles>();
        services.AddReconciler<ImportSweep>();
        builder.AddPrivacy();
        builder.AddOpenDataQuality();
    }

    internal static void MapOpenData(this WebApplication app)
    {
        app.MapDeveloperKeys();
        app.MapOgc();
        app.MapOData();
        app.MapPortalTools();
        AddFileByForm.Map(app);
        ExportDatasets.Map(app);
        var api = app.ApiGroup("OpenData");
        CreateDataset.Map(api);
        ReviseDraft.Map(api);
        AddFile.Map(api);
        RemoveResource.Map(api);
        NewVersion.Map(api);
        ProposeVersion.Map(api);
        ReturnVersion.Map(api);
        ExamineVersion.Map(api);
        OverrideFinding.Map(api);
        ListFindings.Map(api);
        ApproveVersion.Map(api);
        WithdrawDataset.Map(api);
        ListDatasets.Map(api);
        GetDataset.Map(api);
        ListVersions.Map(api);
        GetVersion.Map(api);
        GetManifest.Map(api);
        CompareVersions.Map(api);
        ImportUpload.Map(api);
        ImportResource.Map(api);
        GetImport.Map(api);
        StopImport.Map(api);
        ExportBadRows.Map(api);
        api.MapPrivacy();
        api.MapOpenDataQuality();
        app.MapDescriptions();
        app.MapCkan();
        app.MapPortal();
    }
}
