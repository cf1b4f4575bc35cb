namespace Zhengtong.Web;

/// <summary>Web: layouts, shared components, home.</summary>
internal static class WebModule
{
    internal static void AddWeb(this WebApplicationBuilder builder) => builder.Services.AddRazorComponents();

    internal static void MapWeb(this WebApplication app)
    {
        app.MapStaticAssets();
        app.MapRazorComponents<App>();
    }
}
