using Microsoft.Extensions.Options;
using Zhengtong.Kernel;
using Zhengtong.Kernel.Identity;
using Zhengtong.Kernel.Jobs;
using Zhengtong.Kernel.Metering;

namespace Zhengtong.Exchange.Monitor;

/// <summary>What the exchange monitor is made of.</summary>
internal static class MonitorServices
{
    internal static void AddMonitor(this WebApplicationBuilder builder)
    {
        var services = builder.Services;
        services.AddOptions<MonitorOptions>().Bind(builder.Configuration.GetSection("Exchange:Monitor")).ValidateOnStart();
        services.AddSingleton<IValidateOptions<MonitorOptions>, MonitorOptionsCheck>();
        services.AddScoped<FlowReading>();
        services.AddSingleton<ExchangeGauges>();
        services.AddReconciler<WatchExchange>();
        services.AddMeteredIndicator("exchange.failures", "failure", FailureAccount.Failures, "exchange.indicator-source.failures");
        services.AddSingleton(new NavigationItem(Right.ReadWork, "/work/exchange/monitor", "exchange.monitor.menu", "chart", 132, "catalogue.menu.group"));
    }

    /// <summary>Fragments and files of its pages.</summary>
    internal static void MapMonitor(this WebApplication app)
    {
        LiveMonitor.Map(app);
        ExportFlows.Map(app);
        ExportOperationalData.Map(app);
    }

    internal static void MapMonitorApi(this RouteGroupBuilder api)
    {
        ListFlows.Map(api);
        ReadFlowHistory.Map(api);
        ListAlarms.Map(api);
        GetAlarm.Map(api);
        AcknowledgeAlarm.Map(api);
        ListOperationalData.Map(api);
    }
}
