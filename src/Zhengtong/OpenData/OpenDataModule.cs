using Microsoft.Extensions.Options;
using Zhengtong.Kernel;
using Zhengtong.Kernel.Http;
using Zhengtong.Kernel.Identity;
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
        services.AddOptions<TablesOptions>().Bind(builder.Configuration.GetSection("Tables")).ValidateOnStart();
        services.AddSingleton<TableEngine>();
        services.AddSingleton<IStartupStep, DatasetSearch>();
        services.AddScoped<DraftFiles>();
        services.AddOptions<DatasetFilesOptions>().Bind(builder.Configuration.GetSection("OpenData:Files")).ValidateOnStart();
        services.AddSingleton<IValidateOptions<DatasetFilesOptions>, DatasetFilesOptionsCheck>();
        services.AddScoped<IWorkList, PublishingWork>();
        services.AddSingleton(new NavigationItem(Right.ReadWork, "/work/open-data", "open-data.menu", "open", 400, "open-data.menu.group"));
        builder.AddPrivacy();
        builder.AddOpenDataQuality();
        services.AddSingleton<TableScratch>();
        services.AddSingleton<TableWriter>();
    }

    internal static void MapOpenData(this WebApplication app)
    {
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
        api.MapPrivacy();
        api.MapOpenDataQuality();
    }
}
