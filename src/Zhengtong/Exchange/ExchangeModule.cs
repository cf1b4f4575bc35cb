using Zhengtong.Exchange.Engine;
using Zhengtong.Exchange.Slices;
using Zhengtong.Kernel.Http;

namespace Zhengtong.Exchange;

/// <summary>Exchange: what agreements promise is delivered here, with receipts both sides can prove.</summary>
internal static class ExchangeModule
{
    internal static void AddExchange(this WebApplicationBuilder builder)
    {
        var services = builder.Services;
        services.Configure<ExchangeOptions>(builder.Configuration.GetSection("Exchange"));
        services.AddSingleton<DepartmentDatabases>();
        services.AddSingleton<Relay>();
        services.AddSingleton<Delivering>();
        services.AddSingleton<DeliveryReconciler>();
        services.AddHostedService(s => s.GetRequiredService<DeliveryReconciler>());
    }

    internal static void MapExchange(this WebApplication app)
    {
        var api = app.ApiGroup("Exchange");
        RegisterDataSource.Map(api);
        TestDataSource.Map(api);
        MountResource.Map(api);
        SetIntake.Map(api);
    }
}
