using Zhengtong.Cloud.Delivery;
using Zhengtong.Kernel;
using Zhengtong.Kernel.Http;
using Zhengtong.Kernel.Identity;
using Zhengtong.Kernel.Jobs;

namespace Zhengtong.Cloud.Databases;

/// <summary>Departments' databases on servers that the operator registers.</summary>
internal static class DatabasesModule
{
    internal static void AddDatabases(this WebApplicationBuilder builder)
    {
        var services = builder.Services;
        services.AddOptions<DatabasesOptions>().Bind(builder.Configuration.GetSection("Cloud:Databases")).ValidateDataAnnotations().ValidateOnStart();
        services.AddSingleton<PostgresTools>();
        services.AddScoped<DatabaseFulfilment>();
        services.AddScoped<IFulfilment>(sp => sp.GetRequiredService<DatabaseFulfilment>());
        services.AddReconciler<WatchDatabases>();
        services.AddSingleton(new NavigationItem(Right.ManagePools, "/work/cloud/database-servers", "cloud.database-servers.title", "node", 391, "catalogue.services.menu-group"));
    }

    internal static void MapDatabases(this WebApplication app)
    {
        var api = app.ApiGroup("Cloud");
        RegisterDatabaseServer.Map(api);
        ReviseDatabaseServer.Map(api);
        ListDatabaseServers.Map(api);
        ShowDatabaseCredentials.Map(api);
        RotateDatabasePassword.Map(api);
    }
}
