using Zhengtong.Kernel;
using Zhengtong.Kernel.Http;
using Zhengtong.Kernel.Identity;
using Zhengtong.Kernel.Jobs;

namespace Zhengtong.OpenData.Links;

/// <summary>Whether the links of what is public lead anywhere.</summary>
internal static class LinksModule
{
    internal static void AddLinks(this WebApplicationBuilder builder)
    {
        var services = builder.Services;
        services.AddOptions<LinksOptions>().Bind(builder.Configuration.GetSection("OpenData:Links")).ValidateDataAnnotations().ValidateOnStart();
        services.AddSingleton<LinkProbe>();
        services.AddReconciler<CheckLinks>();
        services.AddSingleton(new NavigationItem(Right.ReadWork, "/work/open-data/links", "open-data.links.menu", "open", 430, "open-data.menu.group"));
    }

    internal static void MapLinks(this WebApplication app)
    {
        var api = app.ApiGroup("OpenData");
        ListLinks.Map(api);
        ReportLinks.Map(api);
    }
}
