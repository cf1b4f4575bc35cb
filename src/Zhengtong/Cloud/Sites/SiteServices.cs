using Zhengtong.Cloud.Delivery;
using Zhengtong.Kernel.Jobs;

namespace Zhengtong.Cloud.Sites;

/// <summary>Sites: the table of contents.</summary>
internal static class SiteServices
{
    internal static void AddSites(this IServiceCollection services)
    {
        services.AddHttpForwarder();
        services.AddSingleton<SiteDirectory>();
        services.AddSingleton<SiteVisits>();
        services.AddScoped<SiteUploads>();
        services.AddScoped<IFulfilment, SiteFulfilment>();
        services.AddReconciler<SweepSites>();
    }

    internal static void Map(WebApplication app, IEndpointRouteBuilder api)
    {
        GetSite.Map(api);
        SetSite.Map(api);
        UploadSite.Map(api);
        UploadSiteByForm.Map(app);
        VisitSite.Map(app);
    }
}
