using Zhengtong.Kernel.Http;
using Zhengtong.Kernel.Jobs;

namespace Zhengtong.OpenData.Privacy;

/// <summary>What the check before publication is made of.</summary>
internal static class PrivacyModule
{
    internal static void AddPrivacy(this WebApplicationBuilder builder)
    {
        var services = builder.Services;
        services.AddOptions<PrivacyOptions>().Bind(builder.Configuration.GetSection("OpenData:Privacy")).ValidateDataAnnotations().ValidateOnStart();
        services.AddSingleton<FileTexts>();
        services.AddSingleton<Examination>();
        services.AddReconciler<CheckContents>();
    }

    internal static void MapPrivacy(this WebApplication app)
    {
        var api = app.ApiGroup("OpenData");
        GetContentCheck.Map(api);
        MeasureAnonymity.Map(api);
        MaskColumn.Map(api);
    }
}
