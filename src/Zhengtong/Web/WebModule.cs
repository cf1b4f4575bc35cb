using Zhengtong.Kernel;

namespace Zhengtong.Web;

/// <summary>Web: layouts, shared components, home, my work.</summary>
internal static class WebModule
{
    internal static void AddWeb(this WebApplicationBuilder builder)
    {
        var services = builder.Services;
        services.AddRazorComponents();
        services.AddScoped<IHomeFigure, DepartmentsFigure>();
        services.AddSingleton(new NavigationItem(null, "/work", "web.work.title", "work", 0, ""));
    }

    internal static void MapWeb(this WebApplication app)
    {
        app.MapStaticAssets();
        app.MapRazorComponents<App>();
    }
}
