using Zhengtong.Kernel.Http;
using Zhengtong.Kernel.Jobs;

namespace Zhengtong.OpenData.Live;

/// <summary>Datasets that follow what an exchange agreement delivers.</summary>
internal static class LiveModule
{
    internal static void AddLive(this WebApplicationBuilder builder)
    {
        builder.Services.AddOptions<LiveOptions>().Bind(builder.Configuration.GetSection("OpenData:Live")).ValidateDataAnnotations().ValidateOnStart();
        builder.Services.AddScoped<LiveRows>();
        builder.Services.AddReconciler<FollowDeliveries>();
    }

    internal static void MapLive(this WebApplication app)
    {
        var api = app.ApiGroup("OpenData");
        BindLive.Map(api);
        UnbindLive.Map(api);
        GetLive.Map(api);
    }
}
