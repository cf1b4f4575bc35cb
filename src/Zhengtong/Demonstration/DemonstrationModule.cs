using Zhengtong.Kernel.Jobs;

namespace Zhengtong.Demonstration;

/// <summary>The demonstration province: invented places, bodies and people, synthetic data with a fixed seed. Stands outside the modules as Program.cs does.</summary>
internal static class DemonstrationModule
{
    internal static void AddDemonstration(this WebApplicationBuilder builder, Deployment deployment)
    {
        builder.Services.AddSingleton<IStartupStep, KeepApart>();
        if (!deployment.Demo) { return; }

        // The departments' own services run on this machine, where the gateway otherwise lets no service be.
        builder.Configuration["Exchange:Gateway:ForbiddenNetworks"] ??= "0.0.0.0/8,169.254.0.0/16,::/128,fe80::/10";
        builder.Services.AddSingleton(_ => Province.Load().AtShare(builder.Configuration.GetValue("Demonstration:Share", 1.0)));
        builder.Services.AddSingleton(_ => OpenDataPlan.Load());
        builder.Services.AddSingleton(services => new SyntheticProvince(services.GetRequiredService<Province>()));
        builder.Services.AddSingleton(services => DemonstrationCredentials.LoadOrDraw(deployment, services.GetRequiredService<Province>()));
        builder.Services.AddSingleton<BusinessDatabases>();
        builder.Services.AddSingleton<DepartmentService>();
        builder.Services.AddHostedService<TellWhere>();
        builder.Services.AddSingleton<IStartupStep, SeedBodies>();
        builder.Services.AddSingleton<IStartupStep, SeedDatabases>();
        builder.Services.AddSingleton<IStartupStep, SeedCatalogue>();
        builder.Services.AddSingleton<IStartupStep, SeedExchange>();
        builder.Services.AddSingleton<IStartupStep, SeedAgreements>();
        builder.Services.AddSingleton<IStartupStep, SeedServices>();
        builder.Services.AddSingleton<IStartupStep, SeedCloud>();
        if (builder.Configuration.GetValue("Demonstration:OpenData", deployment.Live))
        {
            builder.Services.AddReconciler<SeedOpenData>();
            builder.Services.AddReconciler<SeedApps>();
        }

        if (deployment.Live && builder.Configuration.GetValue("Demonstration:Live", true)) { builder.Services.AddHostedService<LiveTraffic>(); }
    }
}
