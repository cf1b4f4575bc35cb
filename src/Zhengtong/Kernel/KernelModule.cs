using Microsoft.AspNetCore.Identity;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Kernel.Http;
using Zhengtong.Kernel.Identity;
using Zhengtong.Kernel.Jobs;
using Zhengtong.Kernel.Metering;
using Zhengtong.Kernel.Secrets;

namespace Zhengtong.Kernel;

/// <summary>The Kernel: what every module stands on.</summary>
internal static class KernelModule
{
    internal static void AddKernel(this WebApplicationBuilder builder, Deployment deployment)
    {
        var services = builder.Services;
        services.AddSingleton(TimeProvider.System);
        services.AddSingleton<Vault>();
        services.AddScoped<OrganisationKeys>();
        services.AddHttpClient();
        services.AddHttpContextAccessor();
        AddDatabase(services, deployment);
        AddIdentity(services);
        builder.AddJobs();
        services.AddMetering();
        builder.AddHttpConventions(deployment);
    }

    internal static void MapKernel(this WebApplication app)
    {
        var api = app.ApiGroup("Kernel");
        SignIn.Map(api);
        api.MapJobs();
        api.MapMetering();
    }

    private static void AddDatabase(IServiceCollection services, Deployment deployment)
    {
        if (deployment.Database is { } connectionString)
        {
            services.AddDbContext<ZhengtongDb, PostgresZhengtongDb>(o => ZhengtongDb.Common(o.UseNpgsql(connectionString)));
        }
        else
        {
            var file = deployment.PathOf("zhengtong.db");
            services.AddDbContext<ZhengtongDb, SqliteZhengtongDb>(o => ZhengtongDb.Common(o.UseSqlite($"Data Source={file};Default Timeout=30;Pooling=True")));
        }
    }

    private static void AddIdentity(IServiceCollection services)
    {
        services.AddScoped(sp => sp.GetRequiredService<IHttpContextAccessor>().HttpContext is { } http ? Actor.Of(http.User) : Actor.Platform);
        services.AddAuthentication(IdentityConstants.ApplicationScheme).AddIdentityCookies(cookies => cookies.ApplicationCookie!.Configure(o =>
        {
            o.LoginPath = "/account/sign-in";
            // Programs get a status that becomes a problem document; people get the sign-in page.
            o.Events.OnRedirectToLogin = c => Redirect(c, 401);
            o.Events.OnRedirectToAccessDenied = c => Redirect(c, 403);
        }));
        services.AddIdentityCore<Officer>(o => o.Stores.SchemaVersion = IdentitySchemaVersions.Version3)
            .AddEntityFrameworkStores<ZhengtongDb>().AddSignInManager().AddDefaultTokenProviders()
            .AddClaimsPrincipalFactory<OfficerClaims>();
        var authorization = services.AddAuthorizationBuilder();
        foreach (var right in Enum.GetValues<Right>())
        {
            authorization.AddPolicy(right.ToString(), p => p.RequireAssertion(c => Actor.Of(c.User).May(right)));
        }
    }

    private static Task Redirect(Microsoft.AspNetCore.Authentication.RedirectContext<Microsoft.AspNetCore.Authentication.Cookies.CookieAuthenticationOptions> redirect, int status)
    {
        if (redirect.Request.Path.StartsWithSegments("/api") || status == 403)
        {
            redirect.Response.StatusCode = status;
        }
        else
        {
            redirect.Response.Redirect(redirect.RedirectUri);
        }

        return Task.CompletedTask;
    }
}
