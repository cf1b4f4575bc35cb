using Zhengtong.Kernel.Http;

namespace Zhengtong.OpenData.Keys;

/// <summary>Developers' keys, and the limits of everybody who calls the portal's interfaces.</summary>
internal static class KeysModule
{
    internal static void AddDeveloperKeys(this WebApplicationBuilder builder)
    {
        builder.Services.Configure<PublicLimitsOptions>(builder.Configuration.GetSection("OpenData:Limits"));
        builder.Services.AddSingleton<PublicLimits>();
        builder.Services.AddHostedService(s => s.GetRequiredService<PublicLimits>());
        builder.Services.AddSingleton<KeysTaken>();
    }

    internal static void MapDeveloperKeys(this WebApplication app)
    {
        var api = app.ApiGroup("OpenData");
        CreateKey.Map(api);
        GetKey.Map(api);
        RotateKey.Map(api);
        RevokeKey.Map(api);
        ListKeys.Map(api);
        SetKeyLimits.Map(api);
    }
}
