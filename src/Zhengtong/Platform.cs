using Zhengtong.Agreements;
using Zhengtong.Catalogue;
using Zhengtong.Cloud;
using Zhengtong.Demonstration;
using Zhengtong.Exchange;
using Zhengtong.Kernel;
using Zhengtong.Kernel.Http;
using Zhengtong.OpenData;
using Zhengtong.Web;

namespace Zhengtong;

/// <summary>The platform as one web application: services, pipeline, one line a module.</summary>
internal static class Platform
{
    /// <summary>Builds the application; the database is migrated by <see cref="Startup.PrepareAsync"/> before it serves.</summary>
    /// <param name="deployment">Folder, database and addresses.</param>
    /// <param name="configure">Last word on the builder, for tests: another clock, another setting.</param>
    internal static WebApplication Build(Deployment deployment, Action<WebApplicationBuilder>? configure = null)
    {
        var builder = WebApplication.CreateBuilder(new WebApplicationOptions
        {
            ApplicationName = typeof(Platform).Assembly.GetName().Name,
            ContentRootPath = AppContext.BaseDirectory,
        });
        // Styles and scripts are found beside the sources too, not only after publishing.
        builder.WebHost.UseStaticWebAssets();
        // Beside the sources they would be read, hashed and packed anew at each request; only who works on them needs that.
        builder.Configuration["ReloadStaticAssetsAtRuntime"] ??= builder.Environment.IsDevelopment().ToString();
        builder.WebHost.UseUrls(deployment.Urls.Split(';'));
        builder.Host.UseDefaultServiceProvider(o => { o.ValidateScopes = true; o.ValidateOnBuild = true; });

        builder.Services.AddSingleton(deployment);
        builder.AddKernel(deployment);
        builder.AddCatalogue();
        builder.AddAgreements();
        builder.AddExchange();
        builder.AddOpenData();
        builder.AddCloud();
        builder.AddWeb();
        builder.AddDemonstration(deployment);
        configure?.Invoke(builder);

        var app = builder.Build();
        app.UseHttpConventions();
        app.MapKernel();
        app.MapCatalogue();
        app.MapAgreements();
        app.MapExchange();
        app.MapOpenData();
        app.MapCloud();
        app.MapWeb();
        return app;
    }

    /// <summary>Builds, prepares, serves and prints the ready line; returns the exit code (<see cref="RefusedToStartException"/>).</summary>
    internal static Task<int> RunAsync(Deployment deployment, CancellationToken ct) => RefusedToStartException.GuardAsync(async () =>
    {
        await using var app = Build(deployment);
        await app.PrepareAsync(ct);
        await app.StartAsync(ct);
        foreach (var url in app.Urls) { Console.WriteLine($"Zhengtong is ready: {url}"); }
        await app.WaitForShutdownAsync(ct);
        return 0;
    }, ct);
}
