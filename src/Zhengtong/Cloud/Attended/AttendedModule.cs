using Zhengtong.Cloud.Delivery;
using Zhengtong.Kernel;
using Zhengtong.Kernel.Identity;

namespace Zhengtong.Cloud.Attended;

/// <summary>Services of people: ordered as any, provided when their provider says so.</summary>
internal static class AttendedModule
{
    internal static void AddAttended(this IServiceCollection services)
    {
        services.AddScoped<IFulfilment, AttendedFulfilment>();
        services.AddScoped<IWorkList, AttendedWork>();
        services.AddSingleton(new NavigationItem(Right.DraftCloudServices, "/work/cloud/attended", "cloud.attended.title", "people", 396, "catalogue.services.menu-group"));
    }

    internal static void MapAttended(this WebApplication app, IEndpointRouteBuilder api)
    {
        ExportAttended.Map(app);
        ListAttended.Map(api);
        GetAttended.Map(api);
        AnswerAttended.Map(api);
    }
}
