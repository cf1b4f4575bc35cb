using Zhengtong.Agreements;
using Zhengtong.Exchange.Engine;
using Zhengtong.Exchange.Slices;
using Zhengtong.Kernel;
using Zhengtong.Kernel.Http;
using Zhengtong.Kernel.Identity;
using Zhengtong.Kernel.Metering;

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
        services.AddMeteredIndicator("exchange.rows-delivered", "row", DeliveryAccount.Rows, "exchange.indicator-source.metering");
        services.AddMeteredIndicator("exchange.bytes-delivered", "byte", DeliveryAccount.Bytes, "exchange.indicator-source.metering");
        services.AddSingleton(new AgreementPanel(typeof(DeliveryPanel), 10));
        services.AddSingleton(new NavigationItem(Right.ReadWork, "/work/exchange", "exchange.menu", "exchange", 130, "catalogue.menu.group"));
    }

    internal static void MapExchange(this WebApplication app)
    {
        LiveDelivery.Map(app);
        var api = app.ApiGroup("Exchange");
        RegisterDataSource.Map(api);
        TestDataSource.Map(api);
        MountResource.Map(api);
        SetIntake.Map(api);
        ListDeliveries.Map(api);
        GetDelivery.Map(api);
        GetReceipt.Map(api);
        RunDelivery.Map(api);
    }
}
