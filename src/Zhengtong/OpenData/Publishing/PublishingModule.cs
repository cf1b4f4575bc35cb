using Microsoft.Extensions.Options;
using Zhengtong.Kernel;
using Zhengtong.Kernel.Http;
using Zhengtong.Kernel.Identity;

namespace Zhengtong.OpenData.Publishing;

/// <summary>The way of a dataset to the public: draft, proposal, examination, approval, versions.</summary>
internal static class PublishingModule
{
    internal static void AddPublishing(this WebApplicationBuilder builder)
    {
        var services = builder.Services;
        services.AddSingleton<IStartupStep, DatasetSearch>();
        services.AddScoped<DraftFiles>();
        services.AddOptions<DatasetFilesOptions>().Bind(builder.Configuration.GetSection("OpenData:Files")).ValidateOnStart();
        services.AddSingleton<IValidateOptions<DatasetFilesOptions>, DatasetFilesOptionsCheck>();
        services.AddScoped<IWorkList, PublishingWork>();
        services.AddSingleton(new NavigationItem(Right.ReadWork, "/work/open-data", "open-data.menu", "open", 400, "open-data.menu.group"));
    }

    internal static void MapPublishing(this WebApplication app)
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
        CompareVersions.Map(api);
    }
}
