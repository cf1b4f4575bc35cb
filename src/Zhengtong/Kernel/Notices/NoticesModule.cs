using Zhengtong.Kernel.Identity;
using Zhengtong.Kernel.Jobs;

namespace Zhengtong.Kernel.Notices;

/// <summary>Notices: what an organisation's officers are told without asking.</summary>
internal static class NoticesModule
{
    internal static void AddNotices(this IServiceCollection services)
    {
        services.AddReconciler<DropOldNotices>();
        services.AddSingleton(new NavigationItem(Right.ReadWork, "/work/notices", "kernel.notices.title", "bell", 2, ""));
    }

    internal static void MapNotices(this IEndpointRouteBuilder api)
    {
        ListNotices.Map(api);
        ReadNotices.Map(api);
    }
}
