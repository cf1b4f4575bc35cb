using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Diagnostics;
using Zhengtong.Kernel.Calendar;
using Zhengtong.Kernel.Http;
using Zhengtong.Kernel.Identity;
using Zhengtong.Kernel.Jobs;
using Zhengtong.Kernel.Ledger;
using Zhengtong.Kernel.Mail;
using Zhengtong.Kernel.Metering;
using Zhengtong.Kernel.Notices;
using Zhengtong.Kernel.Objects;
using Zhengtong.Kernel.Organisations;
using Zhengtong.Kernel.Regions;
using Zhengtong.Kernel.Search;
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
        builder.AddObjects();
        builder.AddLedger();
        AddDatabase(services, deployment);
        builder.AddIdentity(deployment);
        builder.AddJobs();
        builder.AddMail();
        services.AddMetering();
        services.AddNotices();
        services.AddCalendar();
        services.AddRegions();
        services.AddOrganisations();
        services.AddSingleton<IStartupStep, SearchTables>();
        builder.AddHttpConventions(deployment);
    }

    internal static void MapKernel(this WebApplication app)
    {
        var api = app.ApiGroup("Kernel");
        app.MapLedger(api);
        app.MapIdentity(api);
        api.MapJobs();
        api.MapMetering();
        api.MapNotices();
        api.MapCalendar();
        api.MapRegions();
        app.MapOrganisations(api);
    }

    private static void AddDatabase(IServiceCollection services, Deployment deployment)
    {
        if (deployment.Database is { } connectionString)
        {
            services.AddDbContext<ZhengtongDb, PostgresZhengtongDb>((s, o) => ZhengtongDb.Common(o.UseNpgsql(connectionString).AddInterceptors(s.GetServices<IInterceptor>())));
        }
        else
        {
            var embedded = SqlitePatience.ConnectionStringOf(deployment);
            services.AddHostedService<SqliteCheckpoints>();
            services.AddDbContext<ZhengtongDb, SqliteZhengtongDb>((s, o) => ZhengtongDb.Common(o.UseSqlite(embedded).AddInterceptors([new SqlitePatience(), .. s.GetServices<IInterceptor>()])));
        }
    }
}
