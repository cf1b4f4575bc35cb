using System.Diagnostics.Metrics;
using System.Net;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;
using Serilog;
using Serilog.Events;
using Serilog.Formatting.Compact;
using Zhengtong.Kernel.Identity;

namespace Zhengtong.Kernel.Http;

/// <summary>Logs, traces and metrics. Logs are compact JSON, a file a day below the data directory, 31 days; warnings also on the console.
/// Metrics stand at /metrics for Prometheus; traces and metrics also go to an OTLP collector when <c>OTEL_EXPORTER_OTLP_ENDPOINT</c> names one.
/// A module's own meters and sources are taken in when their names begin with <c>Zhengtong.</c>.</summary>
internal static class Telemetry
{
    /// <summary>Series of one figure of the platform's own, at most; the monitor names up to 2,000 agreements.</summary>
    private const int MostSeries = 2_500;

    internal static void AddTelemetry(this WebApplicationBuilder builder, Deployment deployment)
    {
        builder.Services.AddSerilog(log => log.MinimumLevel.Information()
            .MinimumLevel.Override("Microsoft", LogEventLevel.Warning)
            // A refused row is an answer to the caller, not an event of the platform; what is not expected comes as an exception and is recorded there.
            .MinimumLevel.Override("Microsoft.EntityFrameworkCore.Database.Command", LogEventLevel.Fatal)
            .MinimumLevel.Override("Microsoft.EntityFrameworkCore.Update", LogEventLevel.Fatal)
            // Files come from the build's own list, not from a folder.
            .MinimumLevel.Override("Microsoft.AspNetCore.StaticFiles", LogEventLevel.Error)
            .MinimumLevel.Override("System.Net.Http", LogEventLevel.Warning)
            .MinimumLevel.Override("OpenIddict", LogEventLevel.Warning)
            .MinimumLevel.Override("Quartz", LogEventLevel.Warning)
            .Enrich.FromLogContext()
            .WriteTo.Console(restrictedToMinimumLevel: LogEventLevel.Warning, formatProvider: System.Globalization.CultureInfo.InvariantCulture, standardErrorFromLevel: LogEventLevel.Verbose)
            .WriteTo.File(new CompactJsonFormatter(), deployment.PathOf("logs", "zhengtong-.log"), rollingInterval: RollingInterval.Day,
                fileSizeLimitBytes: 256 << 20, rollOnFileSizeLimit: true, retainedFileCountLimit: 31, shared: true),
            // Two platforms in one process, as in tests, each keep their own log.
            preserveStaticLogger: true);

        var collector = builder.Configuration["OTEL_EXPORTER_OTLP_ENDPOINT"] is { Length: > 0 };
        var telemetry = builder.Services.AddOpenTelemetry()
            .ConfigureResource(r => r.AddService("zhengtong"))
            .WithMetrics(m =>
            {
                m.AddMeter("Zhengtong.*").AddAspNetCoreInstrumentation().AddRuntimeInstrumentation().AddPrometheusExporter();
                if (collector) { m.AddOtlpExporter(); }
                // Meters are found by name in the whole process: only this platform's own count.
                ((IDeferredMeterProviderBuilder)m).Configure((services, own) =>
                {
                    var factory = services.GetRequiredService<IMeterFactory>();
                    own.AddView(i => i.Meter.Scope is IMeterFactory other && other != factory ? MetricStreamConfiguration.Drop
                        : i.Name.StartsWith("zhengtong.", StringComparison.Ordinal) ? new MetricStreamConfiguration { CardinalityLimit = MostSeries } : null);
                });
            });
        // Where nobody takes traces, none are made.
        if (!collector) { return; }
        telemetry.WithTracing(t => t.AddSource("Zhengtong.*")
            .AddAspNetCoreInstrumentation(o => o.Filter = http => !http.Request.Path.StartsWithSegments("/health") && !http.Request.Path.StartsWithSegments("/metrics")).AddOtlpExporter());
    }

    /// <summary>/metrics: by <c>Metrics:For</c> for the machine itself (<c>loopback</c>, the default) or for holders of Right.Operate (<c>operators</c>).
    /// A request that came through a proxy is not of the machine itself.</summary>
    internal static void MapMetrics(this WebApplication app)
    {
        var operators = app.Configuration["Metrics:For"] == "operators";
        app.MapPrometheusScrapingEndpoint("/metrics").AllowAnonymous().Add(endpoint =>
        {
            var scrape = endpoint.RequestDelegate!;
            endpoint.RequestDelegate = http => (operators ? Actor.Of(http.User).May(Right.Operate) : IsFromHere(http)) ? scrape(http) : KernelProblems.Forbidden.Because().ExecuteAsync(http);
        });
    }

    private static bool IsFromHere(HttpContext http) => http.Connection.RemoteIpAddress is { } address && IPAddress.IsLoopback(address)
        && !http.Request.Headers.ContainsKey("X-Forwarded-For") && !http.Request.Headers.ContainsKey("Forwarded");
}
