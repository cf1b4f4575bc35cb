using Microsoft.AspNetCore.ResponseCompression;

namespace Zhengtong.OpenData.Apps;

/// <summary>The portal's own apps: guides to places out of open datasets, to be installed on a phone. Their pages work without script; what the script reads it reads from the public interfaces.</summary>
internal static class AppsModule
{
    internal static void AddApps(this WebApplicationBuilder builder)
    {
        builder.Services.AddOptions<GuideOptions>().Bind(builder.Configuration.GetSection("OpenData:Apps"));
        builder.Services.AddSingleton<KnownChoices>();
        builder.Services.AddSingleton<GuideShellFiles>();
        builder.Services.AddScoped<GuideSources>();
        builder.Services.AddScoped<GuidePlaces>();
        builder.Services.Configure<ResponseCompressionOptions>(o => o.MimeTypes = [.. o.MimeTypes, "application/manifest+json"]);
    }

    internal static void MapApps(this WebApplication app)
    {
        ShowGuide.Map(app);
        ListPlaces.Map(app);
        ShowPlace.Map(app);
        ShowOffline.Map(app);
        DescribeGuide.Map(app);
        GuideManifest.Map(app);
        GuideWorker.Map(app);
    }
}
