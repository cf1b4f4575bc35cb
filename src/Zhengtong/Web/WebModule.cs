using System.Text.Encodings.Web;
using System.Text.Unicode;
using Microsoft.AspNetCore.Http.Features;
using Zhengtong.Kernel;

namespace Zhengtong.Web;

/// <summary>Web: layouts, shared components, home, my work.</summary>
internal static class WebModule
{
    internal static void AddWeb(this WebApplicationBuilder builder)
    {
        var services = builder.Services;
        services.AddRazorComponents();
        // Chinese stands in pages as it is, not as character references.
        services.AddSingleton(HtmlEncoder.Create(UnicodeRanges.All));
        // The largest form of all: 500 information items of six fields.
        services.Configure<FormOptions>(o => o.ValueCountLimit = 5_000);
        services.AddScoped<Turn>();
        services.AddScoped<IHomeFigure, DepartmentsFigure>();
        services.AddSingleton(new NavigationItem(null, "/work", "web.work.title", "work", 0, ""));
    }

    internal static void MapWeb(this WebApplication app)
    {
        app.MapStaticAssets();
        app.MapRazorComponents<App>();
    }
}
